/// Arrow rows as JSON, one object a line.
#pragma once

#include <arrow/record_batch.h>

#include <string>

#include "base/result.h"

namespace icefield {

/// Appends one line a row: {"id":1,"at":"2024-01-31T12:00:00.000000Z"}. Times and dates are
/// ISO-8601 texts, decimals texts, binary values hexadecimal texts, NaN and infinities texts;
/// structs objects, lists arrays, maps arrays of
/// {"key", "value"}. Unsupported names a type without a JSON form.
Status AppendJsonRows(const arrow::RecordBatch& batch, std::string& out);

/// Appends one value (a null as null).
Status AppendJsonValue(const arrow::Array& column, int64_t row, std::string& out);

/// Appends `text` as a JSON string with its quotes.
void AppendJsonText(std::string_view text, std::string& out);

/// The value as a person reads it: as JSON, but texts and times without quotes, and nothing for
/// null.
Result<std::string> PlainText(const arrow::Array& column, int64_t row);

}  // namespace icefield
