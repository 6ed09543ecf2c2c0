#include "scan/scan_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/checked.h"
#include "base/executor.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/manifest_spec.h"
#include "model/calendar.h"
#include "scan/file_statistics.h"
#include "scan/partition_projection.h"

namespace icefield {
namespace {

constexpr int32_t kFormatVersionMax = 2;

// An identity partition field whose source column is in the schema to read with.
struct ConstantField {
  size_t position = 0;
  FieldId source_id;
  PrimitiveType type;
};

// What planning needs to know of one partition spec.
struct SpecPlan {
  const PartitionSpec* spec = nullptr;
  Predicate partition_predicate;
  std::vector<ConstantField> constants;
};

struct ManifestOutcome {
  std::vector<FileTask> tasks;
  ScanCounts counts;
};

std::string_view KindText(const DataFile& file) {
  if (file.content == FileContent::kEqualityDeletes) return "an equality delete file";
  return file.format == "PUFFIN" ? "a deletion vector" : "a position delete file";
}

class Planner {
 public:
  Planner(const ObjectStore& store, const TableMetadata& metadata, const ScanRequest& request)
      : store_(store), metadata_(metadata), request_(request) {}

  Result<ScanPlan> Plan() {
    if (metadata_.format_version < 1 || metadata_.format_version > kFormatVersionMax) {
      return Unsupported("table ", request_.table_name, " has format version ",
                         metadata_.format_version, "; Icefield reads versions 1 and 2");
    }
    ScanPlan plan{.table_name = request_.table_name,
                  .schema = *request_.selected.schema,
                  .predicate = request_.predicate};
    if (request_.selected.snapshot == nullptr) return plan;
    plan.snapshot = *request_.selected.snapshot;
    ICEFIELD_ASSIGN(std::vector<ManifestFile> manifests, ListManifests());
    ICEFIELD_TRY(PlanSpecs(manifests));
    manifests = Prune(std::move(manifests), plan.counts);
    std::vector<ManifestOutcome> outcomes(manifests.size());
    ICEFIELD_TRY(ParallelFor(manifests.size(), ThreadCount(request_.threads),
                             [&](size_t piece, int) -> Status {
                               ICEFIELD_ASSIGN(outcomes[piece], ReadManifest(manifests[piece]));
                               return {};
                             }));
    Collect(std::move(outcomes), plan);
    return plan;
  }

 private:
  const Snapshot& snapshot() const { return *request_.selected.snapshot; }

  Error At(Error error) const {
    return std::move(error).At(
        StrCat("table ", request_.table_name, ", snapshot ", snapshot().id.value));
  }

  Result<std::string> Read(const std::string& location) const {
    Result<std::string> bytes = ReadAll(store_, location);
    if (!bytes.ok()) return At(std::move(bytes).error());
    return bytes;
  }

  Result<std::vector<ManifestFile>> ListManifests() const {
    if (snapshot().manifest_list.empty()) return ListBareManifests();
    ICEFIELD_ASSIGN(const std::string bytes, Read(snapshot().manifest_list));
    Result<std::vector<ManifestFile>> manifests =
        ParseManifestList(bytes, snapshot().manifest_list);
    if (!manifests.ok()) return At(std::move(manifests).error());
    return manifests;
  }

  // v1 may name its manifests in the snapshot, with nothing known of them.
  Result<std::vector<ManifestFile>> ListBareManifests() const {
    std::vector<ManifestFile> manifests;
    for (const std::string& path : snapshot().manifests) {
      ManifestFile& manifest = manifests.emplace_back();
      manifest.path = path;
      manifest.added_snapshot_id = snapshot().id;
      if (metadata_.partition_specs.size() == 1) {
        manifest.partition_spec_id = metadata_.partition_specs.front().id;
        continue;
      }
      ICEFIELD_ASSIGN(const std::string bytes, Read(path));
      Result<SpecId> spec_id = ReadManifestSpecId(bytes, path);
      if (!spec_id.ok()) return At(std::move(spec_id).error());
      manifest.partition_spec_id = *spec_id;
    }
    return manifests;
  }

  Status PlanSpecs(const std::vector<ManifestFile>& manifests) {
    for (const ManifestFile& manifest : manifests) {
      if (specs_.contains(manifest.partition_spec_id)) continue;
      const PartitionSpec* spec = metadata_.FindSpec(manifest.partition_spec_id);
      if (spec == nullptr) {
        return At(CorruptData("manifest ", manifest.path, " has partition spec ",
                              manifest.partition_spec_id.value,
                              ", which the table does not define"));
      }
      SpecPlan& plan = specs_[manifest.partition_spec_id];
      plan.spec = spec;
      plan.partition_predicate = ProjectToPartition(request_.predicate, *spec);
      for (size_t position = 0; position < spec->fields.size(); ++position) {
        const PartitionField& field = spec->fields[position];
        if (field.transform.kind != TransformKind::kIdentity) continue;
        const Field* source = request_.selected.schema->FindById(field.source_id);
        if (source == nullptr || source->type.primitive() == nullptr) continue;
        plan.constants.push_back({position, field.source_id, *source->type.primitive()});
      }
    }
    return {};
  }

  // Manifests of deletes are never left out: whether a live delete exists must be known.
  std::vector<ManifestFile> Prune(std::vector<ManifestFile> manifests, ScanCounts& counts) const {
    std::vector<ManifestFile> kept;
    for (ManifestFile& manifest : manifests) {
      if (!manifest.MayHoldLiveFiles()) continue;
      const Predicate& predicate = specs_.at(manifest.partition_spec_id).partition_predicate;
      const bool may_match = manifest.content == ManifestContent::kDeletes ||
                             !manifest.partitions ||
                             MayMatch(predicate, PartitionSummaries(*manifest.partitions));
      if (may_match) {
        kept.push_back(std::move(manifest));
      } else {
        ++counts.manifests_pruned;
      }
    }
    return kept;
  }

