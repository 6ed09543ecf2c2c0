package golden;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/**
 * Compares what the model says with what Iceberg's generic reader reads, and prints differences.
 */
final class CrossCheck {
  private CrossCheck() {}

  /** Whether model and library agree; a difference is printed. */
  static boolean agree(Golden golden, Read read, Model.Answer answer) {
    Types.StructType type = withoutPartition(answer.type());
    List<String> expected = new ArrayList<>();
    answer.rows().forEach(row -> expected.add(text(type, Model.extract(row, answer.type(), type))));
    List<String> actual;
    try {
      actual = library(golden, read, type);
    } catch (RuntimeException | IOException e) {
      System.out.printf("%s: the library fails at [%s]: %s%n", golden.name, read, e);
      return false;
    }
    expected.sort(null);
    actual.sort(null);
    if (!expected.equals(actual)) {
      System.out.printf(
          "%s: the library differs at [%s]%n  model:   %s%n  library: %s%n",
          golden.name, read, shortened(expected), shortened(actual));
      return false;
    }
    return true;
  }

  private static String shortened(List<String> rows) {
    return rows.size() + " rows " + rows.subList(0, Math.min(12, rows.size()));
  }

  /** The generic reader has no _partition. */
  private static Types.StructType withoutPartition(Types.StructType type) {
    return Types.StructType.of(
        type.fields().stream()
            .filter(field -> field.fieldId() != MetadataColumns.PARTITION_COLUMN_ID)
            .toList());
  }

  private static List<String> library(Golden golden, Read read, Types.StructType type)
      throws IOException {
    Types.StructType held = held(Model.schema(golden.table, read), read, type);
    var scan = IcebergGenerics.read(new HadoopTables().load(golden.table.location()));
    Snapshot snapshot = Model.snapshot(golden.table, read);
    if (snapshot != null && !snapshot.equals(golden.table.currentSnapshot())) {
      scan = scan.useSnapshot(snapshot.snapshotId());
    }
    if (read.expression != null) {
      scan = scan.where(read.expression);
    }
    List<String> rows = new ArrayList<>();
    try (CloseableIterable<Record> records = scan.project(new Schema(held.fields())).build()) {
      for (Record record : records) {
        Record row = Model.extract(record, held, type);
        NestedField file = type.field(MetadataColumns.FILE_PATH.fieldId());
        if (file != null) {
          int at = type.fields().indexOf(file);
          row.set(at, Output.inside(golden.name, (String) row.get(at)));
        }
        rows.add(text(type, row));
      }
    }
    return rows;
  }

  /** What the library has to project: with a filter, which it applies to that, all columns. */
  private static Types.StructType held(Schema schema, Read read, Types.StructType type) {
    Set<Integer> ids = new HashSet<>();
    List<NestedField> metadata = new ArrayList<>();
    for (NestedField field : type.fields()) {
      if (MetadataColumns.isMetadataColumn(field.fieldId())) {
        metadata.add(field);
      } else {
        ids.add(field.fieldId());
      }
    }
    Schema data = read.filter == null ? TypeUtil.select(schema, ids) : schema;
    List<NestedField> fields = new ArrayList<>(data.columns());
    fields.addAll(metadata);
    return Types.StructType.of(fields);
  }

  /** Cells as text in which the order of a map's entries does not show. */
  private static String text(Types.StructType type, Record row) {
    return sorted(Model.cells(type, row)).toString();
  }

  private static Object sorted(Object cell) {
    if (cell instanceof List<?> list) {
      return list.stream().map(CrossCheck::sorted).toList();
    }
    return cell;
  }
}
