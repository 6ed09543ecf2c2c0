#include "pit/key_encoder.h"

#include <arrow/builder.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace icefield {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<std::optional<Value>>& values) {
  Builder builder;
  for (const std::optional<Value>& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> Longs(const std::vector<std::optional<int64_t>>& values) {
  return ArrayOf<arrow::Int64Builder>(values);
}

std::shared_ptr<arrow::Array> Texts(const std::vector<std::optional<std::string>>& values) {
  return ArrayOf<arrow::StringBuilder>(values);
}

std::vector<uint32_t> InsertAll(KeyEncoder& encoder, const arrow::ArrayVector& columns,
                                int64_t rows) {
  std::vector<uint32_t> ids;
  KeyEncoder::Scratch scratch;
  encoder.Insert(columns, rows, ids, scratch);
  return ids;
}

std::vector<uint32_t> FindAll(const KeyEncoder& encoder, const arrow::ArrayVector& columns,
                              int64_t rows) {
  std::vector<uint32_t> ids;
  KeyEncoder::Scratch scratch;
  encoder.Find(columns, rows, ids, scratch);
  return ids;
}

TEST(KeyEncoder, CompositeKeysAreNeverConcatenated) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({arrow::utf8(), arrow::utf8()});
  ASSERT_TRUE(encoder.ok());
  const std::vector<uint32_t> ids =
      InsertAll(*encoder, {Texts({"1", "11", "1|", "1"}), Texts({"11", "1", "1", "|1"})}, 4);
  EXPECT_EQ(ids, (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(FindAll(*encoder, {Texts({"11", "11"}), Texts({"1", "11"})}, 2),
            (std::vector<uint32_t>{1, kNoId}));
}

TEST(KeyEncoder, NullAndNanAreNoKeys) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({arrow::float64(), arrow::int64()});
  ASSERT_TRUE(encoder.ok());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto doubles = ArrayOf<arrow::DoubleBuilder, double>({0.0, -0.0, nan, std::nullopt, 1.0});
  EXPECT_EQ(InsertAll(*encoder, {doubles, Longs({1, 1, 1, 1, std::nullopt})}, 5),
            (std::vector<uint32_t>{0, 0, kNoId, kNoId, kNoId}));
  EXPECT_EQ(encoder->size(), 1U);
}

TEST(KeyEncoder, NoKeyColumnsMeanOneKey) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({});
  ASSERT_TRUE(encoder.ok());
  EXPECT_EQ(InsertAll(*encoder, {}, 3), (std::vector<uint32_t>{0, 0, 0}));
  EXPECT_EQ(encoder->size(), 1U);
}

TEST(KeyEncoder, ManyKeysKeepTheirIdsThroughGrowth) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({arrow::int64(), arrow::utf8()});
  ASSERT_TRUE(encoder.ok());
  std::vector<std::optional<int64_t>> numbers;
  std::vector<std::optional<std::string>> texts;
  for (int64_t at = 0; at < 50'000; ++at) {
    numbers.push_back(at % 300 * (int64_t{1} << 40));
    texts.push_back(std::string(static_cast<size_t>(at % 17), 'x') + std::to_string(at / 300));
  }
  const arrow::ArrayVector columns{Longs(numbers), Texts(texts)};
  const std::vector<uint32_t> ids = InsertAll(*encoder, columns, 50'000);
  EXPECT_EQ(FindAll(*encoder, columns, 50'000), ids);
  std::map<std::pair<int64_t, std::string>, uint32_t> wanted;
  for (size_t at = 0; at < ids.size(); ++at) {
    const auto [found, added] = wanted.emplace(std::pair(*numbers[at], *texts[at]), ids[at]);
    ASSERT_EQ(found->second, ids[at]);
  }
  EXPECT_EQ(encoder->size(), wanted.size());
}

TEST(KeyEncoder, SlicedColumnsReadTheirOwnRows) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({arrow::utf8()});
  ASSERT_TRUE(encoder.ok());
  InsertAll(*encoder, {Texts({"a", "b", "c"})}, 3);
  EXPECT_EQ(FindAll(*encoder, {Texts({"x", "c", std::nullopt, "a"})->Slice(1)}, 3),
            (std::vector<uint32_t>{2, kNoId, 0}));
}

TEST(KeyEncoder, TypesWithoutEqualityAreRefused) {
  EXPECT_EQ(KeyEncoder::Make({arrow::list(arrow::int64())}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