  Result<ManifestOutcome> ReadManifest(const ManifestFile& manifest) const {
    const SpecPlan& spec = specs_.at(manifest.partition_spec_id);
    ICEFIELD_ASSIGN(const std::string bytes, Read(manifest.path));
    Result<std::vector<ManifestEntry>> entries = ParseManifest(bytes, manifest, *spec.spec);
    if (!entries.ok()) return At(std::move(entries).error());
    ManifestOutcome outcome;
    outcome.counts.manifests_read = 1;
    for (ManifestEntry& entry : *entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      const DataFile& file = entry.data_file;
      if (file.content != FileContent::kData) {
        return At(Unsupported(
            "manifest ", manifest.path, " holds ", KindText(file), ", ", file.path,
            "; Icefield does not apply deletes yet: compact the table, or read a snapshot from "
            "before the delete"));
      }
      if (!MayMatch(spec.partition_predicate, PartitionTuple(file.partition))) {
        ++outcome.counts.files_pruned_partition;
      } else if (!MayMatch(request_.predicate, FileStatistics(file))) {
        ++outcome.counts.files_pruned_bounds;
      } else {
        ICEFIELD_ASSIGN(FileTask task, MakeTask(std::move(entry), spec));
        outcome.tasks.push_back(std::move(task));
      }
    }
    return outcome;
  }

  Result<FileTask> MakeTask(ManifestEntry entry, const SpecPlan& spec) const {
    FileTask task{.spec_id = spec.spec->id, .data_sequence_number = entry.data_sequence_number};
    task.file = std::move(entry.data_file);
    if (task.file.format != "PARQUET") {
      return At(Unsupported("data file ", task.file.path, " is of format ", task.file.format,
                            "; Icefield reads Parquet"));
    }
    for (const ConstantField& field : spec.constants) {
      if (field.position >= task.file.partition.size()) continue;
      PartitionConstant constant{.source_id = field.source_id};
      if (const std::optional<Value>& value = task.file.partition[field.position]) {
        Result<Value> promoted = PromoteValue(field.type, *value);
        if (!promoted.ok()) return At(std::move(promoted).error().At(task.file.path));
        if (!IsValueOf(field.type, *promoted)) {
          return At(CorruptData(task.file.path, ": the partition value of field ",
                                field.source_id.value, " is not a ",
                                PrimitiveTypeText(field.type)));
        }
        constant.value = *std::move(promoted);
      }
      task.constants.push_back(std::move(constant));
    }
    return task;
  }

  static void Collect(std::vector<ManifestOutcome> outcomes, ScanPlan& plan) {
    std::vector<FileTask*> order;
    for (ManifestOutcome& outcome : outcomes) {
      plan.counts.manifests_read += outcome.counts.manifests_read;
      plan.counts.files_pruned_partition += outcome.counts.files_pruned_partition;
      plan.counts.files_pruned_bounds += outcome.counts.files_pruned_bounds;
      for (FileTask& task : outcome.tasks) order.push_back(&task);
    }
    std::sort(order.begin(), order.end(), [](const FileTask* a, const FileTask* b) {
      return std::tie(a->data_sequence_number, a->file.path) <
             std::tie(b->data_sequence_number, b->file.path);
    });
    plan.tasks.reserve(order.size());
    for (FileTask* task : order) plan.tasks.push_back(std::move(*task));
  }

  const ObjectStore& store_;
  const TableMetadata& metadata_;
  const ScanRequest& request_;
  std::map<SpecId, SpecPlan> specs_;
};

std::string SnapshotText(const Snapshot& snapshot) {
  const int64_t ms_per_day = kMicrosPerDay / 1000;
  const int64_t days = FloorDivide(snapshot.timestamp.value, ms_per_day);
  const int64_t ms = snapshot.timestamp.value - days * ms_per_day;
  return StrCat("snapshot ", snapshot.id.value, " of ", IsoDateText(days), " ",
                IsoTimeText(ms * 1'000'000, 6).substr(0, 12), " UTC");
}

}  // namespace

std::string ScanPlan::ToString(size_t files_max) const {
  int64_t rows = 0;
  int64_t size_bytes = 0;
  for (const FileTask& task : tasks) {
    rows += task.file.record_count;
    size_bytes += task.file.size_bytes;
  }
  std::string out = StrCat(
      "table ", table_name, ", ", snapshot ? SnapshotText(*snapshot) : "no snapshot", "\n",
      "filter ", predicate.ToString(schema), "\n", "manifests ", counts.manifests_read, " read, ",
      counts.manifests_pruned, " pruned by partition\n", "files ", tasks.size(), " to read (", rows,
      " rows, ", size_bytes, " bytes), pruned ", counts.files_pruned_partition, " by partition, ",
      counts.files_pruned_bounds, " by bounds\n");
  for (size_t at = 0; at < std::min(files_max, tasks.size()); ++at) {
    const DataFile& file = tasks[at].file;
    out += StrCat("  ", file.path, " (", file.record_count, " rows, ", file.size_bytes,
                  " bytes, sequence number ", tasks[at].data_sequence_number.value, ")\n");
  }
  if (tasks.size() > files_max) out += StrCat("  and ", tasks.size() - files_max, " more\n");
  return out;
}

Result<ScanPlan> PlanScan(const ObjectStore& store, const TableMetadata& metadata,
                          const ScanRequest& request) {
  return Planner(store, metadata, request).Plan();
}

}  // namespace icefield
