/// Columns of single values, as a shredded variant has them, to JSON.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield::variant {

/// True for binary types of any offset width; values of columns `metadata` and `value` have one.
bool IsBinary(const arrow::DataType& type);

/// The bytes of a binary value or a text that is not null; nothing for columns of another type.
std::optional<std::string_view> BytesAt(const arrow::Array& column, int64_t row);

/// True for the types to which single values are shredded (Parquet specification: "Shredded Value
/// Types"), as Arrow's Parquet reader gives them. Fixed binary of 16 bytes is a UUID, a timestamp
/// with a time zone one in UTC, whatever the zone.
bool IsShreddedScalar(const arrow::DataType& type);

/// Appends a value that is not null, of a column for whose type IsShreddedScalar holds. CorruptData
/// where no variant can have it: texts that are not UTF-8, times outside of a day.
Status AppendShreddedScalar(const arrow::Array& column, int64_t row, std::string& out);

}  // namespace icefield::variant
