package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/** Position deletes in Parquet (v2). */
final class PositionDeletes {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;
  private static final Schema ID_P =
      new Schema(
          required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));

  /** The smallest row groups that the writer makes: it looks at the size every 100 rows. */
  static final Map<String, String> TINY_ROW_GROUPS =
      Map.of(
          "write.parquet.row-group-size-bytes", "1",
          "write.parquet.row-group-check-min-record-count", "10",
          "write.parquet.row-group-check-max-record-count", "10");

  private final Output output;

  private PositionDeletes(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    PositionDeletes family = new PositionDeletes(output);
    family.fileScoped();
    family.partitionScoped();
    family.severalFiles();
    family.referencedDataFile();
    family.withRowColumn();
    family.rowGroups();
    family.wholeFile();
    family.evolvedSpecs();
    family.sequences();
    family.fileRemovedLater();
    family.duplicates();
  }

  private void fileScoped() {
    Golden g = new Golden("java_pos_file_scoped", 2, ID_NAME);
    g.about(
        "One delete file per data file, then a second one for the same file.",
        "deletes.position.file-scoped",
        "deletes.position.several-on-one-file");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"));
    Part b = g.part(row(5, "e"), row(6, null));
    g.append(a, b);
    g.gone(a, 0).gone(b, 1);
    g.commit(g.delta().addDeletes(g.positionDeletes(a, 0)).addDeletes(g.positionDeletes(b, 1)));
    g.gone(a, 3);
    g.commit(g.delta().addDeletes(g.positionDeletes(a, 3)));
    g.read().select("_pos", "_file", "id");
    g.read().select("name");
    g.read()
        .select("_pos")
        .where("id >= 3", Expressions.greaterThanOrEqual("id", 3), r -> (int) r.get(0) >= 3);
    output.finish(g);
  }

  private void partitionScoped() {
    Golden g = new Golden("java_pos_partition_scoped", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "One delete file per partition that names several of its data files.",
        "deletes.position.partition-scoped");
    Part x1 = g.part(row(1, "x"), row(2, "x"), row(3, "x"));
    Part x2 = g.part(row(4, "x"), row(5, "x"));
    Part x3 = g.part(row(6, "x"));
    Part y = g.part(row(7, "y"), row(8, "y"));
    g.append(x1, x2, x3, y);
    g.gone(x1, 1, 2).gone(x2, 0);
    List<Golden.Hit> hits = new ArrayList<>(Golden.hits(x1, 1, 2));
    hits.addAll(Golden.hits(x2, 0));
    g.commit(
        g.delta()
            .addDeletes(g.positionDeletes(FileFormat.PARQUET, x1.spec, x1.file.partition(), hits)));
    g.gone(y, 1);
    g.commit(g.delta().addDeletes(g.positionDeletes(y, 1)));
    g.read().select("id", "_pos", "_partition");
    g.read()
        .select("id")
        .where("p = 'y'", Expressions.equal("p", "y"), r -> "y".equals(r.getField("p")));
    output.finish(g);
  }

  private void severalFiles() {
    Golden g = new Golden("java_pos_many_files", 2, ID_NAME);
    g.about(
        "One delete file over twelve data files of an unpartitioned table, and a file it does not"
            + " name.",
        "deletes.position.partition-scoped");
    List<Part> parts = new ArrayList<>();
    List<Golden.Hit> hits = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      parts.add(g.part(row(10 * i, "a" + i), row(10 * i + 1, "b" + i), row(10 * i + 2, "c" + i)));
    }
    g.append(parts.toArray(Part[]::new));
    for (int i = 0; i < 12; i++) {
      g.gone(parts.get(i), i % 3);
      hits.addAll(Golden.hits(parts.get(i), i % 3));
    }
    hits.sort(Comparator.comparing(Golden.Hit::path));
    g.commit(
        g.delta().addDeletes(g.positionDeletes(FileFormat.PARQUET, g.table.spec(), null, hits)));
    g.read()
        .select("name")
        .where("id > 95", Expressions.greaterThan("id", 95), r -> (int) r.get(0) > 95);
    output.finish(g);
  }

  private void referencedDataFile() {
    Golden g = new Golden("java_pos_referenced", 2, ID_NAME);
    g.about(
        "Delete files with referenced_data_file set, and absent with and without bounds of"
            + " file_path.",
        "deletes.position.referenced-data-file",
        "deletes.position.no-bounds");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"));
    Part b = g.part(row(5, "e"));
    g.append(a, b);
    g.gone(a, 1);
    DeleteFile first = g.positionDeletes(a, 1);
    g.commit(
        g.delta()
            .addDeletes(
                FileMetadata.deleteFileBuilder(a.spec)
                    .copy(first)
                    .withReferencedDataFile(a.path())
                    .build()));
    g.gone(a, 2);
    g.commit(g.delta().addDeletes(g.positionDeletes(a, 2)));
    g.gone(a, 3);
    DeleteFile bare = g.positionDeletes(a, 3);
    g.commit(
        g.delta()
            .addDeletes(
                FileMetadata.deleteFileBuilder(a.spec)
                    .ofPositionDeletes()
                    .withFormat(FileFormat.PARQUET)
                    .withPath(bare.location())
                    .withFileSizeInBytes(bare.fileSizeInBytes())
                    .withRecordCount(1)
                    .build()));
    output.finish(g);
  }

  private void withRowColumn() {
    Golden g = new Golden("java_pos_row_column", 2, ID_NAME);
    g.about(
        "The delete file holds the deleted rows in its optional third column.",
        "deletes.position.row-column");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, null));
    g.append(a);
    g.gone(a, 0, 2);
    Schema held =
        new Schema(
            MetadataColumns.DELETE_FILE_PATH,
            MetadataColumns.DELETE_FILE_POS,
            NestedField.required(
                MetadataColumns.DELETE_FILE_ROW_FIELD_ID,
                MetadataColumns.DELETE_FILE_ROW_FIELD_NAME,
                g.table.schema().asStruct()));
    DeleteFile deletes =
        plainDeletes(g, a, held, row(a.path(), 0, row(1, "a")), row(a.path(), 2, row(3, null)));
    g.commit(g.delta().addDeletes(deletes));
    output.finish(g);
  }

  /** A position-delete file of any columns, by the plain Parquet writer. */
  private static DeleteFile plainDeletes(Golden g, Part part, Schema schema, Object[]... rows) {
    OutputFile place = g.place("pos", "parquet");
    FileAppender<Record> appender;
    try {
      appender =
          Parquet.write(place)
              .schema(schema)
              .createWriterFunc(type -> GenericParquetWriter.create(schema, type))
              .meta("delete-type", "position")
              .build();
      try (appender) {
        for (Object[] row : rows) {
          appender.add(Rows.record(schema.asStruct(), row));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return FileMetadata.deleteFileBuilder(part.spec)
        .ofPositionDeletes()
        .withFormat(FileFormat.PARQUET)
        .withPath(place.location())
        .withPartition(part.file.partition())
        .withFileSizeInBytes(appender.length())
        .withMetrics(appender.metrics())
        .build();
  }

  private void rowGroups() {
    Golden g = new Golden("java_pos_row_groups", 2, ID_NAME);
    g.about(
        "A file of ten row groups of ten rows: deletes at their borders, a whole group, and"
            + " positions under filters that skip groups.",
        "deletes.position.row-groups",
        "deletes.position.row-group-borders",
        "deletes.position.whole-row-group");
    Object[][] rows = new Object[100][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i, "n" + i);
    }
    Part p = g.part(FileFormat.PARQUET, g.table.schema(), g.table.spec(), TINY_ROW_GROUPS, rows);
    g.append(p);
    int[] borders = {0, 9, 10, 19, 20, 55, 89, 90, 99};
    g.gone(p, borders);
    g.commit(
        g.delta().addDeletes(g.positionDeletes(p, IntStream.of(borders).asLongStream().toArray())));
    int[] group = IntStream.range(30, 40).toArray();
    g.gone(p, group);
    g.commit(
        g.delta().addDeletes(g.positionDeletes(p, IntStream.of(group).asLongStream().toArray())));
    g.read()
        .select("_pos", "id")
        .where(
            "id >= 85 and id < 95",
            Expressions.and(
                Expressions.greaterThanOrEqual("id", 85), Expressions.lessThan("id", 95)),
            r -> (int) r.get(0) >= 85 && (int) r.get(0) < 95);
    g.read().select("_pos").where("id = 40", Expressions.equal("id", 40), r -> r.get(0).equals(40));
    g.read().select("name").where("id = 35", Expressions.equal("id", 35), r -> r.get(0).equals(35));
    output.finish(g);
  }

  private void wholeFile() {
    Golden g = new Golden("java_pos_whole_file", 2, ID_NAME);
    g.about("Every row of one file is deleted, none of another.", "deletes.position.whole-file");
    Part a = g.part(row(1, "a"), row(2, "b"));
    Part b = g.part(row(3, "c"));
    g.append(a, b);
    g.gone(a);
    g.commit(g.delta().addDeletes(g.positionDeletes(a, 0, 1)));
    g.read().select("_file", "_pos");
    output.finish(g);
  }

  private void evolvedSpecs() {
    Golden g = new Golden("java_pos_evolved_spec", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "Deletes written under the spec of their data file after the table's spec changed twice.",
        "deletes.position.evolved-spec");
    Part x = g.part(row(1, "x"), row(2, "x"));
    Part y = g.part(row(3, "y"), row(4, "y"));
    g.append(x, y);
    g.partition(update -> update.addField(Expressions.bucket("id", 2)));
    Part z = g.part(row(5, "x"));
    g.append(z);
    g.partition(update -> update.removeField("p").removeField("id_bucket_2"));
    Part u = g.part(row(6, "x"), row(7, "y"));
    g.append(u);
    g.gone(x, 1);
    g.commit(g.delta().addDeletes(g.positionDeletes(x, 1)));
    g.gone(y, 0).gone(z, 0).gone(u, 0);
    g.commit(
        g.delta()
            .addDeletes(g.positionDeletes(y, 0))
            .addDeletes(g.positionDeletes(z, 0))
            .addDeletes(g.positionDeletes(u, 0)));
    g.read().select("id", "_spec_id", "_partition");
    output.finish(g);
  }

  private void sequences() {
    Golden g = new Golden("java_pos_sequences", 2, ID_NAME);
    g.about(
        "A position delete applies to a file of its own commit, and to older ones.",
        "deletes.position.same-commit",
        "deletes.position.sequence");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.add(a).gone(a, 0);
    g.commit(g.delta().addRows(a.file).addDeletes(g.positionDeletes(a, 0)));
    Part b = g.part(row(3, "c"), row(4, "d"));
    g.add(b).gone(a, 1).gone(b, 1);
    List<Golden.Hit> hits = new ArrayList<>(Golden.hits(a, 1));
    hits.addAll(Golden.hits(b, 1));
    g.commit(
        g.delta()
            .addRows(b.file)
            .addDeletes(g.positionDeletes(FileFormat.PARQUET, g.table.spec(), null, hits)));
    output.finish(g);
  }

  private void fileRemovedLater() {
    Golden g = new Golden("java_pos_file_removed", 2, ID_NAME);
    g.about(
        "A delete file stays behind when its data file is rewritten; another file that it names"
            + " stays.",
        "deletes.position.dangling",
        "deletes.position.rewritten-file");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    Part b = g.part(row(4, "d"), row(5, "e"));
    g.append(a, b);
    List<Golden.Hit> hits = new ArrayList<>(Golden.hits(a, 1));
    hits.addAll(Golden.hits(b, 0));
    g.gone(a, 1).gone(b, 0);
    g.commit(
        g.delta().addDeletes(g.positionDeletes(FileFormat.PARQUET, g.table.spec(), null, hits)));
    Part c = g.part(row(1, "a"), row(3, "c"));
    g.gone(a).add(c);
    long start = g.table.currentSnapshot().snapshotId();
    g.commit(
        g.table
            .newRewrite()
            .validateFromSnapshot(start)
            .deleteFile(a.file)
            .addFile(c.file)
            .dataSequenceNumber(2));
    output.finish(g);
  }

  private void duplicates() {
    Golden g = new Golden("java_pos_duplicates", 2, ID_NAME);
    g.about(
        "The same position in two delete files and twice in one; a position beyond the file.",
        "deletes.position.duplicates",
        "deletes.position.beyond-file");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    g.gone(a, 1);
    g.commit(
        g.delta()
            .addDeletes(g.positionDeletes(a, 1, 1))
            .addDeletes(g.positionDeletes(a, 1, 1000, 5_000_000_000L)));
    output.finish(g);
  }
}
