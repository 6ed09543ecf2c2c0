package golden;

import static golden.Rows.map;
import static golden.Rows.row;
import static golden.Rows.structs;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Schemas that change: columns by field id through structs, lists and maps. */
final class SchemaEvolution {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;

  private final Output output;

  private SchemaEvolution(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    SchemaEvolution family = new SchemaEvolution(output);
    family.renameAndReorder();
    family.dropAndAddAgain();
    family.promotions();
    family.promotionFilters();
    family.requiredToOptional();
    family.insideStructs();
    family.insideLists();
    family.insideMaps();
    family.nestedPromotions();
    family.nestedDropAll();
    family.timeTravel();
    family.dateToTimestamp();
    family.unknownToTypes();
    family.oddNames();
  }

  private void renameAndReorder() {
    Schema schema =
        new Schema(
            required(1, "a", Types.IntegerType.get()),
            optional(2, "b", Types.StringType.get()),
            optional(3, "c", Types.DoubleType.get()));
    Golden g = new Golden("java_evo_rename_reorder", 2, schema);
    g.about(
        "Columns renamed, names swapped between columns, the order changed.",
        "evolution.rename",
        "evolution.swap-names",
        "evolution.reorder");
    g.append(g.part(row(1, "x", 0.5)));
    g.evolve(update -> update.renameColumn("b", "text"));
    g.append(g.part(row(2, "y", 1.5)));
    g.evolve(update -> update.moveFirst("c").moveAfter("a", "text"));
    g.append(g.part(row(2.5, "z", 3)));
    g.evolve(update -> update.renameColumn("a", "t"));
    g.evolve(update -> update.renameColumn("c", "a"));
    g.evolve(update -> update.renameColumn("t", "c"));
    g.append(g.part(row(3.5, "w", 4)));
    g.read().select("c", "a");
    g.read().where("a > 1.0", Expressions.greaterThan("a", 1.0), r -> (double) r.getField("a") > 1);
    g.read()
        .select("text")
        .where("c = 1", Expressions.equal("c", 1), r -> r.getField("c").equals(1));
    output.finish(g);
  }

  private void dropAndAddAgain() {
    Golden g = new Golden("java_evo_readd", 2, ID_NAME);
    g.about(
        "A column dropped and a new one of the same name, once with the same type and once with"
            + " another.",
        "evolution.drop",
        "evolution.drop-readd");
    g.append(g.part(row(1, "old"), row(2, null)));
    g.evolve(update -> update.deleteColumn("name"));
    g.append(g.part(row(3), row(4)));
    g.evolve(update -> update.addColumn("name", Types.StringType.get()));
    g.append(g.part(row(5, "new")));
    g.evolve(update -> update.deleteColumn("name"));
    g.evolve(update -> update.addColumn("name", Types.LongType.get()));
    g.append(g.part(row(6, 6L)));
    g.read().select("name");
    g.read().where("name is null", Expressions.isNull("name"), r -> r.getField("name") == null);
    g.read()
        .where(
            "name = 6",
            Expressions.equal("name", 6L),
            r -> Long.valueOf(6).equals(r.getField("name")));
    output.finish(g);
  }

  private static final Schema NARROW =
      new Schema(
          optional(1, "i", Types.IntegerType.get()),
          optional(2, "f", Types.FloatType.get()),
          optional(3, "d4", Types.DecimalType.of(4, 2)),
          optional(4, "d9", Types.DecimalType.of(9, 0)),
          optional(5, "d18", Types.DecimalType.of(18, 5)));

  private static Golden widen(Golden g) {
    return g.evolve(
        update ->
            update
                .updateColumn("i", Types.LongType.get())
                .updateColumn("f", Types.DoubleType.get())
                .updateColumn("d4", Types.DecimalType.of(9, 2))
                .updateColumn("d9", Types.DecimalType.of(18, 0))
                .updateColumn("d18", Types.DecimalType.of(38, 5)));
  }

