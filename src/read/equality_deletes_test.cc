#include "read/equality_deletes.h"

#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>

#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Field> WithId(const std::string& name, const TypePtr& type, int32_t id) {
  return arrow::field(name, type)
      ->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

ArrayPtr Values(const TypePtr& type, const std::string& json) {
  arrow::Result<ArrayPtr> array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return array.ValueOr(nullptr);
}

std::string ParquetBytes(const arrow::FieldVector& fields, const arrow::ArrayVector& columns,
                         int64_t row_group_rows = 1000) {
  const auto table = arrow::Table::Make(arrow::schema(fields), columns);
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, row_group_rows).ok());
  return sink->Finish().ValueOrDie()->ToString();
}

// Columns of a table, among them one for each way in which a column can be no key.
Schema TableFields() {
  const StructType inner{{{.id = {6}, .name = "city", .type = PrimitiveKind::kString},
                          {.id = {7}, .name = "zip", .type = PrimitiveKind::kInt}}};
  return {.columns = {{
              {.id = {1}, .name = "id", .type = PrimitiveKind::kLong, .required = true},
              {.id = {2},
               .name = "name",
               .type = PrimitiveKind::kString,
               .initial_default_json = "\"none\""},
              {.id = {3}, .name = "ratio", .type = PrimitiveKind::kDouble},
              {.id = {4},
               .name = "price",
               .type = PrimitiveType{.kind = PrimitiveKind::kDecimal, .precision = 18, .scale = 2}},
              {.id = {5}, .name = "address", .type = inner, .required = true},
              {.id = {8},
               .name = "tags",
               .type = ListType{{{.id = {9}, .name = "element", .type = PrimitiveKind::kString}}}},
              {.id = {10}, .name = "nothing", .type = PrimitiveKind::kUnknown},
              {.id = {11}, .name = "shape", .type = PrimitiveKind::kGeometry},
          }}};
}

class EqualityDeletes : public testing::Test {
 protected:
  DeleteFile Write(const std::string& bytes, int64_t rows, std::vector<FieldId> ids) {
    DeleteFile deletes{.data_sequence_number = {7}};
    deletes.file.content = FileContent::kEqualityDeletes;
    deletes.file.path = folder_.Write("deletes.parquet", bytes);
    deletes.file.format = "PARQUET";
    deletes.file.record_count = rows;
    deletes.file.size_bytes = static_cast<int64_t>(bytes.size());
    deletes.file.equality_ids = std::move(ids);
    return deletes;
  }

  Result<EqualityKeys> Read(const DeleteFile& deletes) {
    ICEFIELD_ASSIGN(const ReadSchema columns, EqualityKeyColumns(TableFields(), deletes));
    ICEFIELD_ASSIGN(EqualityKeys keys, MakeEqualityKeys(columns));
    ICEFIELD_TRY(ReadEqualityDeletes(*store_, deletes, columns, keys));
    return keys;
  }

  // Which rows of data of an older commit the deletes remove.
  std::vector<uint8_t> DeletedOf(const DeleteFile& deletes, const arrow::ArrayVector& data) {
    Result<EqualityKeys> keys = Read(deletes);
    EXPECT_TRUE(keys.ok()) << keys.error();
    if (!keys.ok()) return {};
    std::vector<uint8_t> deleted(static_cast<size_t>(data[0]->length()), 0);
    EXPECT_TRUE(keys->MarkDeleted(data, data[0]->length(), {6}, deleted).ok());
    std::vector<uint8_t> none(deleted.size(), 0);
    EXPECT_EQ(keys->MarkDeleted(data, data[0]->length(), {7}, none).value_or(-1), 0);
    return deleted;
  }

  void ExpectRefused(const DeleteFile& deletes, ErrorCode code,
                     const std::vector<std::string>& pieces) {
    const Result<EqualityKeys> keys = Read(deletes);
    ASSERT_FALSE(keys.ok());
    EXPECT_EQ(keys.error().code, code) << keys.error();
    EXPECT_NE(keys.error().message.find(deletes.file.path), std::string::npos) << keys.error();
    for (const std::string& piece : pieces)
      EXPECT_NE(keys.error().message.find(piece), std::string::npos) << keys.error();
  }

