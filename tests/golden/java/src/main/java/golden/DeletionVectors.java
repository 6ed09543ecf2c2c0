package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Deletion vectors in Puffin files (v3). */
final class DeletionVectors {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;

  private final Output output;

  private DeletionVectors(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    DeletionVectors family = new DeletionVectors(output);
    family.severalInOnePuffin();
    family.replaced();
    family.upgraded();
    family.manyContainers();
    family.withEqualityDeletes();
    family.partitioned();
    family.wholeFile();
    family.rowGroups();
  }

  private static RowDelta delta(Golden g, List<DeleteFile> vectors) {
    RowDelta delta = g.delta();
    vectors.forEach(delta::addDeletes);
    return delta;
  }

  private void severalInOnePuffin() {
    Golden g = new Golden("java_dv_one_puffin", 3, ID_NAME);
    g.about(
        "One Puffin file with the deletion vectors of three data files; a fourth has none.",
        "deletes.dv.several-blobs");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    Part b = g.part(row(4, "d"), row(5, "e"));
    Part c = g.part(row(6, "f"));
    Part d = g.part(row(7, "g"), row(8, "h"));
    g.append(a, b, c, d);
    g.gone(a, 0, 2).gone(b, 1).gone(d, 0);
    g.commit(
        delta(
            g,
            g.vectors(new Golden.Marks(a, 0, 2), new Golden.Marks(b, 1), new Golden.Marks(d, 0))));
    g.read().select("name", "_pos", "_file");
    g.read()
        .select("id")
        .where("id > 4", Expressions.greaterThan("id", 4), r -> (int) r.get(0) > 4);
    output.finish(g);
  }

  private void replaced() {
    Golden g = new Golden("java_dv_replaced", 3, ID_NAME);
    g.about(
        "A deletion vector replaced by one with more positions; both snapshots are read.",
        "deletes.dv.replaced");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"));
    g.append(a);
    g.gone(a, 1);
    DeleteFile first = g.vectors(new Golden.Marks(a, 1)).get(0);
    g.commit(g.delta().addDeletes(first));
    g.gone(a, 3);
    DeleteFile second = g.vectors(new Golden.Marks(a, 1, 3)).get(0);
    g.commit(g.delta().removeDeletes(first).addDeletes(second));
    Part b = g.part(row(5, "e"), row(6, "f"));
    g.add(b).gone(b, 0);
    g.commit(delta(g.delta(), b, g.vectors(new Golden.Marks(b, 0))));
    output.finish(g);
  }

  private static RowDelta delta(RowDelta delta, Part part, List<DeleteFile> vectors) {
    delta.addRows(part.file);
    vectors.forEach(delta::addDeletes);
    return delta;
  }

  private void upgraded() {
    Golden g = new Golden("java_dv_upgraded", 2, ID_NAME);
    g.about(
        "Position deletes of v2 stay after the upgrade to v3, until a deletion vector replaces"
            + " those of its file.",
        "deletes.dv.upgrade",
        "deletes.dv.replaces-position-deletes");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"));
    Part b = g.part(row(5, "e"), row(6, "f"));
    g.append(a, b);
    g.gone(a, 0).gone(b, 0);
    List<Golden.Hit> hits = new ArrayList<>(Golden.hits(a, 0));
    hits.addAll(Golden.hits(b, 0));
    g.commit(
        g.delta().addDeletes(g.positionDeletes(FileFormat.PARQUET, g.table.spec(), null, hits)));
    g.set("format-version", "3");
    g.gone(a, 2);
    g.commit(delta(g, g.vectors(new Golden.Marks(a, 0, 2))));
    g.append(g.part(row(7, "g")));
    g.read().select("_pos", "name");
    output.finish(g);
  }

