#include "read/row_filter.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>

#include "codec/arrow/arrow_types.h"

namespace icefield {
namespace {

using Mask = std::vector<uint8_t>;

// True for a member of `sorted`. Asks for equality at the end, which NaN has with nothing.
template <typename T>
bool IsMember(const std::vector<T>& sorted, const T& value) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), value);
  return found != sorted.end() && *found == value;
}

template <typename T>
bool IsNan(const T& value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value);
  } else {
    return false;
  }
}

// Narrows `mask` to the rows whose value, which get(row) gives, passes the leaf. One loop an
// operation, nothing virtual inside. Rows that are null by now are looked at as well: their slots
// hold some value.
template <typename T, typename Get>
void TestRows(PredicateOp op, const std::vector<T>& values, Get get, Mask& mask) {
  const auto narrow = [&](auto test) {
    for (size_t row = 0; row < mask.size(); ++row) {
      mask[row] = static_cast<uint8_t>(mask[row] & static_cast<uint8_t>(test(get(row))));
    }
  };
  const T first = values.empty() ? T() : values.front();
  switch (op) {
    case PredicateOp::kEqual:
      return narrow([first](const T& value) { return value == first; });
    case PredicateOp::kNotEqual:
      return narrow([first](const T& value) { return value != first; });
    case PredicateOp::kLess:
      return narrow([first](const T& value) { return value < first; });
    case PredicateOp::kLessOrEqual:
      return narrow([first](const T& value) { return value <= first; });
    case PredicateOp::kGreater:
      return narrow([first](const T& value) { return value > first; });
    case PredicateOp::kGreaterOrEqual:
      return narrow([first](const T& value) { return value >= first; });
    case PredicateOp::kIn:
      return narrow([&values](const T& value) { return IsMember(values, value); });
    case PredicateOp::kNotIn:
      return narrow([&values](const T& value) { return !IsMember(values, value); });
    case PredicateOp::kIsNan:
      return narrow(IsNan<T>);
    case PredicateOp::kNotNan:
      return narrow([](const T& value) { return !IsNan(value); });
    default:
      break;
  }
  if constexpr (std::is_same_v<T, std::string_view>) {
    if (op == PredicateOp::kStartsWith)
      narrow([first](T value) { return value.starts_with(first); });
    if (op == PredicateOp::kNotStartsWith)
      narrow([first](T value) { return !value.starts_with(first); });
  }
}

// The literals of a leaf as `Held`, the alternative that its column's values have; empty where one
// is another.
template <typename Held, typename As>
std::optional<std::vector<As>> Literals(const Predicate& leaf) {
  std::vector<As> out;
  for (const Value& value : leaf.values) {
    const auto* held = std::get_if<Held>(&value);
    if (held == nullptr) return std::nullopt;
    if constexpr (std::is_same_v<Held, Bytes>) {
      out.emplace_back(held->data);
    } else if constexpr (std::is_same_v<Held, Unscaled>) {
      out.push_back(held->value);
    } else {
      out.emplace_back(*held);
    }
  }
  return out;
}

// Each of these tests a leaf on an array of one physical form; false where array or literals are of
// another.
template <typename Number>
bool TestNumbers(const Predicate& leaf, const arrow::Array& array, Mask& mask) {
  const auto literals = Literals<Number, Number>(leaf);
  const auto* numbers = array.data()->GetValues<Number>(1);
  if (!literals || (numbers == nullptr && array.length() > 0)) return false;
  TestRows(leaf.op, *literals, [numbers](size_t row) { return numbers[row]; }, mask);
  return true;
}

bool TestBooleans(const Predicate& leaf, const arrow::Array& array, Mask& mask) {
  const auto literals = Literals<bool, uint8_t>(leaf);
  if (!literals) return false;
  const auto& booleans = static_cast<const arrow::BooleanArray&>(array);
  const auto get = [&booleans](size_t row) {
    return static_cast<uint8_t>(booleans.Value(static_cast<int64_t>(row)));
  };
  TestRows(leaf.op, *literals, get, mask);
  return true;
}

bool TestDecimals(const Predicate& leaf, const arrow::Array& array, Mask& mask) {
  const auto literals = Literals<Unscaled, Int128>(leaf);
  if (!literals) return false;
  const auto& decimals = static_cast<const arrow::FixedSizeBinaryArray&>(array);
  const auto get = [&decimals](size_t row) {
    Int128 value;
    std::memcpy(&value, decimals.GetValue(static_cast<int64_t>(row)), sizeof(value));
    return value;
  };
  TestRows(leaf.op, *literals, get, mask);
  return true;
}

template <typename Held, typename ArrayType>
bool TestTexts(const Predicate& leaf, const arrow::Array& array, Mask& mask) {
  const auto literals = Literals<Held, std::string_view>(leaf);
  if (!literals) return false;
  const auto& texts = static_cast<const ArrayType&>(array);
  TestRows(
      leaf.op, *literals, [&texts](size_t row) { return texts.GetView(static_cast<int64_t>(row)); },
      mask);
  return true;
}

