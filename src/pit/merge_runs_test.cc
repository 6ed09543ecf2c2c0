#include "pit/merge_runs.h"

#include <arrow/array/array_primitive.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "pit/distinct_rows.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using Types = std::vector<std::shared_ptr<arrow::DataType>>;

// Pairs of few values, so that many are equal.
class RandomPairs {
 public:
  RandomPairs(unsigned seed, Types types) : random_(seed), types_(std::move(types)) {}

  int64_t Below(int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(random_); }

  arrow::ArrayVector Keys(int64_t rows) {
    arrow::ArrayVector keys;
    for (const std::shared_ptr<arrow::DataType>& type : types_) keys.push_back(Column(type, rows));
    return keys;
  }

  std::vector<int64_t> Times(int64_t rows) {
    std::vector<int64_t> times;
    for (int64_t row = 0; row < rows; ++row) times.push_back(Below(7) - 3);
    return times;
  }

 private:
  std::shared_ptr<arrow::Array> Column(const std::shared_ptr<arrow::DataType>& type, int64_t rows) {
    if (type->id() == arrow::Type::DOUBLE) {
      const std::vector<double> values{-1.5, -0.0, 0.0, 2, 1e300};
      arrow::DoubleBuilder builder;
      for (int64_t row = 0; row < rows; ++row)
        EXPECT_TRUE(builder.Append(values[static_cast<size_t>(Below(5))]).ok());
      return builder.Finish().ValueOrDie();
    }
    if (type->id() == arrow::Type::STRING) {
      const std::vector<std::string> values{"", "a", "ab", "b", "\xC3\xA9", "\x7F"};
      arrow::StringBuilder builder;
      for (int64_t row = 0; row < rows; ++row)
        EXPECT_TRUE(builder.Append(values[static_cast<size_t>(Below(6))]).ok());
      return builder.Finish().ValueOrDie();
    }
    if (type->id() == arrow::Type::DECIMAL128) {
      arrow::Decimal128Builder builder(type);
      for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(builder.Append(Below(5) - 2).ok());
      return builder.Finish().ValueOrDie();
    }
    arrow::Int64Builder builder;
    for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(builder.Append(Below(5) - 2).ok());
    return builder.Finish().ValueOrDie();
  }

  std::mt19937 random_;
  Types types_;
};

std::shared_ptr<arrow::Schema> SchemaOf(const Types& types) {
  arrow::FieldVector fields;
  for (const std::shared_ptr<arrow::DataType>& type : types)
    fields.push_back(arrow::field("", type));
  fields.push_back(arrow::field("", arrow::int64()));
  return arrow::schema(std::move(fields));
}

DistinctRows MakeRows(const Types& types) {
  Result<DistinctRows> rows = DistinctRows::Make(types);
  EXPECT_TRUE(rows.ok());
  return *std::move(rows);
}

void Observe(DistinctRows& rows, const arrow::ArrayVector& keys,
             const std::vector<int64_t>& times) {
  DistinctRows::Scratch scratch;
  const std::vector<uint32_t> wanted(times.size(), 0);
  EXPECT_TRUE(rows.Observe(keys, times, wanted, scratch).ok());
}

std::shared_ptr<arrow::Table> TableOf(DistinctRows& rows, const Types& types) {
  Result<DistinctRows::Sorted> sorted = rows.Sort();
  EXPECT_TRUE(sorted.ok());
  arrow::ChunkedArrayVector columns = std::move(sorted->keys);
  const auto count = static_cast<int64_t>(sorted->times.size());
  columns.push_back(std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
      count, arrow::Buffer::FromVector(std::move(sorted->times)))));
  return arrow::Table::Make(SchemaOf(types), std::move(columns), count);
}

NextOfRun ReaderOf(const std::shared_ptr<arrow::Table>& table, int64_t batch_rows) {
  auto reader = std::make_shared<arrow::TableBatchReader>(table);
  reader->set_chunksize(batch_rows);
  return [reader]() -> Result<BatchPtr> { return reader->Next().ValueOrDie(); };
}

std::shared_ptr<arrow::Table> ReadAll(MergedRuns& merged, const Types& types, int64_t rows_max) {
  std::vector<BatchPtr> batches;
  while (true) {
    const Result<BatchPtr> batch = merged.Next(rows_max);
    EXPECT_TRUE(batch.ok());
    if (*batch == nullptr) break;
    EXPECT_LE((*batch)->num_rows(), rows_max);
    EXPECT_GT((*batch)->num_rows(), 0);
    batches.push_back(*batch);
  }
  return arrow::Table::FromRecordBatches(SchemaOf(types), batches).ValueOrDie();
}

TEST(MergedRuns, GiveWhatOneSortOfAllGives) {
  const std::vector<Types> key_types{{},
                                     {arrow::int64()},
                                     {arrow::utf8()},
                                     {arrow::float64()},
                                     {arrow::decimal128(10, 2)},
                                     {arrow::utf8(), arrow::int64(), arrow::float64()}};
  for (unsigned seed = 0; seed < 120; ++seed) {
    const Types& types = key_types[seed % key_types.size()];
    RandomPairs random(seed, types);
    DistinctRows all = MakeRows(types);
    std::vector<NextOfRun> runs;
    const int64_t count = random.Below(6);
    for (int64_t run = 0; run < count; ++run) {
      const int64_t rows = random.Below(40);
      const arrow::ArrayVector keys = random.Keys(rows);
      const std::vector<int64_t> times = random.Times(rows);
      Observe(all, keys, times);
      DistinctRows own = MakeRows(types);
      Observe(own, keys, times);
      runs.push_back(ReaderOf(TableOf(own, types), 1 + random.Below(5)));
    }
    MergedRuns merged(SchemaOf(types), std::move(runs));
    const std::shared_ptr<arrow::Table> given = ReadAll(merged, types, 1 + random.Below(20));
    const std::shared_ptr<arrow::Table> expected = TableOf(all, types);
    ASSERT_TRUE(given->Equals(*expected)) << "seed " << seed << "\n" << given->ToString();
  }
}

TEST(MergedRuns, AnErrorOfARunIsGiven) {
  MergedRuns merged(SchemaOf({arrow::int64()}),
                    {[]() -> Result<BatchPtr> { return CorruptData("broken"); }});
  const Result<BatchPtr> batch = merged.Next(10);
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().code, ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace icefield
