/// Values of a file's primitive types as values of the table's.
#pragma once

#include <arrow/array.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "model/type.h"

namespace icefield {

/// A leaf as its file gives it.
struct StoredLeaf {
  std::shared_ptr<arrow::Array> values;
  LeafForm form;
};

/// `leaf` in `arrow_type`, which the type table gives to `type`. Promotions (int to long, float to
/// double, wider decimals, date to timestamp and timestamp_ns) are exact, or CorruptData where a
/// value does not fit. Instants of coarser units are scaled exactly, of finer ones floored (P10);
/// ones with and without a zone never mix, but for stored forms that do not say which they are.
/// Bytes without an annotation become text where they are UTF-8. CorruptData names `where` and both
/// types where the one cannot become the other; Unsupported for INT96 in a column of nanoseconds.
Result<std::shared_ptr<arrow::Array>> CastLeaf(const StoredLeaf& leaf, const PrimitiveType& type,
                                               const std::shared_ptr<arrow::DataType>& arrow_type,
                                               const std::string& where);

}  // namespace icefield
