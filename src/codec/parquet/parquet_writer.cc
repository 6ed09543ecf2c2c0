#include "codec/parquet/parquet_writer.h"

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <utility>

#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "codec/arrow/required_fields.h"
#include "codec/parquet/dictionary_choice.h"
#include "codec/parquet/file_metrics.h"
#include "codec/parquet/output_adapter.h"
#include "codec/parquet/write_properties.h"
#include "codec/parquet/written_schema.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// Stands between Arrow's writer and Parquet's to know the row group that is being written: how many
// bytes it has is asked nowhere else.
class RowGroupWatch final : public parquet::ParquetFileWriter::Contents {
 public:
  RowGroupWatch(std::unique_ptr<parquet::ParquetFileWriter> writer,
                const std::shared_ptr<parquet::schema::GroupNode>& root)
      : Contents(root, nullptr), writer_(std::move(writer)) {}

  // The bytes that the open row group has in memory.
  int64_t buffered_bytes() const {
    if (group_ == nullptr) return 0;
    const parquet::RowGroupWriter::BufferedStats open = group_->estimated_buffered_stats();
    return group_->total_compressed_bytes() + group_->total_compressed_bytes_written() +
           open.value_bytes + open.dict_bytes + open.def_level_bytes + open.rep_level_bytes;
  }
  int64_t buffered_rows() const { return group_ == nullptr ? 0 : group_->num_rows(); }

  void Close() override {
    group_ = nullptr;
    writer_->Close();
    file_metadata_ = writer_->metadata();
  }
  parquet::RowGroupWriter* AppendRowGroup() override { return writer_->AppendRowGroup(); }
  parquet::RowGroupWriter* AppendBufferedRowGroup() override {
    group_ = nullptr;
    group_ = writer_->AppendBufferedRowGroup();
    return group_;
  }
  int64_t num_rows() const override { return writer_->num_rows(); }
  int num_columns() const override { return writer_->num_columns(); }
  int num_row_groups() const override { return writer_->num_row_groups(); }
  const std::shared_ptr<parquet::WriterProperties>& properties() const override {
    return writer_->properties();
  }
  void AddKeyValueMetadata(
      const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) override {
    writer_->AddKeyValueMetadata(metadata);
  }

 private:
  std::unique_ptr<parquet::ParquetFileWriter> writer_;
  parquet::RowGroupWriter* group_ = nullptr;
};

// What `work` returns, or the Error of the exception that it threw.
template <typename Work>
auto GuardedWrite(const std::string& location, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const parquet::ParquetStatusException& failure) {
    return FromArrow(failure.status(), location);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kResourceExhausted, location, ": out of memory");
  } catch (const std::exception& failure) {
    return Internal(location, " could not be written: ", failure.what());
  }
}

// True if arrays of `from` are arrays of `to` but for words on nulls and names of list elements.
bool SameLayout(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.num_fields() == 0 || to.num_fields() == 0) return from.Equals(to);
  if (from.id() != to.id() || from.num_fields() != to.num_fields()) return false;
  for (int at = 0; at < from.num_fields(); ++at) {
    const bool same_name = from.id() != arrow::Type::STRUCT ||
                           from.field(at)->name() == to.field(at)->name() ||
                           to.field(at)->name() == "key" || to.field(at)->name() == "value";
    if (!same_name || !SameLayout(*from.field(at)->type(), *to.field(at)->type())) return false;
  }
  return true;
}

std::shared_ptr<arrow::ArrayData> Retyped(const arrow::ArrayData& data,
                                          const std::shared_ptr<arrow::DataType>& type) {
  std::shared_ptr<arrow::ArrayData> out = data.Copy();
  out->type = type;
  for (size_t at = 0; at < out->child_data.size(); ++at)
    out->child_data[at] = Retyped(*out->child_data[at], type->field(static_cast<int>(at))->type());
  return out;
}

// Bytes of a row in its column of the longest texts or bytes.
int64_t WidestValueBytes(const arrow::RecordBatch& rows) {
  int64_t widest = 1;
  for (const ArrayPtr& column : rows.columns()) {
    if (!arrow::is_binary_like(column->type_id())) continue;
    const int64_t bytes = static_cast<const arrow::BinaryArray&>(*column).total_values_length();
    widest = std::max(widest, bytes / std::max<int64_t>(1, rows.num_rows()));
  }
  return widest;
}

