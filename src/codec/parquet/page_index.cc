#include "codec/parquet/page_index.h"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "codec/parquet/chunk_pages.h"
#include "codec/parquet/input_adapter.h"
#include "codec/parquet/value_bound.h"

namespace icefield {
namespace {

// A row group's page index; null where it has none. Holds what it reads from.
class GroupIndex {
 public:
  GroupIndex(const InputFile& file, const ParquetFooter& footer, int row_group)
      : input_(AdaptInput(file)),
        reader_(parquet::PageIndexReader::Make(input_.get(), footer.metadata(), properties_)) {
    if (reader_ != nullptr) group_ = reader_->RowGroup(row_group);
  }

  parquet::RowGroupPageIndexReader* group() const { return group_.get(); }

 private:
  parquet::ReaderProperties properties_;
  std::shared_ptr<arrow::io::RandomAccessFile> input_;
  std::shared_ptr<parquet::PageIndexReader> reader_;
  std::shared_ptr<parquet::RowGroupPageIndexReader> group_;
};

// Empty where the pages do not lie one after the other within the row group.
PagePlaces PlacesOf(const parquet::OffsetIndex& index, int64_t rows) {
  PagePlaces places;
  for (const parquet::PageLocation& page : index.page_locations()) {
    const int64_t least = places.empty() ? 0 : places.back().first_row + 1;
    const int64_t offset_min = places.empty() ? 0 : places.back().offset + 1;
    if (page.first_row_index < least || page.first_row_index >= rows || page.offset < offset_min ||
        page.compressed_page_size <= 0 || (places.empty() && page.first_row_index != 0)) {
      return {};
    }
    places.push_back({page.offset, page.compressed_page_size, page.first_row_index});
  }
  return places;
}

// The dictionary, and the pages that hold asked rows.
ChunkRead ReadOf(const parquet::ColumnChunkMetaData& chunk, const PagePlaces& places, int64_t rows,
                 const std::vector<RowRun>& runs) {
  ChunkRead read{.bytes = chunk.total_compressed_size(),
                 .pages = static_cast<int64_t>(places.size())};
  if (runs.empty()) return read;
  read = {.bytes = std::max<int64_t>(0, chunk.data_page_offset() - ChunkBegin(chunk)), .pages = 0};
  for (size_t page = 0; page < places.size(); ++page) {
    if (!HoldsAny(places, page, rows, runs)) continue;
    read.bytes += places[page].bytes;
    ++*read.pages;
  }
  return read;
}

bool HasOffsetIndex(const ParquetFooter& footer, int row_group, int leaf) {
  return footer.metadata()
      ->RowGroup(row_group)
      ->ColumnChunk(leaf)
      ->GetOffsetIndexLocation()
      .has_value();
}

}  // namespace

Result<PageIndexPlaces> ReadPagePlaces(const InputFile& file, const ParquetFooter& footer,
                                       int row_group, const std::vector<int>& leaves) {
  PageIndexPlaces places;
  const int64_t rows = footer.row_groups()[static_cast<size_t>(row_group)].rows;
  const bool has_index = std::ranges::any_of(
      leaves, [&](int leaf) { return HasOffsetIndex(footer, row_group, leaf); });
  if (!has_index) return places;
  try {
    const GroupIndex index(file, footer, row_group);
    if (index.group() == nullptr) return places;
    for (const int leaf : leaves) {
      const std::shared_ptr<parquet::OffsetIndex> of_leaf = index.group()->GetOffsetIndex(leaf);
      if (of_leaf == nullptr) continue;
      PagePlaces found = PlacesOf(*of_leaf, rows);
      if (!found.empty()) places[leaf] = std::move(found);
    }
  } catch (const std::exception&) {
    return PageIndexPlaces();  // Reading without it says what is wrong with the file, if anything.
  }
  return places;
}

Result<std::vector<ChunkRead>> PlanChunkReads(const InputFile& file, const ParquetFooter& footer,
                                              int row_group, const std::vector<int>& leaves,
                                              const std::vector<RowRun>& runs) {
  ICEFIELD_ASSIGN(const PageIndexPlaces places, ReadPagePlaces(file, footer, row_group, leaves));
  const int64_t rows = footer.row_groups()[static_cast<size_t>(row_group)].rows;
  std::vector<ChunkRead> reads;
  for (const int leaf : leaves) {
    ChunkRead& read = reads.emplace_back();
    read.bytes = footer.BytesOf(row_group, {leaf});
    const auto found = places.find(leaf);
    if (footer.flat_type(leaf) == nullptr) {
      read.pages = 0;
    } else if (found != places.end()) {
      const ChunkRead asked = ReadOf(*footer.metadata()->RowGroup(row_group)->ColumnChunk(leaf),
                                     found->second, rows, runs);
      read = {.bytes = std::min(read.bytes, asked.bytes), .pages = asked.pages};
    }
  }
  return reads;
}

Result<PagesOfLeaf> ReadPageStatistics(const InputFile& file, const ParquetFooter& footer,
                                       int row_group, int leaf, const PrimitiveType& type) {
  PagesOfLeaf pages;
  const int64_t rows = footer.row_groups()[static_cast<size_t>(row_group)].rows;
  if (!HasOffsetIndex(footer, row_group, leaf)) return pages;
  try {
    const GroupIndex index(file, footer, row_group);
    if (index.group() == nullptr) return pages;
    const std::shared_ptr<parquet::OffsetIndex> offsets = index.group()->GetOffsetIndex(leaf);
    const std::shared_ptr<parquet::ColumnIndex> columns = index.group()->GetColumnIndex(leaf);
    if (offsets == nullptr || columns == nullptr) return pages;
    const PagePlaces places = PlacesOf(*offsets, rows);
    if (places.size() != columns->null_pages().size()) return pages;
    const parquet::ColumnDescriptor& column = *footer.metadata()->schema()->Column(leaf);
    for (size_t page = 0; page < places.size(); ++page) {
      pages.first_rows.push_back(places[page].first_row);
      ColumnStatistics& statistics = pages.statistics.emplace_back();
      statistics.value_count =
          (page + 1 < places.size() ? places[page + 1].first_row : rows) - places[page].first_row;
      if (columns->has_null_counts()) statistics.null_count = columns->null_counts()[page];
      if (columns->null_pages()[page]) {
        statistics.null_count = statistics.value_count;
        continue;
      }
      statistics.lower = BoundOf(columns->encoded_min_values()[page], column, type, true);
      statistics.upper = BoundOf(columns->encoded_max_values()[page], column, type, false);
    }
  } catch (const std::exception&) {
    return PagesOfLeaf();
  }
  return pages;
}

}  // namespace icefield