  TemporaryFolder folder_;
  std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

using Marks = std::vector<uint8_t>;

TEST_F(EqualityDeletes, KeysOfAllRowGroups) {
  const std::string bytes = ParquetBytes({WithId("id", arrow::int64(), 1)},
                                         {Values(arrow::int64(), "[1, 2, 3, null, 5, 1]")}, 2);
  const arrow::ArrayVector data{Values(arrow::int64(), "[0, 1, 2, 3, 4, 5, null]")};
  EXPECT_EQ(DeletedOf(Write(bytes, 6, {{1}}), data), (Marks{0, 1, 1, 1, 0, 1, 1}));
}

TEST_F(EqualityDeletes, KeysAreReadByIdInTheOrderOfIds) {
  const std::string bytes =
      ParquetBytes({WithId("first_name", arrow::utf8(), 2), WithId("other", arrow::int64(), 3),
                    WithId("key", arrow::int64(), 1)},
                   {Values(arrow::utf8(), R"(["a", null])"), Values(arrow::int64(), "[0, 0]"),
                    Values(arrow::int64(), "[1, 2]")});
  const arrow::ArrayVector data{Values(arrow::int64(), "[1, 2, 1, 2]"),
                                Values(arrow::utf8(), R"(["a", "a", null, null])")};
  EXPECT_EQ(DeletedOf(Write(bytes, 2, {{2}, {1}, {2}}), data), (Marks{1, 0, 0, 1}));
}

TEST_F(EqualityDeletes, FilesOlderThanAPromotionOfTheirKeys) {
  const std::string bytes =
      ParquetBytes({WithId("id", arrow::int32(), 1), WithId("ratio", arrow::float32(), 3),
                    WithId("price", arrow::decimal128(9, 2), 4)},
                   {Values(arrow::int32(), "[-1, -1]"), Values(arrow::float32(), "[NaN, -0.0]"),
                    Values(arrow::decimal128(9, 2), R"(["1.50", "-2.00"])")});
  const arrow::ArrayVector data{
      Values(arrow::int64(), "[-1, -1, -1, -1]"), Values(arrow::float64(), "[NaN, -0.0, 0.0, NaN]"),
      Values(arrow::decimal128(18, 2), R"(["1.50", "-2.00", "-2.00", "1.51"])")};
  EXPECT_EQ(DeletedOf(Write(bytes, 2, {{1}, {3}, {4}}), data), (Marks{1, 1, 0, 0}));
}

TEST_F(EqualityDeletes, KeysInsideStructs) {
  const TypePtr address = arrow::struct_({WithId("city", arrow::utf8(), 6)});
  const std::string bytes =
      ParquetBytes({WithId("address", address, 5)},
                   {Values(address, R"([{"city": "Oslo"}, {"city": ""}, null])")});
  const arrow::ArrayVector data{Values(arrow::utf8(), R"(["Oslo", null, "", "Rome"])")};
  EXPECT_EQ(DeletedOf(Write(bytes, 3, {{6}}), data), (Marks{1, 1, 1, 0}));
}

TEST_F(EqualityDeletes, AColumnOfTypeUnknownIsNullInEveryKey) {
  const std::string bytes =
      ParquetBytes({WithId("id", arrow::int64(), 1)}, {Values(arrow::int64(), "[4]")});
  const arrow::ArrayVector data{Values(arrow::int64(), "[4, 5]"),
                                Values(arrow::null(), "[null, null]")};
  EXPECT_EQ(DeletedOf(Write(bytes, 1, {{1}, {10}}), data), (Marks{1, 0}));
  EXPECT_EQ(DeletedOf(Write(bytes, 1, {{10}}), {data[1]}), (Marks{1, 1}));
}

TEST_F(EqualityDeletes, AFileWithoutRowsDeletesNothing) {
  const std::string bytes =
      ParquetBytes({WithId("id", arrow::int64(), 1)}, {Values(arrow::int64(), "[]")});
  EXPECT_EQ(DeletedOf(Write(bytes, 0, {{1}}), {Values(arrow::int64(), "[4, null]")}),
            (Marks{0, 0}));
  EXPECT_EQ(DeletedOf(Write(bytes, 0, {{10}}), {Values(arrow::null(), "[null]")}), Marks{0});
}

TEST_F(EqualityDeletes, AMissingKeyColumnIsAnErrorWhateverItsDefault) {
  const std::string bytes =
      ParquetBytes({WithId("id", arrow::int64(), 1)}, {Values(arrow::int64(), "[1]")});
  ExpectRefused(Write(bytes, 1, {{1}, {2}}), ErrorCode::kCorruptData, {"'name'", "field id 2"});
  ExpectRefused(Write(bytes, 1, {{6}}), ErrorCode::kCorruptData, {"'address.city'", "field id 6"});
}

TEST_F(EqualityDeletes, AKeyOutsideItsStructIsMissing) {
  const std::string bytes =
      ParquetBytes({WithId("city", arrow::utf8(), 6)}, {Values(arrow::utf8(), R"(["Oslo"])")});
  ExpectRefused(Write(bytes, 1, {{6}}), ErrorCode::kCorruptData, {"'address.city'"});
}

TEST_F(EqualityDeletes, OtherTypesAndFilesWithoutIdsAreRefused) {
  const std::string texts =
      ParquetBytes({WithId("id", arrow::utf8(), 1)}, {Values(arrow::utf8(), R"(["1"])")});
  ExpectRefused(Write(texts, 1, {{1}}), ErrorCode::kCorruptData, {"'id'"});
  const std::string no_ids =
      ParquetBytes({arrow::field("id", arrow::int64())}, {Values(arrow::int64(), "[1]")});
  ExpectRefused(Write(no_ids, 1, {{1}}), ErrorCode::kUnsupported, {"field id"});
}

TEST_F(EqualityDeletes, FilesThatDifferFromTheirManifestAreRefused) {
  const std::string bytes =
      ParquetBytes({WithId("id", arrow::int64(), 1)}, {Values(arrow::int64(), "[1, 2]")});
  DeleteFile deletes = Write(bytes, 3, {{1}});
  ExpectRefused(deletes, ErrorCode::kCorruptData, {"2 rows", "says 3"});
  deletes.file.record_count = 2;
  deletes.file.size_bytes -= 1;
  ExpectRefused(deletes, ErrorCode::kCorruptData, {"bytes, its manifest says"});
  deletes.file.path += ".gone";
  ExpectRefused(deletes, ErrorCode::kNotFound, {});
}

TEST_F(EqualityDeletes, DamagedFilesGiveErrorsThatNameThem) {
  const std::string bytes = ParquetBytes(
      {WithId("id", arrow::int64(), 1), WithId("name", arrow::utf8(), 2)},
      {Values(arrow::int64(), "[1, 2, 3]"), Values(arrow::utf8(), R"(["a", "b", null])")});
  for (size_t size = 0; size < bytes.size(); ++size)
    ExpectRefused(Write(bytes.substr(0, size), 3, {{1}, {2}}), ErrorCode::kCorruptData, {});
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    const DeleteFile deletes = Write(flipped, 3, {{1}, {2}});
    const Result<EqualityKeys> keys = Read(deletes);
    if (keys.ok()) continue;
    EXPECT_NE(keys.error().message.find(deletes.file.path), std::string::npos) << keys.error();
  }
}

