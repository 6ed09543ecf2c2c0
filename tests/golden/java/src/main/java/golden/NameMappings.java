package golden;

import static golden.Rows.map;
import static golden.Rows.row;
import static golden.Rows.structs;
import static org.apache.iceberg.types.Types.NestedField.optional;

import java.util.Arrays;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.types.Types;

/**
 * Files without field ids, read through schema.name-mapping.default. The generic reader of the
 * library ignores the mapping: its differences here are its own.
 */
final class NameMappings {
  private static final String MAPPING = "schema.name-mapping.default";

  private static final Schema FLAT =
      new Schema(
          optional(1, "id", Types.IntegerType.get()),
          optional(2, "name", Types.StringType.get()),
          optional(3, "score", Types.DoubleType.get()));

  private final Output output;

  private NameMappings(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    NameMappings family = new NameMappings(output);
    family.flat();
    family.severalNames();
    family.absent();
    family.nested();
    family.legacyNestedNames();
    family.evolved();
    family.deletes();
    family.filters();
    family.defaults();
  }

  /** Rows that are physically in the order of the model's columns. */
  private static Part imported(Golden g, String schema, Schema model, Object[]... rows) {
    DataFile file = PlainParquet.write(g, g.table.spec(), "", schema, rows);
    return g.imported(file, g.table.spec(), model, rows);
  }

  private static void mapBySchema(Golden g) {
    g.set(MAPPING, NameMappingParser.toJson(MappingUtil.create(g.table.schema())));
  }

  private static final String FLAT_FILE =
      "message m { optional int32 id; optional binary name (STRING); optional double score; }";

  private void flat() {
    Golden g = new Golden("java_mapping_flat", 2, FLAT);
    g.about(
            "Files without ids beside one with ids; their columns in another order than the"
                + " table's.",
            "name-mapping.flat")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    g.append(imported(g, FLAT_FILE, FLAT, row(1, "a", 0.5), row(2, null, null)));
    DataFile turned =
        PlainParquet.write(
            g,
            g.table.spec(),
            "",
            "message m { optional double score; optional int32 id; optional binary name (STRING);"
                + " }",
            row(1.5, 3, "c"));
    g.append(g.imported(turned, g.table.spec(), FLAT, row(3, "c", 1.5)));
    g.append(g.part(row(4, "d", 2.5)));
    g.read().select("score");
    g.read().select("_pos", "name");
    output.finish(g);
  }

  private void severalNames() {
    Golden g = new Golden("java_mapping_several_names", 2, FLAT);
    g.about(
            "Several names for one id, one of them with a dot; names that differ in case only.",
            "name-mapping.several-names",
            "name-mapping.dotted-name")
        .libraryDiffers("it ignores name mappings");
    g.set(
        MAPPING,
        """
        [{"field-id": 1, "names": ["id", "ID", "record.id"]},
         {"field-id": 2, "names": ["name", "nm"]},
         {"field-id": 3, "names": ["score"]}]
        """);
    g.append(imported(g, FLAT_FILE, FLAT, row(1, "a", 0.5)));
    g.append(
        g.imported(
            PlainParquet.write(
                g,
                g.table.spec(),
                "",
                "message m { optional binary nm (STRING); required int32 record.id; }",
                row("b", 2)),
            g.table.spec(),
            FLAT.select("id", "name"),
            row(2, "b")));
    g.append(
        imported(
            g, "message m { optional int32 ID; }", FLAT.select("id"), row(3), row((Object) null)));
    g.read().where("id = 2", Expressions.equal("id", 2), r -> Integer.valueOf(2).equals(r.get(0)));
    output.finish(g);
  }

