package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.EdgeAlgorithm;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.variants.ShreddedObject;
import org.apache.iceberg.variants.ValueArray;
import org.apache.iceberg.variants.Variant;
import org.apache.iceberg.variants.VariantMetadata;
import org.apache.iceberg.variants.VariantValue;
import org.apache.iceberg.variants.Variants;
import org.apache.parquet.schema.MessageTypeParser;

/** Variants, plain and shredded, and geometry and geography (v3). */
final class VariantsAndGeo {
  private static final Schema ID_V =
      new Schema(
          required(1, "id", Types.IntegerType.get()), optional(2, "v", Types.VariantType.get()));

  private final Output output;

  private VariantsAndGeo(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    VariantsAndGeo family = new VariantsAndGeo(output);
    family.plain();
    family.large();
    family.shreddedObjects();
    family.shreddedScalars();
    family.shreddedArrays();
    family.nestedVariant();
    family.variantAddedLater();
    family.geo();
  }

  private static Variant variant(String json) {
    JsonNode node;
    try {
      node = new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
    Set<String> names = new TreeSet<>();
    collectNames(node, names);
    VariantMetadata metadata = Variants.metadata(names);
    return Variant.of(metadata, value(metadata, node));
  }

  private static void collectNames(JsonNode node, Set<String> names) {
    node.fieldNames().forEachRemaining(names::add);
    node.forEach(child -> collectNames(child, names));
  }

  /** Whole numbers in the narrowest width, others as doubles. */
  private static VariantValue value(VariantMetadata metadata, JsonNode node) {
    return switch (node.getNodeType()) {
      case NULL -> Variants.ofNull();
      case BOOLEAN -> Variants.of(node.booleanValue());
      case STRING -> Variants.of(node.textValue());
      case NUMBER -> number(node);
      case ARRAY -> {
        ValueArray array = Variants.array();
        node.forEach(child -> array.add(value(metadata, child)));
        yield array;
      }
      case OBJECT -> {
        ShreddedObject object = Variants.object(metadata);
        node.properties().forEach(e -> object.put(e.getKey(), value(metadata, e.getValue())));
        yield object;
      }
      default -> throw new IllegalArgumentException(node.toString());
    };
  }

  private static VariantValue number(JsonNode node) {
    if (!node.isIntegralNumber()) {
      return Variants.of(node.doubleValue());
    }
    long whole = node.longValue();
    if (whole == (byte) whole) {
      return Variants.of((byte) whole);
    }
    if (whole == (short) whole) {
      return Variants.of((short) whole);
    }
    return whole == (int) whole ? Variants.of((int) whole) : Variants.of(whole);
  }

  private static Object[][] numbered(String... jsons) {
    Object[][] rows = new Object[jsons.length][];
    for (int i = 0; i < jsons.length; i++) {
      rows[i] = row(i, jsons[i] == null ? null : variant(jsons[i]));
    }
    return rows;
  }

  private static final String[] ALL_KINDS = {
    "null",
    null,
    "true",
    "false",
    "1",
    "-128",
    "300",
    "70000",
    "5000000000",
    "0.5",
    "\"\"",
    "\"short\"",
    "\"" + "long ".repeat(20) + "\"",
    "\"\uD83D\uDE00 \\\" \\\\\"",
    "[]",
    "{}",
    "[1, null, \"x\", [2], {\"a\": 1}]",
    "{\"a\": 1, \"b\": \"text\", \"c\": null, \"d\": {\"e\": [true, false]}}"
  };

  private void plain() {
    Golden g = new Golden("java_variant_plain", 3, ID_V);
    g.about(
        "Variants of every JSON kind and number width; null and a variant that is null.",
        "types.variant",
        "types.variant.null");
    g.variants = List.of("v");
    g.append(g.part(numbered(ALL_KINDS)));
    VariantMetadata none = Variants.emptyMetadata();
    g.append(
        g.part(
            row(100, Variant.of(none, Variants.of(new BigDecimal("-1.50")))),
            row(101, Variant.of(none, Variants.of(new BigDecimal("1234567890.125")))),
            row(102, Variant.of(none, Variants.of(new BigDecimal("12345678901234567890.5")))),
            row(103, Variant.of(none, Variants.of(0.25f)))));
    g.read().select("id");
    g.read().select("v").where("id = 17", Expressions.equal("id", 17), r -> r.get(0).equals(17));
    output.finish(g);
  }

  private void large() {
    Golden g = new Golden("java_variant_large", 3, ID_V);
    g.about(
        "Variants with 300 fields, with 300 elements, and nested twenty deep: offsets of two"
            + " bytes.",
        "types.variant.large");
    g.variants = List.of("v");
    StringBuilder object = new StringBuilder("{");
    StringBuilder array = new StringBuilder("[");
    for (int i = 0; i < 300; i++) {
      object.append(i == 0 ? "" : ",").append("\"field_%d\":%d".formatted(i, i * i));
      array.append(i == 0 ? "" : ",").append(i % 7 == 0 ? "null" : "\"element " + i + "\"");
    }
    g.append(
        g.part(
            numbered(
                object.append('}').toString(),
                array.append(']').toString(),
                "{\"a\":[".repeat(20) + "1" + "]}".repeat(20))));
    output.finish(g);
  }

  /** A file whose variant column is shredded with the given typed_value. */
  private static Part shredded(Golden g, String typedValue, Object[]... rows) {
    List<Record> records = new ArrayList<>();
    for (Object[] row : rows) {
      records.add(Rows.record(g.table.schema().asStruct(), row));
    }
    DataWriter<Record> writer;
    try {
      writer =
          Parquet.writeData(g.place("f", "parquet"))
              .schema(g.table.schema())
              .createWriterFunc(GenericParquetWriter::create)
              .variantShreddingFunc(
                  (id, name) ->
                      MessageTypeParser.parseMessageType("message m { " + typedValue + " }")
                          .getType(0))
              .withSpec(g.table.spec())
              .build();
      try (writer) {
        records.forEach(writer::write);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Part(writer.toDataFile(), g.table.spec(), g.table.schema().asStruct(), records);
  }

  private void shreddedObjects() {
    Golden g = new Golden("java_variant_shredded", 3, ID_V);
    g.about(
        "Shredded objects: fields that fit, that do not, that are missing, null, and more than the"
            + " shredding knows; values that are no objects; a plain file beside it.",
        "types.variant.shredded.object");
    g.variants = List.of("v");
    g.append(
        shredded(
            g,
            """
            optional group typed_value {
              required group a { optional binary value; optional int32 typed_value; }
              required group b { optional binary value; optional binary typed_value (STRING); }
              required group c { optional binary value; optional group typed_value {
                required group d { optional binary value; optional double typed_value; } } } }
            """,
            numbered(
                "{\"a\": 70000, \"b\": \"text\", \"c\": {\"d\": 0.5}}",
                "{\"a\": \"no int\", \"b\": 5, \"c\": 1}",
                "{\"b\": \"only b\"}",
                "{\"a\": null, \"b\": null, \"c\": null}",
                "{\"a\": 70001, \"more\": [1, 2], \"other\": {\"a\": 1}}",
                "{\"c\": {\"d\": \"text\", \"e\": true}}",
                "{\"c\": {}}",
                "{}",
                "5",
                "\"text\"",
                "[1, 2]",
                "null",
                null)));
    g.append(g.part(row(50, variant("{\"a\": 1, \"b\": \"plain\"}"))));
    output.finish(g);
  }

  private void shreddedScalars() {
    Golden g = new Golden("java_variant_shredded_scalars", 3, ID_V);
    g.about(
        "Whole variants shredded as a string, an int64 and a boolean, in one file each.",
        "types.variant.shredded.scalar");
    g.variants = List.of("v");
    String[] values = {"\"text\"", "5000000000", "true", "null", null, "{\"a\": 1}", "0.5", "\"\""};
    g.append(
        shredded(g, "optional binary typed_value (STRING);", numbered(values)),
        shredded(g, "optional int64 typed_value;", numbered(values)),
        shredded(g, "optional boolean typed_value;", numbered(values)));
    output.finish(g);
  }

  private void shreddedArrays() {
    Golden g = new Golden("java_variant_shredded_arrays", 3, ID_V);
    g.about(
        "Shredded arrays of strings and of objects, with elements that fit and that do not.",
        "types.variant.shredded.array");
    g.variants = List.of("v");
    g.append(
        shredded(
            g,
            """
            optional group typed_value (LIST) { repeated group list { required group element {
              optional binary value; optional binary typed_value (STRING); } } }
            """,
            numbered(
                "[\"a\", \"b\"]",
                "[]",
                "[\"a\", 1, null, [\"x\"]]",
                "\"no array\"",
                "null",
                null)));
    g.append(
        shredded(
            g,
            """
            optional group typed_value (LIST) { repeated group list { required group element {
              optional binary value; optional group typed_value {
                required group x { optional binary value; optional int32 typed_value; } } } } }
            """,
            numbered(
                "[{\"x\": 70000}, {\"x\": \"t\"}, {}, {\"x\": 70001, \"y\": 2}, 5]",
                "[]",
                "{\"x\": 1}")));
    output.finish(g);
  }

  private void nestedVariant() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(
                2,
                "s",
                Types.StructType.of(
                    optional(3, "v", Types.VariantType.get()),
                    optional(4, "n", Types.IntegerType.get()))),
            optional(5, "l", Types.ListType.ofOptional(6, Types.VariantType.get())));
    Golden g = new Golden("java_variant_nested", 3, schema);
    g.about("Variants inside a struct and a list.", "types.variant.nested");
    g.append(
        g.part(
            row(1, row(variant("7"), 1), Arrays.asList(variant("true"), null, variant("\"x\""))),
            row(2, row(null, 2), List.of()),
            row(3, null, null)));
    g.read().select("s.n");
    output.finish(g);
  }

  private void variantAddedLater() {
    Golden g = new Golden("java_variant_added", 3, EqualityDeletes.ID_NAME);
    g.about(
        "A variant column added later, renamed, with deletes on the table.",
        "types.variant.evolution");
    g.append(g.part(row(1, "a"), row(2, "b")));
    g.evolve(update -> update.addColumn("v", Types.VariantType.get()));
    Part p = g.part(row(3, "c", variant("{\"k\": [1]}")), row(4, "d", variant("4")));
    g.append(p);
    g.gone(p, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(4))));
    g.evolve(update -> update.renameColumn("v", "payload"));
    g.variants = List.of("v", "payload");
    g.append(g.part(row(5, "e", null)));
    g.read().select("payload");
    output.finish(g);
  }

  private void geo() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "geom", Types.GeometryType.crs84()),
            optional(3, "merc", Types.GeometryType.of("EPSG:3857")),
            optional(4, "geog", Types.GeographyType.crs84()),
            optional(5, "vin", Types.GeographyType.of("OGC:CRS84", EdgeAlgorithm.VINCENTY)));
    Golden g = new Golden("java_types_geo", 3, schema);
    g.about(
        "Geometry and geography as WKB: points, a line, other reference systems and edges.",
        "types.geometry",
        "types.geography");
    String point = "0101000000000000000000f03f0000000000000040";
    String line =
        "0102000000020000000000000000000000000000000000000000000000000024400000000000002440";
    g.append(
        g.part(
            row(1, point, point, point, point),
            row(2, line, null, line, null),
            row(3, null, null, null, null)));
    g.read().select("id");
    g.read().select("geom");
    output.finish(g);
  }
}
