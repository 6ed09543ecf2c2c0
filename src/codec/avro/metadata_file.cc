#include "codec/avro/metadata_file.h"

#include <charconv>

namespace icefield::avro {

Status CheckFormatVersion(const ContainerReader& file) {
  const std::optional<std::string_view> version = file.FindMetadata("format-version");
  if (!version || *version == "1" || *version == "2" || *version == "3") return {};
  return Unsupported("format version '", *version, "' is not known; 1, 2 and 3 are");
}

Result<std::optional<SpecId>> FindSpecId(const ContainerReader& file) {
  const std::optional<std::string_view> text = file.FindMetadata("partition-spec-id");
  if (!text) return std::optional<SpecId>();
  SpecId id;
  const char* text_end = text->data() + text->size();
  const auto [end, failure] = std::from_chars(text->data(), text_end, id.value);
  if (failure == std::errc() && end == text_end) return std::optional<SpecId>(id);
  return CorruptData("its partition-spec-id '", *text, "' is not a number");
}

}  // namespace icefield::avro
