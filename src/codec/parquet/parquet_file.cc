#include "codec/parquet/parquet_file.h"

#include <arrow/array/array_base.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "base/checked.h"
#include "batch/arrow_status.h"
#include "codec/parquet/checked_pages.h"
#include "codec/parquet/guarded.h"
#include "codec/parquet/input_adapter.h"
#include "codec/parquet/readable_schema.h"

namespace icefield {
namespace {

// Every column has a buffer of its own: many columns get smaller ones.
parquet::ReaderProperties FileProperties(size_t columns) {
  constexpr size_t kBuffersBytes = size_t{8} << 20;
  constexpr size_t kBufferBytesMin = size_t{64} << 10;
  constexpr size_t kBufferBytesMax = size_t{256} << 10;
  parquet::ReaderProperties properties;
  properties.enable_buffered_stream();
  properties.set_buffer_size(static_cast<int64_t>(
      std::clamp(kBuffersBytes / std::max<size_t>(columns, 1), kBufferBytesMin, kBufferBytesMax)));
  properties.set_page_checksum_verification(true);
  return properties;
}

parquet::ArrowReaderProperties BatchProperties(int64_t batch_rows) {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);  // It keeps every chunk it has read.
  properties.set_batch_size(batch_rows);
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  return properties;
}

// Looks at every column chunk once, which throws for a broken one; nobody needs to be guarded
// against that later.
Status CheckChunks(const parquet::RowGroupMetaData& row_group, int number,
                   const std::string& location) {
  for (int leaf = 0; leaf < row_group.num_columns(); ++leaf) {
    const std::unique_ptr<parquet::ColumnChunkMetaData> chunk = row_group.ColumnChunk(leaf);
    if (chunk->total_compressed_size() < 0 || chunk->total_uncompressed_size() < 0 ||
        chunk->num_values() < 0) {
      return CorruptData(location, ": column ", leaf, " of row group ", number,
                         " has a negative size");
    }
  }
  return {};
}

// The library takes any number for a repetition.
Status CheckRepetition(const parquet::schema::Node& node, const std::string& location) {
  if (!node.is_required() && !node.is_optional() && !node.is_repeated()) {
    return CorruptData(location, ": the column '", node.name(),
                       "' is neither required nor optional nor repeated");
  }
  if (!node.is_group()) return {};
  const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
  for (int i = 0; i < group.field_count(); ++i) {
    ICEFIELD_TRY(CheckRepetition(*group.field(i), location));
  }
  return {};
}

// Counts the nulls of a row group's flat columns, which its footer may know.
class NullTally {
 public:
  NullTally(const parquet::FileMetaData& metadata, const RowGroupRead& read) {
    const std::unique_ptr<parquet::RowGroupMetaData> group = metadata.RowGroup(read.row_group);
    rows_left_ = group->num_rows();
    for (const int leaf : read.leaves) {
      const parquet::ColumnDescriptor& column = *metadata.schema()->Column(leaf);
      if (column.path()->ToDotVector().size() > 1) {
        is_flat_ = false;
        return;
      }
      const std::shared_ptr<parquet::EncodedStatistics> known =
          group->ColumnChunk(leaf)->encoded_statistics();
      const bool has_count = known != nullptr && known->has_null_count && known->null_count >= 0;
      nulls_left_.push_back(has_count ? std::optional(known->null_count) : std::nullopt);
    }
  }

  void Add(const arrow::RecordBatch& batch) {
    rows_left_ -= batch.num_rows();
    for (size_t i = 0; i < nulls_left_.size() && is_flat_; ++i) {
      if (nulls_left_[i]) *nulls_left_[i] -= batch.column(static_cast<int>(i))->null_count();
    }
  }

  // False where all rows were read, and another number of nulls than the footer knows of.
  bool Holds() const {
    return !is_flat_ || rows_left_ > 0 ||
           std::ranges::all_of(nulls_left_, [](const std::optional<int64_t>& left) {
             return left.value_or(0) == 0;
           });
  }

