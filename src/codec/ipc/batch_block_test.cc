#include "codec/ipc/batch_block.h"

#include <arrow/array/array_nested.h>
#include <arrow/array/builder_primitive.h>
#include <gtest/gtest.h>

#include <vector>

#include "batch/random_batch_test.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

std::shared_ptr<arrow::Array> Int32s(const std::vector<int32_t>& values) {
  arrow::Int32Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

BatchPtr ThereAndBack(const BatchPtr& batch) {
  const Result<std::shared_ptr<arrow::Buffer>> bytes = WriteBlock(*batch);
  EXPECT_TRUE(bytes.ok()) << bytes.error();
  const Result<BatchPtr> read = ReadBlock(*bytes, batch->schema(), "test");
  EXPECT_TRUE(read.ok()) << read.error();
  return *read;
}

TEST(BatchBlock, GivesBackBatchesOfAllTypes) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    RandomBatches random(seed);
    const BatchPtr batch = random.Batch(random.Schema(4), random.Below(40));
    const BatchPtr read = ThereAndBack(batch);
    ASSERT_TRUE(read->ValidateFull().ok()) << "seed " << seed;
    ASSERT_TRUE(read->Equals(*batch)) << "seed " << seed << "\n" << batch->schema()->ToString();
  }
}

TEST(BatchBlock, WritesTheRowsOfASliceAlone) {
  RandomBatches random(1);
  const BatchPtr whole = random.Batch(arrow::schema({arrow::field("a", arrow::int64())}), 10'000);
  const BatchPtr slice = whole->Slice(5'000, 3);
  EXPECT_TRUE(ThereAndBack(slice)->Equals(*slice));
  EXPECT_LT((*WriteBlock(*slice))->size(), 1'000);
}

TEST(BatchBlock, ColumnsMayNestDeeply) {
  std::shared_ptr<arrow::Array> column = Int32s({0, 1, 2, 3});
  const std::shared_ptr<arrow::Array> offsets = column;  // Lists of one value each.
  for (int depth = 0; depth < 100; ++depth)
    column = *arrow::ListArray::FromArrays(*offsets, *column);
  const auto schema = arrow::schema({arrow::field("a", column->type())});
  const BatchPtr batch = arrow::RecordBatch::Make(schema, column->length(), {column});
  EXPECT_TRUE(ThereAndBack(batch)->Equals(*batch));
}

TEST(BatchBlock, RowsWithoutColumnsAreCounted) {
  const BatchPtr batch = arrow::RecordBatch::Make(arrow::schema({}), 7, arrow::ArrayVector());
  EXPECT_EQ(ThereAndBack(batch)->num_rows(), 7);
}

TEST(BatchBlock, OtherBytesAreCorruptData) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int64())});
  const Result<BatchPtr> read =
      ReadBlock(arrow::Buffer::FromString("no message of Arrow at all"), schema, "spill");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(read.error().message.find("spill"), std::string::npos);
}

}  // namespace
}  // namespace icefield
