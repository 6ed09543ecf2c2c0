package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.util.Map;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** _row_id and _last_updated_sequence_number (v3). */
final class RowLineage {
  private static final Schema ID_NAME = EqualityDeletes.ID_NAME;
  private static final String[] LINEAGE = {
    "id", "name", "_row_id", "_last_updated_sequence_number"
  };

  private final Output output;

  private RowLineage(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    RowLineage family = new RowLineage(output);
    family.appends();
    family.upgraded();
    family.rewritten();
    family.updated();
    family.mergedManifests();
    family.underFilters();
  }

  /** A file that carries the lineage columns of its rows; nulls are inherited. */
  private static Part carrying(Golden g, Object[]... rows) {
    Schema schema = MetadataColumns.schemaWithRowLineage(g.table.schema());
    return g.part(FileFormat.PARQUET, schema, g.table.spec(), Map.of(), rows);
  }

  private static void readLineageEverywhere(Golden g) {
    g.read().select(LINEAGE);
    for (var snapshot : g.table.snapshots()) {
      g.read().at(snapshot.snapshotId()).select(LINEAGE);
    }
  }

  private void appends() {
    Golden g = new Golden("java_lineage_append", 3, ID_NAME);
    g.about(
        "Row ids of three appends, one of them of two files.",
        "lineage.append",
        "metadata-columns.row-id",
        "metadata-columns.last-updated-sequence-number");
    g.append(g.part(row(1, "a"), row(2, "b")));
    g.append(g.part(row(3, "c")), g.part(row(4, "d"), row(5, "e")));
    g.append(g.part(row(6, "f")));
    readLineageEverywhere(g);
    g.read().select("_row_id");
    g.read().select("_last_updated_sequence_number", "_pos", "_file", "_spec_id", "id");
    output.finish(g);
  }

  private void upgraded() {
    Golden g = new Golden("java_lineage_upgraded", 2, ID_NAME);
    g.about(
        "Upgraded from v2 to v3: no row ids in the snapshots before; the first commit after"
            + " assigns ids to the new file, then to the old ones.",
        "lineage.upgrade");
    Part a = g.part(row(1, "a"), row(2, "b"));
    Part b = g.part(row(3, "c"));
    g.append(a);
    g.append(b);
    g.set("format-version", "3");
    Part c = g.part(row(4, "d"), row(5, "e"));
    g.append(c);
    Part d = g.part(row(6, "f"));
    g.append(d);
    assign(c, 0, 3);
    assign(b, 2, 3);
    assign(a, 3, 3);
    assign(d, 5, 4);
    readLineageEverywhere(g);
    output.finish(g);
  }

  private static void assign(Part part, long firstRowId, long since) {
    part.firstRowId = firstRowId;
    part.lineageSince = since;
  }

  private void rewritten() {
    Golden g = new Golden("java_lineage_rewrite", 3, ID_NAME);
    g.about(
        "A compaction (snapshot of kind replace) carries the row ids and sequence numbers in the"
            + " new file.",
        "lineage.rewrite",
        "snapshots.replace");
    Part a = g.part(row(1, "a"), row(2, "b"));
    Part b = g.part(row(3, "c"));
    g.append(a);
    g.append(b);
    Part all = carrying(g, row(3, "c", 2, 2), row(1, "a", 0, 1), row(2, "b", 1, 1));
    g.gone(a).gone(b).add(all);
    g.commit(
        g.table
            .newRewrite()
            .deleteFile(a.file)
            .deleteFile(b.file)
            .addFile(all.file)
            .dataSequenceNumber(2));
    all.sequence = 2L;
    g.append(g.part(row(4, "d")));
    readLineageEverywhere(g);
    output.finish(g);
  }

  private void updated() {
    Golden g = new Golden("java_lineage_update", 3, ID_NAME);
    g.about(
        "An overwrite with one changed row (keeps its id, new sequence number), one moved row"
            + " (keeps both) and one new row (inherits both).",
        "lineage.update",
        "lineage.null-in-file");
    Part a = g.part(row(1, "a"), row(2, "b"), row(3, "c"));
    g.append(a);
    Part next =
        carrying(g, row(1, "a", 0, 1), row(2, "changed", 1, null), row(9, "new", null, null));
    g.gone(a).add(next);
    g.commit(g.table.newOverwrite().deleteFile(a.file).addFile(next.file));
    Part onlySequence = carrying(g, row(10, "x", null, null), row(11, "y", 100, null));
    g.append(onlySequence);
    readLineageEverywhere(g);
    g.read()
        .select("_row_id", "_last_updated_sequence_number")
        .where("id = 9", Expressions.equal("id", 9), r -> r.get(0).equals(9));
    output.finish(g);
  }

  private void mergedManifests() {
    Golden g = new Golden("java_lineage_merged_manifests", 3, ID_NAME);
    g.about(
        "Manifests merged after the appends: the entries hold the row ids of their files.",
        "lineage.merged-manifests",
        "manifests.rewritten");
    g.append(g.part(row(1, "a"), row(2, "b")));
    g.append(g.part(row(3, "c")));
    g.append(g.part(row(4, "d"), row(5, "e")));
    g.commit(g.table.rewriteManifests().clusterBy(file -> ""));
    Part last = g.part(row(6, "f"));
    g.append(last);
    last.firstRowId = 10L; // the commit of the merged manifest reserved ids for its five rows
    readLineageEverywhere(g);
    output.finish(g);
  }

  private void underFilters() {
    Schema schema =
        new Schema(
            required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));
    Golden g = new Golden("java_lineage_filters", 3, schema, spec -> spec.identity("p"));
    g.about(
        "Row ids and positions where row groups and files are skipped; vectors on top.",
        "lineage.filtered",
        "lineage.dv");
    Object[][] rows = new Object[40][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i, "x");
    }
    Part x =
        g.part(FileFormat.PARQUET, schema, g.table.spec(), PositionDeletes.TINY_ROW_GROUPS, rows);
    Part y = g.part(row(100, "y"), row(101, "y"));
    g.append(x, y);
    g.gone(x, 25, 31);
    g.commit(g.delta().addDeletes(g.vectors(new Golden.Marks(x, 25, 31)).get(0)));
    g.read()
        .select("id", "_pos", "_row_id", "_last_updated_sequence_number")
        .where(
            "id > 22 and id < 34",
            Expressions.and(Expressions.greaterThan("id", 22), Expressions.lessThan("id", 34)),
            r -> (int) r.get(0) > 22 && (int) r.get(0) < 34);
    g.read()
        .select("_row_id", "_partition")
        .where("p = 'y'", Expressions.equal("p", "y"), r -> "y".equals(r.get(1)));
    output.finish(g);
  }
}
