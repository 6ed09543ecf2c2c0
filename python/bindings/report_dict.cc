#include "report_dict.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;

namespace icefield::python {
namespace {

const char* CutText(CutEffect cut) {
  switch (cut) {
    case CutEffect::kApplied:
      return "applied";
    case CutEffect::kNoCreatedColumn:
      return "no created column";
    case CutEffect::kNotAsked:
      break;
  }
  return "not applied";
}

nb::dict ViewDict(const ViewReport& view) {
  nb::dict out;
  out["view"] = view.view;
  out["table"] = view.table;
  out["snapshot_id"] = view.snapshot_id ? nb::cast(view.snapshot_id->value) : nb::none();
  out["timestamp_ms"] = view.snapshot_time ? nb::cast(view.snapshot_time->value) : nb::none();
  out["since_snapshot_id"] =
      view.appended_since ? nb::cast(view.appended_since->value) : nb::none();
  out["files_planned"] = view.files_planned;
  out["files_pruned"] = view.pruned.files_pruned_partition + view.pruned.files_pruned_bounds;
  out["files_pruned_partition"] = view.pruned.files_pruned_partition;
  out["files_pruned_bounds"] = view.pruned.files_pruned_bounds;
  out["manifests_read"] = view.pruned.manifests_read;
  out["manifests_pruned"] = view.pruned.manifests_pruned;
  out["files_read"] = view.files_read;
  out["row_groups_read"] = view.row_groups_read;
  out["row_groups_pruned"] = view.row_groups_pruned;
  out["rows_pruned"] = view.rows_pruned;
  out["bytes_planned"] = view.bytes_planned;
  out["bytes_read"] = view.bytes_read;
  out["bytes_spilled"] = view.bytes_spilled;
  out["rows_seen"] = view.rows_seen;
  out["rows_dropped"] = view.rows_dropped;
  nb::dict deletes;
  deletes["deletion_vectors"] = view.pruned.deletion_vectors;
  deletes["position_delete_files"] = view.pruned.position_delete_files;
  deletes["equality_delete_files"] = view.pruned.equality_delete_files;
  deletes["rows_deleted_by_position"] = view.rows_deleted_by_position;
  deletes["rows_deleted_by_equality"] = view.rows_deleted_by_equality;
  out["deletes"] = deletes;
  out["hits"] = view.outcomes.hits;
  nb::dict misses;
  misses["key_absent"] = view.outcomes.key_absent;
  misses["only_later_rows"] = view.outcomes.only_later_rows;
  misses["expired"] = view.outcomes.expired;
  misses["cut"] = view.outcomes.cut;
  out["misses"] = misses;
  out["null_values"] = view.null_values;
  out["full_ties"] = view.full_ties;
  out["hits_not_yet_created"] =
      view.hits_not_yet_created ? nb::cast(*view.hits_not_yet_created) : nb::none();
  out["ties"] = std::string(TieReadingText(view.ties));
  out["pages_read"] = view.pages_read;
  out["decided_with"] = view.decided_with ? nb::cast(*view.decided_with) : nb::none();
  out["created_cut"] = CutText(view.cut);
  out["commit_cut"] = view.commit_cut ? "applied" : "not applied";
  return out;
}

}  // namespace

DictList ViewList(const std::vector<ViewReport>& views) {
  nb::list list;
  for (const ViewReport& view : views) list.append(ViewDict(view));
  return list;
}

AnyDict ReportDict(const RetrievalReport& report) {
  nb::dict out;
  out["rows"] = report.rows;
  out["views"] = ViewList(report.views);
  if (report.frame) {
    nb::dict frame;
    frame["start_us"] = report.frame->start_us;
    frame["end_us"] = report.frame->end_us;
    frame["scans"] = ViewList(report.frame->scans);
    frame["bytes_spilled"] = report.frame->bytes_spilled;
    out["frame"] = frame;
  } else {
    out["frame"] = nb::none();
  }
  out["passes"] = report.passes;
  nb::dict seconds;
  seconds["frame"] = report.seconds.frame;
  seconds["plan"] = report.seconds.plan;
  seconds["encode"] = report.seconds.encode;
  seconds["winners"] = report.seconds.winners;
  seconds["gather"] = report.seconds.gather;
  out["seconds"] = seconds;
  out["process_peak_bytes"] = report.process_peak_bytes;
  out["text"] = report.ToString();
  return out;
}

}  // namespace icefield::python