 private:
  int64_t rows_left_ = 0;
  bool is_flat_ = true;  // Batches have a column for each leaf.
  std::vector<std::optional<int64_t>> nulls_left_;
};

class RowGroupStream final : public BatchStream {
 public:
  RowGroupStream(std::string location, std::unique_ptr<parquet::arrow::FileReader> file,
                 std::unique_ptr<arrow::RecordBatchReader> batches, NullTally nulls)
      : location_(std::move(location)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        nulls_(std::move(nulls)),
        schema_(batches_->schema()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    return Guarded(location_, [&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
      std::shared_ptr<arrow::RecordBatch> batch;
      do {
        ICEFIELD_ARROW_TRY(batches_->ReadNext(&batch), location_, ErrorCode::kCorruptData);
      } while (batch != nullptr && batch->num_rows() == 0);
      // Not at the end of the stream, which not everybody waits for.
      if (batch != nullptr) nulls_.Add(*batch);
      if (!nulls_.Holds()) {
        return CorruptData(location_,
                           ": a row group holds another number of nulls than its footer says");
      }
      return batch;
    });
  }

 private:
  std::string location_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  NullTally nulls_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<ParquetFooter> ParquetFooter::Read(const InputFile& file) {
  return Guarded(file.location(), [&]() -> Result<ParquetFooter> {
    ParquetFooter footer;
    footer.location_ = file.location();
    footer.metadata_ = parquet::ReadMetaData(AdaptInput(file));
    ICEFIELD_TRY(CheckRepetition(*footer.metadata_->schema()->group_node(), footer.location_));
    ICEFIELD_ASSIGN(footer.columns_, MakeReadable(*footer.metadata_, footer.location_));
    int64_t first_row = 0;
    for (int group = 0; group < footer.metadata_->num_row_groups(); ++group) {
      const std::unique_ptr<parquet::RowGroupMetaData> extent = footer.metadata_->RowGroup(group);
      const int64_t rows = extent->num_rows();
      if (rows < 0)
        return CorruptData(footer.location_, ": row group ", group, " has ", rows, " rows");
      ICEFIELD_TRY(CheckChunks(*extent, group, footer.location_));
      footer.row_groups_.push_back({first_row, rows});
      const std::optional<int64_t> next_row = CheckedAdd(first_row, rows);
      if (!next_row) return CorruptData(footer.location_, " has more rows than there are numbers");
      first_row = *next_row;
    }
    return footer;
  });
}

int64_t ParquetFooter::BytesOf(int row_group, const std::vector<int>& leaves) const {
  int64_t bytes = 0;
  std::unique_ptr<parquet::RowGroupMetaData> group = metadata_->RowGroup(row_group);
  for (int leaf : leaves) bytes += group->ColumnChunk(leaf)->total_compressed_size();
  return bytes;
}

int64_t ParquetFooter::DecodedBytesOf(int row_group, const std::vector<int>& leaves) const {
  // A text or number takes so much even where a dictionary makes it small in the file.
  constexpr int64_t kTextBytes = 24;
  constexpr int64_t kNumberBytes = 8;
  int64_t bytes = 0;
  std::unique_ptr<parquet::RowGroupMetaData> group = metadata_->RowGroup(row_group);
  for (int leaf : leaves) {
    const bool text =
        metadata_->schema()->Column(leaf)->physical_type() == parquet::Type::BYTE_ARRAY;
    std::unique_ptr<parquet::ColumnChunkMetaData> chunk = group->ColumnChunk(leaf);
    bytes += std::max(
        chunk->total_uncompressed_size(),
        std::min(chunk->num_values(), INT64_MAX / kTextBytes) * (text ? kTextBytes : kNumberBytes));
  }
  return bytes;
}

int64_t ParquetFooter::DecoderBytesOf(int row_group, const std::vector<int>& leaves) const {
  // A dictionary, decoded and not, and a page, as large as writers make them; at most the chunk.
  constexpr int64_t kColumnBytesMax = int64_t{4} << 20;
  int64_t bytes = 0;
  std::unique_ptr<parquet::RowGroupMetaData> group = metadata_->RowGroup(row_group);
  for (int leaf : leaves)
    bytes += std::min(group->ColumnChunk(leaf)->total_uncompressed_size(), kColumnBytesMax);
  return bytes;
}

Result<std::unique_ptr<BatchStream>> ReadRowGroup(std::unique_ptr<InputFile> file,
                                                  const ParquetFooter& footer,
                                                  const RowGroupRead& read) {
  return Guarded(footer.location(), [&]() -> Result<std::unique_ptr<BatchStream>> {
    std::unique_ptr<parquet::ParquetFileReader> raw = OpenChecked(
        AdaptInput(std::move(file)), FileProperties(read.leaves.size()), footer.metadata());
    ICEFIELD_ARROW_ASSIGN(
        std::unique_ptr<parquet::arrow::FileReader> reader,
        parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw),
                                         BatchProperties(read.batch_rows)),
        footer.location(), ErrorCode::kCorruptData);
    ICEFIELD_ARROW_ASSIGN(std::unique_ptr<arrow::RecordBatchReader> batches,
                          reader->GetRecordBatchReader({read.row_group}, read.leaves),
                          footer.location(), ErrorCode::kCorruptData);
    return std::unique_ptr<BatchStream>(
        std::make_unique<RowGroupStream>(footer.location(), std::move(reader), std::move(batches),
                                         NullTally(*footer.metadata(), read)));
  });
}

}  // namespace icefield
