#include "codec/avro/metadata_file.h"

namespace icefield::avro {

Status CheckFormatVersion(const ContainerReader& file) {
  const std::optional<std::string_view> version = file.FindMetadata("format-version");
  if (!version || *version == "1" || *version == "2" || *version == "3") return {};
  return Unsupported("format version '", *version, "' is not known; 1, 2 and 3 are");
}

}  // namespace icefield::avro
