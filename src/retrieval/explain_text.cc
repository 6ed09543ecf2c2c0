// Plans as text for people and as JSON for programs.
#include <array>

#include "codec/json/object_writer.h"
#include "model/calendar.h"
#include "model/value.h"
#include "retrieval/explain.h"

namespace icefield {
namespace {

// In the order of ViewPart.
constexpr std::array<std::string_view, 3> kParts{"time range", "keys", "row filter"};
constexpr std::array<std::string_view, 3> kPartNames{"time_range", "keys", "row_filter"};

std::string InstantText(int64_t micros) {
  return ValueText({.kind = PrimitiveKind::kTimestamptz}, Value(micros));
}

// Estimates are shown as what they are.
std::string AboutBytes(int64_t bytes) {
  constexpr int64_t kKibi = 1024;
  constexpr int64_t kMebi = kKibi * kKibi;
  if (bytes < kKibi) return StrCat("about ", bytes, " bytes");
  if (bytes < kMebi) return StrCat("about ", (bytes + kKibi - 1) / kKibi, " KiB");
  return StrCat("about ", (bytes + kMebi - 1) / kMebi, " MiB");
}

int64_t FilesPruned(const ScanCounts& counts) {
  return counts.files_pruned_partition + counts.files_pruned_bounds;
}

// "time range 5 (partition 3, bounds 2), keys 1 (bounds 1)"
std::string PartsText(const ScanCounts& counts) {
  std::vector<std::string> texts;
  for (size_t at = 0; at < counts.by_part.size() && at < kParts.size(); ++at) {
    const PrunedByPart& part = counts.by_part[at];
    if (part.files_partition + part.files_bounds == 0) continue;
    std::vector<std::string> how;
    if (part.files_partition > 0) how.push_back(StrCat("partition ", part.files_partition));
    if (part.files_bounds > 0) how.push_back(StrCat("bounds ", part.files_bounds));
    texts.push_back(StrCat(kParts[at], " ", part.files_partition + part.files_bounds, " (",
                           Join(how, ", "), ")"));
  }
  return texts.empty() ? "" : ": " + Join(texts, ", ");
}

std::string ManifestsText(const ScanCounts& counts) {
  std::vector<std::string> texts;
  for (size_t at = 0; at < counts.by_part.size() && at < kParts.size(); ++at) {
    if (counts.by_part[at].manifests > 0)
      texts.push_back(StrCat(kParts[at], " ", counts.by_part[at].manifests));
  }
  return StrCat("manifests ", counts.manifests_read, " read, ", counts.manifests_pruned, " pruned",
                texts.empty() ? "" : ": " + Join(texts, ", "));
}

std::string SnapshotText(const ViewReport& report) {
  if (!report.snapshot_id) return "no snapshot";
  std::string text = StrCat("snapshot ", report.snapshot_id->value, " of ",
                            InstantText(report.snapshot_time->value * 1000));
  if (report.appended_since)
    text += StrCat(", appended since snapshot ", report.appended_since->value);
  return text;
}

std::string RowGroupsText(const ViewPlan& view, PlanDepth depth) {
  if (depth != PlanDepth::kManifests) {
    return StrCat("row groups ", *view.row_groups, " to read, ", view.report.row_groups_pruned,
                  " pruned, ", view.report.rows_pruned, " rows left out by page indexes");
  }
  if (!view.row_groups) return "row groups unknown without footers";
  return StrCat("row groups at most ", *view.row_groups, " to read");
}

std::string PagesText(const ViewPlan& view, PlanDepth depth) {
  if (depth == PlanDepth::kManifests) return "pages unknown without footers";
  if (!view.deciding_pages || !view.gathered_pages)
    return "pages unknown: not all files have a page index";
  std::string text = StrCat("pages at most ", *view.deciding_pages, " of keys and times");
  if (view.gathered_bytes > 0) text += StrCat(", ", *view.gathered_pages, " of features");
  return text;
}

std::string DeletesText(const ViewReport& report) {
  const ScanCounts& counts = report.pruned;
  if (counts.deletion_vectors + counts.position_delete_files + counts.equality_delete_files == 0)
    return "";
  return StrCat("  deletes ", counts.deletion_vectors, " deletion vectors, ",
                counts.position_delete_files, " position delete files, ",
                counts.equality_delete_files, " equality delete files, ", report.delete_bytes,
                " bytes\n");
}

std::string FilesText(const ViewPlan& view) {
  std::string out;
  for (const PlannedFile& file : view.first_files) {
    out += StrCat("    ", file.path, " (", file.rows, " rows, ", file.size_bytes, " bytes");
    if (file.delete_files > 0)
      out += StrCat(", ", file.delete_files, file.delete_files == 1 ? " delete" : " deletes");
    out += ")\n";
  }
  const auto shown = static_cast<int64_t>(view.first_files.size());
  if (view.report.files_planned > shown)
    out += StrCat("    and ", view.report.files_planned - shown, " more\n");
  return out;
}

std::string CutsText(const ViewReport& report) {
  std::string cuts;
  if (report.cut == CutEffect::kApplied) cuts += ", created cut";
  if (report.cut == CutEffect::kNoCreatedColumn) cuts += ", no column for the created cut";
  if (report.commit_cut) cuts += ", commit cut";
  return cuts;
}

std::string ViewText(const ViewPlan& view, PlanDepth depth) {
  const ViewReport& report = view.report;
  const std::string_view about = depth != PlanDepth::kManifests ? "" : "about ";
  std::string out = StrCat(
      "view ", report.view, CutsText(report), ":\n  table ", report.table, ", ",
      SnapshotText(report), "\n  filter ", view.filter, "\n  ", ManifestsText(report.pruned),
      "\n  files ", report.files_planned, " to read (", view.rows, " rows, ", view.file_bytes,
      " bytes), ", FilesPruned(report.pruned), " pruned", PartsText(report.pruned), "\n",
      FilesText(view), "  ", RowGroupsText(view, depth), "\n", DeletesText(report), "  reads ",
      view.strategy, "\n  bytes ", about, view.deciding_bytes, " of keys and times");
  if (view.gathered_bytes > 0)
    out += StrCat(", at most ", about, view.gathered_bytes, " of features");
  const ViewMemory& memory = view.memory;
  out += StrCat("\n  ", PagesText(view, depth), "\n  memory slots ", AboutBytes(memory.slots),
                ", decoders ", AboutBytes(memory.decoders));
  if (view.gathered_bytes > 0) out += StrCat(", features ", AboutBytes(memory.features));
  return out + "\n";
}

std::string FrameText(const FramePlan& frame, PlanDepth depth) {
  if (!frame.start_us)
    return StrCat("entity frame: ", frame.rows, " rows, ", AboutBytes(frame.bytes), "\n");
  std::string out =
      StrCat("entity frame: the distinct keys and event times from ", InstantText(*frame.start_us),
             " to ", InstantText(*frame.end_us), " of ", frame.scans.size(), " scans, at most ",
             frame.rows, " rows, ", AboutBytes(frame.bytes), "\n");
  for (const ViewPlan& scan : frame.scans) out += "keys and times of " + ViewText(scan, depth);
  return out;
}

std::string KeysText(const KeysPlan& keys) {
  std::string out = StrCat("keys ", keys.keys.empty() ? "none" : keys.keys, ", encoded once for ",
                           Join(keys.views, ", "));
  if (keys.distinct) out += StrCat(": ", *keys.distinct, " distinct, ", AboutBytes(keys.bytes));
  return out + "\n";
}

std::string BudgetText(const RetrievalPlan& plan) {
  std::string out = StrCat("memory budget ", plan.budget.bytes, " bytes");
  if (!plan.frame) return out + ": keys that do not fit take further passes\n";
  if (plan.budget.passes > 1) {
    out += StrCat(", the frame in ", plan.budget.passes, " passes of at most ",
                  plan.budget.pass_rows.value_or(0), " entity rows (files and bytes are sums)");
  }
  return out + ": features that do not fit are spilled\n";
}

std::string CutName(CutEffect cut) {
  if (cut == CutEffect::kApplied) return "applied";
  return cut == CutEffect::kNoCreatedColumn ? "no created column" : "not applied";
}

std::string PrunedJson(const ScanCounts& counts) {
  JsonObjectWriter parts;
  for (size_t at = 0; at < counts.by_part.size() && at < kPartNames.size(); ++at) {
    const PrunedByPart& part = counts.by_part[at];
    parts.Raw(kPartNames[at], JsonObjectWriter()
                                  .Number("manifests", part.manifests)
                                  .Number("partition", part.files_partition)
                                  .Number("bounds", part.files_bounds)
                                  .Finish());
  }
  return parts.Finish();
}

std::string ViewJson(const ViewPlan& view) {
  const ViewReport& report = view.report;
  const ScanCounts& counts = report.pruned;
  std::optional<int64_t> snapshot;
  std::optional<int64_t> time;
  std::optional<int64_t> since;
  if (report.appended_since) since = report.appended_since->value;
  if (report.snapshot_id) snapshot = report.snapshot_id->value;
  if (report.snapshot_time) time = report.snapshot_time->value;
  std::vector<std::string> files;
  for (const PlannedFile& file : view.first_files) {
    files.push_back(JsonObjectWriter()
                        .Text("path", file.path)
                        .Number("rows", file.rows)
                        .Number("size_bytes", file.size_bytes)
                        .Number("delete_files", file.delete_files)
                        .Finish());
  }
  return JsonObjectWriter()
      .Text("view", report.view)
      .Text("table", report.table)
      .Number("snapshot_id", snapshot)
      .Number("timestamp_ms", time)
      .Number("since_snapshot_id", since)
      .Text("strategy", view.strategy)
      .Text("filter", view.filter)
      .Text("keys", view.keys)
      .Text("created_cut", CutName(report.cut))
      .Text("commit_cut", report.commit_cut ? "applied" : "not applied")
      .Number("manifests_read", counts.manifests_read)
      .Number("manifests_pruned", counts.manifests_pruned)
      .Number("files_planned", report.files_planned)
      .Number("files_pruned", FilesPruned(counts))
      .Number("files_pruned_partition", counts.files_pruned_partition)
      .Number("files_pruned_bounds", counts.files_pruned_bounds)
      .Raw("pruned_by", PrunedJson(counts))
      .Number("rows", view.rows)
      .Number("file_bytes", view.file_bytes)
      .RawList("first_files", files)
      .Number("row_groups", view.row_groups)
      .Number("row_groups_pruned", report.row_groups_pruned)
      .Number("rows_pruned", report.rows_pruned)
      .Number("bytes_deciding", view.deciding_bytes)
      .Number("bytes_features", view.gathered_bytes)
      .Number("pages_deciding", view.deciding_pages)
      .Number("pages_features", view.gathered_pages)
      .Raw("deletes", JsonObjectWriter()
                          .Number("deletion_vectors", counts.deletion_vectors)
                          .Number("position_delete_files", counts.position_delete_files)
                          .Number("equality_delete_files", counts.equality_delete_files)
                          .Number("bytes", report.delete_bytes)
                          .Finish())
      .Raw("memory", JsonObjectWriter()
                         .Number("slots", view.memory.slots)
                         .Number("decoders", view.memory.decoders)
                         .Number("features", view.memory.features)
                         .Finish())
      .Finish();
}

std::vector<std::string> ViewsJson(const std::vector<ViewPlan>& views) {
  std::vector<std::string> out;
  out.reserve(views.size());
  for (const ViewPlan& view : views) out.push_back(ViewJson(view));
  return out;
}

std::string FrameJson(const FramePlan& frame) {
  return JsonObjectWriter()
      .Number("rows", frame.rows)
      .Number("memory", frame.bytes)
      .Number("start_us", frame.start_us)
      .Number("end_us", frame.end_us)
      .RawList("scans", ViewsJson(frame.scans))
      .Finish();
}

std::string KeysJson(const KeysPlan& keys) {
  return JsonObjectWriter()
      .Text("keys", keys.keys)
      .Texts("views", keys.views)
      .Number("distinct", keys.distinct)
      .Number("memory", keys.bytes)
      .Finish();
}

}  // namespace

std::string RetrievalPlan::ToString() const {
  std::string out;
  if (!frame) {
    out = "latest row of every key";
  } else if (frame->start_us) {
    out = StrCat("point-in-time join of ", views.size(), " views without a frame");
  } else {
    out =
        StrCat("point-in-time join of ", frame->rows, " entity rows with ", views.size(), " views");
  }
  out += depth != PlanDepth::kManifests ? ", by footers\n" : ", by manifests\n";
  if (frame) out += FrameText(*frame, depth);
  out += BudgetText(*this);
  for (const KeysPlan& shared : keys) out += KeysText(shared);
  for (const ViewPlan& view : views) out += ViewText(view, depth);
  return out + StrCat("in all ", BytesToRead(), " bytes to read at most, ",
                      AboutBytes(PeakMemory()), " of memory\n");
}

std::string RetrievalPlan::ToJson() const {
  JsonObjectWriter out;
  out.Text("planned_by", depth != PlanDepth::kManifests ? "footers" : "manifests")
      .Number("bytes_to_read", BytesToRead())
      .Number("memory_peak", PeakMemory())
      .Number("memory_budget", budget.bytes)
      .Number("passes", budget.passes)
      .Number("pass_rows", budget.pass_rows);
  if (frame) {
    out.Raw("frame", FrameJson(*frame));
  } else {
    out.Null("frame");
  }
  std::vector<std::string> shared;
  for (const KeysPlan& group : keys) shared.push_back(KeysJson(group));
  return out.RawList("keys", shared).RawList("views", ViewsJson(views)).Finish();
}

}  // namespace icefield
