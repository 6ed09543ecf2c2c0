package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Map;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Every primitive type with nulls and extremes, and the physical forms of other writers. */
final class PrimitiveTypes {
  private final Output output;

  private PrimitiveTypes(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    PrimitiveTypes family = new PrimitiveTypes(output);
    family.numbers();
    family.decimals();
    family.times();
    family.texts();
    family.nanos();
    family.unknown();
    family.decimalForms();
    family.int96();
    family.otherForms();
    family.codecs();
    family.emptyFile();
  }

  private void numbers() {
    Schema schema =
        new Schema(
            optional(1, "flag", Types.BooleanType.get()),
            optional(2, "i", Types.IntegerType.get()),
            optional(3, "l", Types.LongType.get()),
            optional(4, "f", Types.FloatType.get()),
            optional(5, "d", Types.DoubleType.get()));
    Golden g = new Golden("java_types_numbers", 1, schema);
    g.about("Booleans, integers and floats at their ends.", "types.numbers", "format.v1");
    g.append(
        g.part(
            row(true, Integer.MIN_VALUE, Long.MIN_VALUE, Float.MIN_VALUE, Double.MIN_VALUE),
            row(false, Integer.MAX_VALUE, Long.MAX_VALUE, Float.MAX_VALUE, Double.MAX_VALUE),
            row(null, null, null, null, null),
            row(true, 0, 0, -0.0f, -0.0),
            row(false, -1, -1, Float.NaN, Double.NaN)),
        g.part(row(null, 1, 1L << 53, Float.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)));
    g.read()
        .where("flag = true", Expressions.equal("flag", true), r -> Boolean.TRUE.equals(r.get(0)));
    g.read()
        .where("d is nan", Expressions.isNaN("d"), r -> r.get(4) instanceof Double d && d.isNaN());
    g.read()
        .select("l")
        .where(
            "l >= 9223372036854775807",
            Expressions.greaterThanOrEqual("l", Long.MAX_VALUE),
            r -> Long.valueOf(Long.MAX_VALUE).equals(r.get(2)));
    output.finish(g);
  }

  private static final int[][] DECIMALS = {
    {1, 0}, {4, 2}, {9, 9}, {10, 3}, {18, 0}, {19, 5}, {28, 10}, {38, 0}, {38, 38}
  };

  private static String extreme(int[] decimal, boolean negative) {
    BigInteger digits = BigInteger.TEN.pow(decimal[0]).subtract(BigInteger.ONE);
    return new BigDecimal(negative ? digits.negate() : digits, decimal[1]).toPlainString();
  }

  private void decimals() {
    Types.NestedField[] fields = new Types.NestedField[DECIMALS.length];
    Object[][] rows = new Object[5][DECIMALS.length];
    for (int i = 0; i < fields.length; i++) {
      int precision = DECIMALS[i][0];
      int scale = DECIMALS[i][1];
      fields[i] =
          optional(i + 1, "d" + precision + "_" + scale, Types.DecimalType.of(precision, scale));
      rows[0][i] = extreme(DECIMALS[i], false);
      rows[1][i] = extreme(DECIMALS[i], true);
      rows[2][i] = new BigDecimal(BigInteger.ZERO, scale).toPlainString();
      rows[3][i] = new BigDecimal(BigInteger.ONE.negate(), scale).toPlainString();
    }
    Golden g = new Golden("java_types_decimals", 2, new Schema(fields));
    g.about(
            "Decimals of precision 1 to 38 in the library's physical forms (int32, int64, fixed).",
            "types.decimal",
            "types.decimal.int32",
            "types.decimal.int64",
            "types.decimal.fixed")
        .libraryDiffers("nulls pass its comparison, as three-valued logic does not let them");
    g.append(g.part(rows));
    g.read()
        .select("d4_2", "d38_0")
        .where(
            "d18_0 < 0",
            Expressions.lessThan("d18_0", new BigDecimal("0")),
            r -> r.get(4) != null && ((BigDecimal) r.get(4)).signum() < 0);
    output.finish(g);
  }