  private void promotions() {
    Golden g = new Golden("java_evo_promotions", 2, NARROW);
    g.about(
        "int to long, float to double, decimals to wider ones across all physical forms.",
        "evolution.promote.int-long",
        "evolution.promote.float-double",
        "evolution.promote.decimal");
    g.append(
        g.part(
            row(Integer.MIN_VALUE, 0.1f, "99.99", "999999999", "9999999999999.99999"),
            row(Integer.MAX_VALUE, Float.NaN, "-99.99", "-999999999", "-9999999999999.99999"),
            row(null, null, null, null, null),
            row(-1, -0.0f, "0.01", "-1", "-0.00001")));
    widen(g);
    g.append(
        g.part(
            row(
                Long.MIN_VALUE,
                0.1,
                "9999999.99",
                "999999999999999999",
                "999999999999999999999999999999999.99999"),
            row(5_000_000_000L, Double.MIN_VALUE, "-0.01", "-1", "-1.00000")));
    output.finish(g);
  }

  private void promotionFilters() {
    Golden g = new Golden("java_evo_promotion_filters", 2, NARROW);
    g.about(
        "Filters over promoted columns: bounds and statistics of old files have the old width.",
        "evolution.promote.filter");
    g.append(g.part(row(7, 0.5f, "1.50", "7", "7.00000"), row(-8, -2f, "-1.50", "-8", "-8.00000")));
    widen(g);
    g.append(g.part(row(5_000_000_000L, 1e300, "7654321.00", "10000000000", "1.00000")));
    g.read().where("i < 0", Expressions.lessThan("i", 0L), r -> (long) r.get(0) < 0);
    g.read().where("i = 7", Expressions.equal("i", 7L), r -> (long) r.get(0) == 7);
    g.read()
        .select("f")
        .where(
            "i > 4000000000",
            Expressions.greaterThan("i", 4_000_000_000L),
            r -> (long) r.get(0) > 4_000_000_000L);
    g.read().where("f = 0.5", Expressions.equal("f", 0.5), r -> (double) r.get(1) == 0.5);
    g.read()
        .select("i")
        .where(
            "d4 < -1.00",
            Expressions.lessThan("d4", new BigDecimal("-1.00")),
            r -> ((BigDecimal) r.get(2)).signum() < 0);
    output.finish(g);
  }

