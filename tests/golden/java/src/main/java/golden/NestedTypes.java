package golden;

import static golden.Rows.map;
import static golden.Rows.row;
import static golden.Rows.structs;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Structs, lists and maps: null, empty, in each other. */
final class NestedTypes {
  private final Output output;

  private NestedTypes(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    NestedTypes family = new NestedTypes(output);
    family.lists();
    family.maps();
    family.structsInStructs();
    family.deep();
    family.leaves();
    family.rowGroupsWithDeletes();
  }

  private void lists() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "l", Types.ListType.ofOptional(10, Types.IntegerType.get())),
            required(3, "r", Types.ListType.ofRequired(11, Types.StringType.get())),
            optional(
                4,
                "ll",
                Types.ListType.ofOptional(12, Types.ListType.ofOptional(13, Types.LongType.get()))),
            optional(
                5,
                "ls",
                Types.ListType.ofOptional(
                    14, Types.StructType.of(optional(15, "x", Types.IntegerType.get())))));
    Golden g = new Golden("java_nested_lists", 2, schema);
    g.about(
        "Lists that are null, empty, of nulls; lists of lists and of structs.",
        "types.list",
        "types.list.null-empty",
        "types.list.of-struct",
        "types.list.of-list");
    g.append(
        g.part(
            row(
                1,
                Arrays.asList(1, null, 3),
                List.of("a", ""),
                Arrays.asList(List.of(1L), null, List.of(), Arrays.asList(2L, null)),
                structs(row(1), null, row((Object) null))),
            row(2, List.of(), List.of(), List.of(), List.of()),
            row(3, null, List.of("\uD83D\uDE00"), null, null),
            row(
                4,
                Arrays.asList((Object) null),
                List.of("x"),
                Arrays.asList((Object) null),
                structs((Object[]) null))));
    g.append(g.part(row(5, IntStream.range(0, 100).boxed().toList(), List.of(), null, null)));
    g.read().select("ll", "id");
    g.read().select("l").where("id > 2", Expressions.greaterThan("id", 2), r -> (int) r.get(0) > 2);
    output.finish(g);
  }

  private void maps() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "m",
                Types.MapType.ofOptional(10, 11, Types.StringType.get(), Types.IntegerType.get())),
            optional(
                3,
                "r",
                Types.MapType.ofRequired(12, 13, Types.IntegerType.get(), Types.StringType.get())),
            optional(
                4,
                "ms",
                Types.MapType.ofOptional(
                    14,
                    15,
                    Types.StringType.get(),
                    Types.StructType.of(
                        optional(16, "x", Types.IntegerType.get()),
                        optional(17, "d", Types.DateType.get())))),
            optional(
                5,
                "mm",
                Types.MapType.ofOptional(
                    18,
                    19,
                    Types.DateType.get(),
                    Types.MapType.ofOptional(
                        20, 21, Types.LongType.get(), Types.DoubleType.get()))));
    Golden g = new Golden("java_nested_maps", 2, schema);
    g.about(
        "Maps that are null, empty, of nulls; of structs and of maps; keys of several types.",
        "types.map",
        "types.map.null-empty",
        "types.map.of-struct",
        "types.map.of-map");
    g.append(
        g.part(
            row(
                1,
                map("a", 1, "b", null, "", 3),
                map(1, "x", -1, ""),
                map("k", row(1, "1969-12-31"), "n", null, "e", row(null, null)),
                map("2024-01-01", map(1L, 0.5, 2L, null), "1969-12-31", null)),
            row(2, map(), map(), map(), map("1970-01-01", map())),
            row(3, null, null, null, null)));
    g.read().select("ms");
    g.read().select("mm");
    output.finish(g);
  }

  private void structsInStructs() {
    Schema schema =
        new Schema(
            optional(
                1,
                "o",
                Types.StructType.of(
                    required(3, "r", Types.IntegerType.get()),
                    optional(
                        4, "i", Types.StructType.of(optional(5, "x", Types.StringType.get()))))),
            required(
                2,
                "q",
                Types.StructType.of(
                    optional(6, "x", Types.LongType.get()),
                    required(
                        7,
                        "t",
                        Types.StructType.of(optional(8, "y", Types.DecimalType.of(5, 2)))))));
    Golden g = new Golden("java_nested_structs", 2, schema);
    g.about(
        "Optional and required structs in each other: null at every level.",
        "types.struct",
        "types.struct.null",
        "projection.nested",
        "filter.nested");
    g.append(
        g.part(
            row(row(1, row("a")), row(1L, row("1.50"))),
            row(row(2, row((Object) null)), row(null, row((Object) null))),
            row(row(3, null), row(3L, row("-0.01"))),
            row(null, row(4L, row("0.00")))));
    g.read().select("o.i.x");
    g.read().select("q.t.y", "o.r");
    g.read().select("q.x");
    g.read()
        .select("q.x")
        .where(
            "o.r >= 2",
            Expressions.greaterThanOrEqual("o.r", 2),
            r -> SchemaEvolution.member(r, "o", "r") instanceof Integer i && i >= 2);
    g.read()
        .select("q.x")
        .where(
            "o.r is null",
            Expressions.isNull("o.r"),
            r -> SchemaEvolution.member(r, "o", "r") == null);
    output.finish(g);
  }

  private void deep() {
    Types.StructType leaf =
        Types.StructType.of(
            required(30, "n", Types.IntegerType.get()), optional(31, "u", Types.UUIDType.get()));
    Types.MapType map = Types.MapType.ofOptional(32, 33, Types.StringType.get(), leaf);
    Types.ListType list = Types.ListType.ofOptional(34, map);
    Types.StructType middle =
        Types.StructType.of(
            optional(35, "lm", list), optional(36, "t", Types.TimestampType.withZone()));
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2, "deep", Types.ListType.ofOptional(37, Types.ListType.ofOptional(38, middle))));
    Golden g = new Golden("java_nested_deep", 2, schema);
    g.about("list<list<struct<list<map<string, struct>>>>>, nulls at each level.", "types.deep");
    String uuid = "f79c3e09-677c-4bbd-a479-3f349cb785e7";
    g.append(
        g.part(
            row(
                1,
                Arrays.asList(
                    structs(
                        row(
                            Arrays.asList(map("a", row(1, uuid), "b", null), null, map()),
                            "2024-02-29T12:00:00Z"),
                        null,
                        row(null, null),
                        row(List.of(), null)),
                    null,
                    List.of())),
            row(2, List.of()),
            row(3, null),
            row(4, Arrays.asList((Object) null))));
    g.append(g.part(row(5, List.of(structs(row(List.of(map("z", row(-1, null))), null))))));
    g.read().select("deep");
    output.finish(g);
  }

  private void leaves() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "s",
                Types.StructType.of(
                    optional(3, "flag", Types.BooleanType.get()),
                    optional(4, "f", Types.FloatType.get()),
                    optional(5, "d9", Types.DecimalType.of(9, 2)),
                    optional(6, "d38", Types.DecimalType.of(38, 2)),
                    optional(7, "time", Types.TimeType.get()),
                    optional(8, "ts", Types.TimestampType.withoutZone()),
                    optional(9, "fix", Types.FixedType.ofLength(2)),
                    optional(10, "bin", Types.BinaryType.get()),
                    optional(11, "id16", Types.UUIDType.get()))),
            optional(12, "lf", Types.ListType.ofOptional(13, Types.FixedType.ofLength(2))),
            optional(
                14,
                "md",
                Types.MapType.ofOptional(
                    15, 16, Types.UUIDType.get(), Types.DecimalType.of(20, 3))));
    Golden g = new Golden("java_nested_leaves", 2, schema);
    g.about("Leaves of many types inside structs, lists and maps.", "types.nested-leaves");
    String uuid = "80000000-0000-0000-8000-000000000001";
    g.append(
        g.part(
            row(
                1,
                row(
                    true,
                    -0.0f,
                    "-0.01",
                    "99999999999999999999.99",
                    "23:59:59.999999",
                    "1969-12-31T23:59:59.999999",
                    "00ff",
                    "",
                    uuid),
                Arrays.asList("ffff", null, "0000"),
                map(uuid, "-12345678901234567.891")),
            row(2, row(null, null, null, null, null, null, null, null, null), List.of(), map()),
            row(3, null, null, null)));
    output.finish(g);
  }

  private void rowGroupsWithDeletes() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "l", Types.ListType.ofOptional(3, Types.IntegerType.get())),
            optional(
                4,
                "m",
                Types.MapType.ofOptional(5, 6, Types.StringType.get(), Types.LongType.get())));
    Golden g = new Golden("java_nested_deletes", 2, schema);
    g.about(
        "Lists and maps over several row groups with position and equality deletes.",
        "types.list",
        "types.map",
        "deletes.nested-columns",
        "deletes.mixed");
    Object[][] rows = new Object[40][];
    for (int i = 0; i < rows.length; i++) {
      List<Integer> list = i % 5 == 4 ? null : IntStream.range(0, i % 4).boxed().toList();
      rows[i] = row(i, list, i % 3 == 2 ? null : map("k" + i, (long) i, "z", null));
    }
    Part p =
        g.part(
            FileFormat.PARQUET,
            g.table.schema(),
            g.table.spec(),
            PositionDeletes.TINY_ROW_GROUPS,
            rows);
    g.append(p);
    g.gone(p, 0, 9, 10, 11, 39);
    g.commit(g.delta().addDeletes(g.positionDeletes(p, 0, 9, 10, 11, 39)));
    g.gone(p, 20, 29, 30);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(20), row(29), row(30))));
    g.read().select("l");
    g.read()
        .select("m", "_pos")
        .where("id >= 28", Expressions.greaterThanOrEqual("id", 28), r -> (int) r.get(0) >= 28);
    output.finish(g);
  }
}
