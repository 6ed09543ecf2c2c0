#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "base/checked.h"
#include "batch/arrow_status.h"
#include "model/value.h"
#include "pit/times.h"
#include "retrieval/entity_frame.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

// Exact values of a frame column, whatever its type, to be put into the target's type where they
// fit.
using ExactAt = std::function<std::optional<Int128>(int64_t)>;

template <typename ArrayType>
ExactAt Integers(const arrow::Array& values) {
  return [&values](int64_t row) -> std::optional<Int128> {
    return Int128{static_cast<const ArrayType&>(values).Value(row)};
  };
}

// Floats that are integers, up to the range of 64-bit integers.
template <typename ArrayType>
ExactAt IntegralFloats(const arrow::Array& values) {
  return [&values](int64_t row) -> std::optional<Int128> {
    const double value = static_cast<double>(static_cast<const ArrayType&>(values).Value(row));
    if (!(std::abs(value) <= 0x1p63) || value != std::floor(value)) return std::nullopt;
    return static_cast<Int128>(value);
  };
}

std::optional<ExactAt> IntegersOf(const arrow::Array& values) {
  switch (values.type_id()) {
    case arrow::Type::INT8:
      return Integers<arrow::Int8Array>(values);
    case arrow::Type::INT16:
      return Integers<arrow::Int16Array>(values);
    case arrow::Type::INT32:
      return Integers<arrow::Int32Array>(values);
    case arrow::Type::INT64:
      return Integers<arrow::Int64Array>(values);
    case arrow::Type::UINT8:
      return Integers<arrow::UInt8Array>(values);
    case arrow::Type::UINT16:
      return Integers<arrow::UInt16Array>(values);
    case arrow::Type::UINT32:
      return Integers<arrow::UInt32Array>(values);
    case arrow::Type::UINT64:
      return Integers<arrow::UInt64Array>(values);
    default:
      return std::nullopt;
  }
}

std::optional<ExactAt> NumbersOf(const arrow::Array& values) {
  if (values.type_id() == arrow::Type::FLOAT) return IntegralFloats<arrow::FloatArray>(values);
  if (values.type_id() == arrow::Type::DOUBLE) return IntegralFloats<arrow::DoubleArray>(values);
  return IntegersOf(values);
}

// Instants of dates and timestamps as ticks of `ticks_per_second`, where they are whole.
std::optional<ExactAt> InstantsOf(const arrow::Array& values, int64_t ticks, int64_t seconds) {
  if (values.type_id() != arrow::Type::DATE32 && values.type_id() != arrow::Type::DATE64 &&
      values.type_id() != arrow::Type::TIMESTAMP) {
    return std::nullopt;
  }
  Result<Times> times = ReadTimes(values);
  if (!times.ok()) return std::nullopt;
  return [times = *std::move(times), ticks, seconds](int64_t row) -> std::optional<Int128> {
    const Int128 numerator = Int128{times.values[static_cast<size_t>(row)]} * times.seconds * ticks;
    const Int128 denominator = Int128{times.ticks} * seconds;
    if (numerator % denominator != 0) return std::nullopt;
    return numerator / denominator;
  };
}

