#include "pit/key_encoder.h"

#include <arrow/builder.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>

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
  KeyMatches matches;
  KeyEncoder::Scratch scratch;
  encoder.FindMatches(columns, rows, matches, scratch);
  EXPECT_TRUE(std::is_sorted(matches.rows.begin(), matches.rows.end()));
  EXPECT_EQ(matches.rows.size(), matches.ids.size());
  std::vector<uint32_t> ids(static_cast<size_t>(rows), kNoId);
  for (size_t at = 0; at < matches.rows.size(); ++at)
    ids[static_cast<size_t>(matches.rows[at])] = matches.ids[at];
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

// The kinds of key columns, and what their values are to a map: nothing where a row has no key.
enum class Kind : uint8_t { kBool, kInt, kLong, kDate, kFloat, kDouble, kTime, kText, kFixed };

struct RandomColumn {
  std::shared_ptr<arrow::Array> array;
  std::vector<std::optional<std::string>> values;
};

template <typename Builder>
struct ColumnMaker {
  std::unique_ptr<Builder> builder;
  RandomColumn column = {};

  template <typename Value>
  void Append(const Value& value, std::optional<std::string> text) {
    ASSERT_TRUE(builder->Append(value).ok());
    column.values.push_back(std::move(text));
  }
  void AppendNull() {
    ASSERT_TRUE(builder->AppendNull().ok());
    column.values.emplace_back();
  }
};

// Rows of few distinct values, some in runs, cut out of a longer array.
template <typename Maker, typename AppendValue>
RandomColumn FillColumn(Maker maker, std::mt19937& random, size_t rows, bool nulls, int distinct,
                        const AppendValue& append_value) {
  constexpr size_t kBefore = 5;
  int value = 0;
  for (size_t row = 0; row < rows + kBefore; ++row) {
    if (random() % 3 != 0) value = static_cast<int>(random() % static_cast<uint32_t>(distinct));
    if (nulls && random() % 7 == 0) {
      maker.AppendNull();
    } else {
      append_value(maker, value);
    }
  }
  maker.column.array = (*maker.builder->Finish())->Slice(kBefore);
  maker.column.values.erase(maker.column.values.begin(), maker.column.values.begin() + kBefore);
  return std::move(maker.column);
}

template <typename Builder, typename Number>
RandomColumn RandomNumbers(ColumnMaker<Builder> maker, std::mt19937& random, size_t rows,
                           int distinct, Number factor) {
  return FillColumn(std::move(maker), random, rows, random() % 2 == 0, distinct,
                    [&](auto& maker, int value) {
                      const auto number = static_cast<Number>(value - distinct / 2) * factor;
                      maker.Append(number, std::to_string(number));
                    });
}

template <typename Builder, typename Number>
RandomColumn RandomFloats(std::mt19937& random, size_t rows, int distinct) {
  return FillColumn(ColumnMaker<Builder>{std::make_unique<Builder>()}, random, rows,
                    random() % 2 == 0, distinct, [&](auto& maker, int value) {
                      if (value == 1) return maker.Append(Number(NAN), std::nullopt);
                      const Number zero = random() % 2 == 0 ? Number(-0.0) : Number(0);
                      const Number number = value == 0 ? zero : Number(value) / 2;
                      maker.Append(number, std::to_string(value == 0 ? 0.0 : double(number)));
                    });
}

RandomColumn RandomOf(Kind kind, std::mt19937& random, size_t rows, int distinct) {
  switch (kind) {
    case Kind::kBool:
      return FillColumn(
          ColumnMaker<arrow::BooleanBuilder>{std::make_unique<arrow::BooleanBuilder>()}, random,
          rows, true, distinct,
          [](auto& maker, int value) { maker.Append(value % 2 == 0, std::to_string(value % 2)); });
    case Kind::kInt:
      return RandomNumbers<arrow::Int32Builder, int32_t>({std::make_unique<arrow::Int32Builder>()},
                                                         random, rows, distinct, 10'000);
    case Kind::kLong:
      return RandomNumbers<arrow::Int64Builder, int64_t>({std::make_unique<arrow::Int64Builder>()},
                                                         random, rows, distinct, int64_t{1} << 40);
    case Kind::kDate:
      return RandomNumbers<arrow::Date32Builder, int32_t>(
          {std::make_unique<arrow::Date32Builder>()}, random, rows, distinct, 1);
    case Kind::kFloat:
      return RandomFloats<arrow::FloatBuilder, float>(random, rows, distinct);
    case Kind::kDouble:
      return RandomFloats<arrow::DoubleBuilder, double>(random, rows, distinct);
    case Kind::kTime:
      return RandomNumbers<arrow::TimestampBuilder, int64_t>(
          {std::make_unique<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::MICRO),
                                                     arrow::default_memory_pool())},
          random, rows, distinct, 1'000'003);
    case Kind::kText:
      return FillColumn(ColumnMaker<arrow::StringBuilder>{std::make_unique<arrow::StringBuilder>()},
                        random, rows, random() % 2 == 0, distinct, [](auto& maker, int value) {
                          const std::string text(static_cast<size_t>(value % 13), '1');
                          maker.Append(text + std::to_string(value), text + std::to_string(value));
                        });
    default:
      return FillColumn(
          ColumnMaker<arrow::FixedSizeBinaryBuilder>{
              std::make_unique<arrow::FixedSizeBinaryBuilder>(arrow::fixed_size_binary(4))},
          random, rows, random() % 2 == 0, distinct, [](auto& maker, int value) {
            maker.Append(std::string_view(reinterpret_cast<const char*>(&value), 4),
                         std::to_string(value));
          });
  }
}

