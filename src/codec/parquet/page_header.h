/// What a page's header says that Arrow's page reader keeps to itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace icefield {

/// The checksum that a page's header has, of the page's bytes as they lie in the file (field 4 of
/// PageHeader in Parquet's Thrift file, compact protocol); nothing where it has none. Throws
/// parquet::ParquetException for bytes that are no header.
std::optional<uint32_t> ChecksumIn(std::string_view header);

}  // namespace icefield
