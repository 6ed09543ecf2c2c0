#include "codec/parquet/parquet_writer.h"

#include <gtest/gtest.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/page_index.h>

#include "codec/parquet/written_file_test.h"
#include "model/value.h"

namespace icefield {
namespace {

PrimitiveType Named(std::string_view name) { return *ParsePrimitiveType(name); }

Type ListOf(Field element) { return ListType{{std::move(element)}}; }
Type MapOf(Field key, Field value) { return MapType{{std::move(key), std::move(value)}}; }

std::string SchemaText(const WrittenFile& file) {
  return file.Open()->metadata()->schema()->ToString();
}

// Every primitive type with a few values: edges, a null.
struct Sample {
  std::string_view type;
  std::string_view json;
};
const std::vector<Sample>& Samples() {
  static const std::vector<Sample> kSamples{
      {"boolean", "[true, null, false]"},
      {"int", "[2147483647, null, -2147483648]"},
      {"long", "[9223372036854775807, null, -9223372036854775808]"},
      {"float", "[1.5, null, -0.0]"},
      {"double", "[1e300, null, -1e-300]"},
      {"decimal(9, 2)", R"(["9999999.99", null, "-9999999.99"])"},
      {"decimal(18, 4)", R"(["99999999999999.9999", null, "-0.0001"])"},
      {"decimal(19, 0)", R"(["9999999999999999999", null, "-1"])"},
      {"decimal(38, 10)", R"(["9999999999999999999999999999.9999999999", null, "0.0000000001"])"},
      {"date", "[-719162, null, 2932896]"},
      {"time", "[0, null, 86399999999]"},
      {"timestamp", "[-1, null, 253402300799999999]"},
      {"timestamptz", "[-62135596800000000, null, 1]"},
      {"timestamp_ns", "[-1, null, 9223372036854775807]"},
      {"timestamptz_ns", "[-9223372036854775808, null, 1]"},
      {"string", R"(["", null, "häuser \ud83d\ude00"])"},
      {"uuid", R"(["0123456789abcdef", null, "zzzzzzzzzzzzzzzz"])"},
      {"fixed[3]", R"(["abc", null, "\u007f\u0000\u0001"])"},
      {"binary", R"(["", null, "abc"])"},
      {"geometry", R"([null, null, null])"},
  };
  return kSamples;
}

TEST(ParquetWriter, EveryTypeComesBack) {
  std::vector<Field> columns;
  arrow::ArrayVector arrays;
  for (const Sample& sample : Samples()) {
    const int id = static_cast<int>(columns.size()) + 1;
    columns.push_back(ColumnOf(id, std::string(sample.type), Named(sample.type)));
    arrays.push_back(ArrayOf(Named(sample.type), sample.json));
  }
  const Schema schema = SchemaOf(columns);
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, arrays)});
  const ParquetFooter footer = FooterOf(file.bytes);
  const auto table = ReadBack(file.bytes);
  ASSERT_NE(table, nullptr);
  ASSERT_EQ(table->num_columns(), static_cast<int>(columns.size()));
  for (int at = 0; at < table->num_columns(); ++at) {
    EXPECT_EQ(footer.columns()[static_cast<size_t>(at)].id, FieldId{at + 1});
    EXPECT_EQ(footer.columns()[static_cast<size_t>(at)].form.kind, LeafForm::Kind::kPlain);
    const auto read = StorageOf(table->column(at)->chunk(0));
    const auto given = StorageOf(arrays[static_cast<size_t>(at)]);
    EXPECT_TRUE(read->Equals(*given)) << columns[static_cast<size_t>(at)].name << ": "
                                      << read->type()->ToString() << read->ToString();
  }
}

