#include "write/table_write.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "scan/scan_plan.h"
#include "write/commit_loop.h"
#include "write/data_writer.h"
#include "write/rewrite.h"

namespace icefield {
namespace {

// One write: files first, then the commit. What it wrote is deleted again unless the commit may
// have happened.
class TableWrite {
 public:
  TableWrite(const WriteTarget& target, const TableWriteOptions& options)
      : target_(target), options_(options), metadata_(target.base.metadata) {}

  Status Open() {
    ICEFIELD_TRY(CheckReadOptions(options_.read));
    ICEFIELD_ASSIGN(write_options_, ReadWriteOptions(metadata_, metadata_.CurrentSchema()));
    change_.branch = options_.branch;
    change_.summary = options_.summary;
    ICEFIELD_ASSIGN(head_, FindHead());
    if (head_ != nullptr) change_.planned_from = head_->id;
    return {};
  }

  // Before files are written: a change that takes rows out, in the isolation that the table wants.
  Status Isolate(IsolatedChange change) {
    change_.isolated = change;
    const Result<Isolation> isolation = ReadIsolation(metadata_, change);
    return isolation.ok() ? Status() : Status(isolation.error());
  }

  // Writes the rows of the stream into files of the current spec.
  Status WriteRows(BatchStream& rows) {
    ICEFIELD_ASSIGN(const Conformer conformer,
                    Conformer::Make(*rows.schema(), metadata_.CurrentSchema(), options_.conform));
    ICEFIELD_ASSIGN(const std::unique_ptr<DataWriter> writer, MakeWriter());
    while (true) {
      ICEFIELD_TRY(CheckInterrupted(options_.read, /*worker=*/0));
      ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, rows.Next());
      if (batch == nullptr) break;
      ICEFIELD_TRY(WriteBatch(*batch, conformer, *writer));
    }
    ICEFIELD_ASSIGN(change_.added, writer->Finish());
    return {};
  }

  // Takes the rows of `filter` out of the table.
  Status RemoveRows(const RowFilter& filter) {
    ICEFIELD_ASSIGN(Predicate predicate, BindFilter(filter, metadata_.CurrentSchema()));
    ICEFIELD_ASSIGN(Rewrite rewrite, RewriteFiles({.store = target_.store,
                                                   .metadata = &metadata_,
                                                   .table_name = target_.base.name,
                                                   .head = head_,
                                                   .filter = predicate,
                                                   .options = write_options_,
                                                   .read = options_.read}));
    change_.removed = std::move(rewrite.removed);
    std::move(rewrite.added.begin(), rewrite.added.end(), std::back_inserter(change_.added));
    change_.guarded = std::move(predicate);
    return {};
  }

  // Takes all files out that lie in a partition of the files that were written.
  Status ReplacePartitions() {
    const SpecId spec = metadata_.default_spec_id;
    std::set<PartitionValues> partitions;
    for (const WrittenFile& each : change_.added) partitions.insert(each.file.partition);
    for (const PartitionValues& each : partitions) change_.replaced.push_back({spec, each});
    change_.guarded = Predicate{.op = PredicateOp::kFalse};
    ICEFIELD_ASSIGN(const ScanPlan plan, PlanScan(*target_.store, metadata_,
                                                  {.table_name = target_.base.name,
                                                   .selected = {head_, &metadata_.CurrentSchema()},
                                                   .predicate = {},
                                                   .threads = options_.read.threads}));
    ICEFIELD_ASSIGN(const std::vector<PrimitiveType> types,
                    PartitionTypes(metadata_.CurrentSchema(), *metadata_.FindSpec(spec)));
    for (const FileTask& task : plan.tasks) {
      if (task.spec_id != spec) {
        return Unsupported("the data file ", task.file.path, " of table ", target_.base.name,
                           " was written under the partition spec ", task.spec_id.value,
                           ", the current one is ", spec.value,
                           ": overwrite by a filter instead of by partition");
      }
      PartitionValues partition = task.file.partition;
      ICEFIELD_TRY(PromotePartition(types, partition));
      if (partitions.contains(partition))
        change_.removed.push_back({task.file.path, task.spec_id, std::move(partition)});
    }
    return {};
  }

  bool HasChanges() const { return !change_.added.empty() || !change_.removed.empty(); }

  Result<LoadedTable> Commit() {
    change_.operation = change_.removed.empty() ? SnapshotOperation::kAppend
                        : change_.added.empty() ? SnapshotOperation::kDelete
                                                : SnapshotOperation::kOverwrite;
    Result<LoadedTable> committed = CommitFiles({.store = target_.store.get(),
                                                 .target = target_.commits,
                                                 .base = target_.base,
                                                 .interrupted = options_.read.interrupted},
                                                change_);
    // From here on the files are the table's, or may be.
    if (committed.ok() || committed.error().code == ErrorCode::kCommitUnknown)
      change_.added.clear();
    return committed;
  }

