#include "batch/keep_runs.h"

#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_dict.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/extension/uuid.h>
#include <arrow/scalar.h>

#include <random>

namespace icefield {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;
using TypePointer = std::shared_ptr<arrow::DataType>;

// Arrays of any type with random values, nulls and lengths.
class RandomArrays {
 public:
  explicit RandomArrays(uint64_t seed) : random_(seed) {}

  int64_t Below(int64_t limit) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit));
  }

  // `null_percent` of the rows are null, at every level.
  ArrayPointer Make(const TypePointer& type, int64_t rows, int64_t null_percent) {
    // More rows around it, so that offsets are not 0.
    const int64_t before = Below(70);
    const int64_t all = before + rows + Below(70);
    return MakeUnsliced(type, all, null_percent)->Slice(before, rows);
  }

 private:
  std::shared_ptr<arrow::Buffer> Bits(int64_t rows, int64_t null_percent) {
    auto bits = *arrow::AllocateEmptyBitmap(rows);
    for (int64_t row = 0; row < rows; ++row) {
      arrow::bit_util::SetBitTo(bits->mutable_data(), row, Below(100) >= null_percent);
    }
    return bits;
  }

  std::shared_ptr<arrow::Buffer> Bytes(int64_t size) {
    std::shared_ptr<arrow::Buffer> bytes = *arrow::AllocateBuffer(size);
    for (int64_t i = 0; i < size; ++i) {
      bytes->mutable_data()[i] = static_cast<uint8_t>('a' + Below(26));
    }
    return bytes;
  }

  // Numbers of any bytes but a highest one of 0: those are decimals of the greatest precision, too.
  std::shared_ptr<arrow::Buffer> Numbers(int64_t rows, int64_t width) {
    std::shared_ptr<arrow::Buffer> numbers = Bytes(rows * width);
    for (int64_t row = 1; row <= rows && width >= 16; ++row) {
      numbers->mutable_data()[row * width - 1] = 0;
    }
    return numbers;
  }

  template <typename Offset>
  std::shared_ptr<arrow::Buffer> Offsets(int64_t rows, int64_t longest, int64_t& end) {
    std::vector<Offset> offsets = {static_cast<Offset>(Below(9))};
    for (int64_t row = 0; row < rows; ++row) {
      offsets.push_back(static_cast<Offset>(offsets.back() + Below(longest)));
    }
    end = offsets.back();
    return arrow::Buffer::FromVector(std::move(offsets));
  }

  ArrayPointer MakeUnsliced(const TypePointer& type, int64_t rows, int64_t null_percent) {
    if (type->id() == arrow::Type::NA) return *arrow::MakeArrayOfNull(type, rows);
    if (type->id() == arrow::Type::EXTENSION) {
      const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
      return arrow::ExtensionType::WrapArray(
          type, MakeUnsliced(extension.storage_type(), rows, null_percent));
    }
    std::shared_ptr<arrow::Buffer> valid = null_percent > 0 ? Bits(rows, null_percent) : nullptr;
    auto data = arrow::ArrayData::Make(type, rows, {valid}, arrow::kUnknownNullCount);
    int64_t end = 0;
    switch (type->id()) {
      case arrow::Type::BOOL:
        data->buffers.push_back(Bits(rows, 50));
        break;
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        data->buffers.push_back(Offsets<int32_t>(rows, 30, end));
        data->buffers.push_back(Bytes(end));
        break;
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        data->buffers.push_back(Offsets<int64_t>(rows, 3, end));
        data->buffers.push_back(Bytes(end));
        break;
      case arrow::Type::LIST:
        data->buffers.push_back(Offsets<int32_t>(rows, 5, end));
        data->child_data = {Make(type->field(0)->type(), end, null_percent)->data()};
        break;
      case arrow::Type::MAP: {
        data->buffers.push_back(Offsets<int32_t>(rows, 5, end));
        auto entries = arrow::ArrayData::Make(type->field(0)->type(), end, {nullptr}, 0);
        const auto& map = static_cast<const arrow::MapType&>(*type);
        entries->child_data = {Make(map.key_type(), end, 0)->data(),
                               Make(map.item_type(), end, null_percent)->data()};
        data->child_data = {entries};
        break;
      }
      case arrow::Type::LARGE_LIST:
        data->buffers.push_back(Offsets<int64_t>(rows, 3, end));
        data->child_data = {Make(type->field(0)->type(), end, null_percent)->data()};
        break;
      case arrow::Type::FIXED_SIZE_LIST:
        end = rows * static_cast<const arrow::FixedSizeListType&>(*type).list_size();
        data->child_data = {Make(type->field(0)->type(), end, null_percent)->data()};
        break;
      case arrow::Type::STRUCT:
        for (const auto& field : type->fields()) {
          data->child_data.push_back(Make(field->type(), rows, null_percent)->data());
        }
        break;
      case arrow::Type::DICTIONARY: {
        const auto& dictionary = static_cast<const arrow::DictionaryType&>(*type);
        std::vector<int16_t> indices(static_cast<size_t>(rows));
        for (int16_t& index : indices) index = static_cast<int16_t>(Below(20));
        data->buffers.push_back(arrow::Buffer::FromVector(std::move(indices)));
        data->dictionary = Make(dictionary.value_type(), 20, 0)->data();
        break;
      }
      default:
        data->buffers.push_back(Numbers(rows, type->byte_width()));
    }
    return arrow::MakeArray(data);
  }

  std::mt19937_64 random_;
};

