/// Values of one leaf in the type that a table has for it.
#pragma once

#include <arrow/array.h>

#include <memory>

#include "base/result.h"
#include "model/type.h"

namespace icefield {

/// The values that a dictionary or an extension of texts stands for; other arrays as they are.
Result<std::shared_ptr<arrow::Array>> Decoded(const std::shared_ptr<arrow::Array>& values);

/// Offsets from 0 on in 32 bits of a list, text or bytes array with offsets of either width, and
/// the range of what they point into. ResourceExhausted where 32 bits do not hold them.
struct Offsets {
  std::shared_ptr<arrow::Buffer> buffer;
  int64_t first = 0;
  int64_t length = 0;
};
Result<Offsets> SmallOffsets(const arrow::ArrayData& data, bool large);

/// Which rows are there, from bit 0 on; null where all are.
Result<std::shared_ptr<arrow::Buffer>> ValidityOf(const arrow::Array& values);

/// `values` in the Arrow type of `type`, which they may become (AppendDifferences finds nothing).
/// Values of the type already are passed on. InvalidArgument says which value does not fit, without
/// its row; texts must be UTF-8. Nanoseconds are floored where `floors`; else they must be whole
/// microseconds where the type has no more.
Result<std::shared_ptr<arrow::Array>> ConformLeaf(const std::shared_ptr<arrow::Array>& values,
                                                  const PrimitiveType& type, bool floors);

}  // namespace icefield
