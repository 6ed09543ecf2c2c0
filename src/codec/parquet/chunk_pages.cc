#include "codec/parquet/chunk_pages.h"

#include <libdeflate.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>
#include <utility>

namespace icefield {
namespace {

// Some old writers count a chunk's bytes without a page's header.
int64_t PaddingOf(const parquet::FileMetaData& metadata) {
  constexpr int64_t kPaddingBytes = 100;
  const bool is_old =
      metadata.writer_version().VersionLt(parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION());
  return is_old ? kPaddingBytes : 0;
}

}  // namespace

int64_t ChunkBegin(const parquet::ColumnChunkMetaData& chunk) {
  const int64_t data = chunk.data_page_offset();
  if (!chunk.has_dictionary_page()) return data;
  const int64_t dictionary = chunk.dictionary_page_offset();
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

ChunkPages::ChunkPages(const ChunkSource& source)
    : chunk_(source.metadata->RowGroup(source.row_group)->ColumnChunk(source.leaf)),
      column_(source.metadata->schema()->Column(source.leaf)),
      metadata_(source.metadata),
      places_(source.places),
      runs_(source.runs),
      file_(*source.file),
      check_(*column_, *chunk_),
      inflater_(chunk_->compression()) {
  if (chunk_->num_values() != metadata_->RowGroup(source.row_group)->num_rows())
    throw parquet::ParquetException("a column has another number of values than its row group");
  const int64_t begin = ChunkBegin(*chunk_);
  if (begin < 0 || begin > source.file->size_bytes())
    throw parquet::ParquetException("a column lies outside of the file");
  const int64_t bytes =
      std::min(chunk_->total_compressed_size(), source.file->size_bytes()) + PaddingOf(*metadata_);
  end_ = begin + bytes;
  piece_bytes_ = std::min(source.piece_bytes, bytes);
  // Behind the dictionary, which is read when a page needs it.
  data_begin_ = std::clamp(chunk_->data_page_offset(), begin, end_);
  auto input = std::make_shared<ChunkInput>(file_, data_begin_, end_, piece_bytes_);
  input_ = input.get();
  stream_ = std::move(input);
  // Pages are given as they lie in the file, to be decompressed here.
  reader_ = OpenReader(stream_, parquet::Compression::UNCOMPRESSED, Checksums::kHere);
  reader_->set_data_page_filter(
      [this](const parquet::DataPageStats& stats) { return Skips(stats); });
}

std::unique_ptr<parquet::PageReader> ChunkPages::OpenReader(
    std::shared_ptr<arrow::io::InputStream> stream, parquet::Compression::type codec,
    Checksums checksums) const {
  parquet::ReaderProperties properties;
  properties.set_page_checksum_verification(checksums == Checksums::kByArrow);
  const bool always_compressed = metadata_->writer_version().VersionLt(
      parquet::ApplicationVersion::PARQUET_CPP_10353_FIXED_VERSION());
  return parquet::PageReader::Open(std::move(stream), chunk_->num_values(), codec, properties,
                                   *column_, always_compressed);
}

// Of a page as it lies in the file.
void ChunkPages::CheckSum(const parquet::Page& page) const {
  const std::optional<uint32_t> checksum = input_->checksum();
  if (!checksum) return;
  const auto bytes = static_cast<size_t>(page.size());
  if (libdeflate_crc32(0, page.data(), bytes) != *checksum)
    throw parquet::ParquetException("a page's checksum is wrong: its bytes were changed");
}

bool ChunkPages::Skips(const parquet::DataPageStats& stats) {
  if (stats.num_values < 0) throw parquet::ParquetException("a page has a negative size");
  if (wanted_row_ < end_row_ + stats.num_values) return false;
  check_.Skip(stats.num_values);
  end_row_ += stats.num_values;
  input_->SkipNextRead();
  return true;
}

// A chunk begins with its dictionary. Nothing behind it is read, unless the footer does not say
// where it ends.
const parquet::DictionaryPage* ChunkPages::dictionary() {
  if (dictionary_ != nullptr) return dictionary_.get();
  const int64_t begin = ChunkBegin(*chunk_);
  const int64_t end = data_begin_ > begin ? data_begin_ : end_;
  auto input = std::make_shared<ChunkInput>(file_, begin, end, std::min(piece_bytes_, end - begin));
  const ChunkInput& counted = *input;
  dictionary_reader_ = OpenReader(std::move(input), chunk_->compression(), Checksums::kByArrow);
  std::shared_ptr<parquet::Page> page = dictionary_reader_->NextPage();
  dictionary_bytes_ = counted.bytes_read();
  if (page == nullptr || page->type() != parquet::PageType::DICTIONARY_PAGE) return nullptr;
  check_.Take(*page);
  dictionary_ = std::static_pointer_cast<parquet::DictionaryPage>(std::move(page));
  return dictionary_.get();
}

// Where what is read together with a page ends: it, and the asked pages that follow it.
int64_t ChunkPages::WantedEnd(size_t page) const {
  const PagePlace& first = (*places_)[page];
  int64_t end = first.offset + first.bytes;
  if (runs_ == nullptr) return end;
  for (size_t next = page + 1; next < places_->size(); ++next) {
    const PagePlace& place = (*places_)[next];
    const bool fits = place.offset == end && end + place.bytes - first.offset <= piece_bytes_;
    if (!fits || !HoldsAny(*places_, next, chunk_->num_values(), *runs_)) break;
    end += place.bytes;
  }
  return end;
}

// Goes to where the index says that the row's page begins.
void ChunkPages::JumpNear(int64_t row) {
  if (places_ == nullptr || places_->empty()) return;
  const auto after = std::upper_bound(
      places_->begin(), places_->end(), row,
      [](int64_t asked, const PagePlace& place) { return asked < place.first_row; });
  if (after == places_->begin()) throw parquet::ParquetException("its page index lacks its start");
  const PagePlace& place = *(after - 1);
  if (place.first_row < end_row_)
    throw parquet::ParquetException("its page index does not fit its pages");
  check_.Skip(place.first_row - end_row_);
  end_row_ = place.first_row;
  if (place.offset + place.bytes > wanted_end_)
    wanted_end_ = WantedEnd(static_cast<size_t>(after - 1 - places_->begin()));
  input_->JumpTo(place.offset, wanted_end_ - place.offset);
}

// Whether the current page ends where the index has the next one begin.
bool ChunkPages::EndsAsIndexed() const {
  if (places_ == nullptr || places_->empty()) return true;
  const auto next = std::upper_bound(
      places_->begin(), places_->end(), first_row_,
      [](int64_t first, const PagePlace& place) { return first < place.first_row; });
  return next == places_->end() ? end_row_ == chunk_->num_values() : end_row_ == next->first_row;
}

void ChunkPages::Seek(int64_t row) {
  if (page_ != nullptr && row < end_row_) return;
  wanted_row_ = row;
  JumpNear(row);
  page_ = nullptr;
  held_ = nullptr;
  while (page_ == nullptr) {
    std::shared_ptr<parquet::Page> page = reader_->NextPage();
    if (page == nullptr) {
      check_.End();
      throw parquet::ParquetException("its pages hold fewer rows than its footer says");
    }
    CheckSum(*page);
    if (page->type() == parquet::PageType::DICTIONARY_PAGE) {
      if (std::exchange(passed_dictionary_, true) || end_row_ > 0)
        throw parquet::ParquetException("a column chunk has two dictionaries");
    } else if (page->type() == parquet::PageType::DATA_PAGE ||
               page->type() == parquet::PageType::DATA_PAGE_V2) {
      held_ = inflater_.Inflate(std::move(page));
      check_.Take(*held_);
      page_ = static_cast<const parquet::DataPage*>(held_.get());
      ++pages_read_;
    }
  }
  first_row_ = end_row_;
  end_row_ = first_row_ + page_->num_values();
  if (row >= end_row_ || !EndsAsIndexed())
    throw parquet::ParquetException("its page index does not fit its pages");
}

}  // namespace icefield
