#include "scan/scan_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/checked.h"
#include "base/executor.h"
#include "codec/avro/manifest_reader.h"
#include "model/calendar.h"
#include "model/metadata_columns.h"
#include "scan/append_history.h"
#include "scan/delete_index.h"
#include "scan/file_statistics.h"
#include "scan/partition_projection.h"
#include "scan/snapshot_manifests.h"

namespace icefield {
namespace {

constexpr int32_t kFormatVersionMax = 3;
constexpr int32_t kRowLineageVersion = 3;
constexpr const char* kNameMappingProperty = "schema.name-mapping.default";

// An identity partition field and the type of its source column.
struct ConstantField {
  size_t position = 0;
  FieldId source_id;
  PrimitiveType type;
};

// What planning needs to know of one partition spec.
struct SpecPlan {
  const PartitionSpec* spec = nullptr;
  Predicate partition_predicate;
  std::vector<Predicate> partition_parts;  // Of ScanRequest::parts.
  std::vector<ConstantField> constants;
};

struct ManifestOutcome {
  std::vector<FileTask> tasks;
  std::vector<DeleteFile> deletes;
  ScanCounts counts;
};

std::string_view KindText(const DeleteFile& deletes) {
  return deletes.IsEquality() ? "equality delete file" : "position delete file";
}

// P6 for rows that store no row lineage: their `_last_updated_sequence_number` and `_row_id` are
// those of their file, null where it has no first row id; nulls first. Before v3, and between files
// without row ids, the data sequence number and the path decide.
auto TieRank(const FileTask& task, bool has_lineage) {
  const std::optional<int64_t> row_id = has_lineage ? task.file.first_row_id : std::nullopt;
  const auto updated = row_id ? std::optional(task.data_sequence_number) : std::nullopt;
  return std::make_tuple(updated, row_id, task.data_sequence_number,
                         std::string_view(task.file.path));
}

// Counts one thing that `parts` together rule out with the first that does so alone.
void CountPart(const std::vector<Predicate>& parts, const StatisticsSource& statistics,
               int64_t PrunedByPart::* count, ScanCounts& counts) {
  counts.by_part.resize(parts.size());
  for (size_t at = 0; at < parts.size(); ++at) {
    if (MayMatch(parts[at], statistics)) continue;
    ++(counts.by_part[at].*count);
    return;
  }
}

void AddParts(const std::vector<PrunedByPart>& parts, std::vector<PrunedByPart>& total) {
  for (size_t at = 0; at < parts.size(); ++at) {
    total[at].manifests += parts[at].manifests;
    total[at].files_partition += parts[at].files_partition;
    total[at].files_bounds += parts[at].files_bounds;
  }
}

class Planner {
 public:
  Planner(const ObjectStore& store, const TableMetadata& metadata, const ScanRequest& request)
      : store_(store), metadata_(metadata), request_(request) {}

  Result<ScanPlan> Plan() {
    if (metadata_.format_version < 1 || metadata_.format_version > kFormatVersionMax) {
      return Unsupported("table ", request_.table_name, " has format version ",
                         metadata_.format_version, "; Icefield reads versions 1 to 3");
    }
    ScanPlan plan{.table_name = request_.table_name,
                  .appended_since = request_.appended_since,
                  .schema = *request_.selected.schema,
                  .predicate = request_.predicate,
                  .specs = metadata_.partition_specs,
                  .every_field = EveryField(metadata_)};
    if (const auto mapping = metadata_.properties.find(kNameMappingProperty);
        mapping != metadata_.properties.end()) {
      plan.name_mapping_json = mapping->second;
    }
    if (request_.appended_since) {
      auto history = AppendsSince(metadata_, request_.selected.snapshot, *request_.appended_since);
      if (!history.ok())
        return std::move(history).error().At(StrCat("table ", request_.table_name));
      history_ = *std::move(history);
    }
    if (request_.selected.snapshot == nullptr) return plan;
    plan.snapshot = *request_.selected.snapshot;
    plan.counts.by_part.resize(request_.parts.size());
    if (Status status = PlanSnapshot(plan); !status.ok()) {
      return std::move(status).error().At(
          StrCat("table ", request_.table_name, ", snapshot ", plan.snapshot->id.value));
    }
    return plan;
  }

