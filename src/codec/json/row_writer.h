/// Arrow rows as JSON, one object a line.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// Appends one line a row: {"id":1,"at":"2024-01-31T12:00:00.000000Z"}.
///
/// Numbers and truth values are JSON's own, but NaN and infinities texts. Decimals are texts,
/// binary values hexadecimal texts. Times are ISO-8601 texts with six digits of a second, nine
/// where the unit is nanoseconds; dates are "2024-01-31", durations are in seconds whatever their
/// length ("PT5400.250000S", "-PT0.000001S"). Structs are objects; lists of every kind arrays, maps
/// arrays of {"key", "value"}. Dictionary and extension columns show the values that they stand
/// for.
///
/// Unsupported names the column of a value without a JSON form (intervals, unions, run ends); part
/// of a line may then stand at the end of `out`.
Status AppendJsonRows(const arrow::RecordBatch& batch, std::string& out);

/// Appends one value (a null as null).
Status AppendJsonValue(const arrow::Array& column, int64_t row, std::string& out);

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonText(std::string_view text, std::string& out);

/// The value as a person reads it: as JSON, but texts as they are, times, decimals and binary
/// values without quotes, and nothing for null. Texts inside lists and structs stay JSON.
Result<std::string> PlainText(const arrow::Array& column, int64_t row);

}  // namespace icefield