class FileBeingWritten final : public ParquetWriter {
 public:
  FileBeingWritten(std::shared_ptr<AdaptedOutput> sink, StructType columns, WrittenSchema schema,
                   const ParquetWriteOptions& options)
      : sink_(std::move(sink)),
        columns_(std::move(columns)),
        schema_(std::move(schema)),
        options_(options),
        metrics_(schema_.leaves, options) {}
  FileBeingWritten(const FileBeingWritten&) = delete;
  FileBeingWritten& operator=(const FileBeingWritten&) = delete;

  ~FileBeingWritten() override {
    // The library finishes a file that is dropped; nobody wants its bytes.
    sink_->Abandon(Fail(ErrorCode::kCancelled, location(), " was given up"));
  }

  /// Before anything else. InvalidArgument names the option that cannot be.
  Status CheckOptions() {
    ICEFIELD_TRY(MakeWriterProperties(schema_, options_, {}));
    for (const Field& column : columns_.fields) {
      ICEFIELD_ASSIGN(types_.emplace_back(), ToArrowType(column.type));
    }
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    return Attempt([&] { return WriteRows(rows); });
  }

  int64_t size_bytes() const override {
    const bool is_open = watch_ != nullptr && !closed_;
    return sink_->file().size_bytes() + (is_open ? watch_->buffered_bytes() : 0);
  }

  int64_t rows() const override { return rows_; }

  Result<DataFile> Close() override {
    return Attempt([&] { return Finish(); });
  }

 private:
  static constexpr int64_t kSliceRowsMin = 64;
  static constexpr int64_t kSliceRowsMax = 65536;

  const std::string& location() const { return sink_->file().location(); }

  // Once, when the first rows are known, or that there are none.
  Status Open(const std::vector<std::string>& without_dictionary) {
    ICEFIELD_ASSIGN(const auto properties,
                    MakeWriterProperties(schema_, options_, without_dictionary));
    auto footer = std::make_shared<arrow::KeyValueMetadata>();
    for (const auto& [key, value] : options_.footer_metadata) footer->Append(key, value);
    auto watch = std::make_unique<RowGroupWatch>(
        parquet::ParquetFileWriter::Open(sink_, schema_.root, properties, footer), schema_.root);
    watch_ = watch.get();
    auto file = std::make_unique<parquet::ParquetFileWriter>();
    file->Open(std::move(watch));
    ICEFIELD_ARROW_TRY(parquet::arrow::FileWriter::Make(
                           arrow::default_memory_pool(), std::move(file), schema_.arrow,
                           parquet::default_arrow_writer_properties(), &writer_),
                       location());
    return {};
  }

  // After the first error there is nothing but that error.
  template <typename Work>
  auto Attempt(Work work) -> decltype(work()) {
    if (failure_) return *failure_;
    if (closed_) return Internal(location(), " is closed; nothing is added to it");
    auto outcome = GuardedWrite(location(), std::move(work));
    if (!outcome.ok()) {
      failure_ = sink_->fault() ? *sink_->fault() : outcome.error();
      sink_->Abandon(*failure_);
      return *failure_;
    }
    return outcome;
  }

  Result<ArrayPtr> ColumnOf(const arrow::RecordBatch& rows, size_t at) const {
    const ArrayPtr& column = rows.column(static_cast<int>(at));
    if (column->type()->Equals(types_[at])) return column;
    if (SameLayout(*column->type(), *types_[at]))
      return arrow::MakeArray(Retyped(*column->data(), types_[at]));
    return InvalidArgument("column '", columns_.fields[at].name, "' comes as ",
                           column->type()->ToString(), " and is written as ",
                           types_[at]->ToString());
  }