 private:
  Status PlanSnapshot(ScanPlan& plan) {
    ICEFIELD_ASSIGN(std::vector<ListedManifest> manifests, List(*plan.snapshot));
    PlanSpecs(manifests, plan.every_field);
    manifests = Prune(std::move(manifests), plan.counts);
    std::vector<ManifestOutcome> outcomes(manifests.size());
    ICEFIELD_TRY(ParallelFor(
        manifests.size(), ThreadCount(request_.threads),
        [&](size_t piece, int) -> Status {
          ICEFIELD_TRY(CheckStopped());
          ICEFIELD_ASSIGN(outcomes[piece], ReadManifest(manifests[piece]));
          Number(static_cast<uint32_t>(piece), outcomes[piece]);
          return {};
        },
        request_.interrupted));
    for (const ListedManifest& manifest : manifests) plan.manifests.push_back(manifest.file.path);
    CollectTasks(outcomes, plan);
    if (request_.appended_since) return CheckCompactions(manifests, outcomes, plan);
    return CollectDeletes(outcomes, plan);
  }

  // Of the selected snapshot, or where each append noted what it added.
  Result<std::vector<ListedManifest>> List(const Snapshot& selected) const {
    if (request_.appended_since) return ListChanges(store_, metadata_, history_, request_.threads);
    ICEFIELD_ASSIGN(std::vector<ManifestFile> manifests,
                    ListManifests(store_, metadata_, selected));
    std::vector<ListedManifest> listed;
    listed.reserve(manifests.size());
    for (ManifestFile& manifest : manifests) listed.push_back({std::move(manifest), &selected});
    return listed;
  }

  // The specs that `manifests` were written under; the table has them.
  void PlanSpecs(const std::vector<ListedManifest>& manifests, const Schema& every_field) {
    for (const auto& [manifest, _] : manifests) {
      if (specs_.contains(manifest.partition_spec_id)) continue;
      const PartitionSpec* spec = metadata_.FindSpec(manifest.partition_spec_id);
      SpecPlan& plan = specs_[manifest.partition_spec_id];
      plan.spec = spec;
      plan.partition_predicate = ProjectToPartition(request_.predicate, *spec);
      for (const Predicate& part : request_.parts)
        plan.partition_parts.push_back(ProjectToPartition(part, *spec));
      for (size_t position = 0; position < spec->fields.size(); ++position) {
        const PartitionField& field = spec->fields[position];
        if (field.transform.kind != TransformKind::kIdentity) continue;
        // Of any schema: an equality delete may still ask for a column that was dropped.
        const Field* source = every_field.FindById(field.source_id);
        if (source == nullptr || source->type.primitive() == nullptr) continue;
        plan.constants.push_back({position, field.source_id, *source->type.primitive()});
      }
    }
  }

  // Deletes are left out like data: they apply to files of their own partition. Those that apply to
  // others have a spec without partitions, which no predicate rules out.
  std::vector<ListedManifest> Prune(std::vector<ListedManifest> manifests,
                                    ScanCounts& counts) const {
    std::vector<ListedManifest> kept;
    for (ListedManifest& listed : manifests) {
      const ManifestFile& manifest = listed.file;
      // What an append removed is looked at, to be refused.
      if (!request_.appended_since && !manifest.MayHoldLiveFiles()) continue;
      const SpecPlan& spec = specs_.at(manifest.partition_spec_id);
      if (!manifest.partitions ||
          MayMatch(spec.partition_predicate, PartitionSummaries(*manifest.partitions))) {
        kept.push_back(std::move(listed));
      } else {
        ++counts.manifests_pruned;
        CountPart(spec.partition_parts, PartitionSummaries(*manifest.partitions),
                  &PrunedByPart::manifests, counts);
      }
    }
    return kept;
  }