TEST(ParquetWriter, TypesAreThoseOfTheSpecification) {
  std::vector<Field> columns;
  int id = 0;
  for (const std::string_view type : {"boolean",
                                      "int",
                                      "long",
                                      "float",
                                      "double",
                                      "decimal(9, 2)",
                                      "decimal(18, 2)",
                                      "decimal(19, 2)",
                                      "decimal(38, 2)",
                                      "date",
                                      "time",
                                      "timestamp",
                                      "timestamptz",
                                      "timestamp_ns",
                                      "timestamptz_ns",
                                      "string",
                                      "uuid",
                                      "fixed[5]",
                                      "binary",
                                      "geometry(srid:3857)",
                                      "geography(srid:4326, karney)"}) {
    ++id;
    columns.push_back(ColumnOf(id, StrCat("c", id), Named(type), id % 2 == 0));
  }
  const WrittenFile file = WriteFile(SchemaOf(columns), {});
  const auto metadata = file.Open()->metadata();
  std::vector<std::string> leaves;
  for (int at = 0; at < metadata->num_columns(); ++at) {
    const parquet::ColumnDescriptor& leaf = *metadata->schema()->Column(at);
    leaves.push_back(StrCat(parquet::TypeToString(leaf.physical_type(), leaf.type_length()), " ",
                            leaf.logical_type()->ToString(),
                            leaf.schema_node()->is_required() ? " required" : ""));
    EXPECT_EQ(leaf.schema_node()->field_id(), at + 1);
  }
  const auto instant = [](std::string_view zoned, std::string_view unit, bool old_too) {
    return StrCat("INT64 Timestamp(isAdjustedToUTC=", zoned, ", timeUnit=", unit,
                  ", is_from_converted_type=false, force_set_converted_type=",
                  old_too ? "true" : "false", ")");
  };
  EXPECT_EQ(leaves, (std::vector<std::string>{
                        "BOOLEAN None",
                        "INT32 None required",
                        "INT64 None",
                        "FLOAT None required",
                        "DOUBLE None",
                        "INT32 Decimal(precision=9, scale=2) required",
                        "INT64 Decimal(precision=18, scale=2)",
                        "FIXED_LEN_BYTE_ARRAY(9) Decimal(precision=19, scale=2) required",
                        "FIXED_LEN_BYTE_ARRAY(16) Decimal(precision=38, scale=2)",
                        "INT32 Date required",
                        "INT64 Time(isAdjustedToUTC=false, timeUnit=microseconds)",
                        instant("false", "microseconds", false) + " required",
                        instant("true", "microseconds", false),
                        instant("false", "nanoseconds", false) + " required",
                        instant("true", "nanoseconds", false),
                        "BYTE_ARRAY String required",
                        "FIXED_LEN_BYTE_ARRAY(16) UUID",
                        "FIXED_LEN_BYTE_ARRAY(5) None required",
                        "BYTE_ARRAY None",
                        "BYTE_ARRAY Geometry(crs=srid:3857) required",
                        "BYTE_ARRAY Geography(crs=srid:4326, algorithm=karney)",
                    }));
}

Schema NestedSchema() {
  return SchemaOf(
      {ColumnOf(
           1, "s",
           StructType{{ColumnOf(2, "a", Named("int"), true), ColumnOf(3, "b", Named("string"))}}),
       ColumnOf(4, "l", ListOf(ColumnOf(5, "element", Named("double")))),
       ColumnOf(6, "m",
                MapOf(ColumnOf(7, "key", Named("string"), true),
                      ColumnOf(8, "value",
                               ListOf(ColumnOf(9, "element",
                                               StructType{{ColumnOf(10, "x", Named("uuid"))}},
                                               true)))))});
}

std::shared_ptr<arrow::RecordBatch> NestedBatch() {
  const Schema schema = NestedSchema();
  const auto& columns = schema.columns.fields;
  return BatchOf(
      schema,
      {ArrayOf(columns[0].type, R"([{"a": 3, "b": "x"}, null, {"a": 1, "b": null}])"),
       ArrayOf(columns[1].type, "[[1.5, null], [], null]"),
       ArrayOf(columns[2].type,
               R"([[["k", [{"x": "0123456789abcdef"}, {"x": null}]], ["l", null]], [], null])")});
}

TEST(ParquetWriter, NestedColumnsHaveIdsAtEveryDepth) {
  const WrittenFile file = WriteFile(NestedSchema(), {NestedBatch()});
  EXPECT_EQ(SchemaText(file),
            "required group field_id=-1 table {\n"
            "  optional group field_id=1 s {\n"
            "    required int32 field_id=2 a;\n"
            "    optional binary field_id=3 b (String);\n"
            "  }\n"
            "  optional group field_id=4 l (List) {\n"
            "    repeated group field_id=-1 list {\n"
            "      optional double field_id=5 element;\n"
            "    }\n"
            "  }\n"
            "  optional group field_id=6 m (Map) {\n"
            "    repeated group field_id=-1 key_value {\n"
            "      required binary field_id=7 key (String);\n"
            "      optional group field_id=8 value (List) {\n"
            "        repeated group field_id=-1 list {\n"
            "          required group field_id=9 element {\n"
            "            optional fixed_len_byte_array(16) field_id=10 x (UUID);\n"
            "          }\n"
            "        }\n"
            "      }\n"
            "    }\n"
            "  }\n"
            "}\n");
  const auto table = ReadBack(file.bytes);
  const auto given = NestedBatch();
  for (int at = 0; at < 3; ++at) {
    const auto read = WithType(*table->column(at)->chunk(0)->data(), given->column(at)->type());
    EXPECT_TRUE(arrow::MakeArray(read)->Equals(*given->column(at))) << at;
  }
}

