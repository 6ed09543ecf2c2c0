#include "codec/avro/manifest_spec.h"

#include <charconv>

#include "codec/avro/container_reader.h"

namespace icefield {

Result<SpecId> ReadManifestSpecId(std::string_view bytes, std::string_view location) {
  Result<avro::ContainerReader> reader = avro::ContainerReader::Make(bytes);
  if (!reader.ok()) return std::move(reader).error().At(location);
  const std::optional<std::string_view> text = reader->FindMetadata("partition-spec-id");
  SpecId id;
  if (!text) return id;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), id.value);
  if (failure != std::errc() || end != text->data() + text->size()) {
    return CorruptData(location, ": partition-spec-id '", *text, "' is not a number");
  }
  return id;
}

}  // namespace icefield
