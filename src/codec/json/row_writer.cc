#include "codec/json/row_writer.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/util/float16.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/checked.h"
#include "base/json.h"
#include "model/calendar.h"

namespace icefield {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kMillisPerDay = kMicrosPerDay / 1000;

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

// A value and where it stands.
struct Cell {
  const arrow::Array* column;
  int64_t row;
};

// Where the value itself stands: what an extension type stores, what a dictionary's index names.
Cell Resolve(Cell cell) {
  while (!cell.column->IsNull(cell.row)) {
    if (cell.column->type_id() == arrow::Type::EXTENSION) {
      cell.column = As<arrow::ExtensionArray>(*cell.column).storage().get();
    } else if (cell.column->type_id() == arrow::Type::DICTIONARY) {
      const auto& indices = As<arrow::DictionaryArray>(*cell.column);
      cell = {indices.dictionary().get(), indices.GetValueIndex(cell.row)};
    } else {
      break;
    }
  }
  return cell;
}

void AppendHex(std::string_view bytes, std::string& out) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  out += '"';
  for (const char byte : bytes) {
    out += kHexDigits[static_cast<uint8_t>(byte) >> 4];
    out += kHexDigits[static_cast<uint8_t>(byte) & 15];
  }
  out += '"';
}

template <typename ArrayType>
bool AppendIntegerOf(const arrow::Array& column, int64_t row, std::string& out) {
  out += std::to_string(As<ArrayType>(column).Value(row));
  return true;
}

template <typename Float>
bool AppendFloat(Float number, std::string& out) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return true;
  }
  char digits[64];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end);
  return true;
}

// Appends a number or a truth value; false for every other type.
bool AppendNumber(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      out += As<arrow::BooleanArray>(column).Value(row) ? "true" : "false";
      return true;
    case arrow::Type::INT8:
      return AppendIntegerOf<arrow::Int8Array>(column, row, out);
    case arrow::Type::INT16:
      return AppendIntegerOf<arrow::Int16Array>(column, row, out);
    case arrow::Type::INT32:
      return AppendIntegerOf<arrow::Int32Array>(column, row, out);
    case arrow::Type::INT64:
      return AppendIntegerOf<arrow::Int64Array>(column, row, out);
    case arrow::Type::UINT8:
      return AppendIntegerOf<arrow::UInt8Array>(column, row, out);
    case arrow::Type::UINT16:
      return AppendIntegerOf<arrow::UInt16Array>(column, row, out);
    case arrow::Type::UINT32:
      return AppendIntegerOf<arrow::UInt32Array>(column, row, out);
    case arrow::Type::UINT64:
      return AppendIntegerOf<arrow::UInt64Array>(column, row, out);
    case arrow::Type::HALF_FLOAT: {
      const uint16_t bits = As<arrow::HalfFloatArray>(column).Value(row);
      return AppendFloat(arrow::util::Float16::FromBits(bits).ToFloat(), out);
    }
    case arrow::Type::FLOAT:
      return AppendFloat(As<arrow::FloatArray>(column).Value(row), out);
    case arrow::Type::DOUBLE:
      return AppendFloat(As<arrow::DoubleArray>(column).Value(row), out);
    default:
      return false;
  }
}

int DigitsOf(arrow::TimeUnit::type unit) { return unit == arrow::TimeUnit::NANO ? 9 : 6; }

// Exact: the longest time in seconds exceeds 64 bits of nanoseconds.
Int128 NanosOf(int64_t ticks, arrow::TimeUnit::type unit) {
  constexpr int64_t kNanosPerTick[] = {kNanosPerSecond, 1'000'000, 1000, 1};
  return Int128{ticks} * kNanosPerTick[unit];
}

std::string TimeOfDayText(int64_t ticks, const arrow::DataType& type) {
  const auto unit = static_cast<const arrow::TimeType&>(type).unit();
  return IsoTimeText(static_cast<int64_t>(NanosOf(ticks, unit)), DigitsOf(unit));
}

std::string TimestampText(int64_t ticks, const arrow::TimestampType& type) {
  const Int128 nanos = NanosOf(ticks, type.unit());
  const auto day = FloorDivide<Int128>(nanos, kNanosPerDay);
  return StrCat(
      IsoDateText(static_cast<int64_t>(day)), "T",
      IsoTimeText(static_cast<int64_t>(nanos - day * kNanosPerDay), DigitsOf(type.unit())),
      type.timezone().empty() ? "" : "Z");
}

std::string DurationText(int64_t ticks, arrow::TimeUnit::type unit) {
  const Int128 nanos = NanosOf(ticks, unit);
  const Int128 length = nanos < 0 ? -nanos : nanos;
  const std::string fraction =
      std::to_string(kNanosPerSecond + static_cast<int64_t>(length % kNanosPerSecond));
  return StrCat(nanos < 0 ? "-PT" : "PT", static_cast<uint64_t>(length / kNanosPerSecond), ".",
                std::string_view(fraction).substr(1, static_cast<size_t>(DigitsOf(unit))), "S");
}

