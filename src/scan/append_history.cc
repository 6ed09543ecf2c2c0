#include "scan/append_history.h"

#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/executor.h"
#include "scan/snapshot_manifests.h"

namespace icefield {
namespace {

// What a caller who cannot have the rows since a snapshot can do.
constexpr std::string_view kInstead = "; ask for all rows, without since_snapshot_id";

bool IsAppend(const Snapshot& snapshot) { return OperationOf(snapshot) == "append"; }

Status CheckOperation(const Snapshot& snapshot, SnapshotId since) {
  const std::string_view operation = OperationOf(snapshot);
  if (operation == "append" || operation == "replace") return {};
  return Unsupported("snapshot ", snapshot.id.value, " is ",
                     operation.empty() ? "of no stated operation" : StrCat("a '", operation, "'"),
                     "; which rows are new since snapshot ", since.value,
                     " is told by appends and compactions ('append', 'replace') alone", kInstead);
}

Error NoAncestor(const TableMetadata& metadata, const Snapshot& head, SnapshotId since) {
  if (metadata.FindSnapshot(since) == nullptr) {
    return NotFound("snapshot ", since.value, " is not in the history of snapshot ", head.id.value,
                    ": the table does not know it, or not any more", kInstead);
  }
  return InvalidArgument("snapshot ", since.value, " is not an ancestor of snapshot ",
                         head.id.value, ": it is of another branch, newer, or was rolled back",
                         kInstead);
}

// Files of earlier commits may stand in a manifest of this one; those of v1 without a manifest list
// do not say whose they are.
bool MayNoteChanges(const ManifestFile& manifest, const Snapshot& snapshot) {
  const SnapshotId added_by = manifest.added_snapshot_id;
  if (added_by.value != 0 && added_by != snapshot.id) return false;
  const bool adds = manifest.added_files_count.value_or(1) > 0;
  const bool removes = manifest.deleted_files_count.value_or(1) > 0;
  if (IsAppend(snapshot)) return adds || removes;
  return adds && manifest.content == ManifestContent::kDeletes;
}

}  // namespace

Result<std::vector<const Snapshot*>> AppendsSince(const TableMetadata& metadata,
                                                  const Snapshot* head, SnapshotId since) {
  if (head == nullptr)
    return NotFound("the table has no snapshots, so none of the id ", since.value, kInstead);
  std::unordered_map<SnapshotId, const Snapshot*> by_id;
  for (const Snapshot& snapshot : metadata.snapshots) by_id.emplace(snapshot.id, &snapshot);
  std::vector<const Snapshot*> history;
  std::unordered_set<SnapshotId> seen;
  for (const Snapshot* at = head; at->id != since;) {
    if (!seen.insert(at->id).second)
      return CorruptData("snapshot ", at->id.value, " is its own ancestor");
    history.push_back(at);
    if (!at->parent_id) return NoAncestor(metadata, *head, since);
    if (*at->parent_id == since) break;
    const auto parent = by_id.find(*at->parent_id);
    if (parent == by_id.end()) {
      return NotFound("snapshot ", at->parent_id->value, ", the parent of ", at->id.value,
                      ", has expired: what was appended since snapshot ", since.value,
                      " is not known", kInstead);
    }
    at = parent->second;
  }
  for (const Snapshot* snapshot : history) ICEFIELD_TRY(CheckOperation(*snapshot, since));
  return history;
}

Result<std::vector<ListedManifest>> ListChanges(const ObjectStore& store,
                                                const TableMetadata& metadata,
                                                const std::vector<const Snapshot*>& history,
                                                int threads) {
  std::vector<std::vector<ListedManifest>> found(history.size());
  ICEFIELD_TRY(ParallelFor(history.size(), ThreadCount(threads), [&](size_t piece, int) -> Status {
    const Snapshot& snapshot = *history[piece];
    Result<std::vector<ManifestFile>> listed = ListManifests(store, metadata, snapshot);
    if (!listed.ok()) return std::move(listed).error().At(StrCat("snapshot ", snapshot.id.value));
    for (ManifestFile& manifest : *listed) {
      if (MayNoteChanges(manifest, snapshot))
        found[piece].push_back({std::move(manifest), &snapshot});
    }
    return {};
  }));
  std::vector<ListedManifest> all;
  for (std::vector<ListedManifest>& each : found) {
    std::move(each.begin(), each.end(), std::back_inserter(all));
  }
  return all;
}

Result<bool> IsAddedBy(const Snapshot& snapshot, const ManifestEntry& entry) {
  if (entry.status == EntryStatus::kExisting || entry.snapshot_id != snapshot.id) return false;
  const bool is_added = entry.status == EntryStatus::kAdded;
  const bool is_data = entry.data_file.content == FileContent::kData;
  if (!IsAppend(snapshot) || (is_added && is_data)) return is_added;
  return Unsupported("snapshot ", snapshot.id.value, " is an 'append' that ",
                     is_added ? "adds the delete file " : "removes the file ", entry.data_file.path,
                     kInstead);
}

}  // namespace icefield