  // Only tables with a name mapping have imported files. Of these a manifest may state bounds in
  // the unit of the file's timestamps, and under ids that the mapping has given to other columns
  // since: their footers alone are right.
  bool TrustsBounds() const { return !metadata_.properties.contains(kNameMappingProperty); }

  Result<ManifestOutcome> ReadManifest(const ListedManifest& listed) const {
    Result<ManifestOutcome> outcome = ReadEntries(listed);
    const std::string& list = listed.snapshot->manifest_list;
    if (outcome.ok() || list.empty()) return outcome;  // v1 may do without.
    return std::move(outcome).error().At(StrCat("manifest list ", list));
  }

  // Whether the scan is about the file of an entry.
  Result<bool> IsMeant(const ListedManifest& listed, const ManifestEntry& entry) const {
    if (!request_.appended_since) return entry.status != EntryStatus::kDeleted;
    return IsAddedBy(*listed.snapshot, entry);
  }

  Result<ManifestOutcome> ReadEntries(const ListedManifest& listed) const {
    const ManifestFile& manifest = listed.file;
    const SpecPlan& spec = specs_.at(manifest.partition_spec_id);
    ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store_, manifest.path));
    ICEFIELD_ASSIGN(std::vector<ManifestEntry> entries, ParseManifest(bytes, manifest, *spec.spec));
    ManifestOutcome outcome;
    outcome.counts.manifests_read = 1;
    for (ManifestEntry& entry : entries) {
      ICEFIELD_ASSIGN(const bool is_meant, IsMeant(listed, entry));
      if (!is_meant) continue;
      DataFile& file = entry.data_file;
      if (file.content != FileContent::kData) {
        outcome.deletes.push_back({std::move(file), spec.spec->id, entry.data_sequence_number});
      } else if (!MayMatch(spec.partition_predicate, PartitionTuple(file.partition))) {
        ++outcome.counts.files_pruned_partition;
        CountPart(spec.partition_parts, PartitionTuple(file.partition),
                  &PrunedByPart::files_partition, outcome.counts);
      } else if (TrustsBounds() && !MayMatch(request_.predicate, FileStatistics(file))) {
        ++outcome.counts.files_pruned_bounds;
        CountPart(request_.parts, FileStatistics(file), &PrunedByPart::files_bounds,
                  outcome.counts);
      } else {
        Result<FileTask> task = MakeTask(std::move(entry), spec);
        if (!task.ok()) return std::move(task).error().At(StrCat("manifest ", manifest.path));
        outcome.tasks.push_back(*std::move(task));
      }
    }
    return outcome;
  }

  static void Number(uint32_t manifest, ManifestOutcome& outcome) {
    for (FileTask& task : outcome.tasks) task.manifest = manifest;
    for (DeleteFile& deletes : outcome.deletes) deletes.manifest = manifest;
  }

  static Result<FileTask> MakeTask(ManifestEntry entry, const SpecPlan& spec) {
    FileTask task{.spec_id = spec.spec->id,
                  .data_sequence_number = entry.data_sequence_number,
                  .added_by = entry.snapshot_id};
    task.file = std::move(entry.data_file);
    if (task.file.format != "PARQUET") {
      return Unsupported("data file ", task.file.path, " is of format ", task.file.format,
                         "; Icefield reads Parquet");
    }
    for (const ConstantField& field : spec.constants) {
      if (field.position >= task.file.partition.values.size()) continue;
      PartitionConstant constant{.source_id = field.source_id};
      if (const std::optional<Value>& value = task.file.partition.values[field.position]) {
        Result<Value> promoted = PromoteValue(field.type, *value);
        if (!promoted.ok()) return std::move(promoted).error().At(task.file.path);
        if (!IsValueOf(field.type, *promoted)) {
          return CorruptData(task.file.path, ": the partition value of field ",
                             field.source_id.value, " is not a ", PrimitiveTypeText(field.type));
        }
        // As written: the column that asks promotes it, to its type at its snapshot.
        constant.value = *value;
      }
      task.constants.push_back(std::move(constant));
    }
    return task;
  }

