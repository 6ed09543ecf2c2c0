/// Arrow's reader over pages that are checked.
#pragma once

#include <parquet/file_reader.h>

#include <memory>

namespace icefield {

/// As parquet::ParquetFileReader::Open, for readers that do not buffer ahead. Reading throws
/// parquet::ParquetException for pages that PageCheck refuses.
std::unique_ptr<parquet::ParquetFileReader> OpenChecked(
    std::shared_ptr<arrow::io::RandomAccessFile> source,
    const parquet::ReaderProperties& properties, std::shared_ptr<parquet::FileMetaData> metadata);

}  // namespace icefield
