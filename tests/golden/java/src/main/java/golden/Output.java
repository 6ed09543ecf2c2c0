package golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.types.Types;

/** The folder that the tables and their expected files go to. */
final class Output {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx").withZone(ZoneOffset.UTC);

  private final Path folder;
  private int tables;
  private boolean surprised;

  Output(Path folder) {
    this.folder = folder;
  }

  int tables() {
    return tables;
  }

  /** Whether the library and the model agreed, or differed, on a table against what it says. */
  boolean surprised() {
    return surprised;
  }

  /** Adds the reads of every snapshot, cross-checks, and writes the table and its expected file. */
  void finish(Golden golden) {
    golden.table.refresh();
    List<Read> reads = new ArrayList<>();
    if (golden.reads.stream().noneMatch(read -> isCurrent(read))) {
      reads.add(new Read());
    }
    for (Snapshot snapshot : golden.table.snapshots()) {
      if (!golden.silent.contains(snapshot.snapshotId())) {
        reads.add(new Read().at(snapshot.snapshotId()));
      }
    }
    reads.addAll(golden.reads);
    List<String> lines = new ArrayList<>();
    boolean agreed = true;
    for (Read read : reads) {
      if (read.refusal == null) {
        Model.Answer answer = Model.answer(golden, read);
        agreed &= CrossCheck.agree(golden, read, answer);
        lines.add(answered(read, answer));
      } else {
        lines.add(refused(read));
      }
    }
    if (agreed == golden.libraryDiffers) {
      surprised = true;
      System.out.printf("%s: SURPRISE: model and library agree: %b%n", golden.name, agreed);
    }
    try {
      String metadata = ((BaseTable) golden.table).operations().current().metadataFileLocation();
      copyTable(golden.name, inside(golden.name, metadata));
      write(golden, inside(golden.name, metadata), lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tables++;
  }

  /** Whether it reads all rows and columns of the current state. */
  private static boolean isCurrent(Read read) {
    return read.select == null
        && read.filter == null
        && read.snapshotId == null
        && read.ref == null
        && read.asOfMs == null;
  }

  private static String answered(Read read, Model.Answer answer) {
    Types.StructType type = answer.type();
    Map<String, Object> head = head(read);
    head.put("columns", type.fields().stream().map(Types.NestedField::name).toList());
    String text = json(head);
    List<String> rows = new ArrayList<>();
    answer.rows().forEach(row -> rows.add("    " + json(Model.cells(type, row))));
    String body = rows.isEmpty() ? "[]" : "[\n" + String.join(",\n", rows) + "\n   ]";
    return "  " + text.substring(0, text.length() - 1) + ",\n   \"rows\": " + body + "}";
  }

  private static String refused(Read read) {
    Map<String, Object> head = head(read);
    head.put("error", read.error);
    head.put("message", read.refusal);
    return "  " + json(head);
  }

  private static Map<String, Object> head(Read read) {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("select", read.select);
    head.put("filter", read.filter);
    head.put("snapshot_id", read.snapshotId);
    head.put("ref", read.ref);
    head.put("as_of", read.asOfMs == null ? null : TIME.format(Instant.ofEpochMilli(read.asOfMs)));
    return head;
  }

  private void write(Golden golden, String metadata, List<String> reads) throws IOException {
    String text =
        "{\n \"table\": %s,\n \"writer\": %s,\n \"about\": %s,\n \"points\": %s,\n"
            .formatted(
                json(golden.name),
                json("Iceberg Java 1.12.0"),
                json(golden.about),
                json(golden.points));
    if (!golden.variants.isEmpty()) {
      text += " \"variants\": %s,\n".formatted(json(golden.variants));
    }
    text += " \"metadata\": %s,\n".formatted(json(metadata));
    text += " \"reads\": [\n%s\n ]\n}\n".formatted(String.join(",\n", reads));
    Path expected = Files.createDirectories(folder.resolve("expected"));
    Files.writeString(expected.resolve(golden.name + ".json"), text);
  }

  /** A location as the path inside the table's folder. */
  static String inside(String table, String location) {
    String marker = "/" + table + "/";
    return location.substring(location.indexOf(marker) + marker.length());
  }

  /** Copies all but the checksums of the local file system and superseded metadata files. */
  private void copyTable(String name, String metadata) throws IOException {
    Path target = folder.resolve("tables").resolve(name);
    deleteTree(target);
    Path source = Golden.HOME.resolve(name);
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String inTable = source.relativize(file).toString();
        boolean superseded = inTable.endsWith("metadata.json") && !inTable.equals(metadata);
        if (!inTable.endsWith(".crc") && !superseded) {
          Path copy = target.resolve(inTable);
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  static void deleteTree(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
