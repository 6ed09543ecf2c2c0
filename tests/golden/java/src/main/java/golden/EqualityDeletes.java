package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.util.Arrays;
import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Equality deletes: their sequence rules, their keys' sets and partitions, and values as keys. */
final class EqualityDeletes {
  static final Schema ID_NAME =
      new Schema(
          required(1, "id", Types.IntegerType.get()), optional(2, "name", Types.StringType.get()));

  private final Output output;

  private EqualityDeletes(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    EqualityDeletes family = new EqualityDeletes(output);
    family.oneKey();
    family.reinsert();
    family.sameCommit();
    family.keySets();
    family.compositeKey();
    family.extraColumns();
    family.nullKeys();
    family.floatKeys("java_eq_nan_zero_double", Types.DoubleType.get());
    family.floatKeys("java_eq_nan_zero_float", Types.FloatType.get());
    family.nestedKey();
    family.perPartition();
    family.globalAfterPartitioning();
    family.partitionedThenUnpartitioned();
    family.allRows();
    family.missingKeyColumn();
    family.missingKeyDefault();
    family.rowGroups();
    family.pruning();
    family.manyKeys();
  }

  private void oneKey() {
    Golden g = new Golden("java_eq_one_key", 2, ID_NAME);
    g.about(
        "One equality delete file on id over two data files; the key projected and not.",
        "deletes.equality.one-key",
        "deletes.equality.keys-only-file",
        "deletes.equality.key-not-projected");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    Part b = g.part(row(4, "d"), row(2, "b2"), row(5, null));
    g.append(a);
    g.append(b);
    g.gone(a, 1).gone(b, 1, 2);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2), row(5), row(77))));
    g.read().select("name");
    g.read().select("name", "id");
    g.read().select("_pos", "name", "_file");
    g.read().where("id > 1", Expressions.greaterThan("id", 1), r -> (int) r.getField("id") > 1);
    g.read()
        .select("id")
        .where("name = 'c'", Expressions.equal("name", "c"), r -> "c".equals(r.getField("name")));
    output.finish(g);
  }

  private void reinsert() {
    Golden g = new Golden("java_eq_reinsert", 2, ID_NAME);
    g.about(
        "A key deleted, inserted again, deleted and inserted again: a delete applies to smaller"
            + " sequence numbers only.",
        "deletes.equality.sequence.reinsert");
    Part a = g.part(row(1, "v1"), row(2, "v1"));
    g.append(a);
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    Part b = g.part(row(1, "v2"), row(3, "v1"));
    g.append(b);
    g.gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    g.append(g.part(row(1, "v3")));
    output.finish(g);
  }

  private void sameCommit() {
    Golden g = new Golden("java_eq_upsert", 2, ID_NAME);
    g.about(
        "Upserts as Flink writes them: new rows and the equality delete of their keys in one"
            + " commit; a position delete takes out a row of the same commit.",
        "deletes.equality.sequence.same-commit",
        "deletes.position.same-commit");
    Part a = g.part(row(1, "v1"), row(2, "v1"), row(3, "v1"));
    g.append(a);
    Part b = g.part(row(1, "v2"), row(4, "v2"));
    g.gone(a, 0).add(b);
    g.commit(
        g.delta().addRows(b.file).addDeletes(g.equalityDeletes(List.of("id"), row(1), row(4))));
    Part c = g.part(row(2, "v3"), row(2, "v3 again"), row(4, "v3"));
    g.gone(a, 1).gone(b, 1).add(c).gone(c, 0);
    g.commit(
        g.delta()
            .addRows(c.file)
            .addDeletes(g.equalityDeletes(List.of("id"), row(2), row(4)))
            .addDeletes(g.positionDeletes(c, 0)));
    g.read().select("name", "_pos");
    output.finish(g);
  }

  private void keySets() {
    Schema schema =
        new Schema(
            optional(1, "a", Types.IntegerType.get()),
            optional(2, "b", Types.StringType.get()),
            optional(3, "c", Types.LongType.get()),
            optional(4, "v", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_key_sets", 2, schema);
    g.about(
        "Four delete files with the key sets {a}, {b}, {a, c} and {c, b} on one data file.",
        "deletes.equality.key-sets",
        "deletes.equality.composite-key");
    Part p =
        g.part(
            row(1, "x", 10L, 0),
            row(2, "y", 20L, 1),
            row(3, "y", 30L, 2),
            row(4, "z", 40L, 3),
            row(4, "z", 41L, 4),
            row(null, "x", 50L, 5),
            row(5, null, 50L, 6),
            row(6, "w", null, 7));
    g.append(p);
    g.gone(p, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("a"), row(1))));
    g.gone(p, 1, 2, 3, 5);
    g.commit(
        g.delta()
            .addDeletes(g.equalityDeletes(List.of("b"), row("y")))
            .addDeletes(g.equalityDeletes(List.of("a", "c"), row(4, 40L), row(null, 50L))));
    g.gone(p, 6, 7);
    g.commit(
        g.delta().addDeletes(g.equalityDeletes(List.of("c", "b"), row(null, 50L), row("w", null))));
    g.read().select("v");
    output.finish(g);
  }

  private void compositeKey() {
    Schema schema =
        new Schema(
            required(1, "k1", Types.StringType.get()),
            required(2, "k2", Types.StringType.get()),
            required(3, "n", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_composite_text", 2, schema);
    g.about(
        "A key of two strings whose concatenations collide: (1, 11) is not (11, 1).",
        "deletes.equality.composite-key");
    Part p = g.part(row("1", "11", 0), row("11", "1", 1), row("111", "", 2), row("", "111", 3));
    g.append(p);
    g.gone(p, 1, 3);
    g.commit(
        g.delta()
            .addDeletes(g.equalityDeletes(List.of("k1", "k2"), row("11", "1"), row("", "111"))));
    g.read().select("n");
    output.finish(g);
  }

  private void extraColumns() {
    Golden g = new Golden("java_eq_extra_columns", 2, ID_NAME);
    g.about(
        "The delete file holds whole rows, but only id is the key: other columns do not matter.",
        "deletes.equality.whole-row-file");
    Part p = g.part(row(1, "a"), row(2, "b"), row(2, "other"));
    g.append(p);
    DeleteFile delete =
        g.equalityDeletes(
            List.of("id"),
            List.of("id", "name"),
            g.table.schema(),
            g.unpartitioned(),
            null,
            row(2, "b"));
    g.gone(p, 1, 2);
    g.commit(g.delta().addDeletes(delete));
    g.read().select("name");
    output.finish(g);
  }

  private void nullKeys() {
    Golden g = new Golden("java_eq_null_key", 2, ID_NAME);
    g.about(
        "A null key deletes nulls and nothing else; deletes of values keep nulls.",
        "deletes.equality.null-key");
    Part p = g.part(row(1, "a"), row(2, null), row(3, ""), row(4, "b"), row(5, null));
    g.append(p);
    g.gone(p, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("name"), row("a"))));
    g.gone(p, 1, 4);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("name"), new Object[] {null})));
    g.append(g.part(row(6, null)));
    g.read().select("id");
    output.finish(g);
  }

  private void floatKeys(String name, Type type) {
    Schema schema = new Schema(optional(1, "x", type), optional(2, "n", Types.IntegerType.get()));
    Golden g = new Golden(name, 2, schema);
    g.about(
        "NaN as a key deletes NaN; an infinity and a plain number as keys.",
        "deletes.equality.nan-key",
        "deletes.equality.infinite-key");
    Part p =
        g.part(
            row(Double.NaN, 0),
            row(1.5, 1),
            row(Double.POSITIVE_INFINITY, 2),
            row(Double.NEGATIVE_INFINITY, 3),
            row(null, 4),
            row(2.5, 5));
    g.append(p);
    g.gone(p, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("x"), row(Double.NaN))));
    g.gone(p, 1, 2);
    g.commit(
        g.delta()
            .addDeletes(g.equalityDeletes(List.of("x"), row(1.5), row(Double.POSITIVE_INFINITY))));
    g.read().select("n");
    output.finish(g);
  }

  private void nestedKey() {
    Schema schema =
        new Schema(
            required(1, "n", Types.IntegerType.get()),
            optional(
                2,
                "s",
                Types.StructType.of(
                    optional(3, "k", Types.IntegerType.get()),
                    optional(4, "t", Types.StringType.get()))));
    Golden g = new Golden("java_eq_nested_key", 2, schema);
    g.about("A member of a struct as the key, null too.", "deletes.equality.nested-key")
        .libraryDiffers("it deletes too much where the key is not projected");
    Part p =
        g.part(
            row(0, row(1, "a")), row(1, row(2, "b")), row(2, row(null, "c")), row(3, row(2, null)));
    g.append(p);
    g.gone(p, 1, 3);
    g.commit(
        g.delta()
            .addDeletes(
                g.equalityDeletes(List.of("s.k"), new Object[] {row(2)}, new Object[] {row(9)})));
    g.gone(p, 2);
    g.commit(
        g.delta().addDeletes(g.equalityDeletes(List.of("s.k"), new Object[] {row((Object) null)})));
    g.append(g.part(row(4, null), row(5, row(2, "d"))));
    g.read().select("n");
    g.read().select("s.t");
    output.finish(g);
  }

  private void perPartition() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "p", Types.StringType.get()),
            optional(3, "v", Types.StringType.get()));
    Golden g = new Golden("java_eq_per_partition", 2, schema, spec -> spec.identity("p"));
    g.about(
        "An equality delete of one partition leaves the same key of other partitions alone, the"
            + " null partition's too.",
        "deletes.equality.per-partition",
        "deletes.equality.null-partition");
    Part x = g.part(row(1, "x", "a"), row(2, "x", "b"));
    Part y = g.part(row(1, "y", "c"), row(2, "y", "d"));
    Part none = g.part(row(1, null, "e"), row(2, null, "f"));
    g.append(x, y, none);
    g.gone(x, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(x, List.of("id"), row(1))));
    g.gone(none, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(none, List.of("id"), row(2))));
    g.read().select("v", "_partition", "_spec_id");
    g.read()
        .select("v")
        .where("p = 'x'", Expressions.equal("p", "x"), r -> "x".equals(r.getField("p")));
    g.read().select("v").where("p is null", Expressions.isNull("p"), r -> r.getField("p") == null);
    output.finish(g);
  }

  private void globalAfterPartitioning() {
    Golden g = new Golden("java_eq_global_evolved", 2, ID_NAME);
    g.about(
        "Unpartitioned, then partitioned by bucket(4, id): a delete of the unpartitioned spec is"
            + " global, one of a bucket is not.",
        "deletes.equality.global",
        "deletes.equality.evolved-spec");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(9, "nine"));
    g.append(a);
    g.partition(update -> update.addField(Expressions.bucket("id", 4)));
    Part b = g.part(row(1, "a2"));
    Part c = g.part(row(2, "b2"));
    g.append(b, c);
    g.gone(a, 1).gone(c, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2))));
    g.gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(b, List.of("id"), row(1))));
    g.read().select("name", "_spec_id");
    output.finish(g);
  }

  private void partitionedThenUnpartitioned() {
    Golden g =
        new Golden("java_eq_partition_dropped", 2, ID_NAME, spec -> spec.truncate("name", 1));
    g.about(
        "Partitioned by truncate(1, name), then unpartitioned: deletes of a partition reach only"
            + " that partition's files of that spec, those of the empty spec reach all.",
        "deletes.equality.global",
        "deletes.equality.evolved-spec",
        "deletes.equality.per-partition");
    Part a = g.part(row(1, "aa"), row(2, "ab"));
    Part b = g.part(row(1, "ba"), row(3, "bb"));
    g.append(a, b);
    g.partition(update -> update.removeField("name_trunc"));
    Part c = g.part(row(1, "aa"), row(3, "c"));
    g.append(c);
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(a, List.of("id"), row(1))));
    g.gone(b, 1).gone(c, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(c, List.of("id"), row(3))));
    g.read().select("name", "_spec_id");
    output.finish(g);
  }

  private void allRows() {
    Golden g = new Golden("java_eq_all_rows", 2, ID_NAME);
    g.about("Equality deletes take every row of the table.", "deletes.equality.all-rows");
    Part p = g.part(row(1, "a"), row(2, "b"));
    g.append(p);
    g.gone(p);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2), row(1))));
    g.read().select("name");
    output.finish(g);
  }

  private void missingKeyColumn() {
    Golden g = new Golden("java_eq_key_added_later", 2, ID_NAME);
    g.about(
        "The key column was added after the data: its nulls in old files match a null key.",
        "deletes.equality.key-missing-in-file",
        "deletes.equality.null-key");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.append(a);
    g.evolve(update -> update.addColumn("k", Types.LongType.get()));
    Part b = g.part(row(3, "c", 7L), row(4, "d", null), row(5, "e", 8L));
    g.append(b);
    g.gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(7L))));
    g.gone(a).gone(b, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), new Object[] {null})));
    g.read().select("id");
    output.finish(g);
  }

  private void missingKeyDefault() {
    Golden g = new Golden("java_eq_key_default", 3, ID_NAME);
    g.about(
        "The key column was added with an initial default: old rows match the default's value.",
        "deletes.equality.key-initial-default");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.append(a);
    g.evolve(update -> update.addColumn("k", Types.IntegerType.get(), "", Expressions.lit(42)));
    Part b = g.part(row(3, "c", 42), row(4, "d", null), row(5, "e", 43));
    g.append(b);
    g.gone(a).gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(42))));
    g.read().select("id");
    output.finish(g);
  }

  private void rowGroups() {
    Golden g = new Golden("java_eq_row_groups", 2, ID_NAME);
    g.about(
        "Equality deletes over a file of six row groups, under filters that skip groups and with"
            + " the key not projected.",
        "deletes.equality.row-groups");
    Object[][] rows = new Object[60][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i, i % 10 == 3 ? null : "n" + i % 7);
    }
    Part p =
        g.part(
            FileFormat.PARQUET,
            g.table.schema(),
            g.table.spec(),
            PositionDeletes.TINY_ROW_GROUPS,
            rows);
    g.append(p);
    g.gone(p, 0, 9, 10, 35, 59);
    g.commit(
        g.delta()
            .addDeletes(
                g.equalityDeletes(List.of("id"), row(0), row(9), row(10), row(35), row(59))));
    g.live.removeIf(r -> "n4".equals(r.record().get(1)));
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("name"), row("n4"))));
    g.read()
        .select("name", "_pos")
        .where("id > 30", Expressions.greaterThan("id", 30), r -> (int) r.get(0) > 30);
    g.read()
        .select("_pos")
        .where("name is null", Expressions.isNull("name"), r -> r.get(1) == null);
    output.finish(g);
  }

  private void pruning() {
    Schema schema =
        new Schema(
            optional(1, "k", Types.LongType.get()),
            optional(2, "nobounds", Types.StringType.get()),
            optional(3, "n", Types.IntegerType.get()));
    Golden g =
        new Golden("java_eq_pruning", 2, schema, "write.metadata.metrics.column.nobounds", "none");
    g.about(
        "Delete files that statistics could skip, and must where the values are apart, and must"
            + " not where bounds are missing or nulls meet nulls.",
        "deletes.equality.pruning",
        "deletes.equality.missing-bounds");
    Part low = g.part(row(1L, "a", 0), row(2L, "b", 1));
    Part high = g.part(row(1000L, "c", 2), row(2000L, null, 3));
    Part none = g.part(row(null, "d", 4), row(null, null, 5));
    g.append(low, high, none);
    g.gone(low, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(2L), row(500L))));
    g.gone(high, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("nobounds"), row("c"), row("zz"))));
    g.gone(none, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k", "nobounds"), row(null, null))));
    g.gone(high, 1);
    g.commit(
        g.delta()
            .addDeletes(
                g.equalityDeletes(List.of("k", "nobounds"), row(2000L, null), row(1L, ""))));
    g.read().select("n");
    output.finish(g);
  }

  private void manyKeys() {
    Golden g = new Golden("java_eq_many_keys", 2, ID_NAME);
    g.about(
        "Forty delete files in one commit over two data files, every second key of 200.",
        "deletes.equality.many-files");
    Object[][] rows = new Object[200][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i, "n" + i);
    }
    Part a = g.part(Arrays.copyOfRange(rows, 0, 100));
    Part b = g.part(Arrays.copyOfRange(rows, 100, 200));
    g.append(a, b);
    RowDelta delta = g.delta();
    for (int i = 0; i < 40; i++) {
      Object[][] keys = new Object[3][];
      for (int j = 0; j < keys.length; j++) {
        keys[j] = row(2 * (i + 40 * j));
        int key = (int) keys[j][0];
        if (key < 200) {
          g.gone(key < 100 ? a : b, key % 100);
        }
      }
      delta.addDeletes(g.equalityDeletes(List.of("id"), keys));
    }
    g.commit(delta);
    g.read().select("name");
    output.finish(g);
  }
}
