/// Pages that are looked at before they are decoded.
#pragma once

#include <parquet/file_reader.h>

#include <memory>

namespace icefield {

/// As parquet::ParquetFileReader::Open, for readers that do not buffer ahead; each page must be
/// what the footer says of its column chunk. A page's checksum does not cover the page's own
/// header, so that a damaged header would give other values without any error. Reading throws
/// parquet::ParquetException for a data page in an encoding that the chunk does not have, for
/// levels in another encoding than the format's, for pages that do not add up to the values of
/// their chunk, and for plain pages of required columns of another length than their values have.
std::unique_ptr<parquet::ParquetFileReader> OpenChecked(
    std::shared_ptr<arrow::io::RandomAccessFile> source,
    const parquet::ReaderProperties& properties, std::shared_ptr<parquet::FileMetaData> metadata);

}  // namespace icefield