TEST(ParquetWriter, MetricsOfNestedLeaves) {
  const DataFile file = WriteFile(NestedSchema(), {NestedBatch()}).described;
  using Counts = std::map<FieldId, int64_t>;
  EXPECT_EQ(file.value_counts, (Counts{{{2}, 3}, {{3}, 3}, {{5}, 4}, {{7}, 4}, {{10}, 5}}));
  EXPECT_EQ(file.null_value_counts, (Counts{{{2}, 1}, {{3}, 2}, {{5}, 3}, {{7}, 2}, {{10}, 4}}));
  EXPECT_EQ(file.nan_value_counts, Counts());
  EXPECT_EQ(file.lower_bounds.size(), 2U);
  EXPECT_EQ(*ParseSingleValue(Named("int"), file.lower_bounds.at(FieldId{2})), Value(int32_t{1}));
  EXPECT_EQ(*ParseSingleValue(Named("int"), file.upper_bounds.at(FieldId{2})), Value(int32_t{3}));
  EXPECT_EQ(file.upper_bounds.at(FieldId{3}), "x");
  EXPECT_EQ(file.column_sizes.size(), 5U);
}

TEST(ParquetWriter, UnknownColumnsAreLeftOut) {
  const Schema schema = SchemaOf({ColumnOf(1, "u", PrimitiveKind::kUnknown),
                                  ColumnOf(2, "s",
                                           StructType{{ColumnOf(3, "u", PrimitiveKind::kUnknown),
                                                       ColumnOf(4, "a", Named("int"))}}),
                                  ColumnOf(5, "n", Named("int"))});
  const auto batch =
      BatchOf(schema, {std::make_shared<arrow::NullArray>(2),
                       ArrayOf(schema.columns.fields[1].type, R"([{"u": null, "a": 7}, null])"),
                       ArrayOf(Named("int"), "[1, 2]")});
  const WrittenFile file = WriteFile(schema, {batch});
  EXPECT_EQ(file.Open()->metadata()->num_columns(), 2);
  const auto table = ReadBack(file.bytes);
  EXPECT_TRUE(table->column(0)->chunk(0)->Equals(
      *ArrayOf(StructType{{ColumnOf(4, "a", Named("int"))}}, R"([{"a": 7}, null])")));
  EXPECT_EQ(file.described.value_counts, (std::map<FieldId, int64_t>{{{4}, 2}, {{5}, 2}}));
}

TEST(ParquetWriter, RefusesWhatItDoesNotWrite) {
  const auto refusal = [](const Type& type) {
    const Result<WrittenFile> file = TryWriteFile(SchemaOf({ColumnOf(1, "odd", type)}), {});
    EXPECT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(file.error().message.find(type.Is(PrimitiveKind::kUnknown) ? "type" : "odd"),
              std::string::npos);
  };
  refusal(PrimitiveKind::kVariant);
  refusal(PrimitiveKind::kUnknown);
  refusal(StructType{});
  refusal(ListOf(ColumnOf(2, "element", PrimitiveKind::kUnknown)));
  refusal(StructType{{ColumnOf(2, "u", PrimitiveKind::kUnknown)}});
}

