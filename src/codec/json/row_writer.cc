#include "codec/json/row_writer.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>

#include <charconv>
#include <cmath>

#include "model/calendar.h"

namespace icefield {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void AppendHex(std::string_view bytes, std::string& out) {
  out += '"';
  for (const char byte : bytes) {
    out += kHexDigits[static_cast<uint8_t>(byte) >> 4];
    out += kHexDigits[static_cast<uint8_t>(byte) & 15];
  }
  out += '"';
}

template <typename Float>
void AppendFloat(Float number, std::string& out) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  char digits[64];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end);
}

void AppendTimestamp(int64_t value, const arrow::TimestampType& type, std::string& out) {
  constexpr int64_t kNanosPerTick[] = {1'000'000'000, 1'000'000, 1000, 1};
  const Int128 nanos = Int128{value} * kNanosPerTick[type.unit()];
  Int128 day = nanos / kNanosPerDay;
  if (nanos % kNanosPerDay < 0) --day;
  const auto of_day = static_cast<int64_t>(nanos - day * kNanosPerDay);
  out += StrCat("\"", IsoDateText(static_cast<int64_t>(day)), "T",
                IsoTimeText(of_day, type.unit() == arrow::TimeUnit::NANO ? 9 : 6),
                type.timezone().empty() ? "" : "Z", "\"");
}

Status AppendChildren(const arrow::Array& values, int64_t first, int64_t count, std::string& out) {
  out += '[';
  for (int64_t at = first; at < first + count; ++at) {
    if (at > first) out += ',';
    ICEFIELD_TRY(AppendJsonValue(values, at, out));
  }
  out += ']';
  return {};
}

Status AppendStruct(const arrow::StructArray& rows, int64_t row, std::string& out) {
  out += '{';
  for (int member = 0; member < rows.num_fields(); ++member) {
    if (member > 0) out += ',';
    AppendJsonText(rows.struct_type()->field(member)->name(), out);
    out += ':';
    ICEFIELD_TRY(AppendJsonValue(*rows.field(member), row, out));
  }
  out += '}';
  return {};
}

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

// Times of day, from seconds to nanoseconds.
void AppendTimeOfDay(const arrow::Array& column, int64_t row, std::string& out) {
  constexpr int64_t kNanosPerTick[] = {1'000'000'000, 1'000'000, 1000, 1};
  const auto unit = static_cast<const arrow::TimeType&>(*column.type()).unit();
  const int64_t ticks = column.type_id() == arrow::Type::TIME32
                            ? As<arrow::Time32Array>(column).Value(row)
                            : As<arrow::Time64Array>(column).Value(row);
  out += StrCat(
      "\"", IsoTimeText(ticks * kNanosPerTick[unit], unit == arrow::TimeUnit::NANO ? 9 : 6), "\"");
}

Status AppendNested(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::STRUCT:
      return AppendStruct(As<arrow::StructArray>(column), row, out);
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      const auto& list = As<arrow::ListArray>(column);
      return AppendChildren(*list.values(), list.value_offset(row), list.value_length(row), out);
    }
    case arrow::Type::LARGE_LIST: {
      const auto& list = As<arrow::LargeListArray>(column);
      return AppendChildren(*list.values(), list.value_offset(row), list.value_length(row), out);
    }
    case arrow::Type::EXTENSION:
      return AppendJsonValue(*As<arrow::ExtensionArray>(column).storage(), row, out);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = As<arrow::DictionaryArray>(column);
      return AppendJsonValue(*dictionary.dictionary(), dictionary.GetValueIndex(row), out);
    }
    default:
      return Unsupported("type ", column.type()->ToString(),
                         " has no JSON form; use --output arrow");
  }
}

bool AppendInteger(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::INT8:
      out += StrCat(int{As<arrow::Int8Array>(column).Value(row)});
      return true;
    case arrow::Type::INT16:
      out += StrCat(As<arrow::Int16Array>(column).Value(row));
      return true;
    case arrow::Type::INT32:
      out += StrCat(As<arrow::Int32Array>(column).Value(row));
      return true;
    case arrow::Type::INT64:
      out += StrCat(As<arrow::Int64Array>(column).Value(row));
      return true;
    case arrow::Type::UINT8:
      out += StrCat(int{As<arrow::UInt8Array>(column).Value(row)});
      return true;
    case arrow::Type::UINT16:
      out += StrCat(As<arrow::UInt16Array>(column).Value(row));
      return true;
    case arrow::Type::UINT32:
      out += StrCat(As<arrow::UInt32Array>(column).Value(row));
      return true;
    case arrow::Type::UINT64:
      out += StrCat(As<arrow::UInt64Array>(column).Value(row));
      return true;
    default:
      return false;
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  for (const char letter : text) {
    const auto code = static_cast<uint8_t>(letter);
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter == '\n') {
      out += "\\n";
    } else if (code < 0x20) {
      out += "\\u00";
      out += kHexDigits[code >> 4];
      out += kHexDigits[code & 15];
    } else {
      out += letter;
    }
  }
  out += '"';
}

Status AppendJsonValue(const arrow::Array& column, int64_t row, std::string& out) {
  if (column.IsNull(row)) {
    out += "null";
    return {};
  }
  if (AppendInteger(column, row, out)) return {};
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      out += As<arrow::BooleanArray>(column).Value(row) ? "true" : "false";
      return {};
    case arrow::Type::FLOAT:
      AppendFloat(As<arrow::FloatArray>(column).Value(row), out);
      return {};
    case arrow::Type::DOUBLE:
      AppendFloat(As<arrow::DoubleArray>(column).Value(row), out);
      return {};
    case arrow::Type::DECIMAL128:
      AppendJsonText(As<arrow::Decimal128Array>(column).FormatValue(row), out);
      return {};
    case arrow::Type::DATE32:
      AppendJsonText(IsoDateText(As<arrow::Date32Array>(column).Value(row)), out);
      return {};
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      AppendTimeOfDay(column, row, out);
      return {};
    case arrow::Type::TIMESTAMP:
      AppendTimestamp(As<arrow::TimestampArray>(column).Value(row),
                      static_cast<const arrow::TimestampType&>(*column.type()), out);
      return {};
    case arrow::Type::STRING:
      AppendJsonText(As<arrow::StringArray>(column).GetView(row), out);
      return {};
    case arrow::Type::LARGE_STRING:
      AppendJsonText(As<arrow::LargeStringArray>(column).GetView(row), out);
      return {};
    case arrow::Type::BINARY:
      AppendHex(As<arrow::BinaryArray>(column).GetView(row), out);
      return {};
    case arrow::Type::FIXED_SIZE_BINARY:
      AppendHex(As<arrow::FixedSizeBinaryArray>(column).GetView(row), out);
      return {};
    default:
      return AppendNested(column, row, out);
  }
}

Status AppendJsonRows(const arrow::RecordBatch& batch, std::string& out) {
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    out += '{';
    for (int column = 0; column < batch.num_columns(); ++column) {
      if (column > 0) out += ',';
      AppendJsonText(batch.column_name(column), out);
      out += ':';
      ICEFIELD_TRY(AppendJsonValue(*batch.column(column), row, out));
    }
    out += "}\n";
  }
  return {};
}

Result<std::string> PlainText(const arrow::Array& column, int64_t row) {
  if (column.IsNull(row)) return std::string();
  if (column.type_id() == arrow::Type::STRING)
    return std::string(As<arrow::StringArray>(column).GetView(row));
  std::string text;
  ICEFIELD_TRY(AppendJsonValue(column, row, text));
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace icefield