  private void requiredToOptional() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            required(2, "s", Types.StructType.of(required(3, "x", Types.IntegerType.get()))));
    Golden g = new Golden("java_evo_required_optional", 2, schema);
    g.about("Required columns made optional, nested ones too.", "evolution.required-to-optional");
    g.append(g.part(row(1, row(10)), row(2, row(20))));
    g.evolve(
        update ->
            update.makeColumnOptional("id").makeColumnOptional("s").makeColumnOptional("s.x"));
    g.append(g.part(row(null, row((Object) null)), row(4, null)));
    g.read().where("id is null", Expressions.isNull("id"), r -> r.get(0) == null);
    output.finish(g);
  }

  private void insideStructs() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "s",
                Types.StructType.of(
                    optional(3, "a", Types.IntegerType.get()),
                    optional(
                        4,
                        "t",
                        Types.StructType.of(
                            optional(5, "x", Types.StringType.get()),
                            optional(6, "y", Types.FloatType.get()))))));
    Golden g = new Golden("java_evo_struct", 2, schema);
    g.about(
        "Fields added, dropped, renamed, promoted and moved inside structs of structs; null"
            + " structs stay null.",
        "evolution.nested.struct",
        "projection.nested");
    g.append(
        g.part(
            row(1, row(10, row("x1", 0.5f))),
            row(2, row(null, row(null, null))),
            row(3, row(30, null)),
            row(4, null)));
    g.evolve(update -> update.addColumn("s.t", "z", Types.DateType.get()).renameColumn("s.a", "b"));
    g.append(g.part(row(5, row(50, row("x5", 1.5f, "2024-01-01")))));
    g.evolve(
        update ->
            update
                .deleteColumn("s.t.x")
                .updateColumn("s.t.y", Types.DoubleType.get())
                .moveFirst("s.t.z"));
    g.append(g.part(row(6, row(60, row("2024-01-02", 2.5))), row(7, row(70, null))));
    g.evolve(update -> update.addColumn("s.t", "x", Types.StringType.get()));
    g.append(g.part(row(8, row(80, row(null, 3.5, "new x")))));
    g.read().select("s.t.y");
    g.read().select("s.b", "id");
    g.read().select("s.t.x", "s.b");
    g.read().select("s.t");
    g.read()
        .select("id")
        .where(
            "s.b > 30",
            Expressions.greaterThan("s.b", 30),
            r -> SchemaEvolution.member(r, "s", "b") instanceof Integer b && b > 30);
    output.finish(g);
  }

  static Object member(Record record, String struct, String field) {
    Object value = record.getField(struct);
    return value == null ? null : ((Record) value).getField(field);
  }

  private void insideLists() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "l",
                Types.ListType.ofOptional(
                    3,
                    Types.StructType.of(
                        optional(4, "a", Types.IntegerType.get()),
                        optional(5, "b", Types.StringType.get())))));
    Golden g = new Golden("java_evo_list", 2, schema);
    g.about(
        "Fields added, dropped and renamed inside structs in a list; null, empty, null elements.",
        "evolution.nested.list");
    g.append(
        g.part(
            row(1, structs(row(1, "x"), null, row(null, "y"))), row(2, List.of()), row(3, null)));
    g.evolve(update -> update.addColumn("l", "c", Types.LongType.get()));
    g.append(g.part(row(4, structs(row(2, "z", 7L), row(3, null, null)))));
    g.evolve(update -> update.deleteColumn("l.element.a").renameColumn("l.element.b", "a"));
    g.append(g.part(row(5, structs(row("w", 8L), null))));
    g.evolve(update -> update.deleteColumn("l.element.a"));
    g.append(g.part(row(6, structs(row(9L))), row(7, List.of())));
    output.finish(g);
  }

  private void insideMaps() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "m",
                Types.MapType.ofOptional(
                    3,
                    4,
                    Types.StringType.get(),
                    Types.StructType.of(
                        optional(5, "a", Types.IntegerType.get()),
                        optional(6, "b", Types.StringType.get())))));
    Golden g = new Golden("java_evo_map", 2, schema);
    g.about(
        "Fields added, dropped and renamed inside structs that are values of a map.",
        "evolution.nested.map");
    g.append(g.part(row(1, map("k", row(1, "x"), "n", null)), row(2, map()), row(3, null)));
    g.evolve(update -> update.addColumn("m", "c", Types.DateType.get()));
    g.append(g.part(row(4, map("k", row(2, "y", "2020-02-29")))));
    g.evolve(update -> update.deleteColumn("m.value.b").renameColumn("m.value.a", "b"));
    g.append(g.part(row(5, map("", row(3, "1969-12-31"), "z", row(null, null)))));
    output.finish(g);
  }

  private void nestedPromotions() {
    Schema schema =
        new Schema(
            optional(1, "l", Types.ListType.ofRequired(2, Types.IntegerType.get())),
            optional(
                3,
                "m",
                Types.MapType.ofOptional(4, 5, Types.IntegerType.get(), Types.FloatType.get())),
            optional(6, "s", Types.StructType.of(optional(7, "d", Types.DecimalType.of(5, 1)))));
    Golden g = new Golden("java_evo_nested_promotions", 2, schema);
    g.about(
        "Promotions of list elements, map values and struct members.", "evolution.nested.promote");
    g.append(
        g.part(
            row(List.of(1, -2), map(1, 0.5f, 2, null), row("1234.5")),
            row(List.of(), map(), null)));
    g.evolve(
        update ->
            update
                .updateColumn("l.element", Types.LongType.get())
                .updateColumn("m.value", Types.DoubleType.get())
                .updateColumn("s.d", Types.DecimalType.of(25, 1)));
    g.append(
        g.part(row(List.of(5_000_000_000L), map(3, 1e300), row("123456789012345678901234.5"))));
    output.finish(g);
  }

  private void nestedDropAll() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "s",
                Types.StructType.of(
                    optional(3, "a", Types.IntegerType.get()),
                    required(4, "r", Types.StringType.get()))));
    Golden g = new Golden("java_evo_struct_replaced", 2, schema);
    g.about(
        "Every field of a struct that old files hold was dropped: null structs must be told from"
            + " structs of new fields, which are null.",
        "evolution.nested.all-fields-dropped");
    g.append(g.part(row(1, row(1, "r")), row(2, null), row(3, row(null, "q"))));
    g.evolve(update -> update.addColumn("s", "n", Types.LongType.get()));
    g.evolve(update -> update.deleteColumn("s.a").deleteColumn("s.r"));
    g.append(g.part(row(4, row(44L)), row(5, null), row(6, row((Object) null))));
    output.finish(g);
  }

  private void timeTravel() {
    Golden g = new Golden("java_evo_time_travel", 2, ID_NAME);
    g.about(
        "Every snapshot with its own schema, by id, time and tag.",
        "snapshots.schema",
        "snapshots.as-of",
        "refs.tag");
    long first = g.append(g.part(row(1, "a")));
    g.table.manageSnapshots().createTag("first", first).commit();
    g.evolve(update -> update.renameColumn("name", "label").addColumn("x", Types.LongType.get()));
    long second = g.append(g.part(row(2, "b", 20L)));
    g.table.manageSnapshots().createTag("second", second).commit();
    g.evolve(update -> update.deleteColumn("label").updateColumn("id", Types.LongType.get()));
    long third = g.append(g.part(row(5_000_000_000L, 30L)));
    g.evolve(update -> update.addColumn("label", Types.IntegerType.get()));
    g.read().ref("first");
    g.read().ref("second").select("label", "id");
    g.read()
        .at(first)
        .where("name = 'a'", Expressions.equal("name", "a"), r -> "a".equals(r.get(1)));
    for (long id : new long[] {first, second, third}) {
      g.read().asOf(g.table.snapshot(id).timestampMillis());
    }
    g.read().asOf(g.table.snapshot(third).timestampMillis() - 1);
    g.read().select("label", "id");
    output.finish(g);
  }

  private void dateToTimestamp() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "d", Types.DateType.get()),
            optional(3, "n", Types.DateType.get()));
    Golden g = new Golden("java_evo_date_timestamp", 3, schema);
    g.about(
            "v3: date promoted to timestamp and to timestamp_ns. The library's schema update does"
                + " not offer it, so the schema was set in the metadata.",
            "evolution.promote.date-timestamp",
            "evolution.promote.date-timestamp-ns")
        .libraryDiffers("it fails or loses rows under filters");
    g.append(g.part(row(1, "1969-12-31", "1969-12-31"), row(2, "2024-02-29", null)));
    g.force(
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "d", Types.TimestampType.withoutZone()),
            optional(3, "n", Types.TimestampNanoType.withoutZone())));
    g.append(g.part(row(3, "1969-12-31T23:59:59.999999", "2024-02-29T00:00:00.000000001")));
    g.read()
        .select("id")
        .where(
            "d < '1970-01-01T00:00:00'",
            Expressions.lessThan("d", "1970-01-01T00:00:00"),
            r -> ((LocalDateTime) r.get(1)).getYear() < 1970);
    g.read()
        .select("id")
        .where(
            "d > '2024-01-01T00:00:00'",
            Expressions.greaterThan("d", "2024-01-01T00:00:00"),
            r -> ((LocalDateTime) r.get(1)).getYear() == 2024);
    output.finish(g);
  }

  private void unknownToTypes() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "a", Types.UnknownType.get()),
            optional(3, "b", Types.UnknownType.get()));
    Golden g = new Golden("java_evo_unknown", 3, schema);
    g.about(
        "v3: unknown promoted to long and to string. The library's schema update does not offer"
            + " it, so the schema was set in the metadata.",
        "evolution.promote.unknown");
    g.append(g.part(row(1, null, null)));
    g.force(
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "a", Types.LongType.get()),
            optional(3, "b", Types.StringType.get())));
    g.append(g.part(row(2, 5_000_000_000L, "text"), row(3, null, null)));
    output.finish(g);
  }

  private void oddNames() {
    Schema schema =
        new Schema(
            required(1, "1st col", Types.IntegerType.get()),
            optional(2, "a.b", Types.StringType.get()),
            optional(3, "gr\u00f6\u00dfe", Types.LongType.get()),
            optional(4, "A", Types.StringType.get()),
            optional(5, "a", Types.StringType.get()),
            optional(6, "x-y/z", Types.StringType.get()));
    Golden g =
        new Golden(
            "java_evo_odd_names", 2, schema, spec -> spec.identity("x-y/z").bucket("1st col", 4));
    g.about(
        "Column names with blanks, dots, slashes, letters beyond ASCII, a digit first, and two that"
            + " differ in case only; partition fields whose names Avro cannot spell.",
        "names.odd",
        "names.case");
    g.append(
        g.part(row(1, "dot", 5L, "upper", "lower", "x")),
        g.part(row(2, null, null, null, null, null)));
    g.evolve(update -> update.renameColumn("x-y/z", "plain"));
    g.append(g.part(row(3, "d", 6L, "U", "l", "y")));
    g.read().select("a", "A");
    g.read().select("a.b", "gr\u00f6\u00dfe");
    g.read().select("1st col", "_partition");
    g.read().where("plain = 'y'", Expressions.equal("plain", "y"), r -> "y".equals(r.get(5)));
    output.finish(g);
  }
}