  private void manyContainers() {
    Schema schema = new Schema(required(1, "n", Types.IntegerType.get()));
    Golden g = new Golden("java_dv_containers", 3, schema);
    g.about(
        "70,000 rows, of which few remain: array, bitmap and run containers, positions on both"
            + " sides of 65,536.",
        "deletes.dv.containers.array",
        "deletes.dv.containers.bitmap",
        "deletes.dv.containers.run",
        "deletes.dv.beyond-65536");
    Part p =
        g.part(IntStream.range(0, 70_000).mapToObj(i -> row(i / 100)).toArray(Object[][]::new));
    g.silent.add(g.append(p));
    long[] evenThenRun =
        LongStream.concat(
                LongStream.range(0, 65_000).filter(i -> i % 2 == 0),
                LongStream.range(65_530, 69_990))
            .toArray();
    g.live.removeIf(row -> has(evenThenRun, row.position()));
    DeleteFile first = g.vectors(new Golden.Marks(p, evenThenRun)).get(0);
    long before = g.commit(g.delta().addDeletes(first));
    g.silent.add(before);
    for (int n : new int[] {0, 649, 655, 699}) {
      g.read()
          .at(before)
          .select("_pos", "n")
          .where("n = " + n, Expressions.equal("n", n), r -> r.get(0).equals(n));
    }
    long[] most =
        LongStream.concat(
                LongStream.range(0, 65_600).filter(i -> i % 2_000 != 7 && i != 65_535),
                LongStream.range(65_601, 70_000).filter(i -> i % 500 != 0))
            .toArray();
    long[] all =
        LongStream.concat(LongStream.of(evenThenRun), LongStream.of(most))
            .sorted()
            .distinct()
            .toArray();
    g.live.removeIf(row -> has(all, row.position()));
    DeleteFile second = g.vectors(new Golden.Marks(p, all)).get(0);
    g.commit(g.delta().removeDeletes(first).addDeletes(second));
    output.finish(g);
  }

  private static boolean has(long[] sorted, int value) {
    return Arrays.binarySearch(sorted, value) >= 0;
  }

  private void withEqualityDeletes() {
    Golden g = new Golden("java_dv_and_equality", 3, ID_NAME);
    g.about(
        "Deletion vectors and equality deletes on the same file, before and after each other.",
        "deletes.mixed",
        "deletes.dv.with-equality");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"));
    g.append(a);
    g.gone(a, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2))));
    Part b = g.part(row(2, "b2"), row(5, "e"));
    g.add(b).gone(a, 0).gone(b, 1);
    g.commit(delta(g.delta(), b, g.vectors(new Golden.Marks(a, 0), new Golden.Marks(b, 1))));
    g.gone(a, 3).gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("name"), row("d"), row("b2"))));
    g.read().select("_pos");
    g.read().select("name", "_row_id", "_last_updated_sequence_number");
    output.finish(g);
  }

  private void partitioned() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.DateType.get()));
    Golden g = new Golden("java_dv_partitioned", 3, schema, spec -> spec.month("p"));
    g.about(
        "Deletion vectors of two partitions in one Puffin file, one of a spec that is no longer"
            + " the table's.",
        "deletes.dv.partitioned",
        "deletes.dv.evolved-spec");
    Part a = g.part(row(1, "2024-01-01"), row(2, "2024-01-31"));
    Part b = g.part(row(3, null), row(4, null));
    g.append(a, b);
    g.partition(update -> update.removeField("p_month").addField(Expressions.year("p")));
    Part c = g.part(row(5, "2024-02-01"), row(6, "2024-03-01"));
    g.append(c);
    g.gone(a, 0).gone(b, 1).gone(c, 1);
    g.commit(
        delta(
            g, g.vectors(new Golden.Marks(a, 0), new Golden.Marks(b, 1), new Golden.Marks(c, 1))));
    g.read().select("id", "_spec_id", "_partition");
    output.finish(g);
  }

  private void wholeFile() {
    Golden g = new Golden("java_dv_whole_file", 3, ID_NAME);
    g.about("A deletion vector takes every row of its file.", "deletes.dv.whole-file");
    Part a = g.part(row(1, "a"), row(2, "b"));
    Part b = g.part(row(3, "c"));
    g.append(a, b);
    g.gone(a);
    g.commit(delta(g, g.vectors(new Golden.Marks(a, 0, 1))));
    g.read().select("name");
    output.finish(g);
  }

  private void rowGroups() {
    Golden g = new Golden("java_dv_row_groups", 3, ID_NAME);
    g.about(
        "A file of six row groups of ten rows: borders, a whole group, filters that skip groups.",
        "deletes.dv.row-groups");
    Object[][] rows = new Object[60][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i, "n" + i);
    }
    Part p =
        g.part(
            FileFormat.PARQUET,
            g.table.schema(),
            g.table.spec(),
            PositionDeletes.TINY_ROW_GROUPS,
            rows);
    g.append(p);
    int[] marked =
        IntStream.concat(IntStream.of(0, 9, 30, 49, 59), IntStream.range(10, 20)).toArray();
    g.gone(p, marked);
    g.commit(
        delta(g, g.vectors(new Golden.Marks(p, IntStream.of(marked).asLongStream().toArray()))));
    g.read()
        .select("_pos", "_row_id")
        .where("id > 45", Expressions.greaterThan("id", 45), r -> (int) r.get(0) > 45);
    output.finish(g);
  }
}