TEST(EqualityKeyColumns, HoldNothingButTheKeysAndAreOptional) {
  DeleteFile deletes;
  deletes.file.equality_ids = {{6}, {4}, {1}, {6}};
  const Result<ReadSchema> read = EqualityKeyColumns(TableFields(), deletes);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(read->columns,
            (std::vector<ReadColumn>{{{1}, "id"}, {{4}, "price"}, {{6}, "address.city"}}));
  EXPECT_EQ(read->schema.ToString(),
            "1: id: optional long\n4: price: optional decimal(18, 2)\n"
            "5: address: optional struct<6: city: optional string>\n");
}

TEST(EqualityKeyColumns, RefuseWhatIsNoKey) {
  const auto refused = [](std::vector<FieldId> ids) {
    DeleteFile deletes;
    deletes.file.path = "some/deletes.parquet";
    deletes.file.equality_ids = std::move(ids);
    Result<ReadSchema> read = EqualityKeyColumns(TableFields(), deletes);
    EXPECT_FALSE(read.ok());
    EXPECT_EQ(read.error().message.find("some/deletes.parquet"), 0U) << read.error();
    return read.error().code;
  };
  EXPECT_EQ(refused({}), ErrorCode::kCorruptData);
  EXPECT_EQ(refused({{1}, {99}}), ErrorCode::kCorruptData);
  EXPECT_EQ(refused({{5}}), ErrorCode::kCorruptData);
  EXPECT_EQ(refused({{8}}), ErrorCode::kCorruptData);
  EXPECT_EQ(refused({{9}}), ErrorCode::kCorruptData);
  EXPECT_EQ(refused({{11}}), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
