/// Pages that are looked at before they are decoded.
#pragma once

#include <parquet/column_page.h>
#include <parquet/types.h>

#include <cstdint>
#include <vector>

namespace parquet {
class ColumnChunkMetaData;
class ColumnDescriptor;
}  // namespace parquet

namespace icefield {

/// Compares the pages of one column chunk, in their order, with what the footer says of the chunk.
/// A page's checksum does not cover the page's own header, so that a damaged header would give
/// other values without any error. Throws parquet::ParquetException.
class PageCheck {
 public:
  PageCheck(const parquet::ColumnDescriptor& column, const parquet::ColumnChunkMetaData& chunk);

  /// The next page. Refused: a data page in an encoding that the chunk does not have, levels in
  /// another encoding than the format's, more values than the chunk has, and plain pages of
  /// required columns of another length than their values have.
  void Take(const parquet::Page& page);

  /// The next data page is left out; it has so many values.
  void Skip(int64_t values);

  /// There is no further page. Refused: fewer values than the chunk has.
  void End() const;

 private:
  bool Has(parquet::Encoding::type encoding) const;
  bool HasLevels() const;
  void CheckLevels(parquet::Encoding::type encoding) const;
  void CheckData(const parquet::DataPage& page);

  const parquet::ColumnDescriptor& column_;
  std::vector<parquet::Encoding::type> encodings_;  // Of the chunk.
  int64_t values_left_;                             // Of the chunk, in pages to come.
};

}  // namespace icefield
