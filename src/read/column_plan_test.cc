#include "read/column_plan.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "codec/parquet/parquet_bytes_test.h"
#include "model/metadata_columns.h"

namespace icefield {
namespace {

using parquet::LogicalType;
using parquet::Repetition;

// A table's columns, the one file that is read with them, and what its manifest says of it.
struct Reading {
  Schema schema;
  std::string bytes;
  FileTask task{.file = {.path = "file.parquet"}};
  PartitionSpec spec;

  void Add(int32_t id, const std::string& name, const Type& type, bool required = false,
           const std::string& initial_default = "") {
    schema.columns.fields.push_back({.id = FieldId{id},
                                     .name = name,
                                     .type = type,
                                     .required = required,
                                     .initial_default_json = initial_default});
  }

  Result<ColumnPlan> Plan() const {
    return ColumnPlan::Make(ReadAllColumns(schema), FooterOf(bytes).columns(),
                            {.task = &task, .spec = &spec});
  }

  // The rows, one JSON-like text a column; or the error.
  std::string Rows(int64_t first_position = 0) const {
    const Result<ColumnPlan> plan = Plan();
    if (!plan.ok()) return plan.error().ToString();
    return RowsOf(*plan, first_position);
  }

  std::string RowsOf(const ColumnPlan& plan, int64_t first_position) const {
    std::shared_ptr<arrow::RecordBatch> stored;
    if (!plan.leaves().empty()) stored = *FirstBatch(bytes, plan.leaves());
    const int64_t rows = stored == nullptr ? 2 : stored->num_rows();
    const auto batch = plan.Assemble(stored, rows, first_position);
    if (!batch.ok()) return batch.error().ToString();
    EXPECT_TRUE((*batch)->ValidateFull().ok()) << (*batch)->ValidateFull();
    std::string out;
    for (const auto& column : (*batch)->columns()) {
      for (int64_t row = 0; row < rows; ++row)
        out += column->GetScalar(row).ValueOrDie()->ToString() + (row + 1 < rows ? " " : "");
      out += "\n";
    }
    return out;
  }
};

NodePtr IntLeaf(const std::string& name, int id,
                Repetition::type repetition = Repetition::OPTIONAL) {
  return Leaf(name, id, parquet::Type::INT32, LogicalType::None(), repetition);
}

// Two rows of one column `a` (id 1): 10, 20.
Reading OneColumn() {
  Reading reading;
  reading.bytes = ParquetBytes({IntLeaf("a", 1)}).Add<parquet::Int32Type>({10, 20}).Finish();
  reading.Add(1, "renamed", PrimitiveKind::kLong);
  return reading;
}

TEST(ColumnPlan, InitialDefaultsOfEveryShape) {
  Reading reading = OneColumn();
  const Field x{
      .id = FieldId{11}, .name = "x", .type = PrimitiveKind::kInt, .initial_default_json = "7"};
  const Field u{.id = FieldId{12},
                .name = "u",
                .type = PrimitiveKind::kUuid,
                .initial_default_json = "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\""};
  const Field y{.id = FieldId{13}, .name = "y", .type = PrimitiveKind::kString};
  const Field element{.id = FieldId{14}, .name = "element", .type = PrimitiveKind::kLong};
  const Field key{
      .id = FieldId{15}, .name = "key", .type = PrimitiveKind::kString, .required = true};
  reading.Add(2, "required", PrimitiveKind::kString, true, "\"d\"");
  reading.Add(3, "none", PrimitiveKind::kString);
  reading.Add(4, "point", StructType{{x, y}}, true, "{}");
  reading.Add(5, "no_point", StructType{{x, y}});
  reading.Add(6, "stated", StructType{{x, y}}, false, R"({"11": 8, "13": "s"})");
  reading.Add(7, "list", ListType{{element}}, false, "[1, null]");
  reading.Add(8, "map", MapType{{key, element}}, false, R"({"keys": ["k"], "values": [3]})");
  reading.Add(9, "with_uuid", StructType{{u}}, false, "{}");
  reading.Add(10, "no_list", ListType{{element}}, false, "[]");
  EXPECT_EQ(reading.Rows(),
            "10 20\nd d\nnull null\n"
            "{x:int32 = 7, y:string = null} {x:int32 = 7, y:string = null}\n"
            "null null\n"
            "{x:int32 = 8, y:string = s} {x:int32 = 8, y:string = s}\n"
            "list<element: int64>[1, null] list<element: int64>[1, null]\n"
            "map<string, int64>[{key:string = k, value:int64 = 3}] "
            "map<string, int64>[{key:string = k, value:int64 = 3}]\n"
            "{u:extension<arrow.uuid> = [\n  F79C3E09677C4BBDA4793F349CB785E7\n]} "
            "{u:extension<arrow.uuid> = [\n  F79C3E09677C4BBDA4793F349CB785E7\n]}\n"
            "list<element: int64>[] list<element: int64>[]\n");
}

TEST(ColumnPlan, MissingMembersOfAStoredStructTakeTheirOwnDefaults) {
  Reading reading;
  reading.bytes = ParquetBytes({Group("s", 1, {IntLeaf("x", 2)})})
                      .Add<parquet::Int32Type>({3}, {{2, 0}, {}})
                      .Finish();
  const Field x{.id = FieldId{2}, .name = "x", .type = PrimitiveKind::kInt};
  const Field y{.id = FieldId{3},
                .name = "y",
                .type = PrimitiveKind::kInt,
                .required = true,
                .initial_default_json = "5"};
  reading.Add(1, "s", StructType{{y, x}});
  EXPECT_EQ(reading.Rows(), "{y:int32 = 5, x:int32 = 3} null\n");
  // None of the asked members is stored: the struct still says where it is null.
  reading.schema.columns.fields[0].type = StructType{{y}};
  EXPECT_EQ(reading.Rows(), "{y:int32 = 5} null\n");
}

TEST(ColumnPlan, BadDefaultsAndRequiredFieldsWithoutOne) {
  Reading reading = OneColumn();
  reading.Add(2, "b", PrimitiveKind::kInt, true);
  EXPECT_EQ(reading.Rows(), "CorruptData: file.parquet lacks the required column 'b' (field id 2)");
  reading.schema.columns.fields[1].initial_default_json = "\"x\"";
  EXPECT_EQ(reading.Rows(),
            "CorruptData: file.parquet, column 'b': initial-default of 'b': the document must be a "
            "whole number, it is a string");
  const Field member{.id = FieldId{3}, .name = "m", .type = PrimitiveKind::kInt, .required = true};
  reading.schema.columns.fields.pop_back();
  reading.Add(2, "s", StructType{{member}}, false, "{}");
  EXPECT_EQ(reading.Rows(),
            "CorruptData: file.parquet, column 's': initial-default of 's': the required field 'm' "
            "has no default");
}

TEST(ColumnPlan, PartitionValuesComeBeforeDefaults) {
  Reading reading = OneColumn();
  reading.Add(2, "day", PrimitiveKind::kTimestamp, false, "\"1970-01-01T00:00:01\"");
  reading.Add(3, "null", PrimitiveKind::kInt, false, "4");
  // The day was written before the column was promoted.
  reading.task.constants = {{FieldId{2}, Value(int32_t{1})}, {FieldId{3}, std::nullopt}};
  EXPECT_EQ(reading.Rows(),
            "10 20\n1970-01-02 00:00:00.000000 1970-01-02 00:00:00.000000\n"
            "null null\n");
  // A file that has the column is believed.
  reading.task.constants = {{FieldId{1}, Value(int32_t{1})}};
  reading.schema.columns.fields.resize(1);
  EXPECT_EQ(reading.Rows(), "10 20\n");
}

TEST(ColumnPlan, CountedValuesAreNotLostSilently) {
  Reading reading = OneColumn();
  reading.Add(2, "b", PrimitiveKind::kInt, false, "4");
  reading.task.file.value_counts = {{FieldId{2}, 2}};
  EXPECT_EQ(reading.Rows(), "10 20\n4 4\n");  // How many of them are null is not known.
  reading.task.file.null_value_counts = {{FieldId{2}, 2}};
  EXPECT_EQ(reading.Rows(), "10 20\n4 4\n");
  reading.task.file.null_value_counts = {{FieldId{2}, 1}};
  EXPECT_EQ(reading.Rows(),
            "CorruptData: file.parquet lacks the column 'b' (field id 2), of which its manifest "
            "counts 1 values; the file was replaced or is damaged");
}

TEST(ColumnPlan, AFileWithoutIdsIsRefusedWhereItIsNeeded) {
  Reading reading = OneColumn();
  reading.bytes = ParquetBytes({IntLeaf("a", -1)}).Add<parquet::Int32Type>({10, 20}).Finish();
  EXPECT_TRUE(reading.Rows().starts_with("Unsupported: file.parquet: none of its columns has"))
      << reading.Rows();
  reading.schema.columns.fields.clear();
  reading.Add(kPositionColumn.value, "_pos", PrimitiveKind::kLong, true);
  EXPECT_EQ(reading.Rows(), "0 1\n");
}

TEST(ColumnPlan, TwoColumnsOfOneIdAreRefused) {
  Reading reading = OneColumn();
  reading.bytes = ParquetBytes({IntLeaf("a", 1), IntLeaf("b", 1)}).Finish();
  EXPECT_EQ(reading.Rows(), "CorruptData: file.parquet: 'a' and 'b' both have the field id 1");
}

TEST(ColumnPlan, UnknownTypesAreNull) {
  Reading reading = OneColumn();
  reading.Add(2, "u", PrimitiveKind::kUnknown);
  EXPECT_EQ(reading.Rows(), "10 20\nnull null\n");
}

TEST(ColumnPlan, MetadataColumns) {
  Reading reading = OneColumn();
  const auto member = [](int32_t id, const std::string& name, PrimitiveKind kind) {
    return Field{.id = FieldId{id}, .name = name, .type = kind};
  };
  reading.Add(kFileColumn.value, "_file", PrimitiveKind::kString, true);
  reading.Add(kPositionColumn.value, "_pos", PrimitiveKind::kLong, true);
  reading.Add(kSpecIdColumn.value, "_spec_id", PrimitiveKind::kInt, true);
  reading.Add(kPartitionColumn.value, "_partition",
              StructType{{member(-1000, "old", PrimitiveKind::kInt),
                          member(-1001, "a", PrimitiveKind::kLong),
                          member(-1002, "b", PrimitiveKind::kString)}});
  reading.Add(kRowIdColumn.value, "_row_id", PrimitiveKind::kLong);
  reading.Add(kLastUpdatedColumn.value, "_last_updated_sequence_number", PrimitiveKind::kLong);
  reading.task.spec_id = SpecId{3};
  reading.task.data_sequence_number = SequenceNumber{9};
  reading.spec.fields = {{.source_id = FieldId{5}, .field_id = FieldId{1002}, .name = "b"},
                         {.source_id = FieldId{1}, .field_id = FieldId{1001}, .name = "a"}};
  reading.task.file.partition = {{std::nullopt, Value(int32_t{4})}};
  const std::string partition = "{old:int32 = null, a:int64 = 4, b:string = null}";
  const std::string shared =
      "10 20\nfile.parquet file.parquet\n100 101\n3 3\n" + partition + " " + partition + "\n";
  EXPECT_EQ(reading.Rows(100), shared + "null null\nnull null\n");
  reading.task.file.first_row_id = 1000;
  EXPECT_EQ(reading.Rows(100), shared + "1100 1101\n9 9\n");
  reading.task.file.first_row_id = INT64_MAX;
  EXPECT_TRUE(reading.Rows(100).starts_with("CorruptData: file.parquet, column '_row_id'"));
}

TEST(ColumnPlan, StoredLineageComesBeforeInheritedOne) {
  Reading reading;
  const auto stored = [](const std::string& name, FieldId id) {
    return Leaf(name, id.value, parquet::Type::INT64, LogicalType::None());
  };
  reading.bytes = ParquetBytes({stored("_row_id", kRowIdColumn),
                                stored("_last_updated_sequence_number", kLastUpdatedColumn)})
                      .Add<parquet::Int64Type>({5}, {{1, 0}, {}})
                      .Add<parquet::Int64Type>({2}, {{1, 0}, {}})
                      .Finish();
  reading.Add(kLastUpdatedColumn.value, "_last_updated_sequence_number", PrimitiveKind::kLong);
  reading.Add(kRowIdColumn.value, "_row_id", PrimitiveKind::kLong);
  reading.task.data_sequence_number = SequenceNumber{9};
  EXPECT_EQ(reading.Rows(), "null null\nnull null\n");
  reading.task.file.first_row_id = 1000;
  EXPECT_EQ(reading.Rows(10), "2 9\n5 1011\n");
}

TEST(ColumnPlan, SharedLeavesMoveNothing) {
  Reading reading;
  reading.bytes = ParquetBytes({IntLeaf("z", 9), Group("s", 1, {IntLeaf("x", 2), IntLeaf("y", 3)}),
                                IntLeaf("b", 4)})
                      .Add<parquet::Int32Type>({1, 2})
                      .Add<parquet::Int32Type>({3, 4})
                      .Add<parquet::Int32Type>({5, 6})
                      .Add<parquet::Int32Type>({7, 8})
                      .Finish();
  const Field y{.id = FieldId{3}, .name = "y", .type = PrimitiveKind::kInt};
  reading.Add(4, "b", PrimitiveKind::kInt);
  reading.Add(1, "s", StructType{{y}});
  ColumnPlan plan = *reading.Plan();
  EXPECT_EQ(plan.leaves(), (std::vector<int>{2, 3}));
  const std::string rows = "7 8\n{y:int32 = 5} {y:int32 = 6}\n";
  EXPECT_EQ(reading.RowsOf(plan, 0), rows);
  plan.ShareLeaves({0, 1, 2, 3}, FooterOf(reading.bytes).columns());
  EXPECT_EQ(plan.leaves(), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(reading.RowsOf(plan, 0), rows);
}

TEST(ColumnPlan, MembersDroppedFromTheValuesOfAMap) {
  Reading reading;
  reading.bytes =
      ParquetBytes({Group("m", 1,
                          {Group("key_value", -1,
                                 {IntLeaf("key", 2, Repetition::REQUIRED),
                                  Group("value", 3, {IntLeaf("a", 4), IntLeaf("b", 5)})},
                                 Repetition::REPEATED)},
                          Repetition::OPTIONAL, LogicalType::Map())})
          .Add<parquet::Int32Type>({1, 2}, {{2, 2, 0}, {0, 1, 0}})
          .Add<parquet::Int32Type>({3, 4}, {{4, 4, 0}, {0, 1, 0}})
          .Add<parquet::Int32Type>({5, 6}, {{4, 4, 0}, {0, 1, 0}})
          .Finish();
  const Field key{.id = FieldId{2}, .name = "key", .type = PrimitiveKind::kInt, .required = true};
  const Field b{.id = FieldId{5}, .name = "b", .type = PrimitiveKind::kInt};
  const Field value{.id = FieldId{3}, .name = "value", .type = StructType{{b}}};
  reading.Add(1, "m", MapType{{key, value}});
  EXPECT_EQ(reading.Rows(),
            "map<int32, struct<b: int32>>[{key:int32 = 1, value:struct<b: int32> = {b:int32 = 5}}, "
            "{key:int32 = 2, value:struct<b: int32> = {b:int32 = 6}}] null\n");
}

TEST(ColumnPlan, Int96IsAnInstantOfMicroseconds) {
  Reading reading;
  // Julian days; the second one is the microsecond before 1970.
  reading.bytes =
      ParquetBytes({Leaf("t", 1, parquet::Type::INT96, LogicalType::None())})
          .Add<parquet::Int96Type>({{{1999, 0, 2440588}}, {{0x914EFC18, 0x4E94, 2440587}}})
          .Finish();
  reading.Add(1, "t", PrimitiveKind::kTimestamptz);
  EXPECT_EQ(reading.Rows(), "1970-01-01 00:00:00.000001Z 1969-12-31 23:59:59.999999Z\n");
}

TEST(ColumnPlan, AnUnreadableColumnIsRefusedAlone) {
  Reading reading;
  reading.bytes =
      ParquetBytes({IntLeaf("a", 1), Leaf("d", 2, parquet::Type::FIXED_LEN_BYTE_ARRAY,
                                          LogicalType::Decimal(80, 2), Repetition::OPTIONAL, 40)})
          .Add<parquet::Int32Type>({1, 2})
          .AddBytes<parquet::FLBAType>({std::string(40, 'x'), std::string(40, 'y')})
          .Finish();
  reading.Add(1, "a", PrimitiveKind::kInt);
  EXPECT_EQ(reading.Rows(), "1 2\n");
  reading.Add(2, "d", PrimitiveKind::kBinary);
  const std::string error = reading.Rows();
  EXPECT_TRUE(error.starts_with("Unsupported: file.parquet, column 'd': Parquet type Decimal"))
      << error;
}

}  // namespace
}  // namespace icefield
