#include "write/snapshot_summary.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

namespace icefield {
namespace {

// Files and rows of one direction: added or removed.
struct Counts {
  int64_t data_files = 0;
  int64_t records = 0;
  int64_t bytes = 0;
  int64_t delete_files = 0;
  int64_t position_delete_files = 0;
  int64_t deletion_vectors = 0;
  int64_t equality_delete_files = 0;
  int64_t position_deletes = 0;
  int64_t equality_deletes = 0;

  void Add(const DataFile& file) {
    const bool is_vector = file.format == "PUFFIN";
    // A deletion vector shares its file with others.
    bytes += is_vector ? file.content_size_bytes.value_or(0) : file.size_bytes;
    if (file.content == FileContent::kData) {
      ++data_files;
      records += file.record_count;
      return;
    }
    ++delete_files;
    if (file.content == FileContent::kEqualityDeletes) {
      ++equality_delete_files;
      equality_deletes += file.record_count;
      return;
    }
    ++(is_vector ? deletion_vectors : position_delete_files);
    position_deletes += file.record_count;
  }
};

using Summary = std::map<std::string, std::string>;

void Put(Summary& summary, const char* name, int64_t count) {
  if (count != 0) summary[name] = std::to_string(count);
}

std::optional<int64_t> NumberIn(const Snapshot* snapshot, const char* name) {
  if (snapshot == nullptr) return 0;
  const auto found = snapshot->summary.find(name);
  if (found == snapshot->summary.end()) return std::nullopt;
  int64_t number = 0;
  const std::string& text = found->second;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void PutTotal(Summary& summary, const Snapshot* parent, const char* name, int64_t added,
              int64_t removed) {
  const std::optional<int64_t> before = NumberIn(parent, name);
  if (before && *before + added >= removed)
    summary[name] = std::to_string(*before + added - removed);
}

int64_t ChangedPartitions(const FileChange& change, const std::vector<ManifestEntry>& removed) {
  std::set<std::pair<SpecId, PartitionValues>> partitions;
  for (const WrittenFile& each : change.added)
    partitions.emplace(each.spec_id, each.file.partition);
  std::map<std::string, SpecId> spec_of;
  for (const RemovedFile& each : change.removed) spec_of[each.path] = each.spec_id;
  for (const ManifestEntry& each : removed) {
    const auto spec = spec_of.find(each.data_file.path);
    if (spec != spec_of.end()) partitions.emplace(spec->second, each.data_file.partition);
  }
  return static_cast<int64_t>(partitions.size());
}

}  // namespace

std::map<std::string, std::string> SummaryOf(const FileChange& change,
                                             const std::vector<ManifestEntry>& removed,
                                             const Snapshot* parent) {
  Counts added;
  Counts gone;
  for (const WrittenFile& each : change.added) added.Add(each.file);
  for (const ManifestEntry& each : removed) gone.Add(each.data_file);
  Summary summary{{"operation", std::string(OperationText(change.operation))}};
  Put(summary, "added-data-files", added.data_files);
  Put(summary, "added-records", added.records);
  Put(summary, "added-files-size", added.bytes);
  Put(summary, "deleted-data-files", gone.data_files);
  Put(summary, "deleted-records", gone.records);
  Put(summary, "removed-files-size", gone.bytes);
  Put(summary, "removed-delete-files", gone.delete_files);
  Put(summary, "removed-position-delete-files", gone.position_delete_files);
  Put(summary, "removed-dvs", gone.deletion_vectors);
  Put(summary, "removed-equality-delete-files", gone.equality_delete_files);
  Put(summary, "removed-position-deletes", gone.position_deletes);
  Put(summary, "removed-equality-deletes", gone.equality_deletes);
  Put(summary, "changed-partition-count", ChangedPartitions(change, removed));
  PutTotal(summary, parent, "total-data-files", added.data_files, gone.data_files);
  PutTotal(summary, parent, "total-records", added.records, gone.records);
  PutTotal(summary, parent, "total-files-size", added.bytes, gone.bytes);
  PutTotal(summary, parent, "total-delete-files", added.delete_files, gone.delete_files);
  PutTotal(summary, parent, "total-position-deletes", added.position_deletes,
           gone.position_deletes);
  PutTotal(summary, parent, "total-equality-deletes", added.equality_deletes,
           gone.equality_deletes);
  summary.insert(change.summary.begin(), change.summary.end());
  return summary;
}

}  // namespace icefield
