#include "read/equality_keys.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <arrow/scalar.h>
#include <arrow/util/bit_util.h>

#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <random>

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

ArrayPtr Values(const TypePtr& type, const std::string& json) {
  arrow::Result<ArrayPtr> array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return array.ValueOr(nullptr);
}

// A few values of each type, among them the ends of its range and those that are easily mistaken
// for one another.
std::vector<ArrayPtr> Pools() {
  std::vector<ArrayPtr> pools{
      arrow::MakeArrayOfNull(arrow::null(), 3).ValueOrDie(),
      Values(arrow::boolean(), "[true, false]"),
      Values(arrow::int32(), "[0, 1, -1, 2147483647, -2147483648, 65536]"),
      Values(arrow::int64(), "[0, 1, -1, 9223372036854775807, -9223372036854775808, 4294967296]"),
      Values(arrow::float32(), "[0.0, -0.0, NaN, 1.5, Inf, -Inf]"),
      Values(arrow::float64(), "[0.0, -0.0, NaN, 1.5, Inf, -Inf]"),
      Values(arrow::date32(), "[0, -1, 20000]"),
      Values(arrow::time64(arrow::TimeUnit::MICRO), "[0, 1, 86399999999]"),
      Values(arrow::timestamp(arrow::TimeUnit::MICRO), "[0, -1, 1700000000000000]"),
      Values(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[0, -1, 1700000000000000000]"),
      Values(arrow::decimal128(38, 2), R"(["0.00", "-0.01", "1.00", "100.00",
             "999999999999999999999999999999999999.99"])"),
      Values(arrow::utf8(), R"(["", "a", "b", "ab", "a\u0000", "\u0000a", "customer-0000001",
             "customer-0000002", "12345678", "123456789"])"),
      Values(arrow::binary(), R"(["", "a", "\u0000", "\u0000\u0000", "aaaaaaaaaaaaaaaaa"])"),
      Values(arrow::fixed_size_binary(3), R"(["abc", "abd", "\u0000\u0000\u0000"])"),
  };
  pools.push_back(arrow::ExtensionType::WrapArray(
      arrow::extension::uuid(),
      Values(arrow::fixed_size_binary(16), R"(["0123456789abcdef", "0123456789abcdeg"])")));
  return pools;
}

using Random = std::mt19937_64;

// Values of a pool; where some are null, there are values under the nulls. A slice of more rows.
ArrayPtr RandomColumn(const ArrayPtr& pool, int64_t rows, bool nulls, Random& random) {
  const auto before = static_cast<int64_t>(random() % 70);
  arrow::Int64Builder chosen;
  for (int64_t row = 0; row < before + rows; ++row) {
    EXPECT_TRUE(
        chosen.Append(static_cast<int64_t>(random() % static_cast<uint64_t>(pool->length()))).ok());
  }
  ArrayPtr taken = arrow::compute::Take(*pool, *chosen.Finish().ValueOrDie()).ValueOrDie();
  if (nulls && pool->type_id() != arrow::Type::NA) {
    std::shared_ptr<arrow::ArrayData> data = taken->data()->Copy();
    std::shared_ptr<arrow::Buffer> bits =
        arrow::AllocateEmptyBitmap(data->length + data->offset).ValueOrDie();
    for (int64_t at = 0; at < data->length + data->offset; ++at)
      arrow::bit_util::SetBitTo(bits->mutable_data(), at, random() % 4 != 0);
    data->buffers[0] = bits;
    data->null_count = arrow::kUnknownNullCount;
    taken = arrow::MakeArray(data);
  }
  return taken->Slice(before);
}

// The obvious table: values as texts, by Arrow's own writing of them.
using RowKey = std::vector<std::optional<std::string>>;

RowKey KeyOf(const arrow::ArrayVector& columns, int64_t row) {
  RowKey key;
  for (const ArrayPtr& column : columns) {
    const std::shared_ptr<arrow::Scalar> cell = column->GetScalar(row).ValueOrDie();
    key.push_back(cell->is_valid ? std::optional(cell->ToString()) : std::nullopt);
  }
  return key;
}

EqualityKeys KeysFor(const arrow::ArrayVector& columns) {
  std::vector<TypePtr> types;
  for (const ArrayPtr& column : columns) types.push_back(column->type());
  Result<EqualityKeys> keys = EqualityKeys::Make(types);
  EXPECT_TRUE(keys.ok());
  return *std::move(keys);
}

EqualityKeys Inserted(const arrow::ArrayVector& columns, int64_t sequence_number = 1) {
  EqualityKeys keys = KeysFor(columns);
  EXPECT_TRUE(keys.Insert(columns, columns.front()->length(), {sequence_number}).ok());
  return keys;
}

