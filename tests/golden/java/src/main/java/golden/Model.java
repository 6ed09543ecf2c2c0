package golden;

import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Partitioning;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericDataUtil;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/** What a read has to give, from the rows that the families say exist. */
final class Model {
  private Model() {}

  record Answer(Types.StructType type, List<Record> rows) {}

  static Answer answer(Golden golden, Read read) {
    Schema schema = schema(golden.table, read);
    Types.StructType asked = asked(golden.table, schema, read);
    List<Record> rows = new ArrayList<>();
    for (Part.Live row : rows(golden, read)) {
      Record full = Rows.project(row.record(), row.part().type, schema.asStruct());
      if (read.passes.test(full)) {
        Record projected = extract(full, schema.asStruct(), asked);
        setMetadataColumns(golden, read, row, projected, asked);
        rows.add(projected);
      }
    }
    return new Answer(asked, rows);
  }

  /** The snapshot that a read sees; null for a table without snapshots. */
  static Snapshot snapshot(Table table, Read read) {
    if (read.snapshotId != null) {
      return table.snapshot(read.snapshotId);
    }
    if (read.ref != null) {
      return table.snapshot(read.ref);
    }
    if (read.asOfMs != null) {
      Snapshot found = null;
      for (var entry : table.history()) {
        if (entry.timestampMillis() <= read.asOfMs) {
          found = table.snapshot(entry.snapshotId());
        }
      }
      return found;
    }
    return table.currentSnapshot();
  }

  /** A read that names a snapshot sees its schema, any other the current one. */
  static Schema schema(Table table, Read read) {
    if (read.snapshotId == null && read.ref == null && read.asOfMs == null) {
      return table.schema();
    }
    Integer id = snapshot(table, read).schemaId();
    return id == null ? table.schema() : table.schemas().get(id);
  }

  private static List<Part.Live> rows(Golden golden, Read read) {
    Snapshot snapshot = snapshot(golden.table, read);
    return snapshot == null ? List.of() : golden.states.get(snapshot.snapshotId());
  }

  /** The columns asked for, in that order; one inside a struct is a column of its dotted name. */
  static Types.StructType asked(Table table, Schema schema, Read read) {
    if (read.select == null) {
      return schema.asStruct();
    }
    List<NestedField> fields = new ArrayList<>();
    for (String name : read.select) {
      if (MetadataColumns.isMetadataColumn(name)) {
        fields.add(MetadataColumns.metadataColumn(table, name));
      } else {
        NestedField field = schema.findField(name);
        fields.add(NestedField.optional(field.fieldId(), name, field.type()));
      }
    }
    return Types.StructType.of(fields);
  }

  /** The asked columns of a row; metadata columns that it does not hold stay null. */
  static Record extract(Record row, Types.StructType type, Types.StructType asked) {
    GenericRecord result = GenericRecord.create(asked);
    for (int i = 0; i < asked.fields().size(); i++) {
      NestedField field = asked.fields().get(i);
      result.set(i, valueAt(row, type, field.name(), field.type()));
    }
    return result;
  }

  /** The value of a column, or of a member of a struct by its dotted name. */
  private static Object valueAt(Record row, Types.StructType type, String name, Type asked) {
    NestedField column = type.field(name);
    if (column != null) {
      return Rows.project(row.get(type.fields().indexOf(column)), column.type(), asked);
    }
    int dot = name.indexOf('.');
    NestedField struct = dot < 0 ? null : type.field(name.substring(0, dot));
    Object value = struct == null ? null : row.get(type.fields().indexOf(struct));
    return value == null
        ? null
        : valueAt((Record) value, struct.type().asStructType(), name.substring(dot + 1), asked);
  }

  private static void setMetadataColumns(
      Golden golden, Read read, Part.Live row, Record target, Types.StructType type) {
    Part part = row.part();
    boolean lineage =
        part.firstRowId != null
            && snapshot(golden.table, read).sequenceNumber() >= part.lineageSince;
    for (int i = 0; i < type.fields().size(); i++) {
      NestedField field = type.fields().get(i);
      if (MetadataColumns.isMetadataColumn(field.fieldId())) {
        target.set(i, metadataColumn(golden, row, field, lineage));
      }
    }
  }

  private static Object metadataColumn(
      Golden golden, Part.Live row, NestedField field, boolean lineage) {
    Part part = row.part();
    return switch (field.name()) {
      case "_file" -> Output.inside(golden.name, part.path());
      case "_pos" -> (long) row.position();
      case "_spec_id" -> part.spec.specId();
      case "_partition" -> partition(golden.table, part);
      case "_row_id" -> lineage ? stored(row, field, part.firstRowId + row.position()) : null;
      case "_last_updated_sequence_number" -> lineage ? stored(row, field, part.sequence) : null;
      default -> throw new IllegalArgumentException(field.name());
    };
  }

  /** A value that the file itself holds comes before the inherited one. */
  private static Object stored(Part.Live row, NestedField field, Long inherited) {
    NestedField written = row.part().type.field(field.fieldId());
    Object value =
        written == null ? null : row.record().get(row.part().type.fields().indexOf(written));
    return value == null ? inherited : value;
  }

  /** The file's partition under the table's unified partition type: fields of all its specs. */
  private static Record partition(Table table, Part part) {
    Types.StructType unified = Partitioning.partitionType(table);
    Types.StructType own = part.spec.partitionType();
    StructLike values = part.file.partition();
    GenericRecord result = GenericRecord.create(unified);
    for (int i = 0; i < own.fields().size(); i++) {
      NestedField field = unified.field(own.fields().get(i).fieldId());
      Object value = values.get(i, Object.class);
      result.set(
          unified.fields().indexOf(field), GenericDataUtil.internalToGeneric(field.type(), value));
    }
    return result;
  }

  static List<Object> cells(Types.StructType type, Record row) {
    List<Object> cells = new ArrayList<>();
    for (int i = 0; i < type.fields().size(); i++) {
      cells.add(Rows.cell(type.fields().get(i).type(), row.get(i)));
    }
    return cells;
  }
}