  private void times() {
    Schema schema =
        new Schema(
            optional(1, "day", Types.DateType.get()),
            optional(2, "time", Types.TimeType.get()),
            optional(3, "ts", Types.TimestampType.withoutZone()),
            optional(4, "tz", Types.TimestampType.withZone()));
    Golden g = new Golden("java_types_times", 2, schema);
    g.about(
            "Dates and times before and after 1970, to the microsecond.",
            "types.date",
            "types.time",
            "types.timestamp",
            "types.timestamptz")
        .libraryDiffers("nulls pass its comparison, as three-valued logic does not let them");
    g.append(
        g.part(
            row("1970-01-01", "00:00:00", "1970-01-01T00:00:00", "1970-01-01T00:00:00Z"),
            row(
                "1969-12-31",
                "23:59:59.999999",
                "1969-12-31T23:59:59.999999",
                "1969-12-31T23:59:59.999999Z"),
            row("0001-01-01", "12:00:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
            row(
                "9999-12-31",
                "00:00:00.000001",
                "9999-12-31T23:59:59.999999",
                "9999-12-31T23:59:59.999999+00:00"),
            row("1582-10-10", null, "1582-10-10T12:00:00", "2024-02-29T12:00:00+14:00"),
            row(null, null, null, null)));
    g.read()
        .select("day")
        .where(
            "ts < '1970-01-01T00:00:00'",
            Expressions.lessThan("ts", "1970-01-01T00:00:00"),
            r -> r.get(2) != null && ((LocalDateTime) r.get(2)).getYear() < 1970);
    output.finish(g);
  }

  private void texts() {
    Schema schema =
        new Schema(
            optional(1, "text", Types.StringType.get()),
            optional(2, "id16", Types.UUIDType.get()),
            optional(3, "fix", Types.FixedType.ofLength(4)),
            optional(4, "bin", Types.BinaryType.get()));
    Golden g = new Golden("java_types_texts", 2, schema);
    g.about(
        "Strings with emoji, empty and long ones; uuids of both signs; fixed and binary.",
        "types.string",
        "types.uuid",
        "types.fixed",
        "types.binary");
    g.append(
        g.part(
            row("", "00000000-0000-0000-0000-000000000000", "00000000", ""),
            row("\uD83D\uDE00", "80000000-0000-0000-8000-000000000000", "ffffffff", "00"),
            row("é\u0000\n\t\"\\", "7fffffff-ffff-ffff-7fff-ffffffffffff", "80000000", "ff00ff"),
            row(
                "x".repeat(300),
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "01020304",
                "ab".repeat(200)),
            row(null, null, null, null)),
        g.part(
            row(
                "\uDBFF\uDFFF".repeat(20),
                "00000000-0000-0000-0000-000000000001",
                null,
                "ff".repeat(20))));
    g.read().where("text = ''", Expressions.equal("text", ""), r -> "".equals(r.get(0)));
    g.read()
        .select("id16")
        .where(
            "text like '\uDBFF\uDFFF%'",
            Expressions.startsWith("text", "\uDBFF\uDFFF"),
            r -> r.get(0) != null && r.get(0).toString().startsWith("\uDBFF\uDFFF"));
    output.finish(g);
  }

  private void nanos() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "ts", Types.TimestampNanoType.withoutZone()),
            optional(3, "tz", Types.TimestampNanoType.withZone()));
    Golden g = new Golden("java_types_nanos", 3, schema);
    g.about(
        "v3 timestamps in nanoseconds, from the first to the last that fit.",
        "types.timestamp-ns",
        "types.timestamptz-ns");
    g.append(
        g.part(
            row(1, "1677-09-21T00:12:43.145224193", "1677-09-21T00:12:43.145224193Z"),
            row(2, "2262-04-11T23:47:16.854775807", "2262-04-11T23:47:16.854775807Z"),
            row(3, "1969-12-31T23:59:59.999999999", "1970-01-01T00:00:00.000000001Z"),
            row(4, null, null)));
    output.finish(g);
  }

  private void unknown() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "u", Types.UnknownType.get()),
            optional(
                3,
                "s",
                Types.StructType.of(
                    optional(4, "v", Types.UnknownType.get()),
                    optional(5, "x", Types.IntegerType.get()))));
    Golden g = new Golden("java_types_unknown", 3, schema);
    g.about(
        "v3 unknown: always null, in no data file; at the top and in a struct.", "types.unknown");
    g.append(g.part(row(1, null, row(null, 5)), row(2, null, null)));
    g.append(g.part(row(3, null, row(null, null))));
    g.read().select("u", "id");
    g.read().select("u");
    output.finish(g);
  }

  private static byte[] bigEndian(String decimal, int length) {
    byte[] digits = new BigDecimal(decimal).unscaledValue().toByteArray();
    if (length == 0) {
      return digits;
    }
    byte[] result = new byte[length];
    Arrays.fill(result, (byte) (digits[0] < 0 ? -1 : 0));
    System.arraycopy(digits, 0, result, length - digits.length, digits.length);
    return result;
  }

  private void decimalForms() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "small", Types.DecimalType.of(5, 2)),
            optional(3, "middle", Types.DecimalType.of(15, 3)),
            optional(4, "large", Types.DecimalType.of(30, 6)));
    Golden g = new Golden("java_types_decimal_forms", 2, schema);
    g.about(
            "Decimals as byte arrays, as int64 of a small one, and as fixed of more bytes than"
                + " needed.",
            "types.decimal.byte-array",
            "types.decimal.int64",
            "types.decimal.fixed")
        .libraryDiffers("nulls pass its comparison, as three-valued logic does not let them");
    String[][] values = {
      {"-0.01", "123456789012.345", "-1.000000"},
      {"999.99", "-999999999999.999", "999999999999999999999999.999999"},
      {"0.00", "0.128", "-0.000001"}
    };
    Object[][] model = new Object[values.length + 1][];
    Object[][] arrays = new Object[values.length + 1][];
    Object[][] wide = new Object[values.length + 1][];
    for (int i = 0; i < values.length; i++) {
      String[] v = values[i];
      model[i] = row(i, v[0], v[1], v[2]);
      arrays[i] = row(i, bigEndian(v[0], 0), bigEndian(v[1], 0), bigEndian(v[2], 0));
      long unscaled = new BigDecimal(v[0]).unscaledValue().longValue();
      wide[i] = row(i, unscaled, bigEndian(v[1], 9), bigEndian(v[2], 16));
    }
    model[values.length] = row(9, null, null, null);
    arrays[values.length] = row(9, null, null, null);
    wide[values.length] = row(9, null, null, null);
    String asArrays =
        """
        message m { required int32 id = 1; optional binary small (DECIMAL(5,2)) = 2;
          optional binary middle (DECIMAL(15,3)) = 3; optional binary large (DECIMAL(30,6)) = 4; }
        """;
    String asWide =
        """
        message m { required int32 id = 1; optional int64 small (DECIMAL(5,2)) = 2;
          optional fixed_len_byte_array(9) middle (DECIMAL(15,3)) = 3;
          optional fixed_len_byte_array(16) large (DECIMAL(30,6)) = 4; }
        """;
    g.append(
        g.imported(
            PlainParquet.write(g, g.table.spec(), "", asArrays, arrays),
            g.table.spec(),
            schema,
            model));
    g.append(
        g.imported(
            PlainParquet.write(g, g.table.spec(), "", asWide, wide),
            g.table.spec(),
            schema,
            model));
    g.read()
        .select("id")
        .where(
            "small < 0",
            Expressions.lessThan("small", new BigDecimal("0.00")),
            r -> r.get(1) != null && ((BigDecimal) r.get(1)).signum() < 0);
    output.finish(g);
  }

  private static byte[] int96(long julianDay, long nanosOfDay) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(nanosOfDay)
        .putInt((int) julianDay)
        .array();
  }

  private void int96() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "tz", Types.TimestampType.withZone()),
            optional(3, "ts", Types.TimestampType.withoutZone()));
    Golden g = new Golden("java_types_int96", 2, schema);
    g.about(
            "INT96 timestamps with field ids, for timestamptz and timestamp: before 1970, in the"
                + " year 1 and 9999, and fractions of a microsecond, which round down.",
            "types.int96")
        .libraryDiffers("it rounds up before 1970, and nulls pass its comparison");
    long epoch = 2_440_588;
    long day = 86_400_000_000_000L;
    byte[][] values = {
      int96(epoch, 0),
      int96(epoch - 1, day - 1_000),
      int96(epoch + 19_782, 43_200_000_000_000L),
      int96(epoch - 719_162, 0),
      int96(epoch + 2_932_896, day - 1_000),
      int96(epoch - 1, day - 1)
    };
    String[] texts = {
      "1970-01-01T00:00:00",
      "1969-12-31T23:59:59.999999",
      "2024-02-29T12:00:00",
      "0001-01-01T00:00:00",
      "9999-12-31T23:59:59.999999",
      "1969-12-31T23:59:59.999999"
    };
    Object[][] rows = new Object[values.length + 1][];
    Object[][] model = new Object[values.length + 1][];
    for (int i = 0; i < values.length; i++) {
      rows[i] = row(i, values[i], values[i]);
      model[i] = row(i, texts[i] + "Z", texts[i]);
    }
    rows[values.length] = row(9, null, null);
    model[values.length] = row(9, null, null);
    g.append(
        g.imported(
            PlainParquet.write(
                g,
                g.table.spec(),
                "",
                "message m { required int32 id = 1; optional int96 tz = 2; optional int96 ts = 3;"
                    + " }",
                rows),
            g.table.spec(),
            schema,
            model));
    g.append(g.part(row(20, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00")));
    g.read()
        .select("id")
        .where(
            "tz < '1970-01-01T00:00:00+00:00'",
            Expressions.lessThan("tz", "1970-01-01T00:00:00+00:00"),
            r -> r.get(1) != null && ((OffsetDateTime) r.get(1)).toEpochSecond() < 0);
    output.finish(g);
  }

  private void otherForms() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "small", Types.IntegerType.get()),
            optional(3, "ts", Types.TimestampType.withoutZone()),
            optional(4, "tz", Types.TimestampType.withZone()),
            optional(5, "time", Types.TimeType.get()),
            optional(6, "word", Types.StringType.get()),
            optional(7, "json", Types.StringType.get()));
    Golden g = new Golden("java_types_other_forms", 2, schema);
    g.about(
        "int8, times and timestamps in milliseconds, strings marked as enum and as JSON.",
        "types.forms.int8",
        "types.forms.millis",
        "types.forms.enum-json");
    g.append(
        g.imported(
            PlainParquet.write(
                g,
                g.table.spec(),
                "",
                """
                message m { required int32 id = 1; optional int32 small (INT_8) = 2;
                  optional int64 ts (TIMESTAMP(MILLIS,false)) = 3;
                  optional int64 tz (TIMESTAMP(MILLIS,true)) = 4;
                  optional int32 time (TIME(MILLIS,false)) = 5;
                  optional binary word (ENUM) = 6; optional binary json (JSON) = 7; }
                """,
                row(1, -128, -1L, 1709208000123L, 86_399_999, "RED", "{}"),
                row(2, null, null, null, null, null, null)),
            g.table.spec(),
            schema,
            row(
                1,
                -128,
                "1969-12-31T23:59:59.999",
                "2024-02-29T12:00:00.123Z",
                "23:59:59.999",
                "RED",
                "{}"),
            row(2, null, null, null, null, null, null)));
    output.finish(g);
  }

  private void codecs() {
    Golden g = new Golden("java_types_codecs", 2, EqualityDeletes.ID_NAME);
    g.about(
        "One file per compression codec, one with data pages of version 2 and delta encodings, one"
            + " with bloom filters and no dictionaries.",
        "parquet.codecs",
        "parquet.page-v2",
        "parquet.bloom-filter");
    int id = 0;
    for (String codec : new String[] {"uncompressed", "snappy", "gzip", "zstd"}) {
      Object[][] rows = new Object[20][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = row(id++, codec + " " + i % 3);
      }
      g.append(
          g.part(
              FileFormat.PARQUET,
              g.table.schema(),
              g.table.spec(),
              Map.of("write.parquet.compression-codec", codec),
              rows));
    }
    Object[][] rows = new Object[20][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(id++, i % 4 == 0 ? null : "prefix of v2 " + i * i);
    }
    g.append(
        g.imported(
            PlainParquet.writeVersion2(
                g, "message m { required int32 id = 1; optional binary name (STRING) = 2; }", rows),
            g.table.spec(),
            g.table.schema(),
            rows));
    Object[][] sparse = new Object[20][];
    for (int i = 0; i < sparse.length; i++) {
      sparse[i] = row(1000 + 10 * i, "bloom" + i);
    }
    g.append(
        g.part(
            FileFormat.PARQUET,
            g.table.schema(),
            g.table.spec(),
            Map.of(
                "write.parquet.bloom-filter-enabled.column.id", "true",
                "write.parquet.bloom-filter-enabled.column.name", "true",
                "write.parquet.bloom-filter-max-bytes", "1024",
                "parquet.enable.dictionary", "false"),
            sparse));
    g.read().where("id = 1050", Expressions.equal("id", 1050), r -> r.get(0).equals(1050));
    g.read().where("id = 1051", Expressions.equal("id", 1051), r -> r.get(0).equals(1051));
    g.read()
        .where(
            "name = 'bloom7'", Expressions.equal("name", "bloom7"), r -> "bloom7".equals(r.get(1)));
    output.finish(g);
  }

  private void emptyFile() {
    Golden g = new Golden("java_types_empty", 2, EqualityDeletes.ID_NAME);
    g.about(
        "A table without snapshots would have no reads; here a file without rows beside one with.",
        "parquet.no-rows");
    g.append(
        g.imported(
            PlainParquet.write(
                g,
                g.table.spec(),
                "",
                "message m { required int32 id = 1; optional binary name (STRING) = 2; }"),
            g.table.spec(),
            g.table.schema()));
    g.append(g.part(row(1, "a")));
    output.finish(g);
  }
}