std::optional<ExactAt> TimesOfDayOf(const arrow::Array& values) {
  if (values.type_id() != arrow::Type::TIME32 && values.type_id() != arrow::Type::TIME64)
    return std::nullopt;
  constexpr int64_t kTicks[] = {1, 1000, 1'000'000, 1'000'000'000};
  const int64_t ticks = kTicks[static_cast<const arrow::TimeType&>(*values.type()).unit()];
  return [&values, ticks](int64_t row) -> std::optional<Int128> {
    const Int128 value = values.type_id() == arrow::Type::TIME32
                             ? Int128{static_cast<const arrow::Time32Array&>(values).Value(row)}
                             : Int128{static_cast<const arrow::Time64Array&>(values).Value(row)};
    if (value * 1'000'000 % ticks != 0) return std::nullopt;
    return value * 1'000'000 / ticks;
  };
}

Int128 PowerOfTen(int32_t exponent) {
  Int128 power = 1;
  for (int32_t step = 0; step < exponent; ++step) power *= 10;
  return power;
}

// The powers of ten that 128 bits hold.
constexpr int32_t kPowerMax = 38;

// A decimal's unscaled number brought to a scale greater by `shift`, where it stays whole and fits.
std::optional<Int128> Rescale(Int128 number, int32_t shift) {
  if (number == 0) return Int128{0};
  if (shift < -kPowerMax || shift > kPowerMax) return std::nullopt;
  if (shift < 0) {
    if (number % PowerOfTen(-shift) != 0) return std::nullopt;
    return number / PowerOfTen(-shift);
  }
  if (__builtin_mul_overflow(number, PowerOfTen(shift), &number)) return std::nullopt;
  return number;
}

// Decimals, integers and integral floats as unscaled numbers of `scale`, where they are whole.
std::optional<ExactAt> UnscaledOf(const arrow::Array& values, int32_t scale) {
  if (values.type_id() == arrow::Type::DECIMAL128) {
    const int32_t shift = scale - static_cast<const arrow::DecimalType&>(*values.type()).scale();
    return [&values, shift](int64_t row) {
      const arrow::Decimal128 decimal(
          static_cast<const arrow::Decimal128Array&>(values).GetValue(row));
      return Rescale((Int128{decimal.high_bits()} << 64) | decimal.low_bits(), shift);
    };
  }
  std::optional<ExactAt> whole = NumbersOf(values);
  if (!whole) return std::nullopt;
  return [whole = *std::move(whole), scale](int64_t row) -> std::optional<Int128> {
    const std::optional<Int128> number = whole(row);
    return number ? Rescale(*number, scale) : std::nullopt;
  };
}

// Fills an array of `target` from exact values; those that the type cannot hold become null: they
// equal nothing there.
template <typename Builder, typename Put>
Result<ArrayPtr> Fill(const arrow::Array& values, Builder builder, const Put& put) {
  ICEFIELD_ARROW_TRY(builder.Reserve(values.length()), "join keys");
  for (int64_t row = 0; row < values.length(); ++row) {
    if (values.IsNull(row) || !put(builder, row)) builder.UnsafeAppendNull();
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), "join keys");
  return out;
}

template <typename ArrowType>
Result<ArrayPtr> FillExact(const arrow::Array& values, const TypePtr& target,
                           const ExactAt& exact) {
  using Number = typename ArrowType::c_type;
  using Builder = typename arrow::TypeTraits<ArrowType>::BuilderType;
  return Fill(values, Builder(target, arrow::default_memory_pool()),
              [&](Builder& builder, int64_t row) {
                const std::optional<Int128> value = exact(row);
                if (!value || *value < std::numeric_limits<Number>::min() ||
                    *value > std::numeric_limits<Number>::max()) {
                  return false;
                }
                builder.UnsafeAppend(static_cast<Number>(*value));
                return true;
              });
}

Result<ArrayPtr> FillDecimals(const arrow::Array& values, const TypePtr& target,
                              const ExactAt& exact) {
  const int32_t precision = static_cast<const arrow::DecimalType&>(*target).precision();
  return Fill(values, arrow::Decimal128Builder(target),
              [&](arrow::Decimal128Builder& builder, int64_t row) {
                const std::optional<Int128> value = exact(row);
                if (!value) return false;
                const arrow::Decimal128 number(static_cast<int64_t>(*value >> 64),
                                               static_cast<uint64_t>(*value));
                if (!number.FitsInPrecision(precision)) return false;
                builder.UnsafeAppend(number);
                return true;
              });
}

// Float keys match integers and floats of any width by value. A double column holds what is exact
// there.
Result<std::optional<ArrayPtr>> FloatKeys(const arrow::Array& values, const TypePtr& target) {
  const bool narrow = target->id() == arrow::Type::FLOAT;
  const auto put = [&](arrow::DoubleBuilder& builder, double value) {
    if (narrow && !std::isnan(value) && static_cast<double>(static_cast<float>(value)) != value)
      return false;
    builder.UnsafeAppend(value);
    return true;
  };
  if (values.type_id() == arrow::Type::FLOAT || values.type_id() == arrow::Type::DOUBLE) {
    ICEFIELD_ASSIGN(
        ArrayPtr out,
        Fill(values, arrow::DoubleBuilder(), [&](arrow::DoubleBuilder& builder, int64_t row) {
          return put(builder, values.type_id() == arrow::Type::FLOAT
                                  ? static_cast<double>(
                                        static_cast<const arrow::FloatArray&>(values).Value(row))
                                  : static_cast<const arrow::DoubleArray&>(values).Value(row));
        }));
    return std::optional(out);
  }
  const std::optional<ExactAt> exact = IntegersOf(values);
  if (!exact) return std::optional<ArrayPtr>();
  ICEFIELD_ASSIGN(
      ArrayPtr out,
      Fill(values, arrow::DoubleBuilder(), [&](arrow::DoubleBuilder& builder, int64_t row) {
        const Int128 whole = *(*exact)(row);
        return static_cast<Int128>(static_cast<double>(whole)) == whole &&
               put(builder, static_cast<double>(whole));
      }));
  return std::optional(out);
}

