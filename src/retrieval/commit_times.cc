#include "retrieval/commit_times.h"

#include "base/row_order.h"

namespace icefield {
namespace {

// A snapshot of version 3 has assigned row ids, if none.
bool HasLineage(const Snapshot& snapshot) { return snapshot.first_row_id.has_value(); }

// Why the files of before version 3 do not date their rows; nothing if they do.
std::optional<std::string> FaultOfOldHistory(const TableMetadata& metadata, const Snapshot* read) {
  std::unordered_map<SnapshotId, const Snapshot*> by_id;
  for (const Snapshot& snapshot : metadata.snapshots) by_id.emplace(snapshot.id, &snapshot);
  size_t steps = 0;
  for (const Snapshot* snapshot = read; snapshot != nullptr;) {
    const std::string_view operation = OperationOf(*snapshot);
    if (!HasLineage(*snapshot) && operation != "append") {
      return StrCat("before format version 3 the history may hold appends alone, and snapshot ",
                    snapshot->id.value, " is ",
                    operation.empty() ? "of no stated operation" : StrCat("a '", operation, "'"));
    }
    if (!snapshot->parent_id) return std::nullopt;
    const auto parent = by_id.find(*snapshot->parent_id);
    if (parent == by_id.end()) {
      return StrCat("before format version 3 the whole history must be known, and snapshot ",
                    snapshot->parent_id->value, ", the parent of ", snapshot->id.value,
                    ", has expired");
    }
    if (++steps > metadata.snapshots.size())
      return StrCat("snapshot ", snapshot->id.value, " is its own ancestor");
    snapshot = parent->second;
  }
  return std::nullopt;
}

}  // namespace

Result<CommitTimes> CommitTimes::Make(const TableMetadata& metadata, const Snapshot* read,
                                      std::string_view table_name) {
  CommitTimes times;
  times.table_name_ = table_name;
  times.has_lineage_ = metadata.format_version >= 3;
  for (const Snapshot& snapshot : metadata.snapshots) {
    const Commit commit{snapshot.timestamp, HasLineage(snapshot)};
    times.by_id_.emplace(snapshot.id, commit);
    const bool added = times.by_sequence_.emplace(snapshot.sequence_number, commit).second;
    if (!added && snapshot.sequence_number.value > 0) {
      return CorruptData("table ", table_name, " has two snapshots of the sequence number ",
                         snapshot.sequence_number.value);
    }
  }
  if (const std::optional<std::string> fault = FaultOfOldHistory(metadata, read))
    times.old_history_ = times.Refused(*fault);
  if (!times.has_lineage_ && times.old_history_) return *times.old_history_;
  return times;
}

Error CommitTimes::Refused(std::string_view why) const {
  return Unsupported("table ", table_name_, ", commit cut (P9): ", why,
                     "; leave the cut out, or use the created cut");
}

Result<SnapshotTime> CommitTimes::OfFile(const FileTask& task) const {
  if (old_history_) return *old_history_;
  const auto found = by_id_.find(task.added_by);
  if (found == by_id_.end()) {
    return Refused(StrCat("snapshot ", task.added_by.value, ", which added ", task.file.path,
                          ", has expired"));
  }
  if (found->second.has_lineage)
    return Refused(StrCat(task.file.path, " has no row ids, as files of version 3 have"));
  return found->second.time;
}

Result<SnapshotTime> CommitTimes::Of(const FileTask& task, int64_t last_updated) const {
  const bool is_of_version_1 = last_updated == 0 && task.data_sequence_number.value == 0;
  if (!has_lineage_ || last_updated == RowLineage::kNone || is_of_version_1) return OfFile(task);
  if (last_updated == 0) {
    return Refused(StrCat(task.file.path, " holds rows of before version 2, whose commits are not ",
                          "told apart"));
  }
  const auto found = by_sequence_.find(SequenceNumber{last_updated});
  if (found == by_sequence_.end()) {
    return Refused(StrCat("the snapshot of sequence number ", last_updated,
                          ", which wrote rows of ", task.file.path, ", has expired"));
  }
  if (!found->second.has_lineage && old_history_) return *old_history_;
  return found->second.time;
}

}  // namespace icefield
