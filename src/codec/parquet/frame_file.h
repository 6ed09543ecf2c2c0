/// A whole Parquet file as a table: entity frames.
#pragma once

#include <arrow/table.h>

#include <memory>

#include "base/result.h"
#include "io/object_store.h"

namespace icefield {

/// All columns and rows, in the types that the file states. CorruptData names the file.
Result<std::shared_ptr<arrow::Table>> ReadParquetFrame(std::unique_ptr<InputFile> file);

}  // namespace icefield
