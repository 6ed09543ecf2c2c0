#include "write/conflicts.h"

#include <algorithm>
#include <set>
#include <string>

#include "codec/avro/manifest_reader.h"
#include "model/metadata_columns.h"
#include "scan/file_statistics.h"
#include "scan/partition_projection.h"

namespace icefield {
namespace {

Error Conflict(const std::string& what) {
  return Fail(ErrorCode::kConflict, what, "; load the table again and repeat the call");
}

// The snapshots after `since` up to `head`, by their line of ancestors.
Result<std::set<SnapshotId>> SnapshotsSince(const TableMetadata& metadata,
                                            std::optional<SnapshotId> since, const Snapshot* head) {
  std::set<SnapshotId> later;
  std::optional<SnapshotId> at = head != nullptr ? std::optional(head->id) : std::nullopt;
  while (at != since) {
    const Snapshot* snapshot = at ? metadata.FindSnapshot(*at) : nullptr;
    if (snapshot == nullptr || !later.insert(snapshot->id).second) {
      return Conflict(StrCat("the snapshot ", since ? since->value : -1,
                             " that the change was planned from is no ancestor of the branch's "
                             "head any more (rolled back or expired)"));
    }
    at = snapshot->parent_id;
  }
  return later;
}

class ConflictCheck {
 public:
  ConflictCheck(const ObjectStore& store, const TableMetadata& metadata, const FileChange& change,
                std::set<SnapshotId> later, Isolation isolation)
      : store_(store),
        metadata_(metadata),
        change_(change),
        later_(std::move(later)),
        isolation_(isolation) {
    for (const RemovedFile& each : change.removed) removed_.insert(each.path);
  }

  Status Check(const std::vector<ManifestFile>& manifests) const {
    for (const ManifestFile& manifest : manifests) {
      if (!later_.contains(manifest.added_snapshot_id)) continue;
      const PartitionSpec& spec = *metadata_.FindSpec(manifest.partition_spec_id);
      ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store_, manifest.path));
      ICEFIELD_ASSIGN(std::vector<ManifestEntry> entries, ParseManifest(bytes, manifest, spec));
      ICEFIELD_ASSIGN(const std::vector<PrimitiveType> types,
                      PartitionTypes(EveryField(metadata_), spec));
      for (ManifestEntry& entry : entries) {
        if (entry.status == EntryStatus::kDeleted || !later_.contains(entry.snapshot_id)) continue;
        ICEFIELD_TRY(PromotePartition(types, entry.data_file.partition));
        ICEFIELD_TRY(CheckEntry(entry, spec));
      }
    }
    return {};
  }

 private:
  Status CheckEntry(const ManifestEntry& entry, const PartitionSpec& spec) const {
    const DataFile& file = entry.data_file;
    const bool conflicts = file.content == FileContent::kData ? MayHoldGuarded(file, spec)
                                                              : MayBearOnRemoved(file, spec);
    if (!conflicts) return {};
    return Conflict(
        StrCat(file.content == FileContent::kData ? "the data file " : "the delete file ",
               file.path, " was added by snapshot ", entry.snapshot_id.value,
               " since the table was loaded and may hold rows that this change is about"));
  }

  bool IsIn(const auto& places, const DataFile& file, const PartitionSpec& spec) const {
    return std::any_of(places.begin(), places.end(), [&](const auto& each) {
      return each.spec_id == spec.id && each.partition == file.partition;
    });
  }

  bool MayHoldGuarded(const DataFile& file, const PartitionSpec& spec) const {
    if (isolation_ == Isolation::kSnapshot) return false;
    if (IsIn(change_.replaced, file, spec)) return true;
    return MayMatch(ProjectToPartition(*change_.guarded, spec), PartitionTuple(file.partition)) &&
           MayMatch(*change_.guarded, FileStatistics(file));
  }

  bool MayBearOnRemoved(const DataFile& file, const PartitionSpec& spec) const {
    if (file.referenced_data_file) return removed_.contains(*file.referenced_data_file);
    const bool is_global = file.content == FileContent::kEqualityDeletes && spec.fields.empty();
    if (is_global && !change_.removed.empty()) return true;
    // The delete files of replaced partitions go: not those of data that stays.
    return IsIn(change_.removed, file, spec) || IsIn(change_.replaced, file, spec);
  }

  const ObjectStore& store_;
  const TableMetadata& metadata_;
  const FileChange& change_;
  const std::set<SnapshotId> later_;
  const Isolation isolation_;
  std::set<std::string> removed_;
};

}  // namespace

std::string_view OperationText(SnapshotOperation operation) {
  switch (operation) {
    case SnapshotOperation::kAppend:
      return "append";
    case SnapshotOperation::kOverwrite:
      return "overwrite";
    case SnapshotOperation::kDelete:
      break;
  }
  return "delete";
}

Status CheckConflicts(const ObjectStore& store, const TableMetadata& metadata,
                      const FileChange& change, const Snapshot* head,
                      const std::vector<ManifestFile>& manifests) {
  if (!change.guarded) return {};
  ICEFIELD_ASSIGN(std::set<SnapshotId> later, SnapshotsSince(metadata, change.planned_from, head));
  if (later.empty()) return {};
  ICEFIELD_ASSIGN(const Isolation isolation, ReadIsolation(metadata, change.isolated));
  return ConflictCheck(store, metadata, change, std::move(later), isolation).Check(manifests);
}

}  // namespace icefield
