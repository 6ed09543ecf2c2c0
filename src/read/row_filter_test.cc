#include "read/row_filter.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "model/predicate_testing.h"

namespace icefield {
namespace {

using testing::Below;
using testing::Random;
using Rows = std::vector<std::optional<Value>>;

std::shared_ptr<arrow::DataType> ArrowType(const PrimitiveType& type) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      return arrow::boolean();
    case PrimitiveKind::kInt:
      return arrow::int32();
    case PrimitiveKind::kLong:
      return arrow::int64();
    case PrimitiveKind::kFloat:
      return arrow::float32();
    case PrimitiveKind::kDouble:
      return arrow::float64();
    case PrimitiveKind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case PrimitiveKind::kDate:
      return arrow::date32();
    case PrimitiveKind::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case PrimitiveKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case PrimitiveKind::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case PrimitiveKind::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case PrimitiveKind::kTimestamptzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case PrimitiveKind::kString:
      return arrow::utf8();
    case PrimitiveKind::kUuid:
      return arrow::fixed_size_binary(16);
    case PrimitiveKind::kFixed:
      return arrow::fixed_size_binary(type.length);
    default:
      return arrow::binary();
  }
}

struct AppendTo {
  arrow::ArrayBuilder& builder;

  template <typename Builder, typename T>
  arrow::Status Put(const T& value) const {
    return static_cast<Builder&>(builder).Append(value);
  }
  arrow::Status operator()(bool value) const { return Put<arrow::BooleanBuilder>(value); }
  arrow::Status operator()(int32_t value) const {
    return builder.type()->id() == arrow::Type::DATE32 ? Put<arrow::Date32Builder>(value)
                                                       : Put<arrow::Int32Builder>(value);
  }
  arrow::Status operator()(int64_t value) const {
    if (builder.type()->id() == arrow::Type::TIME64) return Put<arrow::Time64Builder>(value);
    if (builder.type()->id() == arrow::Type::TIMESTAMP) return Put<arrow::TimestampBuilder>(value);
    return Put<arrow::Int64Builder>(value);
  }
  arrow::Status operator()(float value) const { return Put<arrow::FloatBuilder>(value); }
  arrow::Status operator()(double value) const { return Put<arrow::DoubleBuilder>(value); }
  arrow::Status operator()(const std::string& value) const {
    return Put<arrow::StringBuilder>(value);
  }
  arrow::Status operator()(const Bytes& value) const {
    if (builder.type()->id() == arrow::Type::BINARY) return Put<arrow::BinaryBuilder>(value.data);
    return Put<arrow::FixedSizeBinaryBuilder>(value.data);
  }
  arrow::Status operator()(const Unscaled& value) const {
    const auto bits = static_cast<unsigned __int128>(value.value);
    return Put<arrow::Decimal128Builder>(
        arrow::Decimal128(static_cast<int64_t>(bits >> 64), static_cast<uint64_t>(bits)));
  }
};

std::shared_ptr<arrow::Array> MakeArray(const PrimitiveType& type, const Rows& rows) {
  const std::unique_ptr<arrow::ArrayBuilder> builder =
      arrow::MakeBuilder(ArrowType(type)).ValueOrDie();
  for (const std::optional<Value>& row : rows) {
    EXPECT_TRUE((row ? std::visit(AppendTo{*builder}, *row) : builder->AppendNull()).ok());
  }
  return builder->Finish().ValueOrDie();
}

Rows RandomRows(Random& random, const PrimitiveType& type, size_t count) {
  Rows rows;
  for (size_t row = 0; row < count; ++row) {
    rows.push_back(Below(random, 5) == 0 ? std::nullopt
                                         : std::optional(testing::RandomValue(random, type)));
  }
  return rows;
}

std::shared_ptr<arrow::RecordBatch> BatchOf(const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("x", array->type())}),
                                  array->length(), {array});
}

constexpr FieldId kField{4};

TEST(MatchRows, AgreesWithThePlainEvaluationForEveryTypeAndOperation) {
  constexpr size_t kSkipped = 3;
  for (const PrimitiveType& type : testing::ComparableTypes()) {
    Random random(static_cast<uint64_t>(type.kind) + 11);
    for (int round = 0; round < 300; ++round) {
      const Rows rows = RandomRows(random, type, 20);
      // A slice: what lies before its offset must not be seen.
      const auto batch = BatchOf(MakeArray(type, rows)->Slice(kSkipped));
      const Predicate predicate =
          testing::RandomPredicate(random, {{kField, type}}, Below(random, 3));
      const Result<std::vector<uint8_t>> mask = MatchRows(predicate, *batch, {{kField, {0}}});
      ASSERT_TRUE(mask.ok()) << mask.error();
      for (size_t row = kSkipped; row < rows.size(); ++row) {
        const bool passes = testing::Passes(predicate, [&](FieldId) { return rows[row]; });
        ASSERT_EQ((*mask)[row - kSkipped] != 0, passes)
            << PrimitiveTypeText(type) << " " << (rows[row] ? ValueText(type, *rows[row]) : "null")
            << ": " << predicate.ToString({});
      }
    }
  }
}

TEST(MatchRows, TakesAFieldOfANullStructForNull) {
  const auto inner = MakeArray({PrimitiveKind::kInt}, {int32_t{7}, int32_t{7}, std::nullopt});
  const auto texts =
      MakeArray({PrimitiveKind::kString}, {std::string("a"), std::string("b"), std::string("c")});
  arrow::BooleanBuilder builder;
  ASSERT_TRUE(builder.AppendValues(std::vector<bool>{true, false, true}).ok());
  const auto validity = builder.Finish().ValueOrDie()->data()->buffers[1];
  const auto structs =
      arrow::StructArray::Make({texts, inner}, std::vector<std::string>{"a", "b"}, validity, 1)
          .ValueOrDie();
  const auto first = MakeArray({PrimitiveKind::kLong}, {int64_t{0}, int64_t{0}, int64_t{0}});
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("first", first->type()), arrow::field("s", structs->type())}), 3,
      {first, structs});
  const Predicate is_seven{.op = PredicateOp::kEqual,
                           .field_id = kField,
                           .type = {PrimitiveKind::kInt},
                           .values = {int32_t{7}}};
  const Predicate is_null{
      .op = PredicateOp::kIsNull, .field_id = kField, .type = {PrimitiveKind::kInt}};
  const ColumnPaths paths{{kField, {1, 1}}};
  EXPECT_EQ(*MatchRows(is_seven, *batch, paths), (std::vector<uint8_t>{1, 0, 0}));
  EXPECT_EQ(*MatchRows(is_null, *batch, paths), (std::vector<uint8_t>{0, 1, 1}));
}

TEST(MatchRows, RefusesWhatDoesNotFitTheBatch) {
  const auto batch = BatchOf(MakeArray({PrimitiveKind::kLong}, {int64_t{1}}));
  const Predicate of_int{.op = PredicateOp::kEqual,
                         .field_id = kField,
                         .type = {PrimitiveKind::kInt},
                         .values = {int32_t{1}}};
  EXPECT_EQ(MatchRows(of_int, *batch, {{kField, {0}}}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(MatchRows(of_int, *batch, {}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(MatchRows(of_int, *batch, {{kField, {0, 0}}}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(MatchRows(of_int, *batch, {{kField, {1}}}).error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace icefield
