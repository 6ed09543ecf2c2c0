package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;

import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Equality deletes whose key columns changed since, and keys of every type. */
final class EqualityKeys {
  private final Output output;

  private EqualityKeys(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    EqualityKeys family = new EqualityKeys(output);
    family.renamed();
    family.promoted(
        "int_long", Types.IntegerType.get(), Types.LongType.get(), 7, 8, 5_000_000_000L);
    family.promoted("float_double", Types.FloatType.get(), Types.DoubleType.get(), 0.1f, 2.5, 0.3);
    family.promoted(
        "decimal",
        Types.DecimalType.of(7, 2),
        Types.DecimalType.of(20, 2),
        "12345.67",
        "-0.01",
        "123456789012345678.99");
    family.dropped();
    family.droppedAndAddedAgain();
    family.swappedNames();
    family.madeOptional();
    family.mixed();
    family.evolvedMixedSets();
    family.zeros();
    family.typed("boolean", Types.BooleanType.get(), true, false);
    family.typed("string", Types.StringType.get(), "", "plain", "\uD83D\uDE00 emoji", "zz\u0000z");
    family.typed(
        "uuid",
        Types.UUIDType.get(),
        "00000000-0000-0000-0000-000000000000",
        "f79c3e09-677c-4bbd-a479-3f349cb785e7",
        "7fffffff-ffff-ffff-ffff-ffffffffffff");
    family.typed("fixed", Types.FixedType.ofLength(3), "000000", "00ff80", "ffffff");
    family.typed("binary", Types.BinaryType.get(), "", "00", "0001", "ff");
    family.typed("decimal9", Types.DecimalType.of(9, 2), "-0.01", "0.00", "9999999.99");
    family.typed("decimal18", Types.DecimalType.of(18, 3), "-1.000", "999999999999999.999");
    family.typed(
        "decimal38",
        Types.DecimalType.of(38, 10),
        "-9999999999999999999999999999.9999999999",
        "0.0000000000",
        "1.0000000000");
    family.typed("date", Types.DateType.get(), "1969-12-31", "1970-01-01", "9999-12-31");
    family.typed("time", Types.TimeType.get(), "00:00:00", "23:59:59.999999");
    family.typed(
        "timestamp",
        Types.TimestampType.withoutZone(),
        "1969-12-31T23:59:59.999999",
        "2024-02-29T12:00:00");
    family.typed(
        "timestamptz",
        Types.TimestampType.withZone(),
        "1969-12-31T23:59:59.999999Z",
        "2024-02-29T12:00:00+01:00");
    family.typed("long", Types.LongType.get(), Long.MIN_VALUE, -1, 0, Long.MAX_VALUE);
  }

  /** Deletes the first value and null; the first value occurs twice. */
  private void typed(String kind, Type type, Object... values) {
    Schema schema = new Schema(optional(1, "k", type), optional(2, "n", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_key_" + kind, 2, schema);
    g.about(
        "A key of type " + type + ": one value and null are deleted.",
        "deletes.equality.key-type." + kind,
        "deletes.equality.null-key");
    Object[][] rows = new Object[values.length + 2][];
    for (int i = 0; i < values.length; i++) {
      rows[i] = row(values[i], i);
    }
    rows[values.length] = row(null, values.length);
    rows[values.length + 1] = row(values[0], values.length + 1);
    Part p = g.part(rows);
    g.append(p);
    g.gone(p, 0, values.length, values.length + 1);
    g.commit(
        g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(values[0]), new Object[] {null})));
    g.read().select("n");
    output.finish(g);
  }

  private void zeros() {
    Schema schema =
        new Schema(
            optional(1, "x", Types.DoubleType.get()), optional(2, "n", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_zeros", 2, schema);
    g.about(
        "Both zeros as keys in one delete file, which takes both zeros of the data.",
        "deletes.equality.negative-zero-key");
    Part p = g.part(row(-0.0, 0), row(0.0, 1), row(1.0, 2), row(Double.MIN_VALUE, 3));
    g.append(p);
    g.gone(p, 0, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("x"), row(0.0), row(-0.0))));
    g.read().select("n");
    output.finish(g);
  }

