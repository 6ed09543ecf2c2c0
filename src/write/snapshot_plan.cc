#include "write/snapshot_plan.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "base/executor.h"
#include "base/uuid.h"
#include "codec/avro/manifest_writer.h"
#include "model/metadata_columns.h"
#include "scan/snapshot_manifests.h"
#include "write/conflicts.h"
#include "write/manifest_edit.h"
#include "write/snapshot_summary.h"

namespace icefield {
namespace {

constexpr int32_t kLeastVersion = 2;
constexpr int32_t kRowLineageVersion = 3;
constexpr std::string_view kMainBranch = "main";

class Planner {
 public:
  Planner(const SnapshotRequest& request, const FileChange& change)
      : request_(request),
        metadata_(*request.metadata),
        change_(change),
        id_(FreshId(*request.metadata)),
        write_id_(RandomUuid()) {}

  Result<SnapshotPlan> Plan() {
    Result<SnapshotPlan> plan = PlanParts();
    if (!plan.ok()) DeleteFiles(*request_.store, files_);
    return plan;
  }

 private:
  static SnapshotId FreshId(const TableMetadata& metadata) {
    SnapshotId id{RandomPositive()};
    while (metadata.FindSnapshot(id) != nullptr) id.value = RandomPositive();
    return id;
  }

  Result<SnapshotPlan> PlanParts() {
    ICEFIELD_TRY(CheckVersion());
    ICEFIELD_ASSIGN(const Snapshot* head, HeadOfBranch());
    std::vector<ManifestFile> manifests;
    if (head != nullptr) {
      ICEFIELD_ASSIGN(manifests, ListManifests(*request_.store, metadata_, *head));
    }
    ICEFIELD_TRY(CheckConflicts(*request_.store, metadata_, change_, head, manifests));
    RemovedCounts removed;
    ICEFIELD_ASSIGN(std::vector<ManifestDraft> drafts,
                    DraftManifests(*request_.store, metadata_, manifests, change_, id_, removed));
    if (request_.options.merge_manifests) {
      ICEFIELD_ASSIGN(drafts, MergeDrafts(*request_.store, metadata_, std::move(drafts), id_,
                                          request_.options));
    }
    ICEFIELD_ASSIGN(std::vector<ManifestFile> next, WriteDrafts(std::move(drafts)));
    Snapshot snapshot = NewSnapshot(head);
    ICEFIELD_TRY(AssignRowIds(next, snapshot));
    ICEFIELD_TRY(WriteList(next, snapshot));
    snapshot.summary = SummaryOf(change_, removed.entries, head);
    return Finish(std::move(snapshot));
  }

  Status CheckVersion() const {
    if (metadata_.format_version >= kLeastVersion) return {};
    return Unsupported("table ", request_.table_name, " has format version ",
                       metadata_.format_version,
                       ", which Icefield does not write: upgrade it by "
                       "setting the table property format-version to 2");
  }

  // The snapshot that the new one follows; null where the branch is empty. A new branch starts at
  // the current snapshot.
  Result<const Snapshot*> HeadOfBranch() {
    const auto ref = metadata_.refs.find(change_.branch);
    if (ref != metadata_.refs.end() && ref->second.type != "branch") {
      return InvalidArgument("'", change_.branch, "' is a ", ref->second.type, " of table ",
                             request_.table_name, "; only branches are written to");
    }
    if (ref != metadata_.refs.end()) {
      branch_head_ = ref->second.snapshot_id;
      return metadata_.FindSnapshot(*branch_head_);
    }
    if (change_.branch == kMainBranch || !metadata_.current_snapshot_id) return nullptr;
    return metadata_.FindSnapshot(*metadata_.current_snapshot_id);
  }

  Snapshot NewSnapshot(const Snapshot* head) const {
    Snapshot snapshot{.id = id_};
    if (head != nullptr) snapshot.parent_id = head->id;
    snapshot.sequence_number = NextSequence();
    snapshot.timestamp.value = std::max(request_.now_ms, metadata_.last_updated_ms);
    if (head != nullptr)
      snapshot.timestamp.value = std::max(snapshot.timestamp.value, head->timestamp.value);
    snapshot.schema_id = metadata_.current_schema_id;
    return snapshot;
  }

  SequenceNumber NextSequence() const { return {metadata_.last_sequence_number.value + 1}; }

  Result<std::vector<ManifestFile>> WriteDrafts(std::vector<ManifestDraft> drafts) {
    std::vector<ManifestFile> manifests(drafts.size());
    const Schema every_field = EveryField(metadata_);
    for (size_t at = 0; at < drafts.size(); ++at) {
      if (drafts[at].entries) files_.push_back(FileName("-m", files_.size(), ".avro"));
      manifests[at] = std::move(drafts[at].file);
      if (drafts[at].entries) manifests[at].path = files_.back();
    }
    ICEFIELD_TRY(ParallelFor(drafts.size(), 0, [&](size_t at, int) -> Status {
      if (!drafts[at].entries) return {};
      return WriteManifest(*drafts[at].entries, every_field, manifests[at]);
    }));
    return manifests;
  }

