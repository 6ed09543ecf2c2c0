package golden;

import static golden.Rows.map;
import static golden.Rows.row;
import static golden.Rows.structs;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Types;

/** Initial and write defaults (v3). */
final class Defaults {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;

  private final Output output;

  private Defaults(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    Defaults family = new Defaults(output);
    family.everyType();
    family.nested();
    family.writeDefaults();
    family.requiredColumns();
    family.filters();
    family.promoted();
    family.newStruct();
    family.atCreation();
  }

  private void everyType() {
    Golden g = new Golden("java_default_types", 3, ID_NAME);
    g.about(
        "A column of every type that can have an initial default, added after the first file; the"
            + " second file holds nulls and values.",
        "defaults.initial.every-type");
    g.append(g.part(row(1, "a"), row(2, null)));
    addEveryType(g);
    g.append(
        g.part(
            row(
                3, "c", null, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null, null, null, null),
            row(
                4,
                "d",
                false,
                0,
                0L,
                0f,
                0.0,
                "0.00",
                "0.000",
                "1970-01-01",
                "00:00:00",
                "1970-01-01T00:00:00",
                "1970-01-01T00:00:00Z",
                "",
                "not empty",
                "00000000-0000-0000-0000-000000000000",
                "000000",
                "",
                "1970-01-01T00:00:00",
                "1970-01-01T00:00:00Z")));
    g.read().select("ts9", "id16", "id");
    output.finish(g);
  }

  private static void addEveryType(Golden g) {
    g.evolve(
        update ->
            update
                .addColumn("flag", Types.BooleanType.get(), Literal.of(true))
                .addColumn("i", Types.IntegerType.get(), Literal.of(-7))
                .addColumn("l", Types.LongType.get(), Literal.of(Long.MIN_VALUE))
                .addColumn("f", Types.FloatType.get(), Literal.of(0.1f))
                .addColumn("d", Types.DoubleType.get(), Literal.of(-1e-300))
                .addColumn("dec9", Types.DecimalType.of(9, 2), Literal.of(new BigDecimal("-12.30")))
                .addColumn(
                    "dec38",
                    Types.DecimalType.of(38, 3),
                    Literal.of(new BigDecimal("12345678901234567890123456789012345.678")))
                .addColumn("day", Types.DateType.get(), Literal.of("1969-12-31"))
                .addColumn("time", Types.TimeType.get(), Literal.of("23:59:59.999999"))
                .addColumn(
                    "ts",
                    Types.TimestampType.withoutZone(),
                    Literal.of("1969-12-31T23:59:59.999999"))
                .addColumn(
                    "tz",
                    Types.TimestampType.withZone(),
                    Literal.of("2024-02-29T12:34:56.789012+00:00"))
                .addColumn("text", Types.StringType.get(), Literal.of("é \uD83D\uDE00 \"q\""))
                .addColumn("empty", Types.StringType.get(), Literal.of(""))
                .addColumn(
                    "id16",
                    Types.UUIDType.get(),
                    Literal.of("f79c3e09-677c-4bbd-a479-3f349cb785e7"))
                .addColumn("fix", Types.FixedType.ofLength(3), Literal.of(bytes(0, 255, 128)))
                .addColumn("bin", Types.BinaryType.get(), Literal.of(bytes(1, 0))));
    g.evolve(
        update ->
            update
                .addColumn(
                    "ts9",
                    Types.TimestampNanoType.withoutZone(),
                    Literal.of("1969-12-31T23:59:59.999999999"))
                .addColumn(
                    "tz9",
                    Types.TimestampNanoType.withZone(),
                    Literal.of("2024-02-29T12:34:56.123456789+00:00")));
  }