  Status WriteRows(const arrow::RecordBatch& given) {
    if (static_cast<size_t>(given.num_columns()) != types_.size()) {
      return InvalidArgument(location(), ": ", given.num_columns(), " columns for a schema of ",
                             types_.size());
    }
    arrow::ArrayVector columns;
    for (size_t at = 0; at < types_.size(); ++at) {
      ICEFIELD_ASSIGN(columns.emplace_back(), ColumnOf(given, at));
    }
    const auto rows = arrow::RecordBatch::Make(given.schema(), given.num_rows(), columns);
    ICEFIELD_TRY(CheckRequired(*rows, columns_));
    arrow::ArrayVector written;
    for (const int at : schema_.columns) {
      written.push_back(WithoutUnknown(columns[static_cast<size_t>(at)],
                                       columns_.fields[static_cast<size_t>(at)]));
    }
    const auto batch = arrow::RecordBatch::Make(schema_.arrow, given.num_rows(), written);
    ICEFIELD_TRY(metrics_.Add(*batch, schema_.fields));
    for (size_t at = 0; at < written.size(); ++at)
      written[at] = WithoutMaskedNulls(written[at], schema_.fields[at]);
    const auto stored = arrow::RecordBatch::Make(schema_.arrow, given.num_rows(), written);
    if (writer_ == nullptr) ICEFIELD_TRY(Open(ColumnsWithoutDictionary(*stored, schema_)));
    return WriteSlices(*stored);
  }

  // How many bytes pages and row groups have is looked at between slices only.
  Status WriteSlices(const arrow::RecordBatch& rows) {
    ICEFIELD_ARROW_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(rows), location());
    const int64_t row_bytes = std::max<int64_t>(1, bytes / std::max<int64_t>(1, rows.num_rows()));
    const int64_t page_rows =
        std::clamp(options_.page_bytes / WidestValueBytes(rows), kSliceRowsMin, kSliceRowsMax);
    for (int64_t first = 0; first < rows.num_rows();) {
      if (watch_->buffered_bytes() >= options_.row_group_bytes)
        ICEFIELD_ARROW_TRY(writer_->NewBufferedRowGroup(), location());
      const int64_t room = std::clamp(RowsUntilFull(row_bytes), kSliceRowsMin, page_rows);
      const std::shared_ptr<arrow::RecordBatch> slice = rows.Slice(first, room);
      ICEFIELD_ARROW_TRY(writer_->WriteRecordBatch(*slice), location());
      first += slice->num_rows();
      rows_ += slice->num_rows();
    }
    return {};
  }

  // How many more rows the row group takes for certain: rows of `row_bytes` that are not encoded
  // yet count whole.
  int64_t RowsUntilFull(int64_t row_bytes) const {
    const int64_t rows = std::max<int64_t>(1, watch_->buffered_rows());
    const int64_t bytes = watch_->buffered_bytes();
    return (options_.row_group_bytes - bytes) / std::max(row_bytes, bytes / rows);
  }

  Result<DataFile> Finish() {
    if (writer_ == nullptr) ICEFIELD_TRY(Open({}));
    ICEFIELD_ARROW_TRY(writer_->Close(), location());
    const std::shared_ptr<parquet::FileMetaData> footer = writer_->metadata();
    ICEFIELD_TRY(sink_->CloseFile());
    closed_ = true;
    DataFile file;
    file.path = location();
    file.format = "PARQUET";
    file.record_count = rows_;
    file.size_bytes = sink_->file().size_bytes();
    for (int group = 0; group < footer->num_row_groups(); ++group) {
      const auto chunk = footer->RowGroup(group)->ColumnChunk(0);
      file.split_offsets.push_back(chunk->has_dictionary_page() ? chunk->dictionary_page_offset()
                                                                : chunk->data_page_offset());
    }
    metrics_.Describe(*footer, file);
    return file;
  }

  std::shared_ptr<AdaptedOutput> sink_;
  StructType columns_;
  std::vector<std::shared_ptr<arrow::DataType>> types_;  // Of columns_.
  WrittenSchema schema_;
  ParquetWriteOptions options_;
  FileMetrics metrics_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  RowGroupWatch* watch_ = nullptr;  // Owned by writer_.
  std::optional<Error> failure_;
  int64_t rows_ = 0;
  bool closed_ = false;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> MakeParquetWriter(std::unique_ptr<OutputFile> file,
                                                         const Schema& schema,
                                                         const ParquetWriteOptions& options) {
  const std::string location = file->location();
  return GuardedWrite(location, [&]() -> Result<std::unique_ptr<ParquetWriter>> {
    ICEFIELD_ASSIGN(WrittenSchema written, MakeWrittenSchema(schema));
    auto sink = std::make_shared<AdaptedOutput>(std::move(file));
    auto writer = std::make_unique<FileBeingWritten>(std::move(sink), schema.columns,
                                                     std::move(written), options);
    ICEFIELD_TRY(writer->CheckOptions());
    return std::unique_ptr<ParquetWriter>(std::move(writer));
  });
}

}  // namespace icefield
