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

}  // namespace

Result<ParquetFooter> ParquetFooter::Read(const InputFile& file) {
  return Guarded(file.location(), [&]() -> Result<ParquetFooter> {
    ParquetFooter footer;
    footer.location_ = file.location();
    footer.metadata_ = parquet::ReadMetaData(AdaptInput(file));
    ICEFIELD_TRY(CheckRepetition(*footer.metadata_->schema()->group_node(), footer.location_));
    ICEFIELD_ASSIGN(ReadableSchema schema, MakeReadable(*footer.metadata_, footer.location_));
    footer.columns_ = std::move(schema.columns);
    footer.flat_types_ = std::move(schema.flat_types);
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

}  // namespace icefield