// The ISO-8601 text of a date, a time or a duration; nothing for every other type.
std::optional<std::string> TimeTextOf(const arrow::Array& column, int64_t row) {
  const arrow::DataType& type = *column.type();
  switch (column.type_id()) {
    case arrow::Type::DATE32:
      return IsoDateText(As<arrow::Date32Array>(column).Value(row));
    case arrow::Type::DATE64:
      return IsoDateText(
          FloorDivide<int64_t>(As<arrow::Date64Array>(column).Value(row), kMillisPerDay));
    case arrow::Type::TIME32:
      return TimeOfDayText(As<arrow::Time32Array>(column).Value(row), type);
    case arrow::Type::TIME64:
      return TimeOfDayText(As<arrow::Time64Array>(column).Value(row), type);
    case arrow::Type::TIMESTAMP:
      return TimestampText(As<arrow::TimestampArray>(column).Value(row),
                           static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DURATION:
      return DurationText(As<arrow::DurationArray>(column).Value(row),
                          static_cast<const arrow::DurationType&>(type).unit());
    default:
      return std::nullopt;
  }
}

std::optional<std::string> DecimalTextOf(const arrow::Array& column, int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::DECIMAL32:
      return As<arrow::Decimal32Array>(column).FormatValue(row);
    case arrow::Type::DECIMAL64:
      return As<arrow::Decimal64Array>(column).FormatValue(row);
    case arrow::Type::DECIMAL128:
      return As<arrow::Decimal128Array>(column).FormatValue(row);
    case arrow::Type::DECIMAL256:
      return As<arrow::Decimal256Array>(column).FormatValue(row);
    default:
      return std::nullopt;
  }
}

// The characters of a text; nothing for every other type.
std::optional<std::string_view> TextOf(const arrow::Array& column, int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::STRING:
      return As<arrow::StringArray>(column).GetView(row);
    case arrow::Type::LARGE_STRING:
      return As<arrow::LargeStringArray>(column).GetView(row);
    case arrow::Type::STRING_VIEW:
      return As<arrow::StringViewArray>(column).GetView(row);
    default:
      return std::nullopt;
  }
}

// The bytes of a binary value; nothing for every other type.
std::optional<std::string_view> BytesOf(const arrow::Array& column, int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::BINARY:
      return As<arrow::BinaryArray>(column).GetView(row);
    case arrow::Type::LARGE_BINARY:
      return As<arrow::LargeBinaryArray>(column).GetView(row);
    case arrow::Type::BINARY_VIEW:
      return As<arrow::BinaryViewArray>(column).GetView(row);
    case arrow::Type::FIXED_SIZE_BINARY:
      return As<arrow::FixedSizeBinaryArray>(column).GetView(row);
    default:
      return std::nullopt;
  }
}

template <typename ArrayType>
Status AppendList(const arrow::Array& column, int64_t row, std::string& out) {
  const auto& lists = As<ArrayType>(column);
  const int64_t first = lists.value_offset(row);
  const int64_t end = first + lists.value_length(row);
  out += '[';
  for (int64_t at = first; at < end; ++at) {
    if (at > first) out += ',';
    ICEFIELD_TRY(AppendJsonValue(*lists.values(), at, out));
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

Status AppendNested(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::STRUCT:
      return AppendStruct(As<arrow::StructArray>(column), row, out);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return AppendList<arrow::ListArray>(column, row, out);
    case arrow::Type::LARGE_LIST:
      return AppendList<arrow::LargeListArray>(column, row, out);
    case arrow::Type::LIST_VIEW:
      return AppendList<arrow::ListViewArray>(column, row, out);
    case arrow::Type::LARGE_LIST_VIEW:
      return AppendList<arrow::LargeListViewArray>(column, row, out);
    case arrow::Type::FIXED_SIZE_LIST:
      return AppendList<arrow::FixedSizeListArray>(column, row, out);
    default:
      return Unsupported("type ", column.type()->ToString(),
                         " has no JSON form; use --output arrow");
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) { out += JsonQuote(text); }

Status AppendJsonValue(const arrow::Array& column, int64_t row, std::string& out) {
  const Cell cell = Resolve({&column, row});
  if (cell.column->IsNull(cell.row)) {
    out += "null";
    return {};
  }
  if (AppendNumber(*cell.column, cell.row, out)) return {};
  if (const auto text = TextOf(*cell.column, cell.row)) {
    AppendJsonText(*text, out);
  } else if (const auto time = TimeTextOf(*cell.column, cell.row)) {
    out += StrCat('"', *time, '"');
  } else if (const auto decimal = DecimalTextOf(*cell.column, cell.row)) {
    out += StrCat('"', *decimal, '"');
  } else if (const auto bytes = BytesOf(*cell.column, cell.row)) {
    AppendHex(*bytes, out);
  } else {
    return AppendNested(*cell.column, cell.row, out);
  }
  return {};
}

Status AppendJsonRows(const arrow::RecordBatch& batch, std::string& out) {
  std::vector<std::string> labels;
  for (const auto& field : batch.schema()->fields()) {
    labels.push_back(StrCat(labels.empty() ? "" : ",", JsonQuote(field->name()), ":"));
  }
  const arrow::ArrayVector& columns = batch.columns();
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    out += '{';
    for (size_t at = 0; at < columns.size(); ++at) {
      out += labels[at];
      if (Status written = AppendJsonValue(*columns[at], row, out); !written.ok()) {
        return std::move(written).error().At(
            StrCat("column '", batch.column_name(static_cast<int>(at)), "'"));
      }
    }
    out += "}\n";
  }
  return {};
}

Result<std::string> PlainText(const arrow::Array& column, int64_t row) {
  const Cell cell = Resolve({&column, row});
  if (cell.column->IsNull(cell.row)) return std::string();
  if (const auto text = TextOf(*cell.column, cell.row)) return std::string(*text);
  std::string json;
  ICEFIELD_TRY(AppendJsonValue(*cell.column, cell.row, json));
  return json.front() == '"' ? json.substr(1, json.size() - 2) : json;
}

}  // namespace icefield
