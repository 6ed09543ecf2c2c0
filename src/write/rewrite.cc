#include "write/rewrite.h"

#include <arrow/array.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "model/metadata_columns.h"
#include "read/scan_stream.h"
#include "scan/file_statistics.h"
#include "scan/scan_plan.h"

namespace icefield {
namespace {

constexpr int32_t kRowLineageVersion = 3;

// What is known of a planned file: identity partition values exactly, the rest by its metrics.
class TaskStatistics final : public StatisticsSource {
 public:
  explicit TaskStatistics(const FileTask& task) : task_(task), metrics_(task.file) {}

  ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const override {
    for (const PartitionConstant& constant : task_.constants) {
      if (constant.source_id == field_id) return Exactly(constant.value);
    }
    return metrics_.Find(field_id, type);
  }

 private:
  ColumnStatistics Exactly(const std::optional<Value>& value) const {
    ColumnStatistics known;
    known.value_count = task_.file.record_count;
    known.null_count = value ? 0 : task_.file.record_count;
    known.lower = value;
    known.upper = value;
    return known;
  }

  const FileTask& task_;
  const FileStatistics metrics_;
};

class Rewriter {
 public:
  explicit Rewriter(const RewriteRequest& request)
      : request_(request),
        metadata_(*request.metadata),
        keep_(NotTrue(request.filter)),
        read_schema_(WithMetadataColumns(metadata_.CurrentSchema(), metadata_)) {}

  Result<Rewrite> Run() {
    Rewrite out;
    ICEFIELD_ASSIGN(const ScanPlan plan, Plan());
    std::vector<FileTask> partial;
    std::vector<FileTask> unsure;
    for (const FileTask& task : plan.tasks) {
      if (!MayMatch(keep_, TaskStatistics(task))) {
        ICEFIELD_ASSIGN(out.removed.emplace_back(), RemovedOf(task));
      } else {
        unsure.push_back(task);
      }
    }
    ICEFIELD_ASSIGN(const std::set<std::string> hit, FilesWithRowsToGo(plan, unsure));
    for (FileTask& task : unsure) {
      if (!hit.contains(task.file.path)) continue;
      ICEFIELD_ASSIGN(out.removed.emplace_back(), RemovedOf(task));
      partial.push_back(std::move(task));
    }
    ICEFIELD_ASSIGN(out.added, WriteKept(plan, std::move(partial)));
    return out;
  }

 private:
  Result<RemovedFile> RemovedOf(const FileTask& task) const {
    RemovedFile removed{task.file.path, task.spec_id, task.file.partition};
    ICEFIELD_ASSIGN(const std::vector<PrimitiveType> types,
                    PartitionTypes(EveryField(metadata_), *metadata_.FindSpec(task.spec_id)));
    ICEFIELD_TRY(PromotePartition(types, removed.partition));
    return removed;
  }

  Result<ScanPlan> Plan() const {
    return PlanScan(*request_.store, metadata_,
                    {.table_name = request_.table_name,
                     .selected = {request_.head, &read_schema_},
                     .predicate = request_.filter,
                     .threads = request_.read.threads});
  }

  Result<std::unique_ptr<BatchStream>> Stream(const ScanPlan& plan, std::vector<FileTask> tasks,
                                              Predicate predicate,
                                              std::vector<ReadColumn> columns) const {
    ScanStreamRequest request{.store = request_.store,
                              .plan = plan,
                              .columns = std::move(columns),
                              .limit = std::nullopt,
                              .options = request_.read};
    request.plan.tasks = std::move(tasks);
    request.plan.predicate = std::move(predicate);
    return OpenScanStream(std::move(request));
  }

  Result<std::set<std::string>> FilesWithRowsToGo(const ScanPlan& plan,
                                                  const std::vector<FileTask>& tasks) const {
    std::set<std::string> files;
    if (tasks.empty()) return files;
    ICEFIELD_ASSIGN(const std::unique_ptr<BatchStream> stream,
                    Stream(plan, tasks, request_.filter, {{kFileColumn, "_file"}}));
    while (true) {
      ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> rows, stream->Next());
      if (rows == nullptr) return files;
      const auto& paths = static_cast<const arrow::StringArray&>(*rows->column(0));
      for (int64_t row = 0; row < paths.length(); ++row) {
        // The rows of a file follow each other.
        if (row == 0 || paths.GetView(row) != paths.GetView(row - 1))
          files.insert(paths.GetString(row));
      }
    }
  }

  // The table's columns, and in v3 the row lineage after them.
  Schema WrittenSchema() const {
    Schema schema = metadata_.CurrentSchema();
    if (metadata_.format_version < kRowLineageVersion) return schema;
    for (const FieldId id : {kRowIdColumn, kLastUpdatedColumn}) {
      const Field* field = read_schema_.FindById(id);
      if (field != nullptr) schema.columns.fields.push_back(*field);
    }
    return schema;
  }

  Result<std::vector<WrittenFile>> WriteKept(const ScanPlan& plan, std::vector<FileTask> tasks) {
    if (tasks.empty()) return std::vector<WrittenFile>();
    const Schema schema = WrittenSchema();
    ICEFIELD_ASSIGN(const std::unique_ptr<DataWriter> writer,
                    DataWriter::Make(WriterRequest(request_, schema)));
    ICEFIELD_ASSIGN(const std::unique_ptr<BatchStream> stream,
                    Stream(plan, std::move(tasks), keep_, ReadAllColumns(schema).columns));
    while (true) {
      ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> rows, stream->Next());
      if (rows == nullptr) break;
      ICEFIELD_TRY(writer->Write(rows));
    }
    return writer->Finish();
  }

  static DataWriterRequest WriterRequest(const RewriteRequest& request, const Schema& schema) {
    const TableMetadata& metadata = *request.metadata;
    return {.store = request.store.get(),
            .schema = schema,
            .spec = *metadata.FindSpec(metadata.default_spec_id),
            .order = metadata.DefaultSortOrder(),
            .options = request.options};
  }

  const RewriteRequest& request_;
  const TableMetadata& metadata_;
  const Predicate keep_;
  const Schema read_schema_;
};

}  // namespace

Result<Rewrite> RewriteFiles(const RewriteRequest& request) {
  if (request.filter.op == PredicateOp::kFalse) return Rewrite();
  return Rewriter(request).Run();
}

}  // namespace icefield
