#include "write/manifest_edit.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/executor.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/manifest_writer.h"
#include "model/metadata_columns.h"

namespace icefield {
namespace {

// An entry of about this size keeps manifests near their target.
constexpr size_t kEntriesOfManifest = 20'000;

Result<std::vector<ManifestEntry>> ReadLive(const ObjectStore& store, const TableMetadata& metadata,
                                            const ManifestFile& manifest) {
  ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store, manifest.path));
  ICEFIELD_ASSIGN(std::vector<ManifestEntry> entries,
                  ParseManifest(bytes, manifest, *metadata.FindSpec(manifest.partition_spec_id)));
  std::erase_if(entries, [](const auto& each) { return each.status == EntryStatus::kDeleted; });
  const PartitionSpec& spec = *metadata.FindSpec(manifest.partition_spec_id);
  ICEFIELD_ASSIGN(const std::vector<PrimitiveType> types,
                  PartitionTypes(EveryField(metadata), spec));
  for (ManifestEntry& each : entries) {
    each.status = EntryStatus::kExisting;
    if (Status status = PromotePartition(types, each.data_file.partition); !status.ok())
      return std::move(status).error().At(each.data_file.path);
  }
  return entries;
}

// Decides which files of existing manifests go.
class Removal {
 public:
  explicit Removal(const FileChange& change) : change_(change) {
    for (const RemovedFile& each : change.removed) {
      paths_.insert(each.path);
      specs_.insert(each.spec_id);
    }
  }

  bool empty() const { return paths_.empty() && change_.replaced.empty(); }

  bool MayTouch(const ManifestFile& manifest) const {
    if (!manifest.MayHoldLiveFiles() || empty()) return false;
    return manifest.content == ManifestContent::kDeletes ||
           specs_.contains(manifest.partition_spec_id);
  }

  bool Takes(const DataFile& file, SpecId spec) const {
    if (file.content == FileContent::kData) return paths_.contains(file.path);
    if (file.referenced_data_file) return paths_.contains(*file.referenced_data_file);
    return std::any_of(change_.replaced.begin(), change_.replaced.end(), [&](const auto& each) {
      // An unpartitioned equality delete bears on other specs' files too.
      const bool is_global =
          file.content == FileContent::kEqualityDeletes && each.partition.values.empty();
      return !is_global && each.spec_id == spec && each.partition == file.partition;
    });
  }

  // Conflict unless every file that was to go was found.
  Status CheckFound(const std::vector<ManifestEntry>& taken) const {
    std::set<std::string> missing = paths_;
    for (const ManifestEntry& each : taken) missing.erase(each.data_file.path);
    if (missing.empty()) return {};
    return Fail(ErrorCode::kConflict, "the data file ", *missing.begin(),
                " was taken out of the table by another commit; load the table again and repeat "
                "the call");
  }

 private:
  const FileChange& change_;
  std::set<std::string> paths_;
  std::set<SpecId> specs_;
};

std::vector<ManifestDraft> DraftAdded(const FileChange& change, SnapshotId snapshot_id) {
  std::map<SpecId, std::vector<ManifestEntry>> by_spec;
  for (const WrittenFile& each : change.added) {
    by_spec[each.spec_id].push_back({.status = EntryStatus::kAdded,
                                     .snapshot_id = snapshot_id,
                                     .data_sequence_number = kUnassignedSequence,
                                     .file_sequence_number = kUnassignedSequence,
                                     .data_file = each.file});
  }
  std::vector<ManifestDraft> drafts;
  for (auto& [spec, entries] : by_spec) {
    for (size_t first = 0; first < entries.size(); first += kEntriesOfManifest) {
      const size_t end = std::min(entries.size(), first + kEntriesOfManifest);
      ManifestDraft& draft = drafts.emplace_back();
      draft.file.partition_spec_id = spec;
      draft.entries.emplace(std::make_move_iterator(entries.begin() + static_cast<int64_t>(first)),
                            std::make_move_iterator(entries.begin() + static_cast<int64_t>(end)));
    }
  }
  return drafts;
}

// The manifest without what `removal` takes, whose entries go to `taken`; as it is where it takes
// nothing.
Result<ManifestDraft> Edit(const ObjectStore& store, const TableMetadata& metadata,
                           const ManifestFile& manifest, const Removal& removal,
                           SnapshotId snapshot_id, std::vector<ManifestEntry>& taken) {
  ManifestDraft draft{.file = manifest, .entries = std::nullopt};
  if (!removal.MayTouch(manifest)) return draft;
  ICEFIELD_ASSIGN(std::vector<ManifestEntry> entries, ReadLive(store, metadata, manifest));
  for (ManifestEntry& each : entries) {
    if (!removal.Takes(each.data_file, manifest.partition_spec_id)) continue;
    each.status = EntryStatus::kDeleted;
    each.snapshot_id = snapshot_id;
    taken.push_back(each);
  }
  if (!taken.empty()) draft.entries = std::move(entries);
  return draft;
}