  private void absent() {
    Golden g = new Golden("java_mapping_absent", 2, FLAT);
    g.about(
            "The mapping does not name a column that the file has under the table's name: it is"
                + " null, never taken by name or place. A field of the mapping without id is no"
                + " column.",
            "name-mapping.absent-column",
            "name-mapping.no-id")
        .libraryDiffers("it ignores name mappings");
    g.set(
        MAPPING,
        """
        [{"field-id": 1, "names": ["id"]}, {"field-id": 3, "names": []}, {"names": ["name"]}]
        """);
    DataFile file =
        PlainParquet.write(g, g.table.spec(), "", FLAT_FILE, row(1, "a", 0.5), row(2, "b", 1.5));
    g.append(g.imported(file, g.table.spec(), FLAT.select("id"), row(1), row(2)));
    g.read().where("name is null", Expressions.isNull("name"), r -> r.get(1) == null);
    g.read().select("score", "id");
    output.finish(g);
  }

  private static final Schema NESTED =
      new Schema(
          optional(1, "id", Types.IntegerType.get()),
          optional(
              2,
              "s",
              Types.StructType.of(
                  optional(5, "a", Types.IntegerType.get()),
                  optional(6, "b", Types.StringType.get()))),
          optional(
              3,
              "l",
              Types.ListType.ofOptional(
                  7,
                  Types.StructType.of(
                      optional(10, "a", Types.IntegerType.get()),
                      optional(11, "b", Types.StringType.get())))),
          optional(
              4,
              "m",
              Types.MapType.ofOptional(
                  8,
                  9,
                  Types.StringType.get(),
                  Types.StructType.of(optional(12, "v", Types.LongType.get())))));

  private void nested() {
    Golden g = new Golden("java_mapping_nested", 2, NESTED);
    g.about(
            "A mapping through struct, list and map; members renamed and added since.",
            "name-mapping.nested")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    String file =
        """
        message m {
          optional int32 id;
          optional group s { optional binary b (STRING); optional int32 a; optional int32 extra; }
          optional group l (LIST) { repeated group list {
            optional group element { optional int32 a; optional binary b (STRING); } } }
          optional group m (MAP) { repeated group key_value {
            required binary key (STRING); optional group value { optional int64 v; } } }
        }
        """;
    Object[][] rows = {
      row(1, row("x", 10, 77), structs(row(1, "p"), null), map("k", row(7L), "n", null)),
      row(2, row(null, null, 78), List.of(), map()),
      row(3, null, null, null)
    };
    DataFile written = PlainParquet.write(g, g.table.spec(), "", file, rows);
    Object[][] model = {
      row(1, row(10, "x"), rows[0][2], rows[0][3]),
      row(2, row(null, null), rows[1][2], rows[1][3]),
      rows[2]
    };
    g.append(g.imported(written, g.table.spec(), g.table.schema(), model));
    g.evolve(
        update ->
            update
                .renameColumn("s.a", "first")
                .addColumn("l", "c", Types.DateType.get())
                .renameColumn("m.value.v", "w"));
    g.append(g.part(row(4, row(40, "y"), structs(row(4, "q", "2024-01-01")), map("z", row(44L)))));
    g.read().select("s.first");
    g.read().select("l", "id");
    g.read()
        .select("id")
        .where(
            "s.first = 10",
            Expressions.equal("s.first", 10),
            r -> Integer.valueOf(10).equals(SchemaEvolution.member(r, "s", "first")));
    output.finish(g);
  }

  private void legacyNestedNames() {
    Schema schema =
        new Schema(
            optional(1, "l", Types.ListType.ofOptional(3, Types.IntegerType.get())),
            optional(
                2,
                "m",
                Types.MapType.ofOptional(4, 5, Types.StringType.get(), Types.IntegerType.get())));
    Golden g = new Golden("java_mapping_legacy_names", 2, schema);
    g.about(
            "Lists and maps whose inner groups have older names (bag, array_element, map).",
            "name-mapping.legacy-nested-names")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    g.append(
        g.imported(
            PlainParquet.write(
                g,
                g.table.spec(),
                "",
                """
                message m {
                  optional group m (MAP) { repeated group map {
                    required binary key (STRING); optional int32 value; } }
                  optional group l (LIST) { repeated group bag { optional int32 array_element; } }
                }
                """,
                row(map("a", 1, "b", null), Arrays.asList(1, null, 3)),
                row(map(), List.of()),
                row(null, null)),
            g.table.spec(),
            g.table.schema(),
            row(Arrays.asList(1, null, 3), map("a", 1, "b", null)),
            row(List.of(), map()),
            row(null, null)));
    output.finish(g);
  }

