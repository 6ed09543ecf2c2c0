/// How the Parquet library is told what a file is to be like.
#pragma once

#include <parquet/properties.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_writer.h"
#include "codec/parquet/written_schema.h"

namespace icefield {

/// `plain` columns (by their paths) get no dictionary. InvalidArgument names the option that cannot
/// be. May throw Parquet's exceptions.
Result<std::shared_ptr<parquet::WriterProperties>> MakeWriterProperties(
    const WrittenSchema& schema, const ParquetWriteOptions& options,
    const std::vector<std::string>& plain);

}  // namespace icefield
