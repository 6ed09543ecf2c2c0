/// Parquet schemas of any writer made into ones that Arrow's reader gets through.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"

namespace icefield {

/// Changes a footer that nobody else holds yet, so that Arrow reads every column by the Parquet
/// schema alone, in one Arrow type for each Parquet type:
///
/// - An Arrow schema that the writer stored beside the Parquet schema is dropped.
/// - A leaf whose annotation Arrow refuses loses it and is kUnreadable: without that, one such
///   column would make the whole file unreadable. Decimals in byte arrays without a fixed width, or
///   of more than 16 bytes, become kDecimalBytes.
/// - Groups without leaves are dropped; lists and maps of a shape that Arrow refuses become plain
///   structs.
///
/// Numbers of leaves stay as they are. Gives the columns. May throw Parquet's exceptions.
Result<std::vector<FileColumn>> MakeReadable(parquet::FileMetaData& metadata,
                                             const std::string& location);

}  // namespace icefield
