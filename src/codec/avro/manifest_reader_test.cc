#include "codec/avro/manifest_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/avro/avro_bytes_test.h"

namespace icefield {
namespace {

using avro::AvroBytes;
using avro::ContainerBytes;
using avro::Field;
using avro::Record;
using avro::TestContainer;

constexpr const char* kMetadata =
    R"({"name": "extra", "type": ["null", "string"], "field-id": 900})";

constexpr std::string_view kLong = R"("long")";
constexpr std::string_view kInt = R"("int")";
constexpr std::string_view kText = R"("string")";
constexpr std::string_view kMaybeLong = R"(["null", "long"])";

// Beginning and end of the fields of a data file, around what a test adds.
std::vector<std::string> FileFields(std::vector<std::string> more = {},
                                    const std::string& partition = Record("r102", {})) {
  std::vector<std::string> fields{Field(134, kInt),      Field(100, kText), Field(101, kText),
                                  Field(102, partition), Field(103, kLong), Field(104, kLong)};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string EntrySchema(const std::vector<std::string>& file_fields) {
  return Record("manifest_entry", {Field(0, kInt), Field(1, kMaybeLong), Field(3, kMaybeLong),
                                   Field(4, kMaybeLong), Field(2, Record("r2", file_fields))});
}

AvroBytes& Maybe(AvroBytes& out, std::optional<int64_t> value) {
  return value ? out.Long(1).Long(*value) : out.Long(0);
}

struct TestEntry {
  int64_t status = 1;
  std::optional<int64_t> snapshot_id = {};
  std::optional<int64_t> sequence = {};
  std::optional<int64_t> file_sequence = {};
  int64_t content = 0;
  std::string path = "a.parquet";
  std::string partition = {};
  int64_t record_count = 10;
  std::string more = {};
};

std::string EntryBytes(const TestEntry& entry) {
  AvroBytes out;
  out.Long(entry.status);
  Maybe(out, entry.snapshot_id);
  Maybe(out, entry.sequence);
  Maybe(out, entry.file_sequence);
  out.Long(entry.content).Text(entry.path).Text("parquet").Raw(entry.partition);
  return out.Long(entry.record_count).Long(1000).Raw(entry.more).bytes();
}

std::string ManifestBytes(const std::vector<TestEntry>& entries,
                          const std::string& schema = EntrySchema(FileFields()),
                          std::map<std::string, std::string> metadata = {}) {
  TestContainer container{schema, "null", std::move(metadata), {}};
  container.blocks.push_back({static_cast<int64_t>(entries.size()), ""});
  for (const TestEntry& entry : entries) container.blocks[0].data += EntryBytes(entry);
  return ContainerBytes(container);
}

const ManifestFile& ListedManifest() {
  static const ManifestFile manifest = [] {
    ManifestFile file{.path = "m.avro"};
    file.sequence_number.value = 7;
    file.added_snapshot_id.value = 70;
    return file;
  }();
  return manifest;
}

Result<std::vector<ManifestEntry>> Parse(const std::string& bytes, const PartitionSpec& spec = {}) {
  return ParseManifest(bytes, ListedManifest(), spec);
}

void ExpectError(const Result<std::vector<ManifestEntry>>& entries, ErrorCode code,
                 std::string_view part) {
  ASSERT_FALSE(entries.ok()) << part;
  EXPECT_EQ(entries.error().code, code) << entries.error();
  EXPECT_NE(entries.error().message.find(part), std::string::npos) << entries.error();
  EXPECT_NE(entries.error().message.find("m.avro"), std::string::npos) << entries.error();
}

// --- Inheritance -------------------------------------------------------------------------------

TEST(ManifestReaderTest, AddedEntriesInheritWhatIsNull) {
  const auto entries = Parse(ManifestBytes({{.status = 1},
                                            {.status = 1, .snapshot_id = 70, .sequence = 3},
                                            {.status = 1, .sequence = 3, .file_sequence = 4}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  ASSERT_EQ(entries->size(), 3);
  EXPECT_EQ((*entries)[0].snapshot_id.value, 70);
  EXPECT_EQ((*entries)[0].data_sequence_number.value, 7);
  EXPECT_EQ((*entries)[0].file_sequence_number.value, 7);
  EXPECT_EQ((*entries)[1].snapshot_id.value, 70);
  EXPECT_EQ((*entries)[1].data_sequence_number.value, 3);
  EXPECT_EQ((*entries)[1].file_sequence_number.value, 7);
  EXPECT_EQ((*entries)[2].file_sequence_number.value, 4);
}

TEST(ManifestReaderTest, ExistingEntriesKeepTheirOwnNumbers) {
  const auto entries = Parse(ManifestBytes({{.status = 0, .sequence = 0, .file_sequence = 2},
                                            {.status = 0, .sequence = 3},
                                            {.status = 2, .sequence = 3, .file_sequence = 4}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_sequence_number.value, 0);
  EXPECT_EQ((*entries)[0].file_sequence_number.value, 2);
  EXPECT_EQ((*entries)[1].file_sequence_number.value, 3);
  EXPECT_EQ((*entries)[2].status, EntryStatus::kDeleted);
  ExpectError(Parse(ManifestBytes({{.status = 0}})), ErrorCode::kCorruptData, "a.parquet");
}

TEST(ManifestReaderTest, ManifestsOfV1HaveSequenceNumberZero) {
  const std::string schema = Record(
      "manifest_entry",
      {Field(0, kInt), Field(1, kLong),
       Field(2,
             Record("r2", {Field(100, kText), Field(101, kText), Field(102, Record("r102", {})),
                           Field(103, kLong), Field(104, kLong), Field(105, kLong), kMetadata}))});
  AvroBytes data;
  for (int64_t status : {1, 0}) {
    data.Long(status).Long(70).Text("a").Text("Orc").Long(1).Long(2).Long(64).Long(1).Text("x");
  }
  const auto entries =
      Parse(ContainerBytes({schema, "deflate", {{"format-version", "1"}}, {{2, data.bytes()}}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  ASSERT_EQ(entries->size(), 2);
  for (const ManifestEntry& entry : *entries) {
    EXPECT_EQ(entry.snapshot_id.value, 70);
    EXPECT_EQ(entry.data_sequence_number.value, 0);
    EXPECT_EQ(entry.file_sequence_number.value, 0);
    EXPECT_EQ(entry.data_file.content, FileContent::kData);
    EXPECT_EQ(entry.data_file.format, "ORC");
  }
}

// --- Types -------------------------------------------------------------------------------------

TEST(ManifestReaderTest, IntsMayBeLongsAndUnionsMayEndInNull) {
  const std::string schema =
      EntrySchema(FileFields({Field(140, R"(["long", "null"])"),
                              Field(135, R"(["null", {"type": "array", "items": "long"}])"),
                              Field(132, R"({"type": "array", "items": "int"})")}));
  TestEntry entry;
  entry.more = AvroBytes().Long(0).Long(3).Long(1).Long(2).Long(4).Long(5).Long(0).Long(0).bytes();
  const auto entries = Parse(ManifestBytes({entry}, schema));
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.sort_order_id, 3);
  EXPECT_EQ((*entries)[0].data_file.equality_ids, (std::vector<FieldId>{{4}, {5}}));
  EXPECT_TRUE((*entries)[0].data_file.split_offsets.empty());
}

constexpr const char* kMaybeText = R"(["null", "string"])";

// The fields that v3 adds to data files, and their values.
std::vector<std::string> FieldsOfV3() {
  return {Field(142, kMaybeLong), Field(143, kMaybeText), Field(144, kMaybeLong),
          Field(145, kMaybeLong)};
}

std::string ValuesOfV3(std::optional<int64_t> first_row_id,
                       std::optional<std::string> referenced = {},
                       std::optional<int64_t> offset = {}, std::optional<int64_t> size = {}) {
  AvroBytes out;
  Maybe(out, first_row_id);
  if (referenced) {
    out.Long(1).Text(*referenced);
  } else {
    out.Long(0);
  }
  Maybe(out, offset);
  Maybe(out, size);
  return out.bytes();
}

TEST(ManifestReaderTest, ReadsDeletionVectors) {
  ManifestFile manifest = ListedManifest();
  manifest.content = ManifestContent::kDeletes;
  manifest.first_row_id = 500;  // Says nothing of deletes.
  const auto entries = ParseManifest(
      ManifestBytes({{.content = 1, .more = ValuesOfV3(5, "a.parquet", int64_t{1} << 40, 7)},
                     {.content = 2, .more = ValuesOfV3({})}},
                    EntrySchema(FileFields(FieldsOfV3())), {{"format-version", "3"}}),
      manifest, {});
  ASSERT_TRUE(entries.ok()) << entries.error();
  const DataFile& vector = (*entries)[0].data_file;
  EXPECT_EQ(vector.referenced_data_file, "a.parquet");
  EXPECT_EQ(vector.content_offset, int64_t{1} << 40);
  EXPECT_EQ(vector.content_size_bytes, 7);
  EXPECT_EQ(vector.first_row_id, std::nullopt);
  EXPECT_EQ((*entries)[1].data_file.referenced_data_file, std::nullopt);
  EXPECT_EQ((*entries)[1].data_file.content_offset, std::nullopt);
  EXPECT_EQ((*entries)[1].data_file.content_size_bytes, std::nullopt);
}

TEST(ManifestReaderTest, RefusesNegativePlaces) {
  const std::string schema = EntrySchema(FileFields(FieldsOfV3()));
  for (const auto& [values, name] : std::vector<std::pair<std::string, std::string_view>>{
           {ValuesOfV3(-1), "first_row_id"},
           {ValuesOfV3({}, {}, -1), "content_offset"},
           {ValuesOfV3({}, {}, 4, -1), "content_size_in_bytes"}}) {
    ExpectError(Parse(ManifestBytes({{.more = values}}, schema)), ErrorCode::kCorruptData, name);
  }
}

// iceberg-traps 30. Entries with ids of their own, and deleted ones, take none.
TEST(ManifestReaderTest, FirstRowIdsAreInheritedInTheOrderOfTheFile) {
  ManifestFile manifest = ListedManifest();
  const std::string bytes =
      ManifestBytes({{.record_count = 30, .more = ValuesOfV3({})},
                     {.status = 0, .sequence = 3, .more = ValuesOfV3(5)},
                     {.status = 2, .sequence = 3, .more = ValuesOfV3({})},
                     {.status = 0, .sequence = 3, .record_count = 7, .more = ValuesOfV3({})},
                     {.more = ValuesOfV3(0)},
                     {.more = ValuesOfV3({})}},
                    EntrySchema(FileFields(FieldsOfV3())));
  const auto first_row_ids = [&] {
    const auto entries = ParseManifest(bytes, manifest, {});
    EXPECT_TRUE(entries.ok()) << entries.error();
    std::vector<std::optional<int64_t>> ids;
    for (const ManifestEntry& entry : *entries) ids.push_back(entry.data_file.first_row_id);
    return ids;
  };
  manifest.first_row_id = 1000;
  EXPECT_EQ(first_row_ids(),
            (std::vector<std::optional<int64_t>>{1000, 5, std::nullopt, 1030, 0, 1037}));
  manifest.first_row_id = 0;
  EXPECT_EQ(first_row_ids(), (std::vector<std::optional<int64_t>>{0, 5, std::nullopt, 30, 0, 37}));
  // A manifest from before v3 gives none, whatever its entries say.
  manifest.first_row_id.reset();
  EXPECT_EQ(first_row_ids(), std::vector<std::optional<int64_t>>(6));
}

TEST(ManifestReaderTest, FilesFromBeforeV3InheritFirstRowIds) {
  ManifestFile manifest = ListedManifest();
  manifest.first_row_id = 40;
  const auto entries = ParseManifest(ManifestBytes({{}, {}}), manifest, {});
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.first_row_id, 40);
  EXPECT_EQ((*entries)[1].data_file.first_row_id, 50);
}

TEST(ManifestReaderTest, SkipsUnknownFields) {
  const std::string schema = EntrySchema(FileFields(
      {kMetadata,
       R"({"name": "no_id", "type": {"type": "array", "items": {"type": "map", "values": "bytes"}}})",
       Field(140, R"(["null", "int"])")}));
  TestEntry entry;
  entry.more = AvroBytes()
                   .Long(0)
                   .Long(1)
                   .Long(1)
                   .Text("k")
                   .Text("v")
                   .Long(0)
                   .Long(0)
                   .Long(1)
                   .Long(9)
                   .bytes();
  const auto entries = Parse(ManifestBytes({entry, entry}, schema, {{"format-version", "3"}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[1].data_file.sort_order_id, 9);
}

struct PartitionCase {
  std::string type;
  std::string bytes;
  std::optional<Value> value;
};

class PartitionValueTest : public testing::TestWithParam<PartitionCase> {};

TEST_P(PartitionValueTest, HasTheTypeOfTheFile) {
  const PartitionSpec spec{SpecId{0}, {{FieldId{1}, FieldId{1000}}}};
  const std::string schema =
      EntrySchema(FileFields({}, Record("r102", {Field(1000, GetParam().type)})));
  TestEntry entry;
  entry.partition = GetParam().bytes;
  const auto entries = Parse(ManifestBytes({entry}, schema), spec);
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.partition, (PartitionValues{{GetParam().value}}));
}

// The Java library stores fixed values like bytes, and leaves its own schema in the file; some
// older version of it, or another library, may do the one without the other.
TEST(ManifestReaderTest, FixedPartitionValuesMayHaveTheirLengthBeforeThem) {
  const PartitionSpec spec{SpecId{0}, {{FieldId{1}, FieldId{1000}}, {FieldId{2}, FieldId{1001}}}};
  const std::string schema = EntrySchema(
      FileFields({}, Record("r102", {Field(1000, R"({"type": "fixed", "name": "f", "size": 2})"),
                                     Field(1001, R"(["null", "int"])")})));
  TestEntry bare;
  bare.partition = AvroBytes().Raw(std::string("\x04\x00", 2)).Long(1).Long(3).bytes();
  TestEntry prefixed;
  prefixed.partition = AvroBytes().Text(std::string("\x04\x00", 2)).Long(1).Long(3).bytes();
  for (const TestEntry& entry : {bare, prefixed}) {
    for (const std::map<std::string, std::string>& metadata :
         {std::map<std::string, std::string>(), {{"iceberg.schema", "{}"}}}) {
      const auto entries = Parse(ManifestBytes({entry, entry}, schema, metadata), spec);
      ASSERT_TRUE(entries.ok()) << entries.error();
      EXPECT_EQ((*entries)[1].data_file.partition,
                (PartitionValues{{Bytes{std::string("\x04\x00", 2)}, int32_t{3}}}));
    }
  }
}

const std::string kNegativeOne(16, '\xff');

INSTANTIATE_TEST_SUITE_P(
    Types, PartitionValueTest,
    testing::Values(
        PartitionCase{R"("boolean")", AvroBytes().Boolean(true).bytes(), Value(true)},
        PartitionCase{R"("int")", AvroBytes().Long(-5).bytes(), Value(int32_t{-5})},
        PartitionCase{R"("long")", AvroBytes().Long(-5).bytes(), Value(int64_t{-5})},
        PartitionCase{R"("float")", AvroBytes().Float(-0.0F).bytes(), Value(-0.0F)},
        PartitionCase{R"("double")", AvroBytes().Double(1e300).bytes(), Value(1e300)},
        PartitionCase{R"("string")", AvroBytes().Text("ab").bytes(), Value(std::string("ab"))},
        PartitionCase{R"("bytes")", AvroBytes().Text("ab").bytes(), Value(Bytes{"ab"})},
        PartitionCase{R"("null")", "", std::nullopt},
        PartitionCase{R"(["null", "int"])", AvroBytes().Long(0).bytes(), std::nullopt},
        PartitionCase{R"(["int", "null"])", AvroBytes().Long(0).Long(4).bytes(), Value(int32_t{4})},
        PartitionCase{R"({"type": "fixed", "name": "f", "size": 2})", "xy", Value(Bytes{"xy"})},
        PartitionCase{R"({"type": "fixed", "name": "u", "size": 16, "logicalType": "uuid"})",
                      kNegativeOne, Value(Bytes{kNegativeOne})},
        PartitionCase{
            R"({"type": "fixed", "name": "d", "size": 2, "logicalType": "decimal", "precision": 4})",
            "\xff\x7e", Value(Unscaled{-130})},
        PartitionCase{
            R"({"type": "fixed", "name": "d", "size": 16, "logicalType": "decimal", "precision": 38})",
            kNegativeOne, Value(Unscaled{-1})},
        PartitionCase{R"({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1})",
                      AvroBytes().Text("\x01\x02").bytes(), Value(Unscaled{258})},
        PartitionCase{R"({"type": "int", "logicalType": "date"})", AvroBytes().Long(-1).bytes(),
                      Value(int32_t{-1})},
        PartitionCase{R"({"type": "long", "logicalType": "time-micros"})",
                      AvroBytes().Long(1).bytes(), Value(int64_t{1})},
        PartitionCase{
            R"({"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true})",
            AvroBytes().Long(1).bytes(), Value(int64_t{1})},
        PartitionCase{R"({"type": "long", "logicalType": "timestamp-nanos"})",
                      AvroBytes().Long(1).bytes(), Value(int64_t{1})}));

TEST(ManifestReaderTest, RefusesPartitionTypesThatWouldMislead) {
  const PartitionSpec spec{SpecId{0}, {{FieldId{1}, FieldId{1000}}}};
  for (const char* type :
       {R"({"type": "long", "logicalType": "timestamp-millis"})",
        R"({"type": "int", "logicalType": "time-millis"})",
        R"({"type": "string", "logicalType": "uuid"})", R"({"type": "array", "items": "int"})"}) {
    const auto schema = EntrySchema(FileFields({}, Record("r102", {Field(1000, type)})));
    ExpectError(Parse(ManifestBytes({}, schema), spec), ErrorCode::kUnsupported, "partition");
    // A field that the spec lacks is skipped, whatever it is.
    EXPECT_TRUE(Parse(ManifestBytes({}, schema)).ok()) << type;
  }
  const char* const no_id = R"({"name": "p", "type": "int"})";
  ExpectError(Parse(ManifestBytes({}, EntrySchema(FileFields({}, Record("r102", {no_id})))), spec),
              ErrorCode::kCorruptData, "partition spec 0");
}

TEST(ManifestReaderTest, OnlyUnpartitionedFilesMayLackATuple) {
  const PartitionSpec spec{SpecId{0}, {{FieldId{1}, FieldId{1000}}}};
  const std::string schema =
      EntrySchema(FileFields({}, StrCat(R"(["null", )", Record("r102", {}), "]")));
  TestEntry entry;
  entry.partition = AvroBytes().Long(0).bytes();
  EXPECT_TRUE(Parse(ManifestBytes({entry}, schema)).ok());
  ExpectError(Parse(ManifestBytes({entry}, schema), spec), ErrorCode::kCorruptData, "no partition");
  // A tuple without the field is another matter: the field is null.
  entry.partition = AvroBytes().Long(1).bytes();
  const auto entries = Parse(ManifestBytes({entry}, schema), spec);
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.partition, PartitionValues{{std::nullopt}});

  std::vector<std::string> fields = FileFields();
  fields.erase(fields.begin() + 3);
  EXPECT_TRUE(Parse(ManifestBytes({{}}, EntrySchema(fields))).ok());
  ExpectError(Parse(ManifestBytes({{}}, EntrySchema(fields)), spec), ErrorCode::kCorruptData,
              "partition");
}

TEST(ManifestReaderTest, RefusesDecimalsOfMoreThan16Bytes) {
  const PartitionSpec spec{SpecId{0}, {{FieldId{1}, FieldId{1000}}}};
  const char* const type =
      R"({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1})";
  for (const std::string& digits : {std::string(), std::string(17, '\0')}) {
    TestEntry entry;
    entry.partition = AvroBytes().Text(digits).bytes();
    const auto schema = EntrySchema(FileFields({}, Record("r102", {Field(1000, type)})));
    ExpectError(Parse(ManifestBytes({entry}, schema), spec), ErrorCode::kCorruptData, "decimal");
  }
}

// --- Refusals ----------------------------------------------------------------------------------

TEST(ManifestReaderTest, RefusesUnknownNumbers) {
  ExpectError(Parse(ManifestBytes({{.content = 3}})), ErrorCode::kUnsupported, "content 3");
  ExpectError(Parse(ManifestBytes({{.content = -1}})), ErrorCode::kUnsupported, "content -1");
  ExpectError(Parse(ManifestBytes({{.status = 3}})), ErrorCode::kUnsupported, "status 3");
  ExpectError(Parse(ManifestBytes({}, EntrySchema(FileFields()), {{"format-version", "4"}})),
              ErrorCode::kUnsupported, "'4'");
  ExpectError(Parse(ManifestBytes({}, EntrySchema(FileFields()), {{"content", "stats"}})),
              ErrorCode::kUnsupported, "'stats'");
}

TEST(ManifestReaderTest, RefusesDeleteFilesAmongData) {
  ExpectError(Parse(ManifestBytes({{.content = 1}})), ErrorCode::kCorruptData, "content 1");
  ExpectError(Parse(ManifestBytes({}, EntrySchema(FileFields()), {{"content", "deletes"}})),
              ErrorCode::kCorruptData, "deletes");
  ManifestFile deletes = ListedManifest();
  deletes.content = ManifestContent::kDeletes;
  const auto entries = ParseManifest(ManifestBytes({{.content = 1}, {.content = 2}}), deletes, {});
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.content, FileContent::kPositionDeletes);
  EXPECT_EQ((*entries)[1].data_file.content, FileContent::kEqualityDeletes);
  ExpectError(ParseManifest(ManifestBytes({{.content = 0}}), deletes, {}), ErrorCode::kCorruptData,
              "content 0");
}

TEST(ManifestReaderTest, RefusesEncryptedFiles) {
  const std::string schema = EntrySchema(FileFields({Field(131, R"(["null", "bytes"])")}));
  TestEntry entry;
  entry.more = AvroBytes().Long(1).Text("key").bytes();
  ExpectError(Parse(ManifestBytes({entry}, schema)), ErrorCode::kUnsupported, "encrypted");
  entry.status = 2;
  EXPECT_TRUE(Parse(ManifestBytes({entry}, schema)).ok());
}

TEST(ManifestReaderTest, RefusesSchemasThatDoNotFit) {
  const auto with = [](size_t position, const std::string& field) {
    std::vector<std::string> fields = FileFields();
    fields[position] = field;
    return Parse(ManifestBytes({}, EntrySchema(fields)));
  };
  ExpectError(with(1, Field(999, kText)), ErrorCode::kCorruptData, "file_path");
  ExpectError(with(1, Field(100, kLong)), ErrorCode::kCorruptData, "file_path");
  ExpectError(with(1, Field(100, R"(["null", "string", "int"])")), ErrorCode::kCorruptData,
              "file_path");
  ExpectError(with(4, Field(104, kLong)), ErrorCode::kCorruptData, "second field");
  ExpectError(with(3, Field(102, kLong)), ErrorCode::kCorruptData, "partition");
  ExpectError(with(0, R"({"name": "again", "field-id": 103, "type": "long"})"),
              ErrorCode::kCorruptData, "103");
  ExpectError(Parse(ContainerBytes({R"("long")", "null", {}, {}})), ErrorCode::kCorruptData,
              "record");
  ExpectError(
      Parse(ContainerBytes({R"({"type": "record", "name": "r", "fields": []})", "lzma", {}, {}})),
      ErrorCode::kUnsupported, "'lzma'");
}

TEST(ManifestReaderTest, RefusesMapsOfOtherIds) {
  const auto map = [](int key_id, int value_id, std::string_view value) {
    const std::string item = Record("kv", {Field(key_id, kInt), Field(value_id, value)});
    return Parse(ManifestBytes(
        {}, EntrySchema(
                FileFields({Field(109, StrCat(R"({"type": "array", "items": )", item, "}"))}))));
  };
  EXPECT_TRUE(map(119, 120, kLong).ok());
  ExpectError(map(120, 119, kLong), ErrorCode::kCorruptData, "value_counts");
  ExpectError(map(119, 120, R"("bytes")"), ErrorCode::kCorruptData, "value_counts");
}

// BigQuery makes everything nullable and gives keys and values no ids.
TEST(ManifestReaderTest, ReadsMapsAndListsOfNullableParts) {
  const std::string schema = EntrySchema(FileFields(
      {Field(109, R"(["null", {"type": "array", "items": ["null", {"type": "record", "name": "e0",
         "fields": [{"name": "key", "type": ["null", "int"]},
                    {"name": "value", "type": ["null", "long"]}]}]}])"),
       Field(132, R"({"type": "array", "items": ["null", "long"]})")}));
  AvroBytes counts;
  counts.Long(1).Long(2).Long(1).Long(1).Long(4).Long(1).Long(50).Long(1).Long(1).Long(5).Long(0);
  TestEntry entry;
  entry.more = AvroBytes(counts).Long(0).Long(1).Long(1).Long(8).Long(0).bytes();
  const auto entries = Parse(ManifestBytes({entry}, schema));
  ASSERT_TRUE(entries.ok()) << entries.error();
  // An unknown count is no count.
  EXPECT_EQ((*entries)[0].data_file.value_counts, (std::map<FieldId, int64_t>{{FieldId{4}, 50}}));
  EXPECT_EQ((*entries)[0].data_file.split_offsets, std::vector<int64_t>{8});

  entry.more = AvroBytes(counts).Long(0).Long(1).Long(0).Long(0).bytes();
  ExpectError(Parse(ManifestBytes({entry}, schema)), ErrorCode::kCorruptData, "split_offsets");
  entry.more = AvroBytes().Long(1).Long(1).Long(1).Long(0).Long(1).Long(50).Long(0).bytes();
  ExpectError(Parse(ManifestBytes({entry}, schema)), ErrorCode::kCorruptData, "value_counts");
}

TEST(ManifestReaderTest, RefusesDamagedEntries) {
  ExpectError(Parse(ManifestBytes({{.path = ""}})), ErrorCode::kCorruptData, "file_path");
  ExpectError(Parse(ManifestBytes({{.record_count = -1}})), ErrorCode::kCorruptData,
              "record_count");
  ExpectError(Parse(ManifestBytes({{.more = "x"}})), ErrorCode::kCorruptData, "after its last");
  TestContainer container{EntrySchema(FileFields()), "null", {}, {{2, EntryBytes({})}}};
  ExpectError(Parse(ContainerBytes(container)), ErrorCode::kCorruptData, "entry 1");
  const std::string schema =
      EntrySchema(FileFields({Field(132, R"({"type": "array", "items": "long"})")}));
  TestEntry bomb;
  bomb.more = AvroBytes().Long(int64_t{1} << 62).bytes();
  ExpectError(Parse(ManifestBytes({bomb}, schema)), ErrorCode::kCorruptData, "more items");
}

// --- Another file than the listed one -----------------------------------------------------------

TEST(ManifestReaderTest, HoldsWhatTheListCounts) {
  ManifestFile counted = ListedManifest();
  counted.added_files_count = 2;
  counted.existing_files_count = 1;
  counted.deleted_files_count = 0;
  counted.added_rows_count = 20;
  counted.existing_rows_count = 7;
  counted.deleted_rows_count = 0;
  const std::string bytes =
      ManifestBytes({{}, {.status = 0, .sequence = 3, .record_count = 7}, {}});
  EXPECT_TRUE(ParseManifest(bytes, counted, {}).ok());
  for (auto count : {&ManifestFile::added_files_count, &ManifestFile::existing_files_count,
                     &ManifestFile::deleted_files_count, &ManifestFile::added_rows_count,
                     &ManifestFile::existing_rows_count, &ManifestFile::deleted_rows_count}) {
    ManifestFile manifest = counted;
    manifest.*count = INT64_MAX;  // Nor is memory taken for as many.
    ExpectError(ParseManifest(bytes, manifest, {}), ErrorCode::kCorruptData, "manifest list says");
    (manifest.*count).reset();  // v1 may not know.
    EXPECT_TRUE(ParseManifest(bytes, manifest, {}).ok());
  }
  const int64_t most = INT64_MAX;
  ExpectError(Parse(ManifestBytes({{.record_count = most}, {.record_count = most}})),
              ErrorCode::kCorruptData, "more rows");
}

// Tables that were copied to other paths may have lists with the old lengths.
TEST(ManifestReaderTest, LengthsMatterWhereNothingIsCounted) {
  ManifestFile manifest = ListedManifest();
  const std::string bytes = ManifestBytes({{}});
  manifest.length_bytes = static_cast<int64_t>(bytes.size());
  EXPECT_TRUE(ParseManifest(bytes, manifest, {}).ok());
  ++manifest.length_bytes;
  ExpectError(ParseManifest(bytes, manifest, {}), ErrorCode::kCorruptData, "bytes long");
  manifest.added_files_count = 1;
  manifest.existing_files_count = 0;
  EXPECT_TRUE(ParseManifest(bytes, manifest, {}).ok());
}

TEST(ManifestReaderTest, RefusesTheManifestOfAnotherCommit) {
  ExpectError(Parse(ManifestBytes({{.snapshot_id = 71}})), ErrorCode::kCorruptData,
              "added by snapshot 71, its manifest by 70");
  EXPECT_TRUE(Parse(ManifestBytes({{.status = 0, .snapshot_id = 71, .sequence = 3}})).ok());
  EXPECT_TRUE(Parse(ManifestBytes({{.status = 2, .snapshot_id = 71, .sequence = 3}})).ok());
  ExpectError(Parse(ManifestBytes({{.sequence = 8}})), ErrorCode::kCorruptData,
              "the sequence number 8, its manifest has 7");
  ExpectError(Parse(ManifestBytes({{.status = 0, .sequence = -1}})), ErrorCode::kCorruptData,
              "the sequence number -1");
  const std::string schema = EntrySchema(FileFields());
  ExpectError(Parse(ManifestBytes({{}}, schema, {{"partition-spec-id", "4"}})),
              ErrorCode::kCorruptData, "of partition spec 4, its manifest list says 0");
  ExpectError(Parse(ManifestBytes({{}}, schema, {{"partition-spec-id", "0x"}})),
              ErrorCode::kCorruptData, "'0x' is not a number");
  EXPECT_TRUE(Parse(ManifestBytes({{}}, schema, {{"partition-spec-id", "0"}})).ok());
}

TEST(ManifestReaderTest, NegativeCountsOfValuesAreUnknown) {
  const std::string item = Record("kv", {Field(121, kInt), Field(122, kLong)});
  const std::string schema =
      EntrySchema(FileFields({Field(110, StrCat(R"({"type": "array", "items": )", item, "}"))}));
  TestEntry entry;
  entry.more = AvroBytes().Long(2).Long(4).Long(-1).Long(5).Long(0).Long(0).bytes();
  const auto entries = Parse(ManifestBytes({entry}, schema));
  ASSERT_TRUE(entries.ok()) << entries.error();
  EXPECT_EQ((*entries)[0].data_file.null_value_counts, (std::map<FieldId, int64_t>{{{5}, 0}}));
}

}  // namespace
}  // namespace icefield
