/// The pages of one column chunk, those without an asked row left out.
#pragma once

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "batch/position_set.h"
#include "codec/parquet/chunk_input.h"
#include "codec/parquet/page_check.h"
#include "codec/parquet/page_inflater.h"
#include "codec/parquet/page_places.h"

namespace icefield {

/// A column chunk to read, of a column without repetition. File and places are borrowed.
struct ChunkSource {
  const InputFile* file = nullptr;
  std::shared_ptr<parquet::FileMetaData> metadata;
  int row_group = 0;
  int leaf = 0;
  int64_t piece_bytes = 0;             ///< Read at once.
  const PagePlaces* places = nullptr;  ///< Null: pages are walked through.
  /// Rows that will all be asked for, ascending: their pages are read together where they lie
  /// together. Null: not known, pages are read one by one.
  const std::vector<RowRun>* runs = nullptr;
};

/// Where a column chunk begins in its file: its dictionary, else its first data page.
int64_t ChunkBegin(const parquet::ColumnChunkMetaData& chunk);

/// Pages in ascending order. Pages without an asked row are not decompressed, and not read where
/// their places are known. All that fails throws parquet::ParquetException.
class ChunkPages {
 public:
  explicit ChunkPages(const ChunkSource& source);

  const parquet::ColumnDescriptor& column() const { return *column_; }

  /// Makes the data page that holds `row` the current one; rows ascend from call to call.
  void Seek(int64_t row);

  /// Of the current data page, whose bytes stay until the next Seek to another.
  const parquet::DataPage& page() const { return *page_; }
  int64_t first_row() const { return first_row_; }
  int64_t end_row() const { return end_row_; }

  /// Counts the data pages that were decompressed.
  int64_t pages_read() const { return pages_read_; }

  /// The dictionary, read when it is first asked for; null where the chunk has none.
  const parquet::DictionaryPage* dictionary();

  int64_t bytes_read() const { return input_->bytes_read() + dictionary_bytes_; }

 private:
  /// Who compares them.
  enum class Checksums : uint8_t { kHere, kByArrow };

  std::unique_ptr<parquet::PageReader> OpenReader(std::shared_ptr<arrow::io::InputStream> stream,
                                                  parquet::Compression::type codec,
                                                  Checksums checksums) const;
  void CheckSum(const parquet::Page& page) const;
  void JumpNear(int64_t row);
  int64_t WantedEnd(size_t page) const;
  bool EndsAsIndexed() const;
  bool Skips(const parquet::DataPageStats& stats);

  std::unique_ptr<parquet::ColumnChunkMetaData> chunk_;
  const parquet::ColumnDescriptor* column_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  const PagePlaces* places_;
  const std::vector<RowRun>* runs_;
  const InputFile& file_;
  int64_t data_begin_ = 0;  // Of the data pages, in the file.
  int64_t end_ = 0;         // Of the chunk, in the file.
  int64_t wanted_end_ = 0;  // Of what the last jump announced, in the file.
  int64_t piece_bytes_ = 0;
  PageCheck check_;
  PageInflater inflater_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  ChunkInput* input_ = nullptr;  // The stream.
  std::unique_ptr<parquet::PageReader> reader_;
  std::shared_ptr<parquet::Page> held_;  // Keeps the current page.
  bool passed_dictionary_ = false;
  std::unique_ptr<parquet::PageReader> dictionary_reader_;  // Keeps the dictionary's bytes.
  std::shared_ptr<parquet::DictionaryPage> dictionary_;
  int64_t dictionary_bytes_ = 0;
  const parquet::DataPage* page_ = nullptr;
  int64_t wanted_row_ = 0;
  int64_t first_row_ = 0;
  int64_t end_row_ = 0;  // Where the next page begins.
  int64_t pages_read_ = 0;
};

}  // namespace icefield
