#include "codec/avro/manifest_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/avro/avro_bytes_test.h"

namespace icefield {
namespace {

using avro::AvroBytes;
using avro::ContainerBytes;
using avro::TestContainer;

constexpr const char* kMetadata =
    R"({"name": "extra", "type": ["null", "string"], "field-id": 900})";

// One field of a record; the type as JSON.
std::string Field(int id, std::string_view type) {
  return StrCat(R"({"name": "f)", id, R"(", "field-id": )", id, R"(, "type": )", type, "}");
}

std::string Record(std::string_view name, const std::vector<std::string>& fields) {
  return StrCat(R"({"type": "record", "name": ")", name, R"(", "fields": [)", Join(fields, ", "),
                "]}");
}

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
                                            {.status = 1, .snapshot_id = 5, .sequence = 3},
                                            {.status = 1, .sequence = 3, .file_sequence = 4}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  ASSERT_EQ(entries->size(), 3);
  EXPECT_EQ((*entries)[0].snapshot_id.value, 70);
  EXPECT_EQ((*entries)[0].data_sequence_number.value, 7);
  EXPECT_EQ((*entries)[0].file_sequence_number.value, 7);
  EXPECT_EQ((*entries)[1].snapshot_id.value, 5);
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
    data.Long(status).Long(5).Text("a").Text("Orc").Long(1).Long(2).Long(64).Long(1).Text("x");
  }
  const auto entries =
      Parse(ContainerBytes({schema, "deflate", {{"format-version", "1"}}, {{2, data.bytes()}}}));
  ASSERT_TRUE(entries.ok()) << entries.error();
  ASSERT_EQ(entries->size(), 2);
  for (const ManifestEntry& entry : *entries) {
    EXPECT_EQ(entry.snapshot_id.value, 5);
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

TEST(ManifestReaderTest, SkipsFieldsOfV3AndUnknownOnes) {
  const std::string schema = EntrySchema(FileFields(
      {Field(142, kMaybeLong), Field(143, R"(["null", "string"])"), kMetadata,
       R"({"name": "no_id", "type": {"type": "array", "items": {"type": "map", "values": "bytes"}}})",
       Field(140, R"(["null", "int"])")}));
  TestEntry entry;
  entry.more = AvroBytes()
                   .Long(1)
                   .Long(1000)
                   .Long(1)
                   .Text("other")
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
  EXPECT_EQ((*entries)[0].data_file.partition,
            (std::vector<std::optional<Value>>{GetParam().value}));
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
              ErrorCode::kCorruptData, "field-id");
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
  EXPECT_EQ((*entries)[0].data_file.partition, std::vector<std::optional<Value>>(1));

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

TEST(ManifestReaderTest, DoesNotTrustPromisedCounts) {
  ManifestFile manifest = ListedManifest();
  manifest.added_files_count = INT64_MAX;
  manifest.existing_files_count = INT64_MAX;
  manifest.deleted_files_count = -1;
  EXPECT_TRUE(ParseManifest(ManifestBytes({{}}), manifest, {}).ok());
}

// --- Manifest lists ----------------------------------------------------------------------------

std::vector<std::string> ListFields() {
  return {Field(500, kText), Field(501, kLong), Field(502, kInt), Field(503, kMaybeLong)};
}

std::string ListBytes(const std::vector<std::string>& fields, const AvroBytes& entry) {
  return ContainerBytes({Record("manifest_file", fields), "null", {}, {{1, entry.bytes()}}});
}

AvroBytes ListEntry() { return AvroBytes().Text("m.avro").Long(100).Long(2).Long(1).Long(70); }

TEST(ManifestListReaderTest, GivesV1ItsDefaults) {
  const auto manifests = ParseManifestList(ListBytes(ListFields(), ListEntry()), "snap.avro");
  ASSERT_TRUE(manifests.ok()) << manifests.error();
  ManifestFile expected{.path = "m.avro", .length_bytes = 100};
  expected.partition_spec_id.value = 2;
  expected.added_snapshot_id.value = 70;
  EXPECT_EQ(*manifests, std::vector<ManifestFile>{expected});
  EXPECT_EQ(expected.content, ManifestContent::kData);
  EXPECT_TRUE(expected.MayHoldLiveFiles());
}

TEST(ManifestListReaderTest, ReadsV3) {
  std::vector<std::string> fields = ListFields();
  for (int id : {517, 515, 516, 504, 505, 506, 512, 520}) fields.push_back(Field(id, kLong));
  const auto manifests = ParseManifestList(
      ListBytes(fields,
                ListEntry().Long(1).Long(9).Long(3).Long(0).Long(0).Long(6).Long(512).Long(1000)),
      "snap.avro");
  ASSERT_TRUE(manifests.ok()) << manifests.error();
  const ManifestFile& manifest = manifests->front();
  EXPECT_EQ(manifest.content, ManifestContent::kDeletes);
  EXPECT_EQ(manifest.sequence_number.value, 9);
  EXPECT_EQ(manifest.min_sequence_number.value, 3);
  EXPECT_EQ(manifest.deleted_files_count, 6);
  EXPECT_EQ(manifest.first_row_id, 1000);
  EXPECT_FALSE(manifest.MayHoldLiveFiles());
}

TEST(ManifestListReaderTest, TellsNoPartitionsFromUnknownOnes) {
  std::vector<std::string> fields = ListFields();
  fields.push_back(Field(507, StrCat(R"(["null", {"type": "array", "items": ["null", )",
                                     Record("r508", {Field(509, R"("boolean")")}), "]}]")));
  const auto partitions = [&](const AvroBytes& entry) {
    const auto manifests = ParseManifestList(ListBytes(fields, entry), "snap.avro");
    EXPECT_TRUE(manifests.ok()) << manifests.error();
    return manifests.ok() ? manifests->front().partitions : std::nullopt;
  };
  EXPECT_EQ(partitions(ListEntry().Long(0)), std::nullopt);
  EXPECT_EQ(partitions(ListEntry().Long(1).Long(0)), std::vector<PartitionFieldSummary>());
  EXPECT_EQ(partitions(ListEntry().Long(1).Long(1).Long(1).Boolean(false).Long(0)),
            std::vector<PartitionFieldSummary>{{.contains_null = false}});
}

TEST(ManifestListReaderTest, RefusesByName) {
  const auto error = [](std::vector<std::string> more, const AvroBytes& entry) {
    std::vector<std::string> fields = ListFields();
    fields.insert(fields.end(), more.begin(), more.end());
    const auto manifests = ParseManifestList(ListBytes(fields, entry), "snap.avro");
    return manifests.ok() ? std::string("none") : manifests.error().ToString();
  };
  EXPECT_EQ(
      error({Field(517, kInt)}, ListEntry().Long(2)),
      "Unsupported: manifest list snap.avro: manifest m.avro has the content 2; 0 (data) and 1 "
      "(deletes) are known");
  EXPECT_EQ(error({Field(519, R"("bytes")")}, ListEntry().Text("key")),
            "Unsupported: manifest list snap.avro: manifest m.avro is encrypted");
  EXPECT_EQ(error({Field(504, kInt)}, ListEntry().Long(-1)),
            "CorruptData: manifest list snap.avro: entry 0 of the block at byte 372: a number is "
            "negative (added_files_count) at byte 14");
  EXPECT_EQ(error({}, AvroBytes().Text("m.avro").Long(100).Long(2).Long(0)),
            "CorruptData: manifest list snap.avro: entry 0 of the block at byte 322: a required "
            "field is null (added_snapshot_id) at byte 11");
  EXPECT_EQ(error({}, AvroBytes().Text("").Long(100).Long(2).Long(1).Long(70)),
            "CorruptData: manifest list snap.avro: an entry has no manifest_path");
}

}  // namespace
}  // namespace icefield