  void CollectTasks(std::vector<ManifestOutcome>& outcomes, ScanPlan& plan) const {
    std::vector<FileTask*> order;
    for (ManifestOutcome& outcome : outcomes) {
      plan.counts.manifests_read += outcome.counts.manifests_read;
      plan.counts.files_pruned_partition += outcome.counts.files_pruned_partition;
      plan.counts.files_pruned_bounds += outcome.counts.files_pruned_bounds;
      AddParts(outcome.counts.by_part, plan.counts.by_part);
      for (FileTask& task : outcome.tasks) order.push_back(&task);
    }
    const bool has_lineage = metadata_.format_version >= kRowLineageVersion;
    std::sort(order.begin(), order.end(), [has_lineage](const FileTask* a, const FileTask* b) {
      return TieRank(*a, has_lineage) < TieRank(*b, has_lineage);
    });
    plan.tasks.reserve(order.size());
    for (FileTask* task : order) plan.tasks.push_back(std::move(*task));
  }

  // Gives each task its deletes, and the plan those that any task has.
  Status CollectDeletes(std::vector<ManifestOutcome>& outcomes, ScanPlan& plan) const {
    std::vector<DeleteFile> all;
    for (ManifestOutcome& outcome : outcomes) {
      std::move(outcome.deletes.begin(), outcome.deletes.end(), std::back_inserter(all));
    }
    if (all.empty() || plan.tasks.empty()) return {};
    ICEFIELD_ASSIGN(DeleteIndex index, DeleteIndex::Make(std::move(all), plan.specs));
    constexpr uint32_t kUnused = UINT32_MAX;
    std::vector<uint32_t> places(index.files().size(), kUnused);
    for (FileTask& task : plan.tasks) {
      ICEFIELD_TRY(index.Find(task, task.deletes));
      for (const uint32_t found : task.deletes) places[found] = 0;
    }
    std::vector<DeleteFile> files = std::move(index).TakeFiles();
    for (size_t at = 0; at < files.size(); ++at) {
      if (places[at] == kUnused) continue;
      places[at] = static_cast<uint32_t>(plan.delete_files.size());
      Status counted = CountDeletes(files[at], plan.counts);
      if (!counted.ok()) {
        return std::move(counted).error().At(
            StrCat("manifest ", plan.manifests[files[at].manifest]));
      }
      plan.delete_files.push_back(std::move(files[at]));
    }
    for (FileTask& task : plan.tasks) {
      for (uint32_t& found : task.deletes) found = places[found];
    }
    return {};
  }

  // Appended rows have no deletes: what removes rows is another operation, and a compaction only
  // writes older deletes again. One that does more is not what it says.
  static Status CheckCompactions(const std::vector<ListedManifest>& manifests,
                                 std::vector<ManifestOutcome>& outcomes, const ScanPlan& plan) {
    std::map<SnapshotId, std::vector<DeleteFile>> added;
    for (size_t at = 0; at < outcomes.size(); ++at) {
      std::vector<DeleteFile>& deletes = outcomes[at].deletes;
      if (deletes.empty()) continue;
      std::move(deletes.begin(), deletes.end(),
                std::back_inserter(added[manifests[at].snapshot->id]));
    }
    for (auto& [snapshot, deletes] : added) {
      ICEFIELD_ASSIGN(const DeleteIndex index, DeleteIndex::Make(std::move(deletes), plan.specs));
      std::vector<uint32_t> found;
      for (const FileTask& task : plan.tasks) {
        ICEFIELD_TRY(index.Find(task, found));
        if (found.empty()) continue;
        return Unsupported("snapshot ", snapshot.value, " is a 'replace' whose delete file ",
                           index.files()[found.front()].file.path, " may remove rows of ",
                           task.file.path, ", which was appended since snapshot ",
                           plan.appended_since->value, "; ask for all rows");
      }
    }
    return {};
  }