TEST(ParquetWriter, RefusesOptionsThatCannotBe) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("int"))});
  for (const ParquetWriteOptions& options :
       {ParquetWriteOptions{.codec = "lzma"},
        ParquetWriteOptions{.codec = "zstd", .codec_level = 99},
        ParquetWriteOptions{.row_group_bytes = 0}, ParquetWriteOptions{.page_rows_max = -1},
        ParquetWriteOptions{.bloom_filter_fpp = 1},
        ParquetWriteOptions{.metrics = {MetricsMode::Kind::kTruncate, 0}}}) {
    const Result<WrittenFile> file = TryWriteFile(schema, {}, options);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(ParquetWriter, Codecs) {
  const Field column = ColumnOf(1, "n", Named("long"));
  for (const std::string codec : {"uncompressed", "SNAPPY", "gzip", "lz4", "zstd", "brotli"}) {
    const WrittenFile file = WriteColumn(column, "[1, 2, 3]", {.codec = codec, .codec_level = 1});
    EXPECT_EQ(ReadBack(file.bytes)->num_rows(), 3) << codec;
  }
}

TEST(ParquetWriter, NullsInRequiredFieldsNameTheColumnAndTheRow) {
  const auto refusal = [](const Schema& schema, std::string_view json) {
    const Type& type = schema.columns.fields[0].type;
    const auto batch = BatchOf(schema, {ArrayOf(type, json)});
    const Result<WrittenFile> file = TryWriteFile(schema, {batch});
    EXPECT_FALSE(file.ok());
    EXPECT_EQ(file.ok() ? ErrorCode::kInternal : file.error().code, ErrorCode::kInvalidArgument);
    return file.ok() ? "" : file.error().message;
  };
  const auto says = [](const std::string& message, std::string_view column, int row) {
    EXPECT_NE(message.find(StrCat("'", column, "' is required and null in row ", row, ";")),
              std::string::npos)
        << message;
  };
  says(refusal(SchemaOf({ColumnOf(1, "n", Named("int"), true)}), "[1, 2, null, null]"), "n", 2);
  const Type structure = StructType{{ColumnOf(2, "a", Named("int"), true)}};
  says(refusal(SchemaOf({ColumnOf(1, "s", structure)}), R"([null, {"a": 1}, {"a": null}])"), "s.a",
       2);
  const Type list = ListOf(ColumnOf(2, "element", structure));
  says(
      refusal(SchemaOf({ColumnOf(1, "l", list)}), R"([null, [{"a": 1}, null], [], [{"a": null}]])"),
      "l.element.a", 3);
}

TEST(ParquetWriter, NullsThatStructsAboveHideAreNoneOfTheirFields) {
  const Type structure =
      StructType{{ColumnOf(2, "a", Named("long"), true), ColumnOf(3, "b", Named("string"), true)}};
  const Type list = ListOf(ColumnOf(5, "element", structure));
  const Schema schema = SchemaOf({ColumnOf(1, "s", structure), ColumnOf(4, "l", list)});
  const auto batch = BatchOf(schema, {ArrayOf(structure, R"([null, {"a": 5, "b": "x"}, null])"),
                                      ArrayOf(list, R"([null, [{"a": 1, "b": ""}, null], []])")});
  const WrittenFile file = WriteFile(schema, {batch});
  const auto back = ReadBack(file.bytes);
  for (int at = 0; at < 2; ++at)
    EXPECT_TRUE(batch->column(at)->Equals(*back->column(at)->chunk(0))) << at;
  EXPECT_EQ(file.described.lower_bounds.at(FieldId{2}), file.described.upper_bounds.at(FieldId{2}));
}

TEST(ParquetWriter, WordsOnNullsInsideTypesAreTheSchemasOwn) {
  // The same values under types whose members all may be null.
  const Schema schema =
      SchemaOf({ColumnOf(1, "s", StructType{{ColumnOf(2, "a", Named("int"), true)}}, true)});
  const auto loose =
      arrow::json::ArrayFromJSONString(arrow::struct_({arrow::field("a", arrow::int32())}),
                                       R"([{"a": 1}, {"a": 2}])")
          .ValueOrDie();
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {loose})});
  EXPECT_TRUE(
      arrow::MakeArray(WithType(*loose->data(), *ToArrowType(schema.columns.fields[0].type)))
          ->Equals(*ReadBack(file.bytes)->column(0)->chunk(0)));
  const Result<WrittenFile> other =
      TryWriteFile(schema, {BatchOf(schema, {ArrayOf(Named("int"), "[1]")})});
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("'s'"), std::string::npos);
}

TEST(ParquetWriter, NoRowsMakeAFileToo) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("int"), true)});
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {ArrayOf(Named("int"), "[]")})});
  EXPECT_EQ(FooterOf(file.bytes).row_groups().size(), 0U);
  EXPECT_EQ(file.described.record_count, 0);
  EXPECT_EQ(file.described.value_counts.at(FieldId{1}), 0);
  EXPECT_TRUE(file.described.split_offsets.empty() && file.described.lower_bounds.empty());
}

