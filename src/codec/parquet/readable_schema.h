/// Parquet schemas of any writer made into ones that Arrow's reader gets through.
#pragma once

#include <arrow/type.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"

namespace icefield {

/// A file's columns, and what of them is flat.
struct ReadableSchema {
  std::vector<FileColumn> columns;
  /// By leaf the Arrow type that the file's reader gives it; null unless IsFlat.
  std::vector<std::shared_ptr<arrow::DataType>> flat_types;
};

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
/// Numbers of leaves stay as they are. May throw Parquet's exceptions.
Result<ReadableSchema> MakeReadable(parquet::FileMetaData& metadata, const std::string& location);

}  // namespace icefield