  std::string FileName(std::string_view mark, size_t number, std::string_view ending) const {
    return StrCat(request_.metadata_location, "/", write_id_, mark, number, ending);
  }

  Status WriteManifest(const std::vector<ManifestEntry>& entries, const Schema& every_field,
                       ManifestFile& manifest) const {
    ManifestHeader header{.format_version = metadata_.format_version,
                          .content = manifest.content,
                          .schema = metadata_.CurrentSchema(),
                          .spec = *metadata_.FindSpec(manifest.partition_spec_id),
                          .snapshot_id = id_};
    ICEFIELD_ASSIGN(header.partition_types, PartitionTypes(every_field, header.spec));
    ICEFIELD_ASSIGN(SerializedManifest serialized, SerializeManifest(header, entries));
    ICEFIELD_TRY(PutIfAbsent(*request_.store, manifest.path, serialized.bytes));
    serialized.file.path = std::move(manifest.path);
    serialized.file.added_snapshot_id = id_;
    serialized.file.sequence_number = NextSequence();
    if (serialized.file.min_sequence_number == kUnassignedSequence)
      serialized.file.min_sequence_number = NextSequence();
    manifest = std::move(serialized.file);
    return {};
  }

  // Specification: "First Row ID Assignment": every data manifest without one gets its range.
  Status AssignRowIds(std::vector<ManifestFile>& manifests, Snapshot& snapshot) const {
    if (metadata_.format_version < kRowLineageVersion) return {};
    const int64_t first = metadata_.next_row_id.value_or(0);
    int64_t next = first;
    for (ManifestFile& manifest : manifests) {
      if (manifest.content != ManifestContent::kData || manifest.first_row_id) continue;
      if (!manifest.added_rows_count || !manifest.existing_rows_count) {
        return Unsupported("manifest ", manifest.path,
                           " does not say how many rows it has, which "
                           "row ids of v3 need; rewrite the table's manifests first");
      }
      manifest.first_row_id = next;
      const std::optional<int64_t> rows =
          CheckedAdd(*manifest.added_rows_count, *manifest.existing_rows_count);
      const std::optional<int64_t> sum = rows ? CheckedAdd(next, *rows) : std::nullopt;
      if (!sum) return CorruptData("manifest ", manifest.path, ": its row counts are too large");
      next = *sum;
    }
    snapshot.first_row_id = first;
    snapshot.added_rows = next - first;
    return {};
  }

  Status WriteList(const std::vector<ManifestFile>& manifests, Snapshot& snapshot) {
    const ManifestListHeader header{.format_version = metadata_.format_version,
                                    .snapshot_id = id_,
                                    .parent_id = snapshot.parent_id,
                                    .sequence_number = snapshot.sequence_number,
                                    .first_row_id = snapshot.first_row_id};
    ICEFIELD_ASSIGN(const std::string bytes, SerializeManifestList(header, manifests));
    snapshot.manifest_list =
        StrCat(request_.metadata_location, "/snap-", id_.value, "-0-", write_id_, ".avro");
    files_.push_back(snapshot.manifest_list);
    return PutIfAbsent(*request_.store, snapshot.manifest_list, bytes);
  }

  SnapshotPlan Finish(Snapshot snapshot) {
    SnapshotPlan plan{.change = {}, .snapshot_id = id_, .files = std::move(files_)};
    if (!metadata_.table_uuid.empty())
      plan.change.requirements.emplace_back(AssertTableUuid{metadata_.table_uuid});
    plan.change.requirements.emplace_back(AssertRefSnapshot{change_.branch, branch_head_});
    plan.change.updates.emplace_back(AddSnapshot{std::move(snapshot)});
    SnapshotRef ref{.snapshot_id = id_, .type = "branch"};
    if (const auto old = metadata_.refs.find(change_.branch); old != metadata_.refs.end()) {
      ref = old->second;  // With its retention.
      ref.snapshot_id = id_;
    }
    plan.change.updates.emplace_back(SetSnapshotRef{change_.branch, std::move(ref)});
    return plan;
  }

  const SnapshotRequest& request_;
  const TableMetadata& metadata_;
  const FileChange& change_;
  const SnapshotId id_;
  const std::string write_id_;
  std::optional<SnapshotId> branch_head_;
  std::vector<std::string> files_;
};

}  // namespace

Result<SnapshotPlan> PlanSnapshot(const SnapshotRequest& request, const FileChange& change) {
  return Planner(request, change).Plan();
}

}  // namespace icefield
