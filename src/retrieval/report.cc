#include "retrieval/report.h"

#include <iomanip>
#include <sstream>

namespace icefield {

namespace {

void WriteMisses(std::ostream& out, const OutcomeCounts& counts) {
  const int64_t misses = counts.key_absent + counts.only_later_rows + counts.expired + counts.cut;
  out << "  hits " << counts.hits << ", misses " << misses;
  if (misses > 0) {
    out << " (key absent " << counts.key_absent << ", only later rows " << counts.only_later_rows
        << ", expired " << counts.expired << ", cut " << counts.cut << ")";
  }
  out << "\n";
}

void WriteTimes(std::ostream& out, const ViewReport& view) {
  if (view.full_ties > 0) {
    out << "  full ties " << view.full_ties
        << " (equal event and created times; may resolve otherwise after a "
        << "compaction)\n";
  }
  if (view.hits_not_yet_created) {
    out << "  leakage: " << *view.hits_not_yet_created
        << " hits were created after their entity time\n";
  }
  if (view.cut == CutEffect::kApplied) out << "  created cut: applied\n";
  if (view.cut == CutEffect::kNoCreatedColumn)
    out << "  created cut: no created column, not applied\n";
  if (view.commit_cut) out << "  commit cut: applied\n";
}

// Deletes that bear on planned files, and the rows that they took away.
void WriteDeletes(std::ostream& out, const ViewReport& view) {
  const ScanCounts& counts = view.pruned;
  if (counts.deletion_vectors + counts.position_delete_files + counts.equality_delete_files == 0)
    return;
  out << "  deletes applied: " << counts.deletion_vectors << " deletion vectors, "
      << counts.position_delete_files << " position delete files (" << view.rows_deleted_by_position
      << " rows), " << counts.equality_delete_files << " equality delete files ("
      << view.rows_deleted_by_equality << " rows)\n";
}

void WriteReading(std::ostream& out, const ViewReport& view) {
  out << "  read " << view.files_read << " of " << view.files_planned << " planned files ("
      << view.pruned.files_pruned_partition + view.pruned.files_pruned_bounds << " pruned), "
      << view.row_groups_read << " row groups (" << view.row_groups_pruned << " pruned), "
      << view.pages_read << " pages, " << view.bytes_read << " bytes, " << view.rows_seen
      << " rows";
  if (view.rows_dropped > 0) out << " (" << view.rows_dropped << " without key or time)";
  out << "\n";
}

void WriteView(std::ostream& out, const ViewReport& view) {
  out << "view " << view.view << ": table " << view.table << ", snapshot ";
  if (view.snapshot_id) {
    out << view.snapshot_id->value;
  } else {
    out << "none (empty table)";
  }
  if (view.appended_since) out << ", appended since snapshot " << view.appended_since->value;
  out << "\n";
  if (view.decided_with) {
    out << "  keys and times read with those of view " << *view.decided_with << "\n";
  }
  WriteMisses(out, view.outcomes);
  WriteTimes(out, view);
  for (const auto& [feature, nulls] : view.null_values) {
    if (nulls > 0) out << "  null values of " << feature << ": " << nulls << "\n";
  }
  WriteReading(out, view);
  if (view.bytes_spilled > 0) out << "  spilled " << view.bytes_spilled << " bytes of features\n";
  WriteDeletes(out, view);
}

}  // namespace

std::string_view TieReadingText(TieReading ties) {
  switch (ties) {
    case TieReading::kNone:
      return "none";
    case TieReading::kAside:
      return "aside";
    case TieReading::kAllRows:
      return "with created times";
  }
  return "none";
}

std::string RetrievalReport::ToString() const {
  std::ostringstream out;
  out << rows << " rows";
  if (passes > 1) out << ", joined in " << passes << " passes (counts are sums)";
  out << "\n";
  for (const ViewReport& view : views) WriteView(out, view);
  for (const ViewReport& scan : frame ? frame->scans : std::vector<ViewReport>()) {
    out << "entity frame from view " << scan.view << ":\n";
    WriteReading(out, scan);
  }
  if (frame && frame->bytes_spilled > 0)
    out << "entity frame: spilled " << frame->bytes_spilled << " bytes\n";
  out << std::fixed << std::setprecision(3) << "seconds: ";
  if (frame) out << "frame " << seconds.frame << ", ";
  out << "plan " << seconds.plan << ", encode " << seconds.encode << ", winners " << seconds.winners
      << ", gather " << seconds.gather << "\nthe process had at most " << (process_peak_bytes >> 20)
      << " MiB in memory\n";
  return out.str();
}

}  // namespace icefield