struct RandomKeys {
  arrow::ArrayVector columns;
  std::vector<std::optional<std::vector<std::string>>> keys;
};

RandomKeys KeysOf(const std::vector<Kind>& kinds, std::mt19937& random, size_t rows, int distinct) {
  RandomKeys all;
  all.keys.assign(rows, std::vector<std::string>());
  for (const Kind kind : kinds) {
    const RandomColumn column = RandomOf(kind, random, rows, distinct);
    all.columns.push_back(column.array);
    for (size_t row = 0; row < rows; ++row) {
      if (!column.values[row]) all.keys[row].reset();
      if (all.keys[row]) all.keys[row]->push_back(*column.values[row]);
    }
  }
  return all;
}

// Against a map: keys inserted in two parts, then others looked for, few of them or most known.
void CompareWithMap(const std::vector<Kind>& kinds, uint32_t seed) {
  std::mt19937 random(seed);
  const int distinct = seed % 3 == 0 ? 5 : 3000;
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const auto& column : KeysOf(kinds, random, 0, distinct).columns)
    types.push_back(column->type());
  Result<KeyEncoder> encoder = KeyEncoder::Make(types);
  ASSERT_TRUE(encoder.ok());
  std::map<std::vector<std::string>, uint32_t> known;
  for (int part = 0; part < 2; ++part) {
    const RandomKeys keys = KeysOf(kinds, random, 1 + random() % 3000, distinct);
    const std::vector<uint32_t> ids =
        InsertAll(*encoder, keys.columns, static_cast<int64_t>(keys.keys.size()));
    for (size_t row = 0; row < ids.size(); ++row) {
      const auto next = static_cast<uint32_t>(known.size());
      const uint32_t wanted =
          keys.keys[row] ? known.emplace(*keys.keys[row], next).first->second : kNoId;
      ASSERT_EQ(ids[row], wanted) << "seed " << seed << ", row " << row;
    }
    ASSERT_EQ(encoder->size(), known.size());
  }
  const int others = random() % 2 == 0 ? distinct : 50 * distinct;
  const RandomKeys keys = KeysOf(kinds, random, random() % 5000, others);
  const std::vector<uint32_t> ids =
      FindAll(*encoder, keys.columns, static_cast<int64_t>(keys.keys.size()));
  for (size_t row = 0; row < ids.size(); ++row) {
    const auto found = keys.keys[row] ? known.find(*keys.keys[row]) : known.end();
    ASSERT_EQ(ids[row], found == known.end() ? kNoId : found->second)
        << "seed " << seed << ", row " << row;
  }
}

TEST(KeyEncoder, KnowsWhatAMapKnows) {
  constexpr std::array kKinds = {Kind::kBool,   Kind::kInt,  Kind::kLong, Kind::kDate, Kind::kFloat,
                                 Kind::kDouble, Kind::kTime, Kind::kText, Kind::kFixed};
  for (uint32_t seed = 0; seed < 12; ++seed) {
    for (const Kind kind : kKinds) CompareWithMap({kind}, seed);
    CompareWithMap({Kind::kLong, Kind::kText}, seed);
    CompareWithMap({Kind::kText, Kind::kText}, seed);
    CompareWithMap({Kind::kInt, Kind::kDouble}, seed);
    CompareWithMap({Kind::kFixed, Kind::kBool, Kind::kText, Kind::kTime}, seed);
  }
}

TEST(KeyEncoder, TheFilterGoesWithManyKeys) {
  Result<KeyEncoder> encoder = KeyEncoder::Make({arrow::int64()});
  ASSERT_TRUE(encoder.ok());
  std::vector<std::optional<int64_t>> numbers;
  for (int64_t at = 0; at < 300'000; ++at) numbers.push_back(at * 7);
  const auto all = Longs(numbers);
  for (int64_t start = 0; start < all->length(); start += 60'000) {
    InsertAll(*encoder, {all->Slice(start, 60'000)}, 60'000);
    const std::vector<uint32_t> ids = FindAll(*encoder, {all}, all->length());
    for (int64_t row = 0; row < all->length(); ++row) {
      ASSERT_EQ(ids[static_cast<size_t>(row)], row < start + 60'000 ? row : int64_t{kNoId});
    }
  }
}

TEST(KeyEncoder, TypesWithoutEqualityAreRefused) {
  EXPECT_EQ(KeyEncoder::Make({arrow::list(arrow::int64())}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
