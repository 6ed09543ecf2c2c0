package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.HistoryEntry;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Format versions, refs, history, manifests, and where files lie. */
final class TableMetadataKinds {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;

  private final Output output;

  private TableMetadataKinds(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    TableMetadataKinds family = new TableMetadataKinds(output);
    family.gzip();
    family.empty();
    family.v1();
    family.v1WithoutManifestLists();
    family.oldestV1();
    family.upgrades();
    family.branchesAndTags();
    family.rollback();
    family.expired();
    family.staged();
    family.mergedManifests();
    family.rewrittenManifests();
    family.compaction();
    family.deletedFiles();
    family.metrics();
    family.fileUris();
    family.filters();
  }

  private void gzip() {
    for (int version = 1; version <= 3; version++) {
      Golden g =
          new Golden(
              "java_meta_gzip_v" + version,
              version,
              ID_NAME,
              "write.metadata.compression-codec",
              "gzip");
      g.about("Metadata files compressed with gzip.", "metadata.gzip", "format.v" + version);
      g.append(g.part(row(1, "a")));
      g.append(g.part(row(2, "b")));
      output.finish(g);
    }
  }

  private void empty() {
    Golden g = new Golden("java_meta_empty", 2, ID_NAME);
    g.about("A table that no snapshot was ever committed to.", "snapshots.none");
    g.read().select("name");
    output.finish(g);
  }

  private void v1() {
    Golden g = new Golden("java_meta_v1", 1, ID_NAME);
    g.about("A v1 table: appends, an overwrite, a deletion of files.", "format.v1");
    Part a = g.part(row(1, "a"));
    Part b = g.part(row(2, "b"), row(3, "c"));
    g.append(a);
    g.append(b);
    Part c = g.part(row(2, "b2"));
    g.gone(b).add(c);
    g.commit(g.table.newOverwrite().deleteFile(b.file).addFile(c.file));
    g.gone(a);
    g.commit(g.table.newDelete().deleteFile(a.file));
    g.read().select("_pos", "id", "_file");
    output.finish(g);
  }

