/// Table metadata from JSON (specification: "Table Metadata").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/table_metadata.h"

namespace icefield {

/// No metadata file may be larger, nor hold more once it is decompressed.
inline constexpr int64_t kMetadataFileBytesMax = int64_t{512} << 20;

/// The JSON of a metadata file's `bytes`, decompressed where they are.
Result<std::string> MetadataText(std::string_view bytes, std::string_view location);

/// Parses a metadata file of format v1, v2 or v3; `location` names it in errors. `bytes` may be
/// gzip-compressed (recognised by its first bytes). Every reference inside is checked: current
/// schema, default spec, current snapshot and refs exist. The last ids of
/// columns and partition fields are never below those that are seen; what no reader needs (they,
/// sort orders, the next row id) may be missing; types and defaults of v3 are read in older
/// versions too, as other readers do. Unsupported names another format version; CorruptData names
/// the field that is missing or wrong.
Result<TableMetadata> ParseTableMetadata(std::string_view bytes, std::string_view location);

}  // namespace icefield