  ~TableWrite() {
    std::vector<std::string> locations;
    for (const WrittenFile& each : change_.added) locations.push_back(each.file.path);
    DeleteFiles(*target_.store, locations);
  }
  TableWrite(const TableWrite&) = delete;
  TableWrite& operator=(const TableWrite&) = delete;

 private:
  // In slices: batches may be as large as a caller's whole table.
  Status WriteBatch(const arrow::RecordBatch& batch, const Conformer& conformer,
                    DataWriter& writer) const {
    constexpr int64_t kSliceRows = int64_t{1} << 18;
    for (int64_t first = 0; first < batch.num_rows(); first += kSliceRows) {
      ICEFIELD_TRY(CheckInterrupted(options_.read, /*worker=*/0));
      Result<std::shared_ptr<arrow::RecordBatch>> rows =
          conformer.Apply(*batch.Slice(first, kSliceRows));
      if (!rows.ok() && first > 0)
        return std::move(rows).error().At(StrCat("counted from row ", first));
      if (!rows.ok()) return std::move(rows).error();
      ICEFIELD_TRY(writer.Write(*rows));
    }
    return {};
  }

  Result<const Snapshot*> FindHead() const {
    const auto ref = metadata_.refs.find(options_.branch);
    if (ref != metadata_.refs.end()) return metadata_.FindSnapshot(ref->second.snapshot_id);
    if (!metadata_.current_snapshot_id) {
      if (options_.branch == "main") return static_cast<const Snapshot*>(nullptr);
      return InvalidArgument("table ", target_.base.name, " is empty: the branch '",
                             options_.branch,
                             "' has no snapshot to start from; write to main first");
    }
    return metadata_.FindSnapshot(*metadata_.current_snapshot_id);
  }

  Result<std::unique_ptr<DataWriter>> MakeWriter() const {
    return DataWriter::Make({.store = target_.store.get(),
                             .schema = metadata_.CurrentSchema(),
                             .spec = *metadata_.FindSpec(metadata_.default_spec_id),
                             .order = metadata_.DefaultSortOrder(),
                             .options = write_options_});
  }

  const WriteTarget& target_;
  const TableWriteOptions& options_;
  const TableMetadata& metadata_;
  WriteOptions write_options_;
  const Snapshot* head_ = nullptr;
  FileChange change_;
};

Error At(Error error, const WriteTarget& target) {
  if (error.message.starts_with("table ")) return error;
  return std::move(error).At(StrCat("table ", target.base.name));
}

}  // namespace

Result<LoadedTable> AppendRows(const WriteTarget& target, BatchStream& rows,
                               const TableWriteOptions& options) {
  TableWrite write(target, options);
  ICEFIELD_TRY(write.Open());
  if (Status status = write.WriteRows(rows); !status.ok())
    return At(std::move(status).error(), target);
  if (!write.HasChanges()) return target.base;
  return write.Commit();
}

Result<LoadedTable> OverwriteRows(const WriteTarget& target, BatchStream& rows,
                                  const RowFilter& filter, const TableWriteOptions& options) {
  TableWrite write(target, options);
  ICEFIELD_TRY(write.Open());
  ICEFIELD_TRY(write.Isolate(IsolatedChange::kOverwrite));
  if (Status status = write.WriteRows(rows); !status.ok())
    return At(std::move(status).error(), target);
  if (Status status = write.RemoveRows(filter); !status.ok())
    return At(std::move(status).error(), target);
  if (!write.HasChanges()) return target.base;
  return write.Commit();
}

Result<LoadedTable> OverwritePartitions(const WriteTarget& target, BatchStream& rows,
                                        const TableWriteOptions& options) {
  TableWrite write(target, options);
  ICEFIELD_TRY(write.Open());
  ICEFIELD_TRY(write.Isolate(IsolatedChange::kOverwrite));
  if (Status status = write.WriteRows(rows); !status.ok())
    return At(std::move(status).error(), target);
  if (!write.HasChanges()) return target.base;
  if (Status status = write.ReplacePartitions(); !status.ok())
    return At(std::move(status).error(), target);
  return write.Commit();
}

Result<LoadedTable> DeleteRows(const WriteTarget& target, const RowFilter& filter,
                               const TableWriteOptions& options) {
  TableWrite write(target, options);
  ICEFIELD_TRY(write.Open());
  ICEFIELD_TRY(write.Isolate(IsolatedChange::kDelete));
  if (Status status = write.RemoveRows(filter); !status.ok())
    return At(std::move(status).error(), target);
  if (!write.HasChanges()) return target.base;
  return write.Commit();
}

}  // namespace icefield
