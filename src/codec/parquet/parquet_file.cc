#include "codec/parquet/parquet_file.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <charconv>

#include "batch/arrow_status.h"
#include "codec/parquet/checked_pages.h"
#include "codec/parquet/guarded.h"
#include "codec/parquet/input_adapter.h"
#include "codec/parquet/readable_schema.h"

namespace icefield {
namespace {

// The one place where a Parquet column gets its field id.
std::optional<FieldId> FieldIdOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return std::nullopt;
  arrow::Result<std::string> text = field.metadata()->Get("PARQUET:field_id");
  if (!text.ok()) return std::nullopt;
  int32_t number = -1;
  std::from_chars(text->data(), text->data() + text->size(), number);
  if (number < 0) return std::nullopt;
  return FieldId{number};
}

FileColumn ToFileColumn(const parquet::arrow::SchemaField& node,
                        const std::vector<LeafForm>& forms) {
  FileColumn column;
  column.id = FieldIdOf(*node.field);
  column.name = node.field->name();
  const std::vector<parquet::arrow::SchemaField>* children = &node.children;
  switch (node.field->type()->id()) {
    case arrow::Type::STRUCT:
      column.kind = FileColumn::Kind::kStruct;
      break;
    case arrow::Type::MAP:
      column.kind = FileColumn::Kind::kMap;
      children = &node.children.at(0).children;
      break;
    case arrow::Type::LIST:
      column.kind = FileColumn::Kind::kList;
      break;
    default:
      column.leaf = node.column_index;
      column.form = forms.at(static_cast<size_t>(node.column_index));
  }
  for (const parquet::arrow::SchemaField& child : *children) {
    column.children.push_back(ToFileColumn(child, forms));
  }
  return column;
}

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

class RowGroupStream final : public BatchStream {
 public:
  RowGroupStream(std::string location, std::unique_ptr<parquet::arrow::FileReader> file,
                 std::unique_ptr<arrow::RecordBatchReader> batches)
      : location_(std::move(location)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        schema_(batches_->schema()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    return Guarded(location_, [&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
      std::shared_ptr<arrow::RecordBatch> batch;
      do {
        ICEFIELD_ARROW_TRY(batches_->ReadNext(&batch), location_, ErrorCode::kCorruptData);
      } while (batch != nullptr && batch->num_rows() == 0);
      return batch;
    });
  }

 private:
  std::string location_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<ParquetFooter> ParquetFooter::Read(const InputFile& file) {
  return Guarded(file.location(), [&]() -> Result<ParquetFooter> {
    ParquetFooter footer;
    footer.location_ = file.location();
    footer.metadata_ = parquet::ReadMetaData(AdaptInput(file));
    ICEFIELD_ASSIGN(const std::vector<LeafForm> forms,
                    MakeReadable(*footer.metadata_, footer.location_));
    parquet::arrow::SchemaManifest manifest;
    ICEFIELD_ARROW_TRY(parquet::arrow::SchemaManifest::Make(footer.metadata_->schema(), nullptr,
                                                            BatchProperties(1), &manifest),
                       footer.location_, ErrorCode::kCorruptData);
    for (const parquet::arrow::SchemaField& node : manifest.schema_fields) {
      footer.columns_.push_back(ToFileColumn(node, forms));
    }
    int64_t first_row = 0;
    for (int group = 0; group < footer.metadata_->num_row_groups(); ++group) {
      const std::unique_ptr<parquet::RowGroupMetaData> extent = footer.metadata_->RowGroup(group);
      const int64_t rows = extent->num_rows();
      if (rows < 0)
        return CorruptData(footer.location_, ": row group ", group, " has ", rows, " rows");
      ICEFIELD_TRY(CheckChunks(*extent, group, footer.location_));
      footer.row_groups_.push_back({first_row, rows});
      first_row += rows;
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
    bytes += std::max(chunk->total_uncompressed_size(),
                      chunk->num_values() * (text ? kTextBytes : kNumberBytes));
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
    parquet::ArrowReaderProperties properties = BatchProperties(read.batch_rows);
    properties.set_use_threads(read.column_threads);
    ICEFIELD_ARROW_ASSIGN(
        std::unique_ptr<parquet::arrow::FileReader> reader,
        parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw), properties),
        footer.location(), ErrorCode::kCorruptData);
    ICEFIELD_ARROW_ASSIGN(std::unique_ptr<arrow::RecordBatchReader> batches,
                          reader->GetRecordBatchReader({read.row_group}, read.leaves),
                          footer.location(), ErrorCode::kCorruptData);
    return std::unique_ptr<BatchStream>(
        std::make_unique<RowGroupStream>(footer.location(), std::move(reader), std::move(batches)));
  });
}

}  // namespace icefield