bool IsBytes(arrow::Type::type id) {
  return id == arrow::Type::BINARY || id == arrow::Type::FIXED_SIZE_BINARY;
}

// Binary values of the target's width; others equal nothing there.
Result<ArrayPtr> BytesKeys(const ArrayPtr& values, const TypePtr& target) {
  ICEFIELD_ARROW_ASSIGN(ArrayPtr binary, arrow::compute::Cast(*values, arrow::binary()),
                        "join keys");
  if (target->id() == arrow::Type::BINARY) return binary;
  const int32_t width = static_cast<const arrow::FixedSizeBinaryType&>(*target).byte_width();
  return Fill(*binary, arrow::FixedSizeBinaryBuilder(target),
              [&](arrow::FixedSizeBinaryBuilder& builder, int64_t row) {
                const std::string_view value =
                    static_cast<const arrow::BinaryArray&>(*binary).GetView(row);
                if (value.size() != static_cast<size_t>(width)) return false;
                builder.UnsafeAppend(value);
                return true;
              });
}

template <typename ArrowType>
Result<std::optional<ArrayPtr>> MaybeFill(const arrow::Array& values, const TypePtr& target,
                                          const std::optional<ExactAt>& exact) {
  if (!exact) return std::optional<ArrayPtr>();
  ICEFIELD_ASSIGN(ArrayPtr out, FillExact<ArrowType>(values, target, *exact));
  return std::optional(out);
}

// The cast, or nothing where the two types never hold equal values.
Result<std::optional<ArrayPtr>> TryCast(const ArrayPtr& values, const TypePtr& target) {
  switch (target->id()) {
    case arrow::Type::INT32:
      return MaybeFill<arrow::Int32Type>(*values, target, UnscaledOf(*values, 0));
    case arrow::Type::INT64:
      return MaybeFill<arrow::Int64Type>(*values, target, UnscaledOf(*values, 0));
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return FloatKeys(*values, target);
    case arrow::Type::DATE32:
      return MaybeFill<arrow::Date32Type>(*values, target, InstantsOf(*values, 1, 86400));
    case arrow::Type::TIMESTAMP: {
      const bool nanos =
          static_cast<const arrow::TimestampType&>(*target).unit() == arrow::TimeUnit::NANO;
      return MaybeFill<arrow::TimestampType>(
          *values, target, InstantsOf(*values, nanos ? 1'000'000'000 : 1'000'000, 1));
    }
    case arrow::Type::TIME64:
      return MaybeFill<arrow::Time64Type>(*values, target, TimesOfDayOf(*values));
    case arrow::Type::DECIMAL128: {
      const std::optional<ExactAt> exact =
          UnscaledOf(*values, static_cast<const arrow::DecimalType&>(*target).scale());
      if (!exact) return std::optional<ArrayPtr>();
      ICEFIELD_ASSIGN(ArrayPtr out, FillDecimals(*values, target, *exact));
      return std::optional(out);
    }
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY: {
      if (!IsBytes(values->type_id())) return std::optional<ArrayPtr>();
      ICEFIELD_ASSIGN(ArrayPtr out, BytesKeys(values, target));
      return std::optional(out);
    }
    default:
      return values->type_id() == target->id() ? std::optional(values) : std::optional<ArrayPtr>();
  }
}

}  // namespace

Result<ArrayPtr> CastKeyColumn(const ArrayPtr& values, const TypePtr& target,
                               std::string_view frame_column, std::string_view table_column) {
  const TypePtr storage = target->id() == arrow::Type::EXTENSION
                              ? static_cast<const arrow::ExtensionType&>(*target).storage_type()
                              : target;
  if (values->type_id() == arrow::Type::NA) {
    ICEFIELD_ARROW_ASSIGN(ArrayPtr nulls, arrow::MakeArrayOfNull(storage, values->length()),
                          "join keys");
    return nulls;
  }
  if (values->type()->Equals(*storage)) return values;
  ICEFIELD_ASSIGN(std::optional<ArrayPtr> cast, TryCast(values, storage));
  if (cast) return *std::move(cast);
  return InvalidArgument("entity frame column '", frame_column, "' has type ",
                         values->type()->ToString(), " and the table's key column '", table_column,
                         "' type ", target->ToString(),
                         "; such values are never equal (P2). Cast one of them");
}

}  // namespace icefield
