package golden;

import java.math.BigDecimal;
import java.util.StringJoiner;
import org.apache.iceberg.variants.VariantArray;
import org.apache.iceberg.variants.VariantObject;
import org.apache.iceberg.variants.VariantValue;

/** The JSON text of a variant of nulls, booleans, numbers, strings, arrays and objects. */
final class VariantText {
  private VariantText() {}

  static String json(VariantValue value) {
    return switch (value.type()) {
      case NULL -> "null";
      case BOOLEAN_TRUE, BOOLEAN_FALSE, INT8, INT16, INT32, INT64, FLOAT, DOUBLE ->
          value.asPrimitive().get().toString();
      case DECIMAL4, DECIMAL8, DECIMAL16 ->
          ((BigDecimal) value.asPrimitive().get()).toPlainString();
      case STRING -> quote((String) value.asPrimitive().get());
      case ARRAY -> array(value.asArray());
      case OBJECT -> object(value.asObject());
      default -> throw new IllegalArgumentException("no JSON text for " + value.type());
    };
  }

  private static String array(VariantArray array) {
    StringJoiner result = new StringJoiner(",", "[", "]");
    for (int i = 0; i < array.numElements(); i++) {
      result.add(json(array.get(i)));
    }
    return result.toString();
  }

  private static String object(VariantObject object) {
    StringJoiner result = new StringJoiner(",", "{", "}");
    for (String name : object.fieldNames()) {
      result.add(quote(name) + ":" + json(object.get(name)));
    }
    return result.toString();
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