TEST(ParquetWriter, NamesAreThoseThatAvroAllows) {
  const Schema schema =
      SchemaOf({ColumnOf(1, "a.b", Named("int")), ColumnOf(2, "1st", Named("int")),
                ColumnOf(3, "größe", Named("int")), ColumnOf(4, "a_x2Eb", Named("int")),
                ColumnOf(5, "tab\there", Named("int"))});
  const auto n = ArrayOf(Named("int"), "[1]");
  const WrittenFile file =
      WriteFile(schema, {BatchOf(schema, {n, n, n, n, n})}, {.bloom_filters = {FieldId{1}}});
  std::vector<std::string> names;
  const ParquetFooter footer = FooterOf(file.bytes);
  for (const FileColumn& column : footer.columns()) names.push_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a_x2Eb", "_1st", "größe", "a_x2Eb_4", "tab_x9here"}));
}

TEST(ParquetWriter, FooterHoldsTheCallersWordsAndNoArrowSchema) {
  const WrittenFile file = WriteColumn(ColumnOf(1, "n", Named("int")), "[1]",
                                       {.footer_metadata = {{"iceberg.schema", "{}"}}});
  const auto words = file.Open()->metadata()->key_value_metadata();
  EXPECT_EQ(words->size(), 1);
  EXPECT_EQ(words->Get("iceberg.schema").ValueOrDie(), "{}");
}

std::shared_ptr<arrow::Array> Counting(int64_t rows) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(builder.Append(row * 7919).ok());
  return builder.Finish().ValueOrDie();
}

