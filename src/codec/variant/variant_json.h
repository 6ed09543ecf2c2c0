/// Variant values as JSON text (Parquet specification: "Variant Binary Encoding" and "Variant
/// Shredding").
#pragma once

#include <arrow/array.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// The JSON of one variant value, without spaces between its parts:
///
/// - null, booleans, integers: as JSON has them. Floats and doubles: the shortest text that reads
///   back as the same number, with a point or an exponent; those without a JSON number are the
///   texts "NaN", "Infinity", "-Infinity".
/// - Decimals: numbers with all digits of their scale (1.20), without an exponent.
/// - Strings: escaped as far as JSON demands it, other characters as they are (UTF-8).
/// - Binary values: base64 text. UUIDs: "f24f9b64-81fa-49d1-b74e-8c09a6e31c56".
/// - Dates "2024-01-31"; times "12:34:56.123456"; timestamps "2024-01-31T12:34:56.123456", with
///   "+00:00" behind it where the type is in UTC: ISO-8601 with six digits of a second, nine for
///   nanoseconds. (Spark's to_json differs in form only: it puts a space for the T, and leaves
///   zeros at the end of seconds and decimals away.)
/// - Objects: their fields in the order in which the value has them, which is by name. Arrays.
///
/// CorruptData where any byte of the value, or of the metadata that is needed to read it, is not
/// what the specification demands. Unsupported for a version or a type of a later specification,
/// and for values nested deeper than 1000 levels; ResourceExhausted where the text exceeds 2 GiB.
Result<std::string> VariantToJson(std::string_view metadata, std::string_view value);

/// The JSON of every row of a variant column, as utf8; null where the row is null. `group` is what
/// Arrow's Parquet reader gives for the column: a struct (or an extension type over one) of
/// "metadata", "value" and "typed_value", found by name; the latter two may each be absent.
///
/// Shredded values come back whole: from typed_value where it holds the value, from value where it
/// does not, fields of objects from both, ordered by name. A field that stands in both is read from
/// typed_value, as Iceberg's library does; any other value in both is CorruptData. A value in
/// neither is null, except for a field, which does not exist then. Decimals have the scale of the
/// typed_value column.
///
/// Errors are those of a single value and name the row within `group`. Types that the specification
/// does not shred to are Unsupported; the message names the type and where it stands.
Result<std::shared_ptr<arrow::Array>> VariantColumnToJson(const arrow::Array& group);

/// VariantColumnToJson.
inline Result<std::shared_ptr<arrow::Array>> VariantToJson(const arrow::Array& group) {
  return VariantColumnToJson(group);
}

}  // namespace icefield
