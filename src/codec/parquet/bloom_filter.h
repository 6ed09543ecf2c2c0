/// Bloom filters of column chunks.
#pragma once

#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "io/object_store.h"
#include "model/type.h"
#include "model/value.h"

namespace icefield {

/// True where a leaf has a bloom filter in a row group, for values of `type` (the column's type in
/// the table) that the file stores as they are.
bool HasBloomFilter(const ParquetFooter& footer, int row_group, int leaf,
                    const PrimitiveType& type);

/// The values (of `type`) that the row group may hold. All of them where the filter cannot be read:
/// nothing depends on it but speed.
Result<std::vector<Value>> MayHold(const InputFile& file, const ParquetFooter& footer,
                                   int row_group, int leaf, std::vector<Value> values);

}  // namespace icefield
