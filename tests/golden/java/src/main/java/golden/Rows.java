package golden;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.data.GenericDataUtil;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.apache.iceberg.variants.Variant;

/**
 * Values three ways: as the families write them down, as Iceberg's generic records, as JSON cells.
 */
final class Rows {
  private static final HexFormat HEX = HexFormat.of();
  private static final LocalDateTime EPOCH = LocalDateTime.of(1970, 1, 1, 0, 0);

  private Rows() {}

  static Object[] row(Object... values) {
    return values;
  }

  /** The elements of a list of structs. */
  static List<Object> structs(Object[]... rows) {
    return new ArrayList<>(Arrays.asList((Object[]) rows));
  }

  /** Pairs of key and value, in order. */
  static Map<Object, Object> map(Object... keysAndValues) {
    Map<Object, Object> result = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      result.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return result;
  }

  /** The values of one row in the order of the fields. */
  static Record record(Types.StructType type, Object... values) {
    if (values.length != type.fields().size()) {
      throw new IllegalArgumentException(values.length + " values for " + type);
    }
    GenericRecord record = GenericRecord.create(type);
    for (int i = 0; i < values.length; i++) {
      record.set(i, generic(type.fields().get(i).type(), values[i]));
    }
    return record;
  }

  /**
   * A value as it is written down: rows of structs as Object[], times, decimals and uuids as their
   * text, fixed and binary as hex, longs and floats as any number.
   */
  static Object generic(Type type, Object value) {
    if (value == null) {
      return null;
    }
    return switch (type.typeId()) {
      case STRUCT ->
          value instanceof Record ? value : record(type.asStructType(), (Object[]) value);
      case LIST -> genericList(type.asListType(), (List<?>) value);
      case MAP -> genericMap(type.asMapType(), (Map<?, ?>) value);
      case LONG -> ((Number) value).longValue();
      case FLOAT -> ((Number) value).floatValue();
      case DOUBLE -> ((Number) value).doubleValue();
      case DECIMAL -> new BigDecimal((String) value);
      case DATE -> LocalDate.parse((String) value);
      case TIME -> LocalTime.parse((String) value);
      case TIMESTAMP ->
          genericTimestamp(((Types.TimestampType) type).shouldAdjustToUTC(), (String) value);
      case TIMESTAMP_NANO ->
          genericTimestamp(((Types.TimestampNanoType) type).shouldAdjustToUTC(), (String) value);
      case UUID -> UUID.fromString((String) value);
      case FIXED -> HEX.parseHex((String) value);
      case BINARY, GEOMETRY, GEOGRAPHY -> ByteBuffer.wrap(HEX.parseHex((String) value));
      default -> value;
    };
  }

  private static Object genericTimestamp(boolean zoned, String text) {
    return zoned ? OffsetDateTime.parse(text) : LocalDateTime.parse(text);
  }

  private static List<Object> genericList(Types.ListType type, List<?> values) {
    List<Object> result = new ArrayList<>();
    values.forEach(value -> result.add(generic(type.elementType(), value)));
    return result;
  }

  private static Map<Object, Object> genericMap(Types.MapType type, Map<?, ?> values) {
    Map<Object, Object> result = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> result.put(generic(type.keyType(), key), generic(type.valueType(), value)));
    return result;
  }

  /**
   * What a value written with one type is under a later version of the type: nested fields are
   * matched by id, a missing one has its initial default or is null, numbers are promoted.
   */
  static Object project(Object value, Type from, Type to) {
    if (value == null) {
      return null;
    }
    return switch (to.typeId()) {
      case STRUCT -> project((Record) value, from.asStructType(), to.asStructType());
      case LIST -> {
        List<Object> result = new ArrayList<>();
        Type element = from.asListType().elementType();
        ((List<?>) value)
            .forEach(e -> result.add(project(e, element, to.asListType().elementType())));
        yield result;
      }
      case MAP -> {
        Map<Object, Object> result = new LinkedHashMap<>();
        Types.MapType before = from.asMapType();
        Types.MapType after = to.asMapType();
        ((Map<?, ?>) value)
            .forEach(
                (k, v) ->
                    result.put(
                        project(k, before.keyType(), after.keyType()),
                        project(v, before.valueType(), after.valueType())));
        yield result;
      }
      case LONG -> ((Number) value).longValue();
      case DOUBLE -> ((Number) value).doubleValue();
      case TIMESTAMP, TIMESTAMP_NANO -> value instanceof LocalDate day ? day.atStartOfDay() : value;
      default -> value;
    };
  }

  static Record project(Record record, Types.StructType from, Types.StructType to) {
    GenericRecord result = GenericRecord.create(to);
    for (int i = 0; i < to.fields().size(); i++) {
      NestedField field = to.fields().get(i);
      NestedField written = from.field(field.fieldId());
      if (written != null) {
        int position = from.fields().indexOf(written);
        result.set(i, project(record.get(position), written.type(), field.type()));
      } else if (field.initialDefault() != null) {
        result.set(i, GenericDataUtil.internalToGeneric(field.type(), field.initialDefault()));
      }
    }
    return result;
  }

  /** The JSON cell of a generic value, as Jackson writes it. */
  static Object cell(Type type, Object value) {
    if (value == null) {
      return null;
    }
    return switch (type.typeId()) {
      case STRUCT -> structCell(type.asStructType(), (Record) value);
      case LIST ->
          ((List<?>) value).stream().map(e -> cell(type.asListType().elementType(), e)).toList();
      case MAP -> mapCell(type.asMapType(), (Map<?, ?>) value);
      case FLOAT, DOUBLE -> Double.toString(((Number) value).doubleValue());
      case DECIMAL -> ((BigDecimal) value).toPlainString();
      case DATE -> ((LocalDate) value).toEpochDay();
      case TIME -> ((LocalTime) value).toNanoOfDay() / 1000;
      case TIMESTAMP -> ChronoUnit.MICROS.between(EPOCH, inUtc(value));
      case TIMESTAMP_NANO -> ChronoUnit.NANOS.between(EPOCH, inUtc(value));
      case UUID -> value.toString().replace("-", "");
      case FIXED ->
          value instanceof ByteBuffer buffer ? hex(buffer) : HEX.formatHex((byte[]) value);
      case BINARY, GEOMETRY, GEOGRAPHY -> hex((ByteBuffer) value);
      case STRING -> value.toString();
      case VARIANT -> VariantText.json(((Variant) value).value());
      default -> value;
    };
  }

  private static LocalDateTime inUtc(Object value) {
    return value instanceof OffsetDateTime zoned
        ? zoned.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
        : (LocalDateTime) value;
  }

  static String hex(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return HEX.formatHex(bytes);
  }

  private static Map<String, Object> structCell(Types.StructType type, Record value) {
    Map<String, Object> result = new LinkedHashMap<>();
    for (int i = 0; i < type.fields().size(); i++) {
      NestedField field = type.fields().get(i);
      result.put(field.name(), cell(field.type(), value.get(i)));
    }
    return result;
  }

  private static List<Object> mapCell(Types.MapType type, Map<?, ?> value) {
    List<Object> result = new ArrayList<>();
    value.forEach(
        (k, v) -> {
          List<Object> pair = new ArrayList<>();
          pair.add(cell(type.keyType(), k));
          pair.add(cell(type.valueType(), v));
          result.add(pair);
        });
    return result;
  }
}