TEST(ParquetWriter, PagesHoldFewRowsAndAreIndexed) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("long"))});
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {Counting(50'000)})});
  const auto reader = file.Open();
  const auto index = reader->GetPageIndexReader()->RowGroup(0);
  const auto pages = index->GetOffsetIndex(0)->page_locations();
  std::vector<int64_t> first_rows;
  for (const auto& page : pages) first_rows.push_back(page.first_row_index);
  EXPECT_EQ(first_rows, (std::vector<int64_t>{0, 20'000, 40'000}));
  EXPECT_EQ(index->GetColumnIndex(0)->null_counts().size(), 3U);
  EXPECT_EQ(reader->metadata()->RowGroup(0)->ColumnChunk(0)->num_values(), 50'000);
}

TEST(ParquetWriter, ValuesThatHardlyRepeatGetNoDictionary) {
  const Schema schema =
      SchemaOf({ColumnOf(1, "distinct", Named("long")), ColumnOf(2, "few", Named("long"))});
  arrow::Int64Builder few;
  for (int64_t row = 0; row < 5000; ++row) ASSERT_TRUE(few.Append(row % 100).ok());
  const auto repeated = few.Finish().ValueOrDie();
  const WrittenFile many = WriteFile(schema, {BatchOf(schema, {Counting(5000), repeated})});
  const auto reader = many.Open();
  const auto group = reader->metadata()->RowGroup(0);
  EXPECT_FALSE(group->ColumnChunk(0)->has_dictionary_page());
  EXPECT_TRUE(group->ColumnChunk(1)->has_dictionary_page());
  // Too few rows say nothing of the rows that may follow.
  const WrittenFile small =
      WriteFile(schema, {BatchOf(schema, {Counting(10), repeated->Slice(0, 10)})});
  const auto small_reader = small.Open();
  EXPECT_TRUE(small_reader->metadata()->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
}

TEST(ParquetWriter, RowGroupsEndByRowsAndByBytes) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("long"))});
  const auto batch = BatchOf(schema, {Counting(100'000)});
  const WrittenFile by_rows = WriteFile(schema, {batch}, {.row_group_rows_max = 30'000});
  const auto extents = FooterOf(by_rows.bytes).row_groups();
  ASSERT_EQ(extents.size(), 4U);
  EXPECT_EQ(extents[3].rows, 10'000);
  ASSERT_EQ(by_rows.described.split_offsets.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(by_rows.described.split_offsets));
  const WrittenFile by_bytes =
      WriteFile(schema, {batch},
                {.codec = "uncompressed", .row_group_bytes = 200'000, .dictionary_bytes = 1});
  const auto sized = by_bytes.Open()->metadata();
  ASSERT_GE(sized->num_row_groups(), 4);
  for (int group = 0; group + 1 < sized->num_row_groups(); ++group) {
    EXPECT_GT(sized->RowGroup(group)->total_byte_size(), 150'000);
    EXPECT_LT(sized->RowGroup(group)->total_byte_size(), 250'000);
  }
  EXPECT_EQ(ReadBack(by_bytes.bytes)->num_rows(), 100'000);
}

TEST(ParquetWriter, ThousandColumnsOfTextStayWithinARowGroupsBytes) {
  std::vector<Field> fields;
  arrow::ArrayVector columns;
  arrow::StringBuilder builder;
  for (int row = 0; row < 500; ++row)
    ASSERT_TRUE(builder.Append(StrCat("text number ", row * 104729)).ok());
  const auto texts = builder.Finish().ValueOrDie();
  for (int at = 1; at <= 1000; ++at) {
    fields.push_back(ColumnOf(at, StrCat("c", at), Named("string")));
    columns.push_back(texts);
  }
  const Schema schema = SchemaOf(fields);
  const auto batch = BatchOf(schema, columns);
  const int64_t allocated = arrow::default_memory_pool()->bytes_allocated();
  auto state = std::make_shared<MemoryOutputState>();
  constexpr int64_t kGroupBytes = 4 << 20;
  auto writer = *MakeParquetWriter(std::make_unique<MemoryOutput>(state), schema,
                                   {.row_group_bytes = kGroupBytes});
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(writer->Write(*batch).ok());
    const int64_t in_memory = writer->size_bytes() - static_cast<int64_t>(state->bytes.size());
    EXPECT_LT(in_memory, kGroupBytes + kGroupBytes / 2);
    // Tables by which dictionaries find their values are not in the estimate.
    const int64_t held = arrow::default_memory_pool()->bytes_allocated() - allocated;
    EXPECT_LT(held, 8 * kGroupBytes);
  }
  const auto described = writer->Close();
  ASSERT_TRUE(described.ok()) << described.error();
  EXPECT_GT(described->split_offsets.size(), 2U);
  EXPECT_EQ(described->value_counts.size(), 1000U);
}

TEST(ParquetWriter, SizeIsEstimatedAndEndsAtTheFilesSize) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("long"))});
  auto state = std::make_shared<MemoryOutputState>();
  auto writer = *MakeParquetWriter(std::make_unique<MemoryOutput>(state), schema, {});
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(writer->Write(*BatchOf(schema, {Counting(10'000)})).ok());
    EXPECT_GT(writer->size_bytes(), 10'000 * (round + 1));
    EXPECT_LT(writer->size_bytes(), 200'000);
    EXPECT_EQ(writer->rows(), 10'000 * (round + 1));
  }
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_EQ(writer->size_bytes(), static_cast<int64_t>(state->bytes.size()));
  EXPECT_FALSE(writer->Write(*BatchOf(schema, {Counting(1)})).ok());
}

TEST(ParquetWriter, BloomFiltersKnowWhatIsThere) {
  const Schema schema =
      SchemaOf({ColumnOf(1, "n", Named("long")), ColumnOf(2, "b", Named("boolean")),
                ColumnOf(3, "m", Named("long"))});
  const auto flags = ArrayOf(Named("boolean"), "[true, false, null]");
  const auto numbers = ArrayOf(Named("long"), "[5, 70000000000, null]");
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {numbers, flags, numbers})},
                                     {.bloom_filters = {FieldId{1}, FieldId{2}, FieldId{99}}});
  const auto reader = file.Open();
  auto& filters = reader->GetBloomFilterReader();
  const auto filter = filters.RowGroup(0)->GetColumnBloomFilter(0);
  ASSERT_NE(filter, nullptr);
  EXPECT_TRUE(filter->FindHash(filter->Hash(int64_t{5})));
  EXPECT_TRUE(filter->FindHash(filter->Hash(int64_t{70000000000})));
  EXPECT_FALSE(filter->FindHash(filter->Hash(int64_t{6})));
  EXPECT_EQ(filters.RowGroup(0)->GetColumnBloomFilter(1), nullptr);
  EXPECT_EQ(filters.RowGroup(0)->GetColumnBloomFilter(2), nullptr);
}

TEST(ParquetWriter, RowGroupsSayWhatTheyAreSortedBy) {
  const Schema schema = SchemaOf({ColumnOf(1, "u", PrimitiveKind::kUnknown),
                                  ColumnOf(2, "a", Named("int")), ColumnOf(3, "b", Named("int"))});
  const auto n = ArrayOf(Named("int"), "[1]");
  const auto batch = BatchOf(schema, {std::make_shared<arrow::NullArray>(1), n, n});
  const WrittenFile file = WriteFile(
      schema, {batch}, {.sorted_by = {{FieldId{3}, true, false}, {FieldId{1}}, {FieldId{2}}}});
  const auto sorting = file.Open()->metadata()->RowGroup(0)->sorting_columns();
  ASSERT_EQ(sorting.size(), 1U);
  EXPECT_EQ(sorting[0].column_idx, 1);
  EXPECT_TRUE(sorting[0].descending);
  EXPECT_FALSE(sorting[0].nulls_first);
}

TEST(ParquetWriter, PagesHaveChecksums) {
  const WrittenFile file =
      WriteColumn(ColumnOf(1, "t", Named("string")), R"(["recognizable text"])",
                  {.codec = "uncompressed", .dictionary_bytes = 1});
  std::string damaged = file.bytes;
  damaged[damaged.find("recognizable")] = 'R';
  const ParquetFooter footer = FooterOf(damaged);
  auto stream = ReadRowGroup(std::make_unique<BytesFile>(damaged), footer, {.leaves = {0}});
  ASSERT_TRUE(stream.ok());
  EXPECT_FALSE((*stream)->Next().ok());
}

TEST(ParquetWriter, LongTextsMakePagesOfBoundedBytes) {
  arrow::StringBuilder builder;
  for (int row = 0; row < 512; ++row)
    ASSERT_TRUE(
        builder.Append(std::string(50'000, static_cast<char>('a' + row % 26)) + std::to_string(row))
            .ok());
  const Schema schema = SchemaOf({ColumnOf(1, "t", Named("string"))});
  const WrittenFile file = WriteFile(schema, {BatchOf(schema, {builder.Finish().ValueOrDie()})},
                                     {.codec = "uncompressed"});
  const auto reader = file.Open();
  const auto pages = reader->GetPageIndexReader()->RowGroup(0)->GetOffsetIndex(0)->page_locations();
  for (const auto& page : pages) EXPECT_LT(page.compressed_page_size, 8 << 20);
}

TEST(ParquetWriterFaults, EveryFaultOfTheFileComesBackAsItIs) {
  const Schema schema =
      SchemaOf({ColumnOf(1, "n", Named("long")), ColumnOf(2, "m", Named("long"))});
  const auto batch = BatchOf(schema, {Counting(40'000), Counting(40'000)});
  const ParquetWriteOptions options{.row_group_rows_max = 10'000, .bloom_filters = {FieldId{1}}};
  int fault = 0;
  for (bool whole = false; !whole; ++fault) {
    ASSERT_LT(fault, 1000);
    auto state = std::make_shared<MemoryOutputState>();
    state->fails_at = fault;
    auto writer = MakeParquetWriter(std::make_unique<MemoryOutput>(state), schema, options);
    Status status;
    if (!writer.ok()) {
      status = writer.error();
    } else if (status = (*writer)->Write(*batch); status.ok()) {
      const Result<DataFile> closed = (*writer)->Close();
      if (!closed.ok()) status = closed.error();
    }
    whole = status.ok();
    EXPECT_EQ(state->closed, whole);
    if (whole) break;
    EXPECT_EQ(status.error(),
              Fail(ErrorCode::kResourceExhausted, "memory/f.parquet: the disk is full"));
    if (writer.ok()) {
      EXPECT_EQ((*writer)->Write(*batch).error(), status.error());
      EXPECT_EQ((*writer)->Close().error(), status.error());
    }
    const int writes = state->writes;
    writer = InvalidArgument("dropped");
    EXPECT_TRUE(state->dropped);
    EXPECT_EQ(state->writes, writes) << "nothing is written after a fault";
  }
  EXPECT_GT(fault, 8);
}

TEST(ParquetWriterFaults, AFileThatIsDroppedIsNotFinished) {
  const Schema schema = SchemaOf({ColumnOf(1, "n", Named("long"))});
  auto state = std::make_shared<MemoryOutputState>();
  {
    auto writer = *MakeParquetWriter(std::make_unique<MemoryOutput>(state), schema, {});
    ASSERT_TRUE(writer->Write(*BatchOf(schema, {Counting(1000)})).ok());
  }
  EXPECT_TRUE(state->dropped);
  EXPECT_FALSE(state->closed);
  EXPECT_EQ(state->bytes, "PAR1");
}

}  // namespace
}  // namespace icefield
