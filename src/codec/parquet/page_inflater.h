/// Pages decompressed with state that is kept from page to page.
#pragma once

#include <arrow/util/compression.h>
#include <parquet/column_page.h>
#include <parquet/types.h>

#include <cstdint>
#include <memory>

namespace icefield {

/// Decompresses the pages of one column chunk, one after the other. Arrow's page reader makes the
/// state of a decompressor anew for every page, which costs as much as a small page itself. Throws
/// parquet::ParquetException and its kin.
class PageInflater {
 public:
  explicit PageInflater(parquet::Compression::type codec);

  /// `page` as it lies in the file; the result's bytes live until the next call, or are its own.
  std::shared_ptr<parquet::Page> Inflate(std::shared_ptr<parquet::Page> page);

 private:
  std::shared_ptr<parquet::Page> InflateV1(const parquet::DataPageV1& page);
  std::shared_ptr<parquet::Page> InflateV2(const parquet::DataPageV2& page);
  void Decompress(const uint8_t* from, int64_t bytes, uint8_t* to, int64_t to_bytes);
  std::shared_ptr<arrow::Buffer> Room(int64_t bytes);

  std::unique_ptr<arrow::util::Codec> codec_;             // Null: pages are not compressed.
  std::shared_ptr<arrow::util::Decompressor> streaming_;  // Null: whole pages, without state.
  std::unique_ptr<uint8_t[]> room_;
  int64_t room_bytes_ = 0;
};

}  // namespace icefield
