#include "batch/take_rows.h"

#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <gtest/gtest.h>

#include <random>

#include "batch/random_batch_test.h"
#include "batch/take_fixed.h"

namespace icefield {
namespace {

std::shared_ptr<arrow::Array> RandomIndices(std::mt19937& random, int64_t rows, bool nulls) {
  arrow::UInt32Builder indices;
  const size_t count = random() % 200;
  for (size_t at = 0; at < count; ++at) {
    const bool is_null = nulls && random() % 4 == 0;
    EXPECT_TRUE(
        (is_null ? indices.AppendNull()
                 : indices.Append(static_cast<uint32_t>(random()) % static_cast<uint32_t>(rows)))
            .ok());
  }
  return *indices.Finish();
}

// Against Arrow's own function, over slices of columns and of indices.
TEST(TakeValues, IsAsArrowDoesIt) {
  int fixed = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    RandomBatches batches(seed);
    std::mt19937 random(seed);
    const auto whole = batches.Batch(batches.Schema(4), 40 + batches.Below(300));
    const auto rows = whole->Slice(batches.Below(20), 20 + batches.Below(20));
    const auto all = RandomIndices(random, rows->num_rows(), seed % 2 == 0);
    const auto indices = all->Slice(std::min<int64_t>(all->length(), seed % 11));
    for (const std::shared_ptr<arrow::Array>& column : rows->columns()) {
      fixed += IsTakenFixed(*column->type()) ? 1 : 0;
      const auto taken = TakeValues(column, *indices);
      ASSERT_TRUE(taken.ok()) << taken.error();
      ASSERT_TRUE((*taken)->ValidateFull().ok());
      ASSERT_TRUE((*taken)->type()->Equals(column->type()));
      const auto wanted = arrow::compute::Take(*column, *indices);
      if (!wanted.ok()) continue;  // Extension types within nested ones.
      ASSERT_TRUE((*taken)->Equals(**wanted)) << "seed " << seed << ", " << *column->type();
      ASSERT_EQ((*taken)->null_count(), (*wanted)->null_count());
    }
  }
  EXPECT_GT(fixed, 300);
}

TEST(TakeValues, OfNoRowsGivesNulls) {
  arrow::UInt32Builder indices;
  ASSERT_TRUE(indices.AppendNulls(3).ok());
  const auto none = *arrow::MakeArrayOfNull(arrow::int64(), 0);
  const auto taken = TakeValues(none, **indices.Finish());
  ASSERT_TRUE(taken.ok()) << taken.error();
  EXPECT_EQ((*taken)->null_count(), 3);
}

}  // namespace
}  // namespace icefield