// What Pack works on: neighbouring drafts that may become one.
struct Bin {
  std::vector<ManifestDraft> drafts;
  int64_t bytes = 0;
};

// Entries that are not written yet have no size; an estimate serves.
int64_t SizeOf(const ManifestDraft& draft) {
  constexpr int64_t kEntryBytes = 400;
  if (!draft.entries) return draft.file.length_bytes;
  return static_cast<int64_t>(draft.entries->size()) * kEntryBytes;
}

Result<ManifestDraft> MergeBin(const ObjectStore& store, const TableMetadata& metadata, Bin bin,
                               SnapshotId snapshot_id) {
  ManifestDraft merged;
  merged.file.partition_spec_id = bin.drafts.front().file.partition_spec_id;
  std::vector<std::vector<ManifestEntry>> parts(bin.drafts.size());
  ICEFIELD_TRY(ParallelFor(bin.drafts.size(), 0, [&](size_t at, int) -> Status {
    ManifestDraft& draft = bin.drafts[at];
    if (draft.entries) {
      parts[at] = *std::move(draft.entries);
    } else {
      ICEFIELD_ASSIGN(parts[at], ReadLive(store, metadata, draft.file));
    }
    return {};
  }));
  std::vector<ManifestEntry>& entries = merged.entries.emplace();
  for (std::vector<ManifestEntry>& part : parts) {
    for (ManifestEntry& each : part) {
      const bool is_old = each.status == EntryStatus::kDeleted && each.snapshot_id != snapshot_id;
      if (!is_old) entries.push_back(std::move(each));
    }
  }
  return merged;
}

// Bins of at most the target size, in order.
std::vector<Bin> Pack(std::vector<ManifestDraft> drafts, int64_t bytes_max) {
  std::vector<Bin> bins;
  for (ManifestDraft& draft : drafts) {
    const int64_t bytes = SizeOf(draft);
    if (bins.empty() || bins.back().bytes + bytes > bytes_max) bins.emplace_back();
    bins.back().bytes += bytes;
    bins.back().drafts.push_back(std::move(draft));
  }
  return bins;
}

}  // namespace

Result<std::vector<ManifestDraft>> DraftManifests(const ObjectStore& store,
                                                  const TableMetadata& metadata,
                                                  const std::vector<ManifestFile>& manifests,
                                                  const FileChange& change, SnapshotId snapshot_id,
                                                  RemovedCounts& removed) {
  const Removal removal(change);
  std::vector<ManifestDraft> drafts = DraftAdded(change, snapshot_id);
  std::vector<std::optional<ManifestDraft>> edited(manifests.size());
  std::vector<std::vector<ManifestEntry>> taken(manifests.size());
  ICEFIELD_TRY(ParallelFor(manifests.size(), 0, [&](size_t at, int) -> Status {
    ICEFIELD_ASSIGN(edited[at],
                    Edit(store, metadata, manifests[at], removal, snapshot_id, taken[at]));
    return {};
  }));
  for (size_t at = 0; at < manifests.size(); ++at) {
    std::move(taken[at].begin(), taken[at].end(), std::back_inserter(removed.entries));
    if (edited[at]->entries || manifests[at].MayHoldLiveFiles())
      drafts.push_back(*std::move(edited[at]));
  }
  ICEFIELD_TRY(removal.CheckFound(removed.entries));
  return drafts;
}

Result<std::vector<ManifestDraft>> MergeDrafts(const ObjectStore& store,
                                               const TableMetadata& metadata,
                                               std::vector<ManifestDraft> drafts,
                                               SnapshotId snapshot_id,
                                               const CommitOptions& options) {
  std::vector<ManifestDraft> out;
  std::map<SpecId, std::vector<ManifestDraft>> by_spec;
  std::vector<ManifestDraft> deletes;
  for (ManifestDraft& draft : drafts) {
    const bool is_data = draft.file.content == ManifestContent::kData;
    (is_data ? by_spec[draft.file.partition_spec_id] : deletes).push_back(std::move(draft));
  }
  for (auto& [spec, group] : by_spec) {
    bool is_first = true;
    for (Bin& bin : Pack(std::move(group), options.manifest_bytes)) {
      // The bin of the newest waits until it is worth the work.
      const bool waits = std::exchange(is_first, false) &&
                         std::cmp_less(bin.drafts.size(), options.manifests_before_merge);
      if (bin.drafts.size() == 1 || waits) {
        std::move(bin.drafts.begin(), bin.drafts.end(), std::back_inserter(out));
        continue;
      }
      ICEFIELD_ASSIGN(out.emplace_back(), MergeBin(store, metadata, std::move(bin), snapshot_id));
    }
  }
  std::move(deletes.begin(), deletes.end(), std::back_inserter(out));
  return out;
}

}  // namespace icefield
