#include "codec/parquet/checked_pages.h"

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace icefield {
namespace {

bool IsDictionaryIndex(parquet::Encoding::type encoding) {
  return encoding == parquet::Encoding::PLAIN_DICTIONARY ||
         encoding == parquet::Encoding::RLE_DICTIONARY;
}

// The bytes of a page's values that are `count` texts or binaries, each after its length; nothing
// where the page ends inside of them.
std::optional<int64_t> BytesOfTexts(const parquet::Page& page, int64_t count) {
  int64_t at = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t length = 0;
    if (page.size() - at < static_cast<int64_t>(sizeof(length))) return std::nullopt;
    std::memcpy(&length, page.data() + at, sizeof(length));
    at += static_cast<int64_t>(sizeof(length)) + length;
  }
  return at;
}

// Bytes that `count` values without levels take in the encoding PLAIN.
std::optional<int64_t> PlainBytes(const parquet::Page& page,
                                  const parquet::ColumnDescriptor& column, int64_t count) {
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return (count + 7) / 8;
    case parquet::Type::BYTE_ARRAY:
      return BytesOfTexts(page, count);
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return count * column.type_length();
    default:
      return count * parquet::GetTypeByteSize(column.physical_type());
  }
}

class CheckedPageReader final : public parquet::PageReader {
 public:
  CheckedPageReader(std::unique_ptr<parquet::PageReader> pages,
                    const parquet::ColumnDescriptor& column,
                    const parquet::ColumnChunkMetaData& chunk)
      : pages_(std::move(pages)),
        column_(column),
        encodings_(chunk.encodings()),
        values_left_(chunk.num_values()) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    std::shared_ptr<parquet::Page> page = pages_->NextPage();
    if (page == nullptr) {
      if (values_left_ != 0) Fail("its pages hold fewer values than its footer says");
    } else if (page->type() == parquet::PageType::DATA_PAGE) {
      const auto& data = static_cast<const parquet::DataPageV1&>(*page);
      CheckLevels(data.definition_level_encoding());
      CheckLevels(data.repetition_level_encoding());
      CheckData(data);
    } else if (page->type() == parquet::PageType::DATA_PAGE_V2) {
      const auto& data = static_cast<const parquet::DataPageV2&>(*page);
      if (!HasLevels() && data.definition_levels_byte_length() != 0) FailOnLevels();
      CheckData(data);
    }
    return page;
  }

  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  [[noreturn]] static void Fail(const std::string& what) { throw parquet::ParquetException(what); }

  bool Has(parquet::Encoding::type encoding) const {
    return std::ranges::find(encodings_, encoding) != encodings_.end();
  }

  // Some writers do not list the encoding of levels, which is nearly always this one.
  void CheckLevels(parquet::Encoding::type encoding) const {
    if (encoding == parquet::Encoding::RLE || Has(encoding)) return;
    Fail(StrCat("a page has levels in the encoding ", parquet::EncodingToString(encoding),
                ", which its footer does not list"));
  }

  void CheckData(const parquet::DataPage& page) {
    const parquet::Encoding::type encoding = page.encoding();
    // The two names of dictionary indices are taken for each other.
    const bool known = Has(encoding) || (IsDictionaryIndex(encoding) &&
                                         std::ranges::any_of(encodings_, IsDictionaryIndex));
    if (!known) {
      Fail(StrCat("a page is in the encoding ", parquet::EncodingToString(encoding),
                  ", which its footer does not list"));
    }
    if (page.num_values() < 0 || page.num_values() > values_left_) {
      Fail("its pages hold more values than its footer says");
    }
    values_left_ -= page.num_values();
    if (HasLevels() || encoding != parquet::Encoding::PLAIN) return;
    if (PlainBytes(page, column_, page.num_values()) != page.size()) FailOnLevels();
  }

  bool HasLevels() const {
    return column_.max_definition_level() > 0 || column_.max_repetition_level() > 0;
  }

  // A column that is optional where it was written would have the levels that say so read as
  // values.
  [[noreturn]] static void FailOnLevels() {
    Fail("a page of a required column holds more than its values");
  }

  std::unique_ptr<parquet::PageReader> pages_;
  const parquet::ColumnDescriptor& column_;
  std::vector<parquet::Encoding::type> encodings_;  // Of the chunk.
  int64_t values_left_;                             // Of the chunk, in pages to come.
};

class CheckedRowGroup final : public parquet::RowGroupReader::Contents {
 public:
  CheckedRowGroup(std::shared_ptr<parquet::RowGroupReader> row_group,
                  const parquet::ReaderProperties& properties)
      : row_group_(std::move(row_group)), properties_(properties) {}

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int column) override {
    return std::make_unique<CheckedPageReader>(row_group_->GetColumnPageReader(column),
                                               *metadata()->schema()->Column(column),
                                               *metadata()->ColumnChunk(column));
  }
  const parquet::RowGroupMetaData* metadata() const override { return row_group_->metadata(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  std::shared_ptr<parquet::RowGroupReader> row_group_;
  parquet::ReaderProperties properties_;
};

class CheckedContents final : public parquet::ParquetFileReader::Contents {
 public:
  CheckedContents(std::unique_ptr<parquet::ParquetFileReader::Contents> contents,
                  parquet::ReaderProperties properties)
      : contents_(std::move(contents)), properties_(std::move(properties)) {}

  void Close() override { contents_->Close(); }
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int number) override {
    return std::make_shared<parquet::RowGroupReader>(
        std::make_unique<CheckedRowGroup>(contents_->GetRowGroup(number), properties_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return contents_->metadata(); }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override {
    return contents_->GetPageIndexReader();
  }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    return contents_->GetBloomFilterReader();
  }

 private:
  std::unique_ptr<parquet::ParquetFileReader::Contents> contents_;
  parquet::ReaderProperties properties_;
};

}  // namespace

std::unique_ptr<parquet::ParquetFileReader> OpenChecked(
    std::shared_ptr<arrow::io::RandomAccessFile> source,
    const parquet::ReaderProperties& properties, std::shared_ptr<parquet::FileMetaData> metadata) {
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(
      std::make_unique<CheckedContents>(parquet::ParquetFileReader::Contents::Open(
                                            std::move(source), properties, std::move(metadata)),
                                        properties));
  return reader;
}

}  // namespace icefield