std::vector<uint8_t> Marked(const EqualityKeys& keys, const arrow::ArrayVector& columns,
                            int64_t data_sequence_number = 0) {
  const int64_t rows = columns.front()->length();
  std::vector<uint8_t> deleted(static_cast<size_t>(rows), 0);
  Result<int64_t> count = keys.MarkDeleted(columns, rows, {data_sequence_number}, deleted);
  EXPECT_TRUE(count.ok()) << count.error();
  EXPECT_EQ(*count, std::count(deleted.begin(), deleted.end(), 1));
  return deleted;
}

using Marks = std::vector<uint8_t>;

class EqualityKeysRandom : public testing::TestWithParam<uint64_t> {};

TEST_P(EqualityKeysRandom, AgreesWithAMapOfValues) {
  Random random(GetParam());
  const std::vector<ArrayPtr> pools = Pools();
  arrow::ArrayVector chosen(1 + random() % 4);
  for (ArrayPtr& pool : chosen) pool = pools[random() % pools.size()];
  const auto batch = [&](uint64_t rows_max) {
    const auto rows = static_cast<int64_t>(random() % rows_max);
    arrow::ArrayVector columns;
    for (const ArrayPtr& pool : chosen)
      columns.push_back(RandomColumn(pool, rows, random() % 2 == 0, random));
    return columns;
  };
  EqualityKeys keys = KeysFor(chosen);
  std::map<RowKey, int64_t> expected;
  for (int file = 0; file < 6; ++file) {
    const arrow::ArrayVector columns = batch(30);
    const auto sequence_number = static_cast<int64_t>(random() % 5);
    const int64_t rows = columns.front()->length();
    ASSERT_TRUE(keys.Insert(columns, rows, {sequence_number}).ok());
    for (int64_t row = 0; row < rows; ++row) {
      int64_t& newest = expected.emplace(KeyOf(columns, row), sequence_number).first->second;
      newest = std::max(newest, sequence_number);
    }
    ASSERT_EQ(keys.size(), static_cast<int64_t>(expected.size()));
  }
  const arrow::ArrayVector columns = batch(3000);
  std::vector<std::optional<int64_t>> newest;
  for (int64_t row = 0; row < columns.front()->length(); ++row) {
    const auto found = expected.find(KeyOf(columns, row));
    newest.push_back(found == expected.end() ? std::nullopt : std::optional(found->second));
  }
  for (int64_t data_sequence_number = -1; data_sequence_number < 5; ++data_sequence_number) {
    const std::vector<uint8_t> deleted = Marked(keys, columns, data_sequence_number);
    for (size_t row = 0; row < deleted.size(); ++row)
      ASSERT_EQ(deleted[row] != 0, newest[row] > data_sequence_number) << "row " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EqualityKeysRandom, testing::Range<uint64_t>(0, 100));

TEST(EqualityKeys, EveryTypeAlone) {
  for (const ArrayPtr& pool : Pools()) {
    const EqualityKeys keys = Inserted({pool->Slice(0, 1)});
    Marks expected(static_cast<size_t>(pool->length()), 0);
    expected[0] = 1;
    if (pool->type_id() == arrow::Type::NA) expected.assign(expected.size(), 1);
    EXPECT_EQ(Marked(keys, {pool}), expected) << pool->type()->ToString();
    const ArrayPtr null = arrow::MakeArrayOfNull(pool->type(), 1).ValueOrDie();
    EXPECT_EQ(Marked(keys, {null}), Marks{pool->type_id() == arrow::Type::NA})
        << pool->type()->ToString();
    EXPECT_EQ(Marked(Inserted({null}), {null}), Marks{1}) << pool->type()->ToString();
  }
}

TEST(EqualityKeys, NullEqualsNullAndNoValue) {
  const ArrayPtr column = Values(arrow::int64(), "[null, 0, 1]");
  EXPECT_EQ(Marked(Inserted({column->Slice(0, 1)}), {column}), (Marks{1, 0, 0}));
  const ArrayPtr texts = Values(arrow::utf8(), R"(["", null])");
  EXPECT_EQ(Marked(Inserted({texts->Slice(0, 1)}), {texts}), (Marks{1, 0}));
}

TEST(EqualityKeys, EveryNaNIsOneAndZeroesAreTwo) {
  const auto other_nan = std::bit_cast<double>(uint64_t{0xFFF8000000000001});
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(
      builder.AppendValues({std::numeric_limits<double>::quiet_NaN(), other_nan, -0.0, 0.0}).ok());
  const ArrayPtr column = builder.Finish().ValueOrDie();
  EXPECT_EQ(Marked(Inserted({column->Slice(0, 1)}), {column}), (Marks{1, 1, 0, 0}));
  EXPECT_EQ(Marked(Inserted({column->Slice(1, 1)}), {column}), (Marks{1, 1, 0, 0}));
  EXPECT_EQ(Marked(Inserted({column->Slice(2, 1)}), {column}), (Marks{0, 0, 1, 0}));
}

TEST(EqualityKeys, CompositeKeysAreNotTheirConcatenation) {
  const arrow::ArrayVector keys{Values(arrow::utf8(), R"(["ab", "a", "abc", null])"),
                                Values(arrow::utf8(), R"(["c", "bc", "", "abc"])")};
  for (int64_t row = 0; row < 4; ++row) {
    Marks expected(4, 0);
    expected[static_cast<size_t>(row)] = 1;
    EXPECT_EQ(Marked(Inserted({keys[0]->Slice(row, 1), keys[1]->Slice(row, 1)}), keys), expected);
  }
}

TEST(EqualityKeys, OnlyOlderDataIsDeleted) {
  const arrow::ArrayVector one{Values(arrow::int32(), "[7]")};
  EqualityKeys keys = Inserted(one, 5);
  EXPECT_EQ(Marked(keys, one, 4), Marks{1});
  EXPECT_EQ(Marked(keys, one, 5), Marks{0});
  ASSERT_TRUE(keys.Insert(one, 1, {3}).ok());
  EXPECT_EQ(Marked(keys, one, 4), Marks{1});
  ASSERT_TRUE(keys.Insert(one, 1, {6}).ok());
  EXPECT_EQ(Marked(keys, one, 5), Marks{1});
  EXPECT_EQ(keys.size(), 1);
}

TEST(EqualityKeys, CountsOnlyRowsThatWereNotDeletedBefore) {
  const arrow::ArrayVector column{Values(arrow::int32(), "[1, 2, 1, 1]")};
  const EqualityKeys keys = Inserted({column[0]->Slice(0, 1)});
  Marks deleted{0, 1, 1, 0, 0};
  EXPECT_EQ(keys.MarkDeleted(column, 4, {0}, deleted).value_or(-1), 2);
  EXPECT_EQ(deleted, (Marks{1, 1, 1, 1, 0}));
}

TEST(EqualityKeys, FindsEachOfManyKeysAndNoOther) {
  constexpr int64_t kKeys = 200000;
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (int64_t key = 0; key < 2 * kKeys; ++key) {
    ASSERT_TRUE(numbers.Append(key << 20).ok());
    ASSERT_TRUE(texts.Append("customer-" + std::to_string(key)).ok());
  }
  const ArrayPtr number = numbers.Finish().ValueOrDie();
  const ArrayPtr text = texts.Finish().ValueOrDie();
  Marks expected(2 * kKeys, 0);
  std::fill(expected.begin(), expected.begin() + kKeys, 1);
  for (const arrow::ArrayVector& columns :
       {arrow::ArrayVector{number}, arrow::ArrayVector{text}, arrow::ArrayVector{number, text}}) {
    EqualityKeys keys = KeysFor(columns);
    for (int64_t first = 0; first < kKeys; first += kKeys / 4) {
      arrow::ArrayVector part;
      for (const ArrayPtr& column : columns) part.push_back(column->Slice(first, kKeys / 4));
      ASSERT_TRUE(keys.Insert(part, kKeys / 4, {1}).ok());
    }
    EXPECT_EQ(keys.size(), kKeys);
    EXPECT_EQ(Marked(keys, columns), expected);
  }
}

TEST(EqualityKeys, RefusesWhatItWasNotMadeFor) {
  EXPECT_EQ(EqualityKeys::Make({arrow::list(arrow::int32())}).error().code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(EqualityKeys::Make({arrow::struct_({})}).error().code, ErrorCode::kUnsupported);
  const ArrayPtr numbers = Values(arrow::int32(), "[1, 2]");
  EqualityKeys keys = Inserted({numbers});
  EXPECT_EQ(keys.Insert({Values(arrow::int64(), "[1]")}, 1, {1}).error().code,
            ErrorCode::kInternal);
  EXPECT_EQ(keys.Insert({numbers, numbers}, 2, {1}).error().code, ErrorCode::kInternal);
  Marks deleted(1, 0);
  EXPECT_EQ(keys.MarkDeleted({numbers}, 2, {0}, deleted).error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace icefield