bool TestArray(const Predicate& leaf, const arrow::Array& array, Mask& mask) {
  if (array.type_id() != StorageTypeId(leaf.type)) return false;
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return TestBooleans(leaf, array, mask);
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return TestNumbers<int32_t>(leaf, array, mask);
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      return TestNumbers<int64_t>(leaf, array, mask);
    case arrow::Type::FLOAT:
      return TestNumbers<float>(leaf, array, mask);
    case arrow::Type::DOUBLE:
      return TestNumbers<double>(leaf, array, mask);
    case arrow::Type::DECIMAL128:
      return TestDecimals(leaf, array, mask);
    case arrow::Type::STRING:
      return TestTexts<std::string, arrow::StringArray>(leaf, array, mask);
    case arrow::Type::BINARY:
      return TestTexts<Bytes, arrow::BinaryArray>(leaf, array, mask);
    case arrow::Type::FIXED_SIZE_BINARY:
      return TestTexts<Bytes, arrow::FixedSizeBinaryArray>(leaf, array, mask);
    default:
      return false;
  }
}

// Clears the rows that are null in `array`.
void ClearNulls(const arrow::Array& array, Mask& mask) {
  if (array.null_count() == 0) return;
  for (size_t row = 0; row < mask.size(); ++row) {
    mask[row] = static_cast<uint8_t>(
        mask[row] & static_cast<uint8_t>(array.IsValid(static_cast<int64_t>(row))));
  }
}

// Follows a path from a column down. Afterwards `valid` is 1 where the field and all structs around
// it are not null.
Result<std::shared_ptr<arrow::Array>> FollowPath(const std::vector<int>& path,
                                                 const arrow::RecordBatch& batch, Mask& valid) {
  std::shared_ptr<arrow::Array> array;
  for (const int step : path) {
    if (array == nullptr) {
      if (step >= batch.num_columns())
        return Internal("a row filter's column ", step, " is not in the batch");
      array = batch.column(step);
    } else {
      if (array->type_id() != arrow::Type::STRUCT || step >= array->type()->num_fields()) {
        return Internal("a row filter's path does not lead through ", array->type()->ToString());
      }
      array = static_cast<const arrow::StructArray&>(*array).field(step);
    }
    ClearNulls(*array, valid);
  }
  if (array == nullptr) return Internal("a row filter's path is empty");
  if (array->type_id() == arrow::Type::EXTENSION)
    return static_cast<const arrow::ExtensionArray&>(*array).storage();
  return array;
}

Result<Mask> MatchLeaf(const Predicate& leaf, const arrow::RecordBatch& batch,
                       const ColumnPaths& paths) {
  const auto path = paths.find(leaf.field_id);
  if (path == paths.end())
    return Internal("field ", leaf.field_id.value, " of a row filter is not in the batch");
  Mask mask(static_cast<size_t>(batch.num_rows()), 1);
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Array> array, FollowPath(path->second, batch, mask));
  if (leaf.op == PredicateOp::kIsNull) {
    for (uint8_t& row : mask) row ^= 1;
    return mask;
  }
  if (leaf.op == PredicateOp::kNotNull) return mask;
  if (!TestArray(leaf, *array, mask)) {
    return Internal("field ", leaf.field_id.value, " of a row filter is a ",
                    PrimitiveTypeText(leaf.type), ", the batch holds a ",
                    array->type()->ToString());
  }
  return mask;
}

}  // namespace

Result<std::vector<uint8_t>> MatchRows(const Predicate& predicate, const arrow::RecordBatch& batch,
                                       const ColumnPaths& paths) {
  const bool is_and = predicate.op == PredicateOp::kAnd;
  switch (predicate.op) {
    case PredicateOp::kTrue:
    case PredicateOp::kFalse:
      return Mask(static_cast<size_t>(batch.num_rows()),
                  static_cast<uint8_t>(predicate.op == PredicateOp::kTrue));
    case PredicateOp::kNot:
      return Internal("a bound predicate holds no 'not'");
    case PredicateOp::kAnd:
    case PredicateOp::kOr:
      break;
    default:
      return MatchLeaf(predicate, batch, paths);
  }
  // Only what is true counts, so unknown and false need not be told apart.
  Mask mask(static_cast<size_t>(batch.num_rows()), static_cast<uint8_t>(is_and));
  for (const Predicate& child : predicate.children) {
    ICEFIELD_ASSIGN(const Mask other, MatchRows(child, batch, paths));
    for (size_t row = 0; row < mask.size(); ++row) {
      mask[row] = static_cast<uint8_t>(is_and ? mask[row] & other[row] : mask[row] | other[row]);
    }
  }
  return mask;
}

}  // namespace icefield