  private void renamed() {
    Golden g = new Golden("java_eq_key_renamed", 2, EqualityDeletes.ID_NAME);
    g.about(
        "The key was renamed after the delete, and another column took its old name.",
        "deletes.equality.key-renamed");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    g.evolve(update -> update.renameColumn("id", "key"));
    g.evolve(update -> update.addColumn("id", Types.IntegerType.get()));
    Part b = g.part(row(1, "d", 2), row(2, "e", 1));
    g.append(b);
    g.gone(a, 1).gone(b, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("key"), row(2))));
    g.read().select("name");
    g.read().select("id", "name");
    output.finish(g);
  }

  private void promoted(
      String kind, Type.PrimitiveType from, Type.PrimitiveType to, Object a, Object b, Object c) {
    Schema schema = new Schema(optional(1, "k", from), optional(2, "n", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_promoted_" + kind, 2, schema);
    g.about(
        "The key was promoted from "
            + from
            + " to "
            + to
            + ": deletes of the old type reach old"
            + " data, deletes of the new type reach data of both.",
        "deletes.equality.key-promoted." + kind);
    Part old = g.part(row(a, 0), row(b, 1), row(null, 2));
    g.append(old);
    g.gone(old, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(a))));
    DeleteFile narrow = g.equalityDeletes(List.of("k"), row(b));
    g.evolve(update -> update.updateColumn("k", to));
    Part fresh = g.part(row(b, 3), row(c, 4), row(null, 5));
    g.append(fresh);
    g.gone(old, 1).gone(fresh, 0);
    g.commit(g.delta().addDeletes(narrow));
    Part last = g.part(row(b, 6), row(c, 7));
    g.append(last);
    g.gone(fresh, 1).gone(last, 0, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("k"), row(c), row(b))));
    g.read().select("n");
    output.finish(g);
  }

  private void dropped() {
    Golden g = new Golden("java_eq_key_dropped", 2, EqualityDeletes.ID_NAME);
    g.about(
            "The key column was dropped after the delete, which still holds.",
            "deletes.equality.key-dropped")
        .libraryDiffers("it fails, as the key is missing in the schema");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    g.gone(a, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2))));
    g.evolve(update -> update.deleteColumn("id"));
    g.append(g.part(row("d"), new Object[] {null}));
    g.read().select("name", "_pos");
    output.finish(g);
  }

  private void droppedAndAddedAgain() {
    Golden g = new Golden("java_eq_key_readded", 2, EqualityDeletes.ID_NAME);
    g.about(
            "The key column was dropped and a new one of the same name added: old deletes hold for"
                + " the old column, new ones match the new column, null in old files.",
            "deletes.equality.key-dropped",
            "deletes.equality.key-readded")
        .libraryDiffers("it fails, as the key is missing in the schema");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    g.gone(a, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2))));
    g.evolve(update -> update.deleteColumn("id"));
    g.evolve(update -> update.addColumn("id", Types.IntegerType.get()));
    Part b = g.part(row("d", 1), row("e", 2), row("f", null));
    g.append(b);
    g.gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    g.read().select("name");
    g.read().select("id");
    output.finish(g);
  }

  private void swappedNames() {
    Schema schema =
        new Schema(
            optional(1, "a", Types.IntegerType.get()), optional(2, "b", Types.IntegerType.get()));
    Golden g = new Golden("java_eq_key_swapped", 2, schema);
    g.about(
        "Two columns swapped their names between the delete and the read.",
        "deletes.equality.key-renamed");
    Part p = g.part(row(1, 2), row(2, 1), row(3, 3));
    g.append(p);
    g.gone(p, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("a"), row(1))));
    g.evolve(update -> update.renameColumn("a", "x"));
    g.evolve(update -> update.renameColumn("b", "a"));
    g.evolve(update -> update.renameColumn("x", "b").moveFirst("a"));
    g.append(g.part(row(1, 7)));
    g.read().select("b");
    output.finish(g);
  }

  private void madeOptional() {
    Golden g = new Golden("java_eq_key_optional", 2, EqualityDeletes.ID_NAME);
    g.about(
        "The key was required when the first delete was written and is optional now.",
        "deletes.equality.key-required-to-optional");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.append(a);
    DeleteFile first = g.equalityDeletes(List.of("id"), row(1));
    g.evolve(update -> update.makeColumnOptional("id"));
    Part b = g.part(row(null, "c"), row(1, "d"), row(3, "e"));
    g.append(b);
    g.gone(a, 0).gone(b, 1);
    g.commit(g.delta().addDeletes(first));
    g.gone(b, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), new Object[] {null})));
    g.read().select("name");
    output.finish(g);
  }

  private void mixed() {
    Golden g = new Golden("java_eq_and_positions", 2, EqualityDeletes.ID_NAME);
    g.about(
        "Equality and position deletes on the same file, in one commit and in several.",
        "deletes.mixed");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"), row(5, "e"));
    g.append(a);
    g.gone(a, 0, 1, 4);
    g.commit(
        g.delta()
            .addDeletes(g.positionDeletes(a, 0, 4))
            .addDeletes(g.equalityDeletes(List.of("id"), row(2), row(1))));
    g.gone(a, 3);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("name"), row("d"))));
    g.append(g.part(row(2, "b"), row(1, "d")));
    g.read().select("name", "_pos");
    g.read().select("_pos").where("id = 3", Expressions.equal("id", 3), r -> r.get(0).equals(3));
    output.finish(g);
  }

  private void evolvedMixedSets() {
    Schema schema =
        new Schema(
            optional(1, "k", Types.IntegerType.get()),
            optional(2, "p", Types.StringType.get()),
            optional(3, "v", Types.StringType.get()));
    Golden g = new Golden("java_eq_everything", 2, schema);
    g.partition(update -> update.addField("p"));
    g.about(
            "Partitioned; a key promoted and renamed, another dropped; global, partition and"
                + " position deletes over all of it.",
            "deletes.mixed",
            "deletes.equality.key-promoted.int_long",
            "deletes.equality.key-renamed",
            "deletes.equality.key-dropped",
            "deletes.equality.per-partition",
            "deletes.equality.global")
        .libraryDiffers("it fails, as one key is missing in the schema");
    Part x = g.part(row(1, "x", "a"), row(2, "x", "b"), row(3, "x", "c"));
    Part y = g.part(row(1, "y", "d"), row(2, "y", "e"), row(null, "y", "f"));
    g.append(x, y);
    g.gone(x, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(x, List.of("k"), row(1))));
    g.gone(y, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("v"), row("e"))));
    g.evolve(update -> update.updateColumn("k", Types.LongType.get()).renameColumn("k", "key"));
    g.evolve(update -> update.deleteColumn("v").addColumn("w", Types.DoubleType.get()));
    Part z = g.part(row(2, "x", 0.5), row(1, "x", 1.5), row(4_000_000_000L, "x", 2.5));
    g.append(z);
    g.gone(x, 1).gone(z, 0, 2);
    g.commit(
        g.delta()
            .addDeletes(g.equalityDeletesLike(x, List.of("key"), row(2), row(4_000_000_000L))));
    g.gone(y, 2);
    g.commit(g.delta().addDeletes(g.positionDeletes(y, 2)));
    g.read().select("p");
    g.read().select("w", "_pos", "_spec_id", "_partition");
    output.finish(g);
  }
}
