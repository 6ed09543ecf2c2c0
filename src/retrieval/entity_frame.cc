#include "retrieval/entity_frame.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <limits>
#include <set>

#include "batch/arrow_status.h"
#include "model/calendar.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr Int128 kInt64Min = std::numeric_limits<int64_t>::min();
constexpr Int128 kInt64Max = std::numeric_limits<int64_t>::max();

// The form of `type` that the kernel works on.
std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::DICTIONARY:
      return PlainType(static_cast<const arrow::DictionaryType&>(*type).value_type());
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return arrow::binary();
    default:
      return type;
  }
}

Result<ArrayPtr> Plain(ArrayPtr chunk, const std::string& name) {
  if (chunk->type_id() == arrow::Type::EXTENSION) {
    chunk = static_cast<const arrow::ExtensionArray&>(*chunk).storage();
  }
  if (chunk->type_id() == arrow::Type::DICTIONARY) {
    // Arrow decodes no dictionary of views, which is what polars' categories are.
    const auto& encoded = static_cast<const arrow::DictionaryArray&>(*chunk);
    ICEFIELD_ASSIGN(const ArrayPtr values, Plain(encoded.dictionary(), name));
    ICEFIELD_ARROW_ASSIGN(chunk, arrow::DictionaryArray::FromArrays(encoded.indices(), values),
                          StrCat("entity frame, column '", name, "'"));
  }
  const std::shared_ptr<arrow::DataType> plain = PlainType(chunk->type());
  if (plain->Equals(*chunk->type())) return chunk;
  ICEFIELD_ARROW_ASSIGN(ArrayPtr cast, arrow::compute::Cast(*chunk, plain),
                        StrCat("entity frame, column '", name, "'"), ErrorCode::kInvalidArgument);
  return cast;
}

// Texts of one column as instants: microseconds where that is exact, else nanoseconds.
Result<Times> ParseTimes(const arrow::StringArray& texts, const std::string& column,
                         int64_t first_row) {
  std::vector<Int128> nanos(static_cast<size_t>(texts.length()));
  Times times;
  times.valid.assign(nanos.size(), 1);
  bool micros_are_exact = true;
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      times.valid[static_cast<size_t>(row)] = 0;
      continue;
    }
    const std::optional<IsoInstant> instant = ParseIsoInstant(texts.GetView(row));
    if (!instant) {
      return InvalidArgument("entity frame, row ", first_row + row, ": '", texts.GetView(row),
                             "' in column '", column,
                             "' is not an ISO-8601 time such as 2024-01-31T12:00:00+00:00 (P10)");
    }
    nanos[static_cast<size_t>(row)] = instant->nanos;
    micros_are_exact = micros_are_exact && instant->nanos % 1000 == 0;
  }
  const Int128 unit = micros_are_exact ? 1000 : 1;
  times.ticks = micros_are_exact ? 1'000'000 : 1'000'000'000;
  for (size_t row = 0; row < nanos.size(); ++row) {
    const Int128 tick = nanos[row] / unit;
    if (tick < kInt64Min || tick > kInt64Max) {
      return InvalidArgument("entity frame, row ", first_row + static_cast<int64_t>(row),
                             ": a time in column '", column,
                             "' lies beyond the range of nanosecond timestamps");
    }
    times.values.push_back(static_cast<int64_t>(tick));
  }
  return times;
}

Result<Times> ReadEntityTimes(const ArrayPtr& column, const std::string& name, int64_t first_row) {
  if (column->type_id() == arrow::Type::STRING) {
    return ParseTimes(static_cast<const arrow::StringArray&>(*column), name, first_row);
  }
  if (column->type_id() == arrow::Type::NA) {  // A column of nothing but nulls.
    ICEFIELD_ARROW_ASSIGN(
        ArrayPtr nulls,
        arrow::MakeArrayOfNull(arrow::timestamp(arrow::TimeUnit::MICRO), column->length()), name);
    return ReadTimes(*nulls);
  }
  Result<Times> times = ReadTimes(*column);
  if (times.ok()) return times;
  return std::move(times).error().At(StrCat("entity frame, entity timestamp column '", name, "'"));
}

}  // namespace

Result<EntityFrame> EntityFrame::Make(std::shared_ptr<arrow::Table> table,
                                      const std::string& time_column, int64_t first_row) {
  std::set<std::string> names;
  for (const std::shared_ptr<arrow::Field>& field : table->schema()->fields()) {
    if (!names.insert(field->name()).second) {
      return InvalidArgument("the entity frame has two columns named '", field->name(),
                             "'; rename one");
    }
  }
  EntityFrame frame;
  frame.table_ = std::move(table);
  ICEFIELD_ASSIGN(ArrayPtr column, frame.PlainColumn(time_column, "the entity timestamp"));
  ICEFIELD_ASSIGN(frame.times_, ReadEntityTimes(column, time_column, first_row));
  return frame;
}

Result<ArrayPtr> EntityFrame::PlainColumn(const std::string& name,
                                          std::string_view wanted_by) const {
  const std::shared_ptr<arrow::ChunkedArray> column = table_->GetColumnByName(name);
  if (column == nullptr) {
    return InvalidArgument("the entity frame has no column '", name, "', which ", wanted_by,
                           " needs; it has ", Join(table_->schema()->field_names(), ", "));
  }
  arrow::ArrayVector chunks;
  for (const ArrayPtr& chunk : column->chunks()) {
    ICEFIELD_ASSIGN(chunks.emplace_back(), Plain(chunk, name));
  }
  if (chunks.size() == 1) return chunks.front();
  if (chunks.empty()) {
    ICEFIELD_ARROW_ASSIGN(ArrayPtr empty, arrow::MakeEmptyArray(column->type()), name);
    return Plain(empty, name);
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr whole, arrow::Concatenate(chunks),
                        StrCat("entity frame, column '", name, "'"));
  return whole;
}

int64_t EntityFrame::bytes() const {
  constexpr int64_t kTimeBytes = sizeof(int64_t) + sizeof(uint8_t);
  return arrow::util::TotalBufferSize(*table_) + rows() * kTimeBytes;
}

Result<std::shared_ptr<arrow::RecordBatch>> EntityFrame::Slice(int64_t start, int64_t count) const {
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch,
                        table_->Slice(start, count)->CombineChunksToBatch(), "entity frame");
  return batch;
}

}  // namespace icefield
