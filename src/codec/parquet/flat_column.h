/// Flat columns decoded for the asked rows alone.
#pragma once

#include <arrow/array.h>
#include <arrow/buffer_builder.h>
#include <arrow/type.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "batch/position_set.h"
#include "codec/parquet/chunk_pages.h"
#include "codec/parquet/page_validity.h"

namespace icefield {

/// True for leaves that FlatColumn reads as arrays of `type`: without repetition and without
/// optional structs above, of a type that lies in memory as in the file.
bool IsFlat(const parquet::ColumnDescriptor& column, const arrow::DataType& type);

/// One flat column of a row group. Rows are numbered within the row group and asked for in
/// ascending order, from call to call; values of other rows are skipped inside pages, pages without
/// an asked row are not decompressed. Gives the arrays that Arrow's own reader gives. All that
/// fails throws parquet::ParquetException or its kin (see Guarded). Used by one thread.
class FlatColumn {
 public:
  /// `type` as Arrow's reader has it for this column, which IsFlat.
  static std::unique_ptr<FlatColumn> Make(const ChunkSource& source,
                                          std::shared_ptr<arrow::DataType> type);

  virtual ~FlatColumn() = default;

  /// Neighbouring rows.
  std::shared_ptr<arrow::Array> Read(RowRun run);

  /// Chosen rows, ascending and distinct.
  std::shared_ptr<arrow::Array> Pick(std::span<const int64_t> rows);

  int64_t bytes_read() const { return pages_.bytes_read(); }
  int64_t pages_read() const { return pages_.pages_read(); }

 protected:
  /// The values of a data page, without its levels.
  struct PageValues {
    const uint8_t* data = nullptr;
    int64_t bytes = 0;
    int64_t count = 0;
    parquet::Encoding::type encoding = parquet::Encoding::PLAIN;
  };

  /// The place of no value among those of a page.
  static constexpr int32_t kNoValue = -1;

  FlatColumn(const ChunkSource& source, std::shared_ptr<arrow::DataType> type);

  const parquet::ColumnDescriptor& column() const { return pages_.column(); }
  const parquet::DictionaryPage& dictionary();

  virtual void Begin(int64_t rows) = 0;
  virtual void StartPage(const PageValues& values) = 0;
  /// Appends `count` values of the page from number `first` on, no null between them.
  virtual void AppendRun(int64_t first, int64_t count) = 0;
  /// Appends the values of these numbers, ascending; kNoValue appends a null's empty place.
  virtual void AppendEach(std::span<const int32_t> numbers) = 0;
  /// The buffers of an array after the one of its nulls.
  virtual arrow::BufferVector Finish() = 0;

 private:
  template <typename Work>
  std::shared_ptr<arrow::Array> Named(const Work& work) const;
  void Enter(int64_t row);
  std::shared_ptr<arrow::Array> ReadRun(RowRun run);
  std::shared_ptr<arrow::Array> PickEach(std::span<const int64_t> rows);
  void ReadInPage(int64_t first, int64_t count);
  void PickInPage(std::span<const int64_t> rows);
  std::shared_ptr<arrow::Array> FinishArray(int64_t rows);

  ChunkPages pages_;
  int row_group_;
  std::shared_ptr<arrow::DataType> type_;
  PageValidity validity_;
  int64_t entered_end_ = 0;  // Of the page whose values are set up.
  std::vector<int32_t> numbers_;
  arrow::TypedBufferBuilder<bool> valid_;
};

}  // namespace icefield