std::vector<RowRun> RandomRuns(RandomArrays& random, int64_t rows, int64_t longest) {
  std::vector<RowRun> runs;
  for (int64_t row = random.Below(3); row < rows;) {
    const int64_t count = std::min(1 + random.Below(longest), rows - row);
    runs.push_back({row, count});
    row += count + 1 + random.Below(2 * longest);
  }
  return runs;
}

ArrayPointer TakeOneByOne(const ArrayPointer& column, const std::vector<RowRun>& runs) {
  arrow::Int64Builder chosen;
  for (const RowRun& run : runs) {
    for (int64_t i = 0; i < run.count; ++i) EXPECT_TRUE(chosen.Append(run.first + i).ok());
  }
  return *arrow::compute::Take(*column, **chosen.Finish());
}

// Random arrays of many types against Arrow's Take.
struct TypeCase {
  const char* name;
  TypePointer type;
};

std::vector<TypeCase> TypeCases() {
  const TypePointer person =
      arrow::struct_({arrow::field("name", arrow::utf8()), arrow::field("ok", arrow::boolean()),
                      arrow::field("scores", arrow::list(arrow::float64()))});
  return {
      {"null", arrow::null()},
      {"bool", arrow::boolean()},
      {"int8", arrow::int8()},
      {"int16", arrow::int16()},
      {"int32", arrow::int32()},
      {"int64", arrow::int64()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"decimal128", arrow::decimal128(38, 3)},
      {"decimal256", arrow::decimal256(76, 3)},
      {"fixed3", arrow::fixed_size_binary(3)},
      {"fixed16", arrow::fixed_size_binary(16)},
      {"fixed300", arrow::fixed_size_binary(300)},
      {"uuid", arrow::extension::uuid()},
      {"utf8", arrow::utf8()},
      {"binary", arrow::binary()},
      {"large_utf8", arrow::large_utf8()},
      {"dictionary", arrow::dictionary(arrow::int16(), arrow::utf8())},
      {"struct", person},
      {"list", arrow::list(arrow::int32())},
      {"large_list", arrow::large_list(arrow::utf8())},
      {"list_of_structs", arrow::list(person)},
      {"list_of_nulls", arrow::list(arrow::null())},
      {"lists_of_lists", arrow::list(arrow::list(arrow::boolean()))},
      {"fixed_size_list", arrow::fixed_size_list(person, 3)},
      {"fixed_size_list_of_none", arrow::fixed_size_list(arrow::int32(), 0)},
      {"map", arrow::map(arrow::utf8(), person)},
  };
}

class EveryType : public testing::TestWithParam<TypeCase> {};

TEST_P(EveryType, KeepsWhatTakeKeeps) {
  const TypePointer& type = GetParam().type;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    RandomArrays random(seed);
    const int64_t rows = 2 + random.Below(seed % 10 == 0 ? 3000 : 200);
    const ArrayPointer column = random.Make(type, rows, std::vector<int64_t>{0, 10, 100}[seed % 3]);
    ASSERT_TRUE(column->ValidateFull().ok()) << column->ValidateFull().ToString();
    const std::vector<RowRun> runs =
        RandomRuns(random, rows, std::vector<int64_t>{1, 9, 40, 300}[seed % 4]);
    const auto batch =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}), rows, {column});
    const auto kept = KeepRuns(batch, runs);
    ASSERT_TRUE(kept.ok()) << kept.error();
    ASSERT_TRUE((*kept)->ValidateFull().ok()) << (*kept)->ValidateFull().ToString();
    const ArrayPointer expected = TakeOneByOne(column, runs);
    ASSERT_TRUE((*kept)->column(0)->Equals(*expected))
        << "seed " << seed << ": " << (*kept)->column(0)->ToString() << "\ninstead of "
        << expected->ToString();
    ASSERT_EQ((*kept)->column(0)->null_count(), expected->null_count()) << "seed " << seed;
  }
}
INSTANTIATE_TEST_SUITE_P(Types, EveryType, testing::ValuesIn(TypeCases()),
                         [](const auto& info) { return std::string(info.param.name); });

std::shared_ptr<arrow::RecordBatch> BatchOf(const ArrayPointer& column) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("c", column->type())}),
                                  column->length(), {column});
}