  static Status CountDeletes(const DeleteFile& deletes, ScanCounts& counts) {
    if (deletes.IsDeletionVector()) {
      ++counts.deletion_vectors;
      return {};
    }
    if (deletes.file.format != "PARQUET") {
      return Unsupported(KindText(deletes), " ", deletes.file.path, " is of format ",
                         deletes.file.format, "; Icefield reads Parquet");
    }
    ++(deletes.IsEquality() ? counts.equality_delete_files : counts.position_delete_files);
    return {};
  }

  const ObjectStore& store_;
  const TableMetadata& metadata_;
  const ScanRequest& request_;
  std::vector<const Snapshot*> history_;  // Where appends are asked for, newest first.
  std::map<SpecId, SpecPlan> specs_;
};

std::string SnapshotText(const Snapshot& snapshot) {
  const int64_t ms_per_day = kMicrosPerDay / 1000;
  const int64_t days = FloorDivide(snapshot.timestamp.value, ms_per_day);
  const int64_t ms = FloorRemainder(snapshot.timestamp.value, ms_per_day);
  return StrCat("snapshot ", snapshot.id.value, " of ", IsoDateText(days), " ",
                IsoTimeText(ms * 1'000'000, 6).substr(0, 12), " UTC");
}

std::string DeletesText(size_t deletes) {
  if (deletes == 0) return "";
  return StrCat(", ", deletes, deletes == 1 ? " delete" : " deletes");
}

}  // namespace

std::string ScanPlan::OriginOf(uint32_t manifest) const {
  std::string origin =
      StrCat("table ", table_name, ", snapshot ", snapshot ? StrCat(snapshot->id.value) : "none");
  if (manifest < manifests.size()) origin += StrCat(", manifest ", manifests[manifest]);
  return origin;
}

int64_t ScanPlan::DeleteBytes() const {
  int64_t bytes = 0;
  for (const DeleteFile& deletes : delete_files)
    bytes += deletes.file.content_size_bytes.value_or(deletes.file.size_bytes);
  return bytes;
}

std::string ScanPlan::ToString(size_t files_max) const {
  int64_t rows = 0;
  int64_t size_bytes = 0;
  for (const FileTask& task : tasks) {
    rows += task.file.record_count;
    size_bytes += task.file.size_bytes;
  }
  std::string out = StrCat(
      "table ", table_name, ", ", snapshot ? SnapshotText(*snapshot) : "no snapshot",
      appended_since ? StrCat(", appended since snapshot ", appended_since->value) : "", "\n",
      "filter ", predicate.ToString(schema), "\n", "manifests ", counts.manifests_read, " read, ",
      counts.manifests_pruned, " pruned by partition\n", "files ", tasks.size(), " to read (", rows,
      " rows, ", size_bytes, " bytes), pruned ", counts.files_pruned_partition, " by partition, ",
      counts.files_pruned_bounds, " by bounds\n");
  if (!delete_files.empty()) {
    out += StrCat("deletes ", counts.deletion_vectors, " deletion vectors, ",
                  counts.position_delete_files, " position delete files, ",
                  counts.equality_delete_files, " equality delete files\n");
  }
  for (size_t at = 0; at < std::min(files_max, tasks.size()); ++at) {
    const DataFile& file = tasks[at].file;
    out += StrCat("  ", file.path, " (", file.record_count, " rows, ", file.size_bytes,
                  " bytes, sequence number ", tasks[at].data_sequence_number.value,
                  DeletesText(tasks[at].deletes.size()), ")\n");
  }
  if (tasks.size() > files_max) out += StrCat("  and ", tasks.size() - files_max, " more\n");
  return out;
}

Result<ScanPlan> PlanScan(const ObjectStore& store, const TableMetadata& metadata,
                          const ScanRequest& request) {
  return Planner(store, metadata, request).Plan();
}

}  // namespace icefield