  /** Writers long ago listed a snapshot's manifests in the metadata file itself. */
  private void v1WithoutManifestLists() {
    Golden g = new Golden("java_meta_v1_embedded", 1, ID_NAME);
    g.about(
        "v1 snapshots that list their manifests in the metadata file, without manifest lists. The"
            + " library no longer writes this: the metadata was edited.",
        "format.v1",
        "metadata.embedded-manifests");
    g.append(g.part(row(1, "a")));
    g.append(g.part(row(2, "b")));
    try {
      embedManifests(g);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output.finish(g);
  }

  private static void embedManifests(Golden g) throws IOException {
    List<Path> lists = new ArrayList<>();
    editMetadata(
        g,
        root -> {
          for (JsonNode node : root.get("snapshots")) {
            Snapshot snapshot = g.table.snapshot(node.get("snapshot-id").longValue());
            ArrayNode manifests = ((ObjectNode) node).putArray("manifests");
            snapshot.allManifests(g.table.io()).forEach(manifest -> manifests.add(manifest.path()));
            ((ObjectNode) node).remove("manifest-list");
            lists.add(Path.of(snapshot.manifestListLocation()));
          }
        });
    for (Path list : lists) {
      Files.delete(list);
    }
  }

  /** Changes the current metadata file in its place, without its checksum. */
  private static void editMetadata(Golden g, Consumer<ObjectNode> change) throws IOException {
    Path metadata = Path.of(((BaseTable) g.table).operations().current().metadataFileLocation());
    ObjectNode root = (ObjectNode) new ObjectMapper().readTree(metadata.toFile());
    change.accept(root);
    Files.writeString(metadata, root.toPrettyString());
    Files.deleteIfExists(metadata.resolveSibling("." + metadata.getFileName() + ".crc"));
  }

  private void oldestV1() {
    Golden g = new Golden("java_meta_v1_oldest", 1, ID_NAME, spec -> spec.bucket("id", 2));
    g.about(
        "v1 metadata with no more than the first writers wrote: no schema list, no spec list, no"
            + " sort orders, no refs, no history, no uuid. The metadata was edited.",
        "format.v1",
        "metadata.optional-fields-missing");
    g.append(g.part(row(1, "a")));
    g.append(g.part(row(2, "b")), g.part(row(3, null)));
    try {
      editMetadata(
          g,
          root -> {
            List.of(
                    "table-uuid",
                    "schemas",
                    "current-schema-id",
                    "partition-specs",
                    "default-spec-id",
                    "last-partition-id",
                    "sort-orders",
                    "default-sort-order-id",
                    "refs",
                    "statistics",
                    "partition-statistics",
                    "snapshot-log",
                    "metadata-log",
                    "properties")
                .forEach(root::remove);
            ((ObjectNode) root.get("schema")).remove("schema-id");
            root.get("snapshots").forEach(node -> ((ObjectNode) node).remove("schema-id"));
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output.finish(g);
  }

  private void upgrades() {
    Golden g = new Golden("java_meta_upgraded_v1_v3", 1, ID_NAME);
    g.about(
        "From v1 over v2 to v3, with commits and deletes at each version; manifests of all three"
            + " in one snapshot.",
        "format.upgrade",
        "format.v1",
        "format.v2",
        "format.v3");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    g.set("format-version", "2");
    Part b = g.part(row(4, "d"), row(5, "e"));
    g.append(b);
    g.gone(a, 1).gone(b, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2), row(5))));
    g.set("format-version", "3");
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.vectors(new Golden.Marks(a, 0)).get(0)));
    g.append(g.part(row(6, "f")));
    g.read().select("name", "_pos");
    output.finish(g);
  }

  private void branchesAndTags() {
    Golden g = new Golden("java_meta_refs", 2, ID_NAME);
    g.about(
        "Branches and tags: commits of a branch alone, a tag on an old snapshot, a schema that"
            + " changes between them. Each ref is read with its snapshot's schema (the library"
            + " uses the table's for branches).",
        "refs.branch",
        "refs.tag",
        "snapshots.schema");
    Part a = g.part(row(1, "a"), row(2, "b"));
    long first = g.append(a);
    g.table.manageSnapshots().createTag("v1", first).createBranch("audit", first).commit();
    List<Part.Live> onMain = new ArrayList<>(g.live);

    Part b = g.part(row(3, "branch"));
    g.add(b).gone(a, 0);
    g.commit(
        g.table
            .newRowDelta()
            .validateFromSnapshot(first)
            .addRows(b.file)
            .addDeletes(g.positionDeletes(a, 0)),
        "audit");
    g.live = onMain;
    g.evolve(update -> update.addColumn("x", Types.IntegerType.get()).renameColumn("name", "n"));
    g.append(g.part(row(4, "main", 40)));
    g.read().ref("v1");
    g.read().ref("audit");
    g.read().ref("main");
    g.read().ref("audit").select("name");
    g.read()
        .ref("audit")
        .where(
            "name = 'branch'", Expressions.equal("name", "branch"), r -> "branch".equals(r.get(1)));
    output.finish(g);
  }

  private void rollback() {
    Golden g = new Golden("java_meta_rollback", 2, ID_NAME);
    g.about(
        "Rolled back, then committed again: times between are those of the history, not of the"
            + " snapshots' order.",
        "snapshots.rollback",
        "snapshots.as-of");
    long first = g.append(g.part(row(1, "a")));
    List<Part.Live> atFirst = List.copyOf(g.live);
    g.append(g.part(row(2, "undone")));
    g.table.manageSnapshots().rollbackTo(first).commit();
    g.live = new ArrayList<>(atFirst);
    g.append(g.part(row(3, "c")));
    g.table.refresh();
    for (HistoryEntry entry : g.table.history()) {
      g.read().asOf(entry.timestampMillis());
    }
    output.finish(g);
  }

  private void expired() {
    Golden g = new Golden("java_meta_expired", 2, ID_NAME);
    g.about(
        "Old snapshots expired and their files removed; a tagged one is kept.",
        "snapshots.expired",
        "refs.tag");
    Part a = g.part(row(1, "a"));
    long first = g.append(a);
    long tagged = g.append(g.part(row(2, "b")));
    g.table.manageSnapshots().createTag("keep", tagged).commit();
    Part c = g.part(row(1, "a2"));
    g.gone(a).add(c);
    g.commit(g.table.newOverwrite().deleteFile(a.file).addFile(c.file));
    long last = g.append(g.part(row(4, "d")));
    g.table
        .expireSnapshots()
        .expireOlderThan(g.table.snapshot(last).timestampMillis())
        .retainLast(1)
        .commit();
    g.read().ref("keep");
    g.read().at(first).fails("NotFoundError", String.valueOf(first));
    output.finish(g);
  }

  private void staged() {
    Golden g = new Golden("java_meta_staged", 2, ID_NAME);
    g.about(
        "A staged snapshot (write, audit, publish) that is not current, and one that was"
            + " published.",
        "snapshots.staged");
    g.append(g.part(row(1, "a")));
    Part published = g.part(row(2, "published"));
    long id = stage(g, published, "one");
    Part waiting = g.part(row(3, "waiting"));
    stage(g, waiting, "two");
    g.add(published);
    g.table.manageSnapshots().cherrypick(id).commit();
    g.table.refresh();
    g.states.put(g.table.currentSnapshot().snapshotId(), List.copyOf(g.live));
    output.finish(g);
  }

  /** Commits a snapshot that no ref names; its rows are those of now and the part's. */
  private static long stage(Golden g, Part part, String wapId) {
    List<Part.Live> before = List.copyOf(g.live);
    g.table.newAppend().appendFile(part.file).set("wap.id", wapId).stageOnly().commit();
    g.table.refresh();
    long id = 0;
    for (Snapshot snapshot : g.table.snapshots()) {
      if (wapId.equals(snapshot.summary().get("wap.id"))) {
        id = snapshot.snapshotId();
      }
    }
    g.add(part);
    g.states.put(id, List.copyOf(g.live));
    g.live = new ArrayList<>(before);
    return id;
  }

  private void mergedManifests() {
    Golden g =
        new Golden(
            "java_meta_merged_manifests", 2, ID_NAME, "commit.manifest.min-count-to-merge", "2");
    g.about(
        "Every commit merges manifests: existing entries keep their sequence numbers, which decide"
            + " what an equality delete reaches.",
        "manifests.merged",
        "manifests.existing-entries");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.append(a);
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    g.append(g.part(row(1, "again")));
    g.append(g.part(row(3, "c")));
    g.gone(a, 1);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(2))));
    g.append(g.part(row(2, "again")));
    output.finish(g);
  }

  private void rewrittenManifests() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));
    Golden g = new Golden("java_meta_rewritten_manifests", 2, schema, spec -> spec.identity("p"));
    g.about(
        "Manifests rewritten by partition after the spec evolved; a filter skips some.",
        "manifests.rewritten",
        "partitions.evolved");
    g.append(g.part(row(1, "x")), g.part(row(2, "y")));
    g.append(g.part(row(3, "x")));
    g.partition(update -> update.addField(Expressions.bucket("id", 2)));
    g.append(g.part(row(4, "y")));
    g.commit(g.table.rewriteManifests().clusterBy(file -> file.partition().get(0, String.class)));
    g.read().where("p = 'x'", Expressions.equal("p", "x"), r -> "x".equals(r.get(1)));
    g.read().select("_spec_id", "id");
    output.finish(g);
  }

  private void compaction() {
    Golden g = new Golden("java_meta_compaction", 2, ID_NAME);
    g.about(
        "A compaction that began before an equality delete and was committed after it: the new"
            + " file has the old sequence number, so the delete reaches it.",
        "snapshots.replace",
        "deletes.equality.sequence.compaction");
    Part a = g.part(row(1, "a"));
    Part b = g.part(row(2, "b"));
    g.append(a);
    long start = g.append(b);
    g.gone(a);
    g.commit(g.delta().addDeletes(g.equalityDeletes(List.of("id"), row(1))));
    Part c = g.part(row(1, "a"), row(2, "b"));
    g.gone(b).add(c).gone(c, 0);
    g.commit(
        g.table
            .newRewrite()
            .validateFromSnapshot(start)
            .deleteFile(a.file)
            .deleteFile(b.file)
            .addFile(c.file)
            .dataSequenceNumber(2));
    g.append(g.part(row(1, "new")));
    output.finish(g);
  }

  private void deletedFiles() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));
    Golden g = new Golden("java_meta_deleted_files", 2, schema, spec -> spec.identity("p"));
    g.about(
        "Files deleted by a filter on partitions, replaced by partition, and all of them.",
        "snapshots.delete",
        "snapshots.overwrite",
        "manifests.deleted-entries");
    Part x = g.part(row(1, "x"));
    Part y = g.part(row(2, "y"));
    Part z = g.part(row(3, "z"));
    g.append(x, y, z);
    g.gone(x);
    g.commit(g.table.newDelete().deleteFromRowFilter(Expressions.equal("p", "x")));
    Part y2 = g.part(row(4, "y"));
    g.gone(y).add(y2);
    g.commit(g.table.newReplacePartitions().addFile(y2.file));
    g.gone(y2).gone(z);
    g.commit(g.table.newDelete().deleteFromRowFilter(Expressions.alwaysTrue()));
    g.append(g.part(row(5, "x")));
    output.finish(g);
  }

  private void metrics() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()),
            optional(2, "none", Types.StringType.get()),
            optional(3, "counts", Types.StringType.get()),
            optional(4, "cut", Types.StringType.get()),
            optional(5, "f", Types.DoubleType.get()));
    Golden g =
        new Golden(
            "java_meta_metrics",
            2,
            schema,
            "write.metadata.metrics.column.none",
            "none",
            "write.metadata.metrics.column.counts",
            "counts",
            "write.metadata.metrics.column.cut",
            "truncate(2)");
    g.about(
            "No bounds, only counts, bounds cut to two code points (with no successor, with emoji):"
                + " filters find every row.",
            "filter.missing-metrics",
            "filter.truncated-bounds",
            "filter.nan")
        .libraryDiffers("it loses -0.0 for = 0.0");
    String last = "\uDBFF\uDFFF";
    g.append(
        g.part(row(1, "abc", "abc", "abc", 1.0), row(2, "abd", "abd", "abz", Double.NaN)),
        g.part(row(3, "x", "x", "\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00", -0.0)),
        g.part(row(4, "y", null, last + last + last, null)),
        g.part(row(5, null, "y", null, Double.NaN)));
    g.read()
        .select("id")
        .where("none = 'abd'", Expressions.equal("none", "abd"), r -> "abd".equals(r.get(1)));
    g.read()
        .select("id")
        .where(
            "counts > 'abc'",
            Expressions.greaterThan("counts", "abc"),
            r -> r.get(2) != null && r.get(2).toString().compareTo("abc") > 0);
    g.read()
        .select("id")
        .where("cut = 'abz'", Expressions.equal("cut", "abz"), r -> "abz".equals(r.get(3)));
    g.read()
        .select("id")
        .where(
            "cut > 'ab~'",
            Expressions.greaterThan("cut", "ab~"),
            r -> r.get(3) != null && (int) r.get(0) > 2);
    g.read()
        .select("id")
        .where(
            "cut like '\uD83D\uDE00\uD83D\uDE00%'",
            Expressions.startsWith("cut", "\uD83D\uDE00\uD83D\uDE00"), r -> (int) r.get(0) == 3);
    g.read()
        .select("id")
        .where(
            "cut = '" + last + last + last + "'",
            Expressions.equal("cut", last + last + last),
            r -> (int) r.get(0) == 4);
    g.read()
        .select("id")
        .where(
            "f is nan", Expressions.isNaN("f"), r -> Double.valueOf(Double.NaN).equals(r.get(4)));
    g.read().select("id").where("f = 0.0", Expressions.equal("f", 0.0), r -> (int) r.get(0) == 3);
    output.finish(g);
  }

  private void fileUris() {
    Golden g = Golden.at("file:" + Golden.HOME + "/java_meta_file_uri", "java_meta_file_uri");
    g.about(
        "Every location is a file: URI; position deletes name files by it.",
        "metadata.file-uri",
        "deletes.position.file-scoped");
    Part a = g.part(row(1, "a"), row(2, "b"));
    g.append(a);
    g.gone(a, 0);
    g.commit(g.delta().addDeletes(g.positionDeletes(a, 0)));
    g.read().select("_file", "_pos");
    output.finish(g);
  }

  private void filters() {
    Golden g = new Golden("java_meta_filters", 2, ID_NAME);
    g.about(
            "Row filters of every kind over several files with nulls: three-valued logic.",
            "filter.comparisons",
            "filter.in",
            "filter.null",
            "filter.starts-with",
            "filter.and-or-not")
        .libraryDiffers("it lets nulls pass != and the negated ones");
    g.append(g.part(row(1, "apple"), row(2, null), row(3, "")));
    g.append(g.part(row(4, "avocado"), row(5, "pear")));
    g.append(g.part(row(6, null)));
    g.read()
        .where(
            "name != 'pear'",
            Expressions.notEqual("name", "pear"),
            r -> name(r) != null && !name(r).equals("pear"));
    g.read()
        .where(
            "not name = 'pear'",
            Expressions.not(Expressions.equal("name", "pear")),
            r -> name(r) != null && !name(r).equals("pear"));
    g.read()
        .where(
            "name like 'a%'",
            Expressions.startsWith("name", "a"), r -> name(r) != null && name(r).startsWith("a"));
    g.read()
        .where(
            "name not like 'a%'",
            Expressions.notStartsWith("name", "a"),
            r -> name(r) != null && !name(r).startsWith("a"));
    g.read()
        .where(
            "name in ('pear', '')",
            Expressions.in("name", "pear", ""),
            r -> name(r) != null && (name(r).isEmpty() || name(r).equals("pear")));
    g.read()
        .where(
            "name not in ('pear', '')",
            Expressions.notIn("name", "pear", ""),
            r -> name(r) != null && name(r).startsWith("a"));
    g.read()
        .where(
            "name is null or id = 4",
            Expressions.or(Expressions.isNull("name"), Expressions.equal("id", 4)),
            r -> name(r) == null || r.get(0).equals(4));
    g.read()
        .where(
            "not (name is null or id > 4)",
            Expressions.not(
                Expressions.or(Expressions.isNull("name"), Expressions.greaterThan("id", 4))),
            r -> name(r) != null && (int) r.get(0) <= 4);
    g.read()
        .select("_pos")
        .where(
            "name < 'b' and id >= 3",
            Expressions.and(
                Expressions.lessThan("name", "b"), Expressions.greaterThanOrEqual("id", 3)),
            r -> name(r) != null && name(r).compareTo("b") < 0 && (int) r.get(0) >= 3);
    output.finish(g);
  }

  private static String name(Record record) {
    return (String) record.get(1);
  }
}
