#include "codec/parquet/page_inflater.h"

#include <parquet/exception.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/strings.h"

namespace icefield {
namespace {

[[noreturn]] void FailSize() {
  throw parquet::ParquetException("a page has another size than its header says");
}

}  // namespace

PageInflater::PageInflater(parquet::Compression::type codec) {
  if (codec == parquet::Compression::UNCOMPRESSED) return;
  codec_ = parquet::GetCodec(codec);
  if (codec_ == nullptr || codec != parquet::Compression::ZSTD) return;
  PARQUET_ASSIGN_OR_THROW(streaming_, codec_->MakeDecompressor());
}

std::shared_ptr<parquet::Page> PageInflater::Inflate(std::shared_ptr<parquet::Page> page) {
  if (codec_ == nullptr) return page;
  switch (page->type()) {
    case parquet::PageType::DATA_PAGE:
      return InflateV1(static_cast<const parquet::DataPageV1&>(*page));
    case parquet::PageType::DATA_PAGE_V2:
      return InflateV2(static_cast<const parquet::DataPageV2&>(*page));
    default:
      return page;
  }
}

std::shared_ptr<arrow::Buffer> PageInflater::Room(int64_t bytes) {
  if (bytes < 0) FailSize();
  if (room_ == nullptr || room_bytes_ < bytes) {
    room_ = std::make_unique_for_overwrite<uint8_t[]>(static_cast<size_t>(bytes));
    room_bytes_ = bytes;
  }
  return std::make_shared<arrow::Buffer>(room_.get(), bytes);
}

std::shared_ptr<parquet::Page> PageInflater::InflateV1(const parquet::DataPageV1& page) {
  const int64_t bytes = page.uncompressed_size();
  std::shared_ptr<arrow::Buffer> inflated = Room(bytes);
  Decompress(page.data(), page.size(), room_.get(), bytes);
  return std::make_shared<parquet::DataPageV1>(std::move(inflated), page.num_values(),
                                               page.encoding(), page.definition_level_encoding(),
                                               page.repetition_level_encoding(), bytes);
}

// Its levels are not compressed.
std::shared_ptr<parquet::Page> PageInflater::InflateV2(const parquet::DataPageV2& page) {
  const int64_t levels =
      int64_t{page.definition_levels_byte_length()} + page.repetition_levels_byte_length();
  const int64_t bytes = page.uncompressed_size();
  if (levels < 0 || levels > page.size() || levels > bytes) FailSize();
  std::shared_ptr<arrow::Buffer> inflated = Room(bytes);
  std::copy_n(page.data(), levels, room_.get());
  if (page.is_compressed()) {
    Decompress(page.data() + levels, page.size() - levels, room_.get() + levels, bytes - levels);
  } else {
    if (page.size() != bytes) FailSize();
    std::copy_n(page.data() + levels, bytes - levels, room_.get() + levels);
  }
  return std::make_shared<parquet::DataPageV2>(
      std::move(inflated), page.num_values(), page.num_nulls(), page.num_rows(), page.encoding(),
      page.definition_levels_byte_length(), page.repetition_levels_byte_length(), bytes);
}

void PageInflater::Decompress(const uint8_t* from, int64_t bytes, uint8_t* to, int64_t to_bytes) {
  // Pages of nothing but nulls: there may be no bytes at all.
  if (to_bytes == 0 && bytes == 0) return;
  if (streaming_ == nullptr) {
    PARQUET_ASSIGN_OR_THROW(const int64_t decompressed,
                            codec_->Decompress(bytes, from, to_bytes, to));
    if (decompressed != to_bytes) FailSize();
    return;
  }
  PARQUET_THROW_NOT_OK(streaming_->Reset());
  while (true) {
    PARQUET_ASSIGN_OR_THROW(const auto step, streaming_->Decompress(bytes, from, to_bytes, to));
    from += step.bytes_read;
    bytes -= step.bytes_read;
    to += step.bytes_written;
    to_bytes -= step.bytes_written;
    if (streaming_->IsFinished() && bytes == 0) break;
    // Another frame may follow.
    if (streaming_->IsFinished()) PARQUET_THROW_NOT_OK(streaming_->Reset());
    if (step.bytes_read == 0 && step.bytes_written == 0) FailSize();
  }
  if (to_bytes != 0) FailSize();
}

}  // namespace icefield
