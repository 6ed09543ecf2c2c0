#include "codec/parquet/page_check.h"

#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

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

[[noreturn]] void Fail(const std::string& what) { throw parquet::ParquetException(what); }

// A column that is optional where it was written would have the levels that say so read as values.
[[noreturn]] void FailOnLevels() { Fail("a page of a required column holds more than its values"); }

}  // namespace

PageCheck::PageCheck(const parquet::ColumnDescriptor& column,
                     const parquet::ColumnChunkMetaData& chunk)
    : column_(column), encodings_(chunk.encodings()), values_left_(chunk.num_values()) {}

void PageCheck::Take(const parquet::Page& page) {
  if (page.type() == parquet::PageType::DATA_PAGE) {
    const auto& data = static_cast<const parquet::DataPageV1&>(page);
    CheckLevels(data.definition_level_encoding());
    CheckLevels(data.repetition_level_encoding());
    CheckData(data);
  } else if (page.type() == parquet::PageType::DATA_PAGE_V2) {
    const auto& data = static_cast<const parquet::DataPageV2&>(page);
    if (!HasLevels() && data.definition_levels_byte_length() != 0) FailOnLevels();
    CheckData(data);
  }
}

void PageCheck::Skip(int64_t values) {
  if (values < 0 || values > values_left_) Fail("its pages hold more values than its footer says");
  values_left_ -= values;
}

void PageCheck::End() const {
  if (values_left_ != 0) Fail("its pages hold fewer values than its footer says");
}

bool PageCheck::Has(parquet::Encoding::type encoding) const {
  return std::ranges::find(encodings_, encoding) != encodings_.end();
}

bool PageCheck::HasLevels() const {
  return column_.max_definition_level() > 0 || column_.max_repetition_level() > 0;
}

// Some writers do not list the encoding of levels, which is nearly always this one.
void PageCheck::CheckLevels(parquet::Encoding::type encoding) const {
  if (encoding == parquet::Encoding::RLE || Has(encoding)) return;
  Fail(StrCat("a page has levels in the encoding ", parquet::EncodingToString(encoding),
              ", which its footer does not list"));
}

void PageCheck::CheckData(const parquet::DataPage& page) {
  const parquet::Encoding::type encoding = page.encoding();
  // The two names of dictionary indices are taken for each other.
  const bool known = Has(encoding) || (IsDictionaryIndex(encoding) &&
                                       std::ranges::any_of(encodings_, IsDictionaryIndex));
  if (!known) {
    Fail(StrCat("a page is in the encoding ", parquet::EncodingToString(encoding),
                ", which its footer does not list"));
  }
  Skip(page.num_values());
  if (HasLevels() || encoding != parquet::Encoding::PLAIN) return;
  if (PlainBytes(page, column_, page.num_values()) != page.size()) FailOnLevels();
}

}  // namespace icefield
