#include "codec/variant/dictionary.h"

#include "codec/variant/byte_reader.h"
#include "codec/variant/json_form.h"

namespace icefield::variant {
namespace {

constexpr int kVersion = 1;

}  // namespace

Result<Dictionary> Dictionary::Parse(std::string_view metadata) {
  ByteReader in(metadata);
  const auto header = in.TakeNumber<uint8_t>();
  if (!in.ok()) return CorruptData("the variant metadata is empty");
  if ((header & 15) != kVersion) {
    return Unsupported("version ", header & 15, " of variant metadata is not known");
  }
  const int width = (header >> 6) + 1;
  const uint64_t count = in.TakeUnsigned(width);
  Dictionary dictionary;
  if (in.ok() && count == 0 && in.position() == metadata.size()) return dictionary;

  const auto stride = static_cast<size_t>(width);
  const std::string_view offsets = in.Take((count + 1) * stride);
  if (!in.ok()) return CorruptData("the variant metadata ends inside its ", count, " offsets");
  const std::string_view bytes = metadata.substr(in.position());
  const auto offset_at = [&](uint64_t at) {
    return LittleEndian(offsets.substr(at * stride, stride));
  };
  if (offset_at(0) != 0 || offset_at(count) != bytes.size()) {
    return CorruptData("the names of the variant metadata are not the ", bytes.size(),
                       " bytes that its offsets state");
  }
  dictionary.names_.reserve(count);
  for (uint64_t id = 0; id < count; ++id) {
    const uint64_t start = offset_at(id);
    const uint64_t end = offset_at(id + 1);
    if (start > end || end > bytes.size()) {
      return CorruptData("name ", id, " of the variant metadata lies outside of its bytes");
    }
    dictionary.names_.push_back(bytes.substr(start, end - start));
    if (!IsUtf8(dictionary.names_.back())) {
      return CorruptData("name ", id, " of the variant metadata is not UTF-8");
    }
  }
  return dictionary;
}

Result<std::string_view> Dictionary::Name(uint64_t id) const {
  if (id >= names_.size()) {
    return CorruptData("an object has field id ", id, ", the variant metadata has ", names_.size(),
                       " names");
  }
  return names_[id];
}

}  // namespace icefield::variant
