package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.types.Types;

/** Partition values of columns that files do not hold; evolved specs of all transforms. */
final class Partitions {
  private static final Schema ID_P =
      new Schema(
          required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));

  private final Output output;

  private Partitions(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    Partitions family = new Partitions(output);
    family.missingInFiles();
    family.missingOfEveryType();
    family.importedFromHive();
    family.partitionBeforeDefault();
    family.promotedSource();
    family.allTransforms();
    family.beforeEpoch();
    family.voidInV1();
    family.manyValues();
    family.sourceDropped();
  }

  private void missingInFiles() {
    Golden g = new Golden("java_part_missing_column", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "Files without the identity-partitioned column: its value is the partition's, null too;"
            + " the column is renamed later.",
        "partitions.identity-missing-column",
        "partitions.null");
    g.append(
        g.partWithout(List.of("id"), row(1, "x"), row(2, "x")),
        g.partWithout(List.of("id"), row(3, null)),
        g.part(row(4, "y")));
    g.evolve(update -> update.renameColumn("p", "part"));
    g.append(g.partWithout(List.of("id"), row(5, "")));
    g.read().where("part = 'x'", Expressions.equal("part", "x"), r -> "x".equals(r.get(1)));
    g.read().where("part is null", Expressions.isNull("part"), r -> r.get(1) == null);
    g.read()
        .select("id")
        .where(
            "part = 'x' and id > 1",
            Expressions.and(Expressions.equal("part", "x"), Expressions.greaterThan("id", 1)),
            r -> "x".equals(r.get(1)) && (int) r.get(0) > 1);
    g.read().select("part");
    g.read().select("_partition", "_pos", "part");
    output.finish(g);
  }

  private void missingOfEveryType() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "flag", Types.BooleanType.get()),
            optional(3, "i", Types.IntegerType.get()),
            optional(4, "l", Types.LongType.get()),
            optional(5, "dec", Types.DecimalType.of(9, 2)),
            optional(6, "dec38", Types.DecimalType.of(38, 4)),
            optional(7, "day", Types.DateType.get()),
            optional(8, "time", Types.TimeType.get()),
            optional(9, "ts", Types.TimestampType.withoutZone()),
            optional(10, "tz", Types.TimestampType.withZone()),
            optional(11, "id16", Types.UUIDType.get()),
            optional(12, "fix", Types.FixedType.ofLength(2)),
            optional(13, "bin", Types.BinaryType.get()),
            optional(14, "f", Types.FloatType.get()),
            optional(15, "d", Types.DoubleType.get()),
            optional(16, "text", Types.StringType.get()));
    Golden g =
        new Golden(
            "java_part_missing_types",
            2,
            schema,
            spec -> {
              schema.columns().stream()
                  .filter(field -> field.fieldId() > 1)
                  .forEach(field -> spec.identity(field.name()));
              return spec;
            });
    g.about(
        "Sixteen columns of all types, of which the file holds one: the others are identity"
            + " partitions.",
        "partitions.identity-missing-column",
        "partitions.identity-every-type");
    List<String> held = List.of("id");
    g.append(
        g.partWithout(
            held,
            row(
                1,
                true,
                -1,
                Long.MAX_VALUE,
                "-0.01",
                "1234567890123456789012345678901234.5678",
                "1969-12-31",
                "00:00:00.000001",
                "1969-12-31T23:59:59.999999",
                "2024-02-29T12:00:00Z",
                "f79c3e09-677c-4bbd-a479-3f349cb785e7",
                "00ff",
                "01",
                -0.5f,
                1e300,
                "\uD83D\uDE00/=%")),
        g.partWithout(
            held,
            row(
                2, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, null)));
    g.read().select("dec38", "id16", "id");
    output.finish(g);
  }

  private void importedFromHive() {
    Schema schema =
        new Schema(
            optional(1, "id", Types.IntegerType.get()),
            optional(2, "region", Types.StringType.get()),
            optional(3, "day", Types.DateType.get()));
    Golden g =
        new Golden(
            "java_part_imported", 2, schema, spec -> spec.identity("region").identity("day"));
    g.about(
        "Files as a Hive table has them: no field ids, no partition columns, a name mapping, and"
            + " the partition from its path.",
        "partitions.imported",
        "name-mapping.flat");
    g.set(
        "schema.name-mapping.default",
        NameMappingParser.toJson(MappingUtil.create(g.table.schema())));
    String file = "message m { optional int32 id; }";
    g.append(
        g.imported(
            PlainParquet.write(
                g, g.table.spec(), "region=eu/day=2024-01-01", file, row(1), row((Object) null)),
            g.table.spec(),
            g.table.schema(),
            row(1, "eu", "2024-01-01"),
            row(null, "eu", "2024-01-01")),
        g.imported(
            PlainParquet.write(
                g, g.table.spec(), "region=us/day=__HIVE_DEFAULT_PARTITION__", file, row(3)),
            g.table.spec(),
            g.table.schema(),
            row(3, "us", null)));
    g.append(g.part(row(4, "us", "1969-12-31")));
    g.read().where("region = 'us'", Expressions.equal("region", "us"), r -> "us".equals(r.get(1)));
    g.read().select("day", "id");
    g.read()
        .select("id")
        .where(
            "day >= '2024-01-01'",
            Expressions.greaterThanOrEqual("day", "2024-01-01"),
            r -> r.get(2) != null && ((LocalDate) r.get(2)).getYear() == 2024);
    output.finish(g);
  }

  private void partitionBeforeDefault() {
    Golden g =
        new Golden(
            "java_part_before_default",
            3,
            new Schema(
                required(1, "id", Types.IntegerType.get()),
                Types.NestedField.optional("p")
                    .withId(2)
                    .ofType(Types.StringType.get())
                    .withInitialDefault(Literal.of("default"))
                    .withWriteDefault(Literal.of("default"))
                    .build()),
            spec -> spec.identity("p"));
    g.about(
        "A column that a file lacks has both a partition value and an initial default: the"
            + " partition's value counts, also when it is null.",
        "partitions.identity-before-default");
    g.append(g.partWithout(List.of("id"), row(1, "x")), g.partWithout(List.of("id"), row(2, null)));
    output.finish(g);
  }

  private void promotedSource() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "k", Types.IntegerType.get()),
            optional(3, "q", Types.IntegerType.get()));
    Golden g =
        new Golden("java_part_promoted", 2, schema, spec -> spec.identity("k").bucket("q", 4));
    g.about(
        "The sources of an identity and of a bucket partition promoted from int to long.",
        "partitions.promoted-source");
    g.append(g.partWithout(List.of("id", "q"), row(1, 7, 34)), g.part(row(2, -8, -34)));
    g.evolve(
        update ->
            update.updateColumn("k", Types.LongType.get()).updateColumn("q", Types.LongType.get()));
    g.append(
        g.part(row(3, 5_000_000_000L, 34L)), g.partWithout(List.of("id", "q"), row(4, 7L, 35L)));
    g.read().where("k = 7", Expressions.equal("k", 7L), r -> r.get(1).equals(7L));
    g.read().where("q = 34", Expressions.equal("q", 34L), r -> r.get(2).equals(34L));
    g.read().where("k < 0", Expressions.lessThan("k", 0L), r -> (long) r.get(1) < 0);
    g.read().select("id", "_partition");
    output.finish(g);
  }

  private static final Schema TIMED =
      new Schema(
          required(1, "id", Types.IntegerType.get()),
          optional(2, "ts", Types.TimestampType.withZone()),
          optional(3, "text", Types.StringType.get()),
          optional(4, "n", Types.LongType.get()));

  private static final Object[][] TIMED_ROWS = {
    row(1, "2024-02-29T23:30:00Z", "iceberg", 34L),
    row(2, "2024-03-01T00:30:00Z", "ice", -34L),
    row(3, "1969-12-31T23:00:00Z", "\uD83D\uDE00\uD83D\uDE00x", -1L),
    row(4, null, null, null)
  };

  /** One file per row; ids go on from what is there. */
  private static void appendEach(Golden g, int base) {
    Part[] parts = new Part[TIMED_ROWS.length];
    for (int i = 0; i < parts.length; i++) {
      Object[] values = TIMED_ROWS[i].clone();
      values[0] = base + i;
      parts[i] = g.part(values);
    }
    g.append(parts);
  }

  private void allTransforms() {
    Golden g = new Golden("java_part_transforms", 2, TIMED);
    g.about(
        "The spec evolves from none over year, month, day, hour, identity, bucket and truncate;"
            + " filters prune by each file's own spec.",
        "partitions.evolved",
        "partitions.transforms");
    appendEach(g, 0);
    g.partition(update -> update.addField(Expressions.year("ts")));
    appendEach(g, 10);
    g.partition(update -> update.removeField("ts_year").addField(Expressions.month("ts")));
    appendEach(g, 20);
    g.partition(
        update ->
            update
                .removeField("ts_month")
                .addField(Expressions.day("ts"))
                .addField(Expressions.bucket("n", 16)));
    appendEach(g, 30);
    g.partition(
        update ->
            update
                .removeField("ts_day")
                .removeField("n_bucket_16")
                .addField(Expressions.hour("ts"))
                .addField(Expressions.truncate("text", 2))
                .addField("trunc10", Expressions.truncate("n", 10)));
    appendEach(g, 40);
    g.partition(
        update -> update.removeField("ts_hour").removeField("text_trunc_2").addField("text"));
    appendEach(g, 50);
    g.read().select("id", "_spec_id", "_partition");
    g.read()
        .select("id")
        .where(
            "ts >= '2024-03-01T00:00:00+00:00'",
            Expressions.greaterThanOrEqual("ts", "2024-03-01T00:00:00+00:00"),
            r -> isRow(r, 1));
    g.read()
        .select("id")
        .where(
            "ts < '1970-01-01T00:00:00+00:00'",
            Expressions.lessThan("ts", "1970-01-01T00:00:00+00:00"),
            r -> isRow(r, 2));
    g.read().select("id").where("n = -34", Expressions.equal("n", -34L), r -> isRow(r, 1));
    g.read()
        .select("id")
        .where(
            "text like 'ice%'",
            Expressions.startsWith("text", "ice"), r -> isRow(r, 0) || isRow(r, 1));
    g.read()
        .select("id")
        .where("text = 'iceberg'", Expressions.equal("text", "iceberg"), r -> isRow(r, 0));
    g.read().select("id").where("ts is null", Expressions.isNull("ts"), r -> isRow(r, 3));
    g.read()
        .select("id")
        .where(
            "n > -10 and n < 0",
            Expressions.and(Expressions.greaterThan("n", -10L), Expressions.lessThan("n", 0L)),
            r -> isRow(r, 2));
    output.finish(g);
  }

  private static boolean isRow(Record record, int number) {
    return (int) record.get(0) % 10 == number;
  }

  private static void appendOld(Golden g, int base) {
    g.append(
        g.part(row(base + 1, "1969-12-31T23:59:59.5", "1969-12-31")),
        g.part(row(base + 2, "1970-01-01T00:00:00", "1970-01-01")),
        g.part(row(base + 3, "1969-01-01T00:00:00", "1969-01-01")),
        g.part(row(base + 4, "1900-06-15T12:30:00", "1968-12-31")));
  }

  private void beforeEpoch() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "ts", Types.TimestampType.withoutZone()),
            optional(3, "day", Types.DateType.get()));
    Golden g = new Golden("java_part_before_1970", 2, schema, spec -> spec.hour("ts").month("day"));
    g.about(
        "Hours, months and years before 1970 round down; filters at their borders.",
        "partitions.before-1970");
    appendOld(g, 0);
    g.partition(update -> update.removeField("day_month").addField(Expressions.year("day")));
    appendOld(g, 10);
    for (String border : List.of("1969-12-31T23:00:00", "1970-01-01T00:00:00")) {
      LocalDateTime at = LocalDateTime.parse(border);
      g.read()
          .where(
              "ts >= '" + border + "'",
              Expressions.greaterThanOrEqual("ts", border),
              r -> !((LocalDateTime) r.get(1)).isBefore(at));
      g.read()
          .where(
              "ts < '" + border + "'",
              Expressions.lessThan("ts", border),
              r -> ((LocalDateTime) r.get(1)).isBefore(at));
    }
    g.read()
        .select("id")
        .where(
            "day = '1969-12-31'",
            Expressions.equal("day", "1969-12-31"),
            r -> r.get(2).equals(LocalDate.of(1969, 12, 31)));
    g.read()
        .select("id")
        .where(
            "day <= '1968-12-31'",
            Expressions.lessThanOrEqual("day", "1968-12-31"),
            r -> ((LocalDate) r.get(2)).getYear() < 1969);
    g.read().select("id", "_partition");
    output.finish(g);
  }

  private void voidInV1() {
    Golden g = new Golden("java_part_void_v1", 1, ID_P, spec -> spec.identity("p"));
    g.about(
        "v1: removing a partition field leaves a void transform in its place.",
        "partitions.void",
        "format.v1");
    g.append(g.part(row(1, "x")), g.partWithout(List.of("id"), row(2, "y")));
    g.partition(update -> update.removeField("p"));
    g.append(g.part(row(3, "x"), row(4, "y")));
    g.partition(update -> update.addField(Expressions.bucket("id", 3)));
    g.append(g.part(row(5, "x")));
    g.read().where("p = 'x'", Expressions.equal("p", "x"), r -> "x".equals(r.get(1)));
    g.read().select("id", "_spec_id");
    output.finish(g);
  }

  private void manyValues() {
    Golden g = new Golden("java_part_special_values", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "Partition values with slashes, percent signs, equal signs, emoji, and the text null.",
        "partitions.special-values");
    List<String> values = List.of("a/b", "50%", "k=v", "\uD83D\uDE00", "null", "", " ", "a+b&c#d");
    Part[] parts = new Part[values.size()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = g.partWithout(List.of("id"), row(i, values.get(i)));
    }
    g.append(parts);
    g.read().where("p = 'null'", Expressions.equal("p", "null"), r -> r.get(1).equals("null"));
    g.read().where("p = ''", Expressions.equal("p", ""), r -> r.get(1).equals(""));
    g.read().select("id", "_partition");
    output.finish(g);
  }

  private void sourceDropped() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "p", Types.DateType.get()),
            optional(3, "q", Types.StringType.get()));
    Golden g =
        new Golden("java_part_source_dropped", 2, schema, spec -> spec.identity("p").identity("q"));
    g.about(
        "A partition field removed from the spec and its source column from the schema; deletes of"
            + " the old spec's partitions still reach their files.",
        "partitions.source-dropped",
        "deletes.position.evolved-spec",
        "deletes.equality.per-partition");
    Part x = g.part(row(1, "2024-01-01", "x"), row(2, "2024-01-01", "x"));
    Part y = g.part(row(1, null, "y"), row(2, null, "y"));
    g.append(x, y);
    g.gone(x, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletesLike(x, List.of("id"), row(1))));
    g.partition(update -> update.removeField("p"));
    g.evolve(update -> update.deleteColumn("p"));
    g.append(g.part(row(3, "x")));
    g.gone(y, 1);
    g.commit(g.delta().addDeletes(g.positionDeletes(y, 1)));
    g.read().where("q = 'x'", Expressions.equal("q", "x"), r -> "x".equals(r.get(1)));
    g.read().select("id", "_spec_id");
    output.finish(g);
  }
}