  private static ByteBuffer bytes(int... values) {
    byte[] result = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (byte) values[i];
    }
    return ByteBuffer.wrap(result);
  }

  private void nested() {
    Types.StructType point = Types.StructType.of(optional(10, "x", Types.IntegerType.get()));
    Types.StructType other = Types.StructType.of(optional(11, "x", Types.IntegerType.get()));
    Types.StructType third = Types.StructType.of(optional(12, "x", Types.IntegerType.get()));
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "s", point),
            optional(3, "l", Types.ListType.ofOptional(13, other)),
            optional(4, "m", Types.MapType.ofOptional(14, 15, Types.StringType.get(), third)));
    Golden g = new Golden("java_default_nested", 3, schema);
    g.about(
        "Fields with initial defaults added inside structs, lists of structs and maps of structs:"
            + " null parents stay null.",
        "defaults.initial.nested");
    g.append(
        g.part(
            row(1, row(1), structs(row(1), null), map("k", row(1), "n", null)),
            row(2, row((Object) null), List.of(), map()),
            row(3, null, null, null)));
    g.evolve(
        update ->
            update
                .addColumn("s", "y", Types.IntegerType.get(), Literal.of(5))
                .addColumn("l", "y", Types.StringType.get(), Literal.of("dflt"))
                .addColumn("m", "y", Types.DateType.get(), Literal.of("2020-01-01")));
    g.append(
        g.part(
            row(4, row(4, null), structs(row(4, null)), map("k", row(4, null))),
            row(5, row(5, 55), structs(row(5, "given")), map("k", row(5, "2021-01-01")))));
    g.read().select("s.y");
    g.read().select("s.y", "id");
    g.read()
        .select("id")
        .where(
            "s.y = 5",
            Expressions.equal("s.y", 5),
            r -> Integer.valueOf(5).equals(SchemaEvolution.member(r, "s", "y")));
    output.finish(g);
  }

  private void writeDefaults() {
    Golden g = new Golden("java_default_write", 3, ID_NAME);
    g.about(
        "The write default changes twice, the initial default never; a file written with the"
            + " column missing still gets the initial one.",
        "defaults.write.differs",
        "defaults.initial.rename");
    g.append(g.part(row(1, "a")));
    g.evolve(update -> update.addColumn("x", Types.IntegerType.get(), Literal.of(10)));
    g.append(g.part(row(2, "b", 10), row(3, "c", null)));
    g.evolve(update -> update.updateColumnDefault("x", Literal.of(20)));
    g.append(g.part(row(4, "d", 20)));
    g.evolve(update -> update.updateColumnDefault("x", Literal.of(30)).renameColumn("x", "y"));
    g.append(g.part(FileFormat.PARQUET, ID_NAME, g.table.spec(), Map.of(), row(5, "e")));
    g.evolve(update -> update.addColumn("x", Types.IntegerType.get(), Literal.of(99)));
    output.finish(g);
  }

  private void requiredColumns() {
    Golden g = new Golden("java_default_required", 3, ID_NAME);
    g.about(
        "Required columns added with defaults; one is made optional later.",
        "defaults.initial.required");
    g.append(g.part(row(1, "a")));
    g.evolve(
        update ->
            update
                .addRequiredColumn("r", Types.LongType.get(), Literal.of(7L))
                .addRequiredColumn("t", Types.StringType.get(), Literal.of("t")));
    g.append(g.part(row(2, "b", 8L, "u")));
    g.evolve(update -> update.makeColumnOptional("r"));
    g.append(g.part(row(3, "c", null, "v")));
    output.finish(g);
  }

  private void filters() {
    Golden g = new Golden("java_default_filters", 3, ID_NAME);
    g.about(
            "Filters on columns that old files do not hold: the default decides, also for null"
                + " tests.",
            "defaults.filter")
        .libraryDiffers("it lets a null pass x != 42, as three-valued logic does not");
    g.append(g.part(row(1, "a"), row(2, "b")));
    g.evolve(
        update ->
            update
                .addColumn("x", Types.IntegerType.get(), Literal.of(42))
                .addColumn("z", Types.IntegerType.get())
                .addColumn("day", Types.DateType.get(), Literal.of("2020-01-01")));
    g.append(g.part(row(3, "c", 1, 1, "2021-01-01"), row(4, "d", null, null, null)));
    g.read().where("x = 42", Expressions.equal("x", 42), r -> eq(r.get(2), 42));
    g.read()
        .where(
            "x != 42", Expressions.notEqual("x", 42), r -> r.get(2) != null && !eq(r.get(2), 42));
    g.read().where("x is null", Expressions.isNull("x"), r -> r.get(2) == null);
    g.read().where("x is not null", Expressions.notNull("x"), r -> r.get(2) != null);
    g.read().where("z is null", Expressions.isNull("z"), r -> r.get(3) == null);
    g.read().where("z = 1", Expressions.equal("z", 1), r -> eq(r.get(3), 1));
    g.read()
        .select("id")
        .where("x in (41, 42, 43)", Expressions.in("x", 41, 42, 43), r -> eq(r.get(2), 42));
    g.read()
        .select("id")
        .where(
            "day < '2020-06-01'",
            Expressions.lessThan("day", "2020-06-01"),
            r -> r.get(4) != null && ((LocalDate) r.get(4)).getYear() == 2020);
    g.read()
        .select("id", "_pos")
        .where(
            "x > 40 and id = 2",
            Expressions.and(Expressions.greaterThan("x", 40), Expressions.equal("id", 2)),
            r -> eq(r.get(0), 2));
    output.finish(g);
  }

  private static boolean eq(Object value, Object wanted) {
    return wanted.equals(value);
  }

  private void promoted() {
    Golden g = new Golden("java_default_promoted", 3, ID_NAME);
    g.about(
        "Columns with initial defaults promoted, dropped and moved.", "defaults.initial.promoted");
    g.append(g.part(row(1, "a")));
    g.evolve(
        update ->
            update
                .addColumn("i", Types.IntegerType.get(), Literal.of(5))
                .addColumn("f", Types.FloatType.get(), Literal.of(0.1f))
                .addColumn("gone", Types.IntegerType.get(), Literal.of(6)));
    g.append(g.part(row(2, "b", 6, 0.2f, 7)));
    g.evolve(
        update ->
            update
                .updateColumn("i", Types.LongType.get())
                .updateColumn("f", Types.DoubleType.get())
                .deleteColumn("gone")
                .moveFirst("f"));
    g.append(g.part(row(0.3, 3, "c", 5_000_000_000L)));
    output.finish(g);
  }

  private void newStruct() {
    Golden g = new Golden("java_default_new_struct", 3, ID_NAME);
    g.about(
        "A struct column added whole, its members with defaults: the struct of old rows is null.",
        "defaults.initial.struct-null");
    g.append(g.part(row(1, "a")));
    Types.NestedField member =
        Types.NestedField.optional("x")
            .withId(100)
            .ofType(Types.IntegerType.get())
            .withInitialDefault(Literal.of(3))
            .withWriteDefault(Literal.of(3))
            .build();
    g.evolve(
        update ->
            update.addColumn(
                "s", Types.StructType.of(member, optional(101, "y", Types.StringType.get()))));
    g.append(g.part(row(2, "b", row(null, "y")), row(3, "c", null)));
    g.read().select("s.x");
    output.finish(g);
  }

  private void atCreation() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            Types.NestedField.optional("x")
                .withId(2)
                .ofType(Types.StringType.get())
                .withInitialDefault(Literal.of("first"))
                .withWriteDefault(Literal.of("later"))
                .build());
    Golden g = new Golden("java_default_at_creation", 3, schema);
    g.about(
        "A default from the table's creation; one file was written without the column.",
        "defaults.initial.at-creation",
        "defaults.write.differs");
    g.append(
        g.part(FileFormat.PARQUET, schema.select("id"), g.table.spec(), Map.of(), row(1), row(2)));
    g.append(g.part(row(3, "later"), row(4, null)));
    output.finish(g);
  }
}
