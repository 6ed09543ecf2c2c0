package golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/** Iceberg Java's side of tests/interop/engines.py: a line a request, and back. */
public final class ReadWorker {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ReadWorker() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      Map<String, Object> told;
      try {
        JsonNode request = JSON.readTree(line);
        Path out = Path.of(request.get("out").asText());
        Files.writeString(out, JSON.writeValueAsString(read(request)));
        told = Map.of("answer", "");
      } catch (Exception | AssertionError e) {
        told = Map.of("error", String.valueOf(e));
      }
      answers.println(JSON.writeValueAsString(told));
    }
  }

  private static List<List<Object>> read(JsonNode request) throws Exception {
    String location = request.get("metadata").asText();
    Table table =
        new BaseTable(
            new StaticTableOperations(location, new HadoopFileIO(new Configuration())), location);
    IcebergGenerics.ScanBuilder scan = IcebergGenerics.read(table);
    Schema schema = table.schema();
    if (!request.get("snapshot_id").isNull()) {
      long snapshot = request.get("snapshot_id").asLong();
      scan = scan.useSnapshot(snapshot);
      schema = table.schemas().get(table.snapshot(snapshot).schemaId());
    }
    if (request.get("lineage").asBoolean()) {
      schema =
          TypeUtil.join(
              schema,
              new Schema(
                  MetadataColumns.ROW_ID, MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER));
    }
    if (!request.get("where").isNull()) {
      scan = scan.where(filter(request.get("where")));
    }
    List<List<Object>> rows = new ArrayList<>();
    try (CloseableIterable<Record> records = scan.project(schema).build()) {
      for (Record record : records) {
        List<Object> row = new ArrayList<>();
        for (JsonNode name : request.get("columns")) {
          Types.NestedField field = schema.findField(name.asText());
          row.add(Rows.cell(field.type(), record.getField(field.name())));
        }
        rows.add(row);
      }
    }
    return rows;
  }

  private static Expression filter(JsonNode node) {
    String op = node.get("op").asText();
    if (op.equals("not")) {
      return Expressions.not(filter(node.get("parts").get(0)));
    }
    if (node.has("parts")) {
      Expression left = filter(node.get("parts").get(0));
      Expression right = filter(node.get("parts").get(1));
      return op.equals("and") ? Expressions.and(left, right) : Expressions.or(left, right);
    }
    String column = node.get("column").asText();
    List<Object> values = new ArrayList<>();
    node.get("values").forEach(value -> values.add(literal(node.get("kind").asText(), value)));
    return switch (op) {
      case "is null" -> Expressions.isNull(column);
      case "is not null" -> Expressions.notNull(column);
      case "is nan" -> Expressions.isNaN(column);
      case "in" -> Expressions.in(column, values);
      case "not in" -> Expressions.notIn(column, values);
      case "starts with" -> Expressions.startsWith(column, (String) values.get(0));
      case "not starts with" -> Expressions.notStartsWith(column, (String) values.get(0));
      case "=" -> Expressions.equal(column, values.get(0));
      case "!=" -> Expressions.notEqual(column, values.get(0));
      case "<" -> Expressions.lessThan(column, values.get(0));
      case "<=" -> Expressions.lessThanOrEqual(column, values.get(0));
      case ">" -> Expressions.greaterThan(column, values.get(0));
      case ">=" -> Expressions.greaterThanOrEqual(column, values.get(0));
      default -> throw new IllegalArgumentException(op);
    };
  }

  /** Dates, times, decimals and uuids go as their texts, which Iceberg turns into literals. */
  private static Object literal(String kind, JsonNode value) {
    if (kind.equals("binary") || kind.startsWith("fixed")) {
      return ByteBuffer.wrap(HexFormat.of().parseHex(value.asText()));
    }
    return switch (kind) {
      case "boolean" -> value.asBoolean();
      case "int" -> value.asInt();
      case "long" -> value.asLong();
      case "float" -> (float) Double.parseDouble(value.asText());
      case "double" -> Double.parseDouble(value.asText());
      case "uuid" -> java.util.UUID.fromString(dashed(value.asText()));
      default -> value.asText();
    };
  }

  private static String dashed(String hex) {
    return hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
  }
}
