#include "codec/avro/manifest_spec.h"

#include "codec/avro/metadata_file.h"

namespace icefield {

Result<SpecId> ReadManifestSpecId(std::string_view bytes, std::string_view location) {
  Result<avro::ContainerReader> file = avro::ContainerReader::Make(bytes);
  if (!file.ok()) return std::move(file).error().At(location);
  Result<std::optional<SpecId>> id = avro::FindSpecId(*file);
  if (!id.ok()) return std::move(id).error().At(location);
  return id->value_or(SpecId());
}

}  // namespace icefield