TEST(KeepRuns, GivesTheBatchBackWhereAllRowsStay) {
  RandomArrays random(1);
  const auto batch = BatchOf(random.Make(arrow::int64(), 10, 0));
  EXPECT_EQ(*KeepRuns(batch, std::vector<RowRun>{{0, 10}}), batch);
  EXPECT_EQ(*KeepRuns(batch, std::vector<RowRun>{{0, 4}, {4, 6}}), batch);
}

TEST(KeepRuns, SlicesForOneRunAndForNone) {
  RandomArrays random(1);
  const auto batch = BatchOf(random.Make(arrow::utf8(), 10, 20));
  const auto one = *KeepRuns(batch, std::vector<RowRun>{{3, 4}});
  EXPECT_TRUE(one->Equals(*batch->Slice(3, 4)));
  EXPECT_EQ(one->column_data(0)->buffers[2], batch->column_data(0)->buffers[2]);
  EXPECT_EQ((*KeepRuns(batch, {}))->num_rows(), 0);
}

TEST(KeepRuns, KeepsTheNumberOfRowsWithoutColumns) {
  const auto batch = arrow::RecordBatch::Make(arrow::schema(arrow::FieldVector{}), 10,
                                              std::vector<ArrayPointer>{});
  EXPECT_EQ((*KeepRuns(batch, std::vector<RowRun>{{1, 2}, {5, 3}}))->num_rows(), 5);
}

TEST(KeepRuns, KeepsTypesThatItDoesNotKnow) {
  RandomArrays random(3);
  const ArrayPointer numbers = random.Make(arrow::int32(), 9, 0);
  const ArrayPointer texts = random.Make(arrow::utf8(), 9, 0);
  arrow::Int8Builder which;
  ASSERT_TRUE(which.AppendValues({0, 1, 0, 1, 1, 0, 0, 1, 0}).ok());
  const ArrayPointer either = *arrow::SparseUnionArray::Make(**which.Finish(), {numbers, texts});
  const std::vector<RowRun> runs = {{1, 2}, {5, 1}, {7, 2}};
  for (const ArrayPointer& column : {either, either->Slice(0, 9)}) {
    const auto kept = KeepRuns(BatchOf(column), runs);
    ASSERT_TRUE(kept.ok()) << kept.error();
    EXPECT_TRUE((*kept)->column(0)->Equals(*TakeOneByOne(column, runs)));
  }
}

// The kept entries are one run that does not start at 0; what matters is what a map's own keys and
// values show, which know nothing of an offset of the entries.
TEST(KeepRuns, KeepsMapsWhoseEntriesAreOneRun) {
  auto keys = std::make_shared<arrow::StringBuilder>();
  auto items = std::make_shared<arrow::Int64Builder>();
  arrow::MapBuilder builder(arrow::default_memory_pool(), keys, items);
  for (const int count : {1, 2, 0, 0, 2}) {
    ASSERT_TRUE(builder.Append().ok());
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(keys->Append(std::string(1, static_cast<char>('a' + keys->length()))).ok());
      ASSERT_TRUE(items->Append(items->length()).ok());
    }
  }
  const ArrayPointer column = *builder.Finish();
  const std::vector<RowRun> runs = {{1, 2}, {4, 1}};
  for (const bool middle : {false, true}) {
    const std::vector<RowRun> kept_runs = middle ? std::vector<RowRun>{{1, 1}, {3, 1}} : runs;
    const auto kept = KeepRuns(BatchOf(column), kept_runs);
    ASSERT_TRUE(kept.ok()) << kept.error();
    const auto& maps = static_cast<const arrow::MapArray&>(*(*kept)->column(0));
    EXPECT_EQ(maps.keys()->GetScalar(0).ValueOrDie()->ToString(), "b");
    EXPECT_EQ(maps.items()->GetScalar(0).ValueOrDie()->ToString(), "1");
    EXPECT_EQ(maps.keys()->length(), middle ? 2 : 4);
  }
}

// Views share the bytes that they show.
TEST(KeepRuns, KeepsViews) {
  arrow::StringViewBuilder builder;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE((i % 7 == 0 ? builder.AppendNull()
                            : builder.Append(std::string(static_cast<size_t>(i), 'v')))
                    .ok());
  }
  const ArrayPointer column = (*builder.Finish())->Slice(3);
  const std::vector<RowRun> runs = {{0, 9}, {10, 1}, {20, 20}, {46, 1}};
  const auto kept = KeepRuns(BatchOf(column), runs);
  ASSERT_TRUE(kept.ok()) << kept.error();
  ASSERT_TRUE((*kept)->ValidateFull().ok());
  int64_t row = 0;
  for (const RowRun& run : runs) {
    for (int64_t i = 0; i < run.count; ++i, ++row) {
      EXPECT_TRUE((*(*kept)->column(0)->GetScalar(row))->Equals(**column->GetScalar(run.first + i)))
          << row;
    }
  }
}

}  // namespace
}  // namespace icefield
