#include "write/sort_rows.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace icefield {
namespace {

Schema OneColumn(PrimitiveKind kind) {
  return {
      .id = {0}, .columns = {{{.id = {1}, .name = "x", .type = kind}}}, .identifier_field_ids = {}};
}

SortOrder OrderBy(const char* transform, bool ascending, bool nulls_first) {
  return {.id = 1,
          .fields = {{.source_id = {1},
                      .transform = *ParseTransform(transform),
                      .ascending = ascending,
                      .nulls_first = nulls_first}}};
}

template <typename Builder, typename T>
std::shared_ptr<arrow::RecordBatch> Column(const std::vector<std::optional<T>>& values) {
  Builder builder;
  for (const auto& each : values)
    EXPECT_TRUE((each ? builder.Append(*each) : builder.AppendNull()).ok());
  const std::shared_ptr<arrow::Array> array = builder.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("x", array->type())}),
                                  array->length(), {array});
}

TEST(SortedRows, DoublesAreInTotalOrder) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const auto rows = Column<arrow::DoubleBuilder, double>(
      {nan, 0.0, std::nullopt, -inf, std::copysign(nan, -1), inf, -0.0, -1.5});
  const Schema schema = OneColumn(PrimitiveKind::kDouble);
  EXPECT_EQ(*SortedRows(*rows, schema, OrderBy("identity", true, true)),
            (std::vector<int32_t>{2, 4, 3, 7, 6, 1, 5, 0}));
  EXPECT_EQ(*SortedRows(*rows, schema, OrderBy("identity", false, false)),
            (std::vector<int32_t>{0, 5, 1, 6, 7, 3, 4, 2}));
}

TEST(SortedRows, EqualRowsStayInOrder) {
  const auto rows =
      Column<arrow::StringBuilder, std::string>({"b2", "a1", "b1", std::nullopt, "a2", "\xff"});
  const Schema schema = OneColumn(PrimitiveKind::kString);
  EXPECT_EQ(*SortedRows(*rows, schema, OrderBy("truncate[1]", true, false)),
            (std::vector<int32_t>{1, 4, 0, 2, 5, 3}));
  EXPECT_EQ(*SortedRows(*rows, schema, OrderBy("identity", false, true)),
            (std::vector<int32_t>{3, 5, 0, 2, 4, 1}));
}

TEST(SortedRows, TransformsDecide) {
  const auto rows = Column<arrow::Int64Builder, int64_t>({25, -1, 31, 9, 12});
  const Schema schema = OneColumn(PrimitiveKind::kLong);
  EXPECT_EQ(*SortedRows(*rows, schema, OrderBy("truncate[10]", true, true)),
            (std::vector<int32_t>{1, 3, 4, 0, 2}));
}

TEST(SortedRows, NamesAColumnThatIsGone) {
  const auto rows = Column<arrow::Int64Builder, int64_t>({1});
  SortOrder order = OrderBy("identity", true, true);
  order.fields[0].source_id = {5};
  EXPECT_EQ(SortedRows(*rows, OneColumn(PrimitiveKind::kLong), order).error().code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
