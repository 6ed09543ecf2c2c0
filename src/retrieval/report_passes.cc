// Reports of several passes, added up.
#include <algorithm>

#include "retrieval/report.h"

namespace icefield {
namespace {

void Add(ScanCounts& total, const ScanCounts& counts) {
  total.manifests_read += counts.manifests_read;
  total.manifests_pruned += counts.manifests_pruned;
  total.files_pruned_partition += counts.files_pruned_partition;
  total.files_pruned_bounds += counts.files_pruned_bounds;
  total.position_delete_files += counts.position_delete_files;
  total.equality_delete_files += counts.equality_delete_files;
  total.deletion_vectors += counts.deletion_vectors;
  for (size_t at = 0; at < total.by_part.size(); ++at) {
    total.by_part[at].manifests += counts.by_part[at].manifests;
    total.by_part[at].files_partition += counts.by_part[at].files_partition;
    total.by_part[at].files_bounds += counts.by_part[at].files_bounds;
  }
}

void Add(StageSeconds& total, const StageSeconds& seconds) {
  total.frame += seconds.frame;
  total.plan += seconds.plan;
  total.encode += seconds.encode;
  total.winners += seconds.winners;
  total.gather += seconds.gather;
}

}  // namespace

void OutcomeCounts::Add(const OutcomeCounts& other) {
  hits += other.hits;
  key_absent += other.key_absent;
  only_later_rows += other.only_later_rows;
  expired += other.expired;
  cut += other.cut;
}

void ViewReport::AddPass(const ViewReport& pass) {
  files_planned += pass.files_planned;
  files_read += pass.files_read;
  Add(pruned, pass.pruned);
  row_groups_read += pass.row_groups_read;
  row_groups_pruned += pass.row_groups_pruned;
  rows_pruned += pass.rows_pruned;
  bytes_planned += pass.bytes_planned;
  bytes_read += pass.bytes_read;
  pages_read += pass.pages_read;
  delete_bytes += pass.delete_bytes;
  rows_seen += pass.rows_seen;
  rows_deleted_by_position += pass.rows_deleted_by_position;
  rows_deleted_by_equality += pass.rows_deleted_by_equality;
  rows_dropped += pass.rows_dropped;
  outcomes.Add(pass.outcomes);
  for (const auto& [feature, nulls] : pass.null_values) null_values[feature] += nulls;
  full_ties += pass.full_ties;
  if (pass.hits_not_yet_created)
    hits_not_yet_created = hits_not_yet_created.value_or(0) + *pass.hits_not_yet_created;
  bytes_spilled += pass.bytes_spilled;
}

void RetrievalReport::AddPass(const RetrievalReport& pass) {
  rows += pass.rows;
  for (size_t view = 0; view < views.size(); ++view) views[view].AddPass(pass.views[view]);
  Add(seconds, pass.seconds);
  passes += pass.passes;
  process_peak_bytes = std::max(process_peak_bytes, pass.process_peak_bytes);
}

}  // namespace icefield