  private void evolved() {
    Golden g = new Golden("java_mapping_evolved", 2, FLAT);
    g.about(
            "Renames and additions keep the mapping up to date: old files by their old names, new"
                + " ones by the new.",
            "name-mapping.rename",
            "name-mapping.add")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    Part first = imported(g, FLAT_FILE, FLAT, row(1, "a", 0.5));
    g.append(first);
    g.evolve(update -> update.renameColumn("name", "label"));
    g.evolve(update -> update.addColumn("extra", Types.IntegerType.get()));
    g.append(
        imported(
            g,
            "message m { optional int32 id; optional binary label (STRING); optional int32 extra;"
                + " }",
            g.table.schema().select("id", "label", "extra"),
            row(2, "b", 20)));
    g.append(g.part(row(3, "c", 1.5, 30)));
    g.evolve(update -> update.updateColumn("id", Types.LongType.get()));
    output.finish(g);
  }

  private void deletes() {
    Golden g = new Golden("java_mapping_deletes", 2, FLAT);
    g.about(
            "Equality and position deletes on a file that is read through the mapping; the key is"
                + " not always projected.",
            "name-mapping.deletes",
            "deletes.mixed")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    DataFile written =
        PlainParquet.write(
            g,
            g.table.spec(),
            "",
            "message m { optional binary name (STRING); optional int32 id; }",
            row("a", 1),
            row("b", 2),
            row("c", 3),
            row("d", null));
    Part part =
        g.imported(
            written,
            g.table.spec(),
            FLAT.select("id", "name"),
            row(1, "a"),
            row(2, "b"),
            row(3, "c"),
            row(null, "d"));
    g.append(part);
    g.gone(part, 1, 3);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2), new Object[] {null})));
    g.gone(part, 0);
    g.commit(g.delta().addDeletes(g.positionDeletes(part, 0)));
    g.read().select("name");
    output.finish(g);
  }

  private void filters() {
    Golden g = new Golden("java_mapping_filters", 2, FLAT);
    g.about(
            "Filters on mapped columns whose places in the file differ from the table's, with"
                + " statistics in the file's footer that would mislead by place.",
            "name-mapping.filter")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    g.evolve(update -> update.addColumn("other", Types.IntegerType.get()));
    DataFile written =
        PlainParquet.write(
            g,
            g.table.spec(),
            "",
            "message m { optional int32 other; optional int32 id; }",
            row(100, 1),
            row(200, 2));
    Schema held = g.table.schema().select("id", "other");
    g.append(g.imported(written, g.table.spec(), held, row(1, 100), row(2, 200)));
    g.read().where("id = 2", Expressions.equal("id", 2), r -> r.get(0).equals(2));
    g.read().where("id = 200", Expressions.equal("id", 200), r -> r.get(0).equals(200));
    g.read()
        .select("id")
        .where(
            "other >= 200",
            Expressions.greaterThanOrEqual("other", 200),
            r -> (int) r.get(3) >= 200);
    g.read().where("score is null", Expressions.isNull("score"), r -> r.get(2) == null);
    g.read().where("score > 0.0", Expressions.greaterThan("score", 0.0), r -> r.get(2) != null);
    output.finish(g);
  }

  private void defaults() {
    Golden g = new Golden("java_mapping_defaults", 3, FLAT);
    g.about(
            "A column that the mapped file lacks has its initial default; one that it has keeps its"
                + " nulls.",
            "name-mapping.default",
            "defaults.initial")
        .libraryDiffers("it ignores name mappings");
    mapBySchema(g);
    g.evolve(
        update ->
            update
                .addColumn("x", Types.IntegerType.get(), Literal.of(7))
                .addColumn("y", Types.StringType.get(), Literal.of("why")));
    g.append(
        imported(
            g,
            "message m { optional int32 id; optional binary y (STRING); }",
            g.table.schema().select("id", "y"),
            row(1, null),
            row(2, "given")));
    g.append(g.part(row(3, "n", 0.5, null, null)));
    output.finish(g);
  }
}
