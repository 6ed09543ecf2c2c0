#include "scan/scan_plan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "codec/avro/avro_bytes_test.h"

namespace icefield {
namespace {

using avro::AvroBytes;

class MemoryFile : public InputFile {
 public:
  MemoryFile(std::string location, std::string_view bytes)
      : location_(std::move(location)), bytes_(bytes) {}
  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::string location_;
  std::string_view bytes_;
};

class MemoryStore : public ObjectStore {
 public:
  std::map<std::string, std::string, std::less<>> files;

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    const auto found = files.find(location);
    if (found == files.end()) return NotFound("file ", location, " does not exist");
    return std::unique_ptr<InputFile>(std::make_unique<MemoryFile>(found->first, found->second));
  }
  Result<std::vector<std::string>> List(std::string_view location) const override {
    return NotFound("folder ", location, " does not exist");
  }
};

std::string Container(std::string_view schema, const std::vector<AvroBytes>& values,
                      const std::map<std::string, std::string>& metadata = {}) {
  const std::string sync(16, 's');
  AvroBytes out;
  out.Raw(std::string_view("Obj\x01", 4)).Long(static_cast<int64_t>(metadata.size()) + 1);
  out.Text("avro.schema").Text(schema);
  for (const auto& [key, value] : metadata) out.Text(key).Text(value);
  out.Long(0).Raw(sync);
  std::string block;
  for (const AvroBytes& value : values) block += value.bytes();
  if (!values.empty()) out.Long(static_cast<int64_t>(values.size())).Text(block).Raw(sync);
  return out.bytes();
}

struct TestEntry {
  std::string path;
  int32_t part = 0;
  EntryStatus status = EntryStatus::kAdded;
  int64_t sequence_number = 1;
  FileContent content = FileContent::kData;
  std::string format = "PARQUET";
};

// Manifests whose partition is one int field of id 1000.
std::string ManifestBytes(const std::vector<TestEntry>& entries, int32_t spec_id = 0) {
  constexpr std::string_view kSchema = R"({"type": "record", "name": "manifest_entry", "fields": [
    {"name": "status", "type": "int", "field-id": 0},
    {"name": "snapshot_id", "type": "long", "field-id": 1},
    {"name": "sequence_number", "type": "long", "field-id": 3},
    {"name": "file_sequence_number", "type": "long", "field-id": 4},
    {"name": "data_file", "field-id": 2, "type": {"type": "record", "name": "r2", "fields": [
      {"name": "content", "type": "int", "field-id": 134},
      {"name": "file_path", "type": "string", "field-id": 100},
      {"name": "file_format", "type": "string", "field-id": 101},
      {"name": "partition", "field-id": 102, "type": {"type": "record", "name": "r102", "fields": [
        {"name": "part", "type": "int", "field-id": 1000}]}},
      {"name": "record_count", "type": "long", "field-id": 103},
      {"name": "file_size_in_bytes", "type": "long", "field-id": 104}]}}]})";
  std::vector<AvroBytes> values;
  for (const TestEntry& entry : entries) {
    values.push_back(AvroBytes()
                         .Long(static_cast<int64_t>(entry.status))
                         .Long(9)
                         .Long(entry.sequence_number)
                         .Long(entry.sequence_number)
                         .Long(static_cast<int64_t>(entry.content))
                         .Text(entry.path)
                         .Text(entry.format)
                         .Long(entry.part)
                         .Long(10)
                         .Long(100));
  }
  return Container(kSchema, values, {{"partition-spec-id", std::to_string(spec_id)}});
}

struct TestManifest {
  std::string path;
  int32_t spec_id = 0;
  ManifestContent content = ManifestContent::kData;
  int64_t live_files = 1;
  int32_t lower = 0;
  int32_t upper = 100;
};

std::string_view IntBytes(const int32_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

std::string ManifestListBytes(const std::vector<TestManifest>& manifests) {
  constexpr std::string_view kSchema = R"({"type": "record", "name": "manifest_file", "fields": [
    {"name": "manifest_path", "type": "string", "field-id": 500},
    {"name": "manifest_length", "type": "long", "field-id": 501},
    {"name": "partition_spec_id", "type": "int", "field-id": 502},
    {"name": "content", "type": "int", "field-id": 517},
    {"name": "sequence_number", "type": "long", "field-id": 515},
    {"name": "min_sequence_number", "type": "long", "field-id": 516},
    {"name": "added_snapshot_id", "type": "long", "field-id": 503},
    {"name": "added_files_count", "type": "int", "field-id": 504},
    {"name": "existing_files_count", "type": "int", "field-id": 505},
    {"name": "deleted_files_count", "type": "int", "field-id": 506},
    {"name": "added_rows_count", "type": "long", "field-id": 512},
    {"name": "existing_rows_count", "type": "long", "field-id": 513},
    {"name": "deleted_rows_count", "type": "long", "field-id": 514},
    {"name": "partitions", "field-id": 507, "type": {"type": "array", "element-id": 508, "items":
      {"type": "record", "name": "r508", "fields": [
        {"name": "contains_null", "type": "boolean", "field-id": 509},
        {"name": "lower_bound", "type": "bytes", "field-id": 510},
        {"name": "upper_bound", "type": "bytes", "field-id": 511}]}}}]})";
  std::vector<AvroBytes> values;
  for (const TestManifest& manifest : manifests) {
    values.push_back(AvroBytes()
                         .Text(manifest.path)
                         .Long(1)
                         .Long(manifest.spec_id)
                         .Long(static_cast<int64_t>(manifest.content))
                         .Long(1)
                         .Long(1)
                         .Long(9)
                         .Long(manifest.live_files)
                         .Long(0)
                         .Long(0)
                         .Long(0)
                         .Long(0)
                         .Long(0)
                         .Long(1)
                         .Boolean(false)
                         .Text(IntBytes(manifest.lower))
                         .Text(IntBytes(manifest.upper))
                         .Long(0));
  }
  return Container(kSchema, values, {{"format-version", "2"}});
}

class PlanScanTest : public ::testing::Test {
 protected:
  PlanScanTest() {
    Schema schema;
    schema.columns.fields = {{.id = {1}, .name = "id", .type = PrimitiveKind::kLong},
                             {.id = {2}, .name = "part", .type = PrimitiveKind::kInt}};
    metadata_.schemas = {schema};
    metadata_.partition_specs = {{{0}, {{{2}, {1000}, "part", {TransformKind::kIdentity}}}},
                                 {{1}, {{{1}, {1000}, "bucket", {TransformKind::kBucket, 4}}}}};
    metadata_.snapshots = {{.id = {9}, .sequence_number = {1}, .manifest_list = "list"}};
    metadata_.current_snapshot_id = SnapshotId{9};
  }

  Field Column(size_t position) const { return metadata_.schemas[0].columns.fields[position]; }

  Result<ScanPlan> Plan(Predicate predicate = {}) const {
    const Snapshot* snapshot = metadata_.snapshots.empty() ? nullptr : metadata_.snapshots.data();
    return PlanScan(store_, metadata_,
                    {.table_name = "ns.t",
                     .selected = {snapshot, metadata_.schemas.data()},
                     .predicate = std::move(predicate),
                     .threads = 2});
  }

  std::vector<std::string> Paths(Predicate predicate = {}) const {
    const Result<ScanPlan> plan = Plan(std::move(predicate));
    EXPECT_TRUE(plan.ok()) << plan.error();
    std::vector<std::string> paths;
    if (!plan.ok()) return paths;
    for (const FileTask& task : plan->tasks) paths.push_back(task.file.path);
    return paths;
  }

  void ExpectError(ErrorCode code, const std::vector<std::string_view>& words,
                   Predicate predicate = {}) const {
    const Result<ScanPlan> plan = Plan(std::move(predicate));
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, code) << plan.error();
    for (const std::string_view word : words) {
      EXPECT_NE(plan.error().message.find(word), std::string::npos)
          << plan.error() << " lacks " << word;
    }
  }

  MemoryStore store_;
  TableMetadata metadata_;
};

TEST_F(PlanScanTest, OrdersLiveFilesBySequenceNumberThenPath) {
  store_.files["list"] = ManifestListBytes({{.path = "m1"}, {.path = "m2"}});
  store_.files["m1"] = ManifestBytes({{.path = "b", .sequence_number = 2},
                                      {.path = "d"},
                                      {.path = "gone", .status = EntryStatus::kDeleted}});
  store_.files["m2"] = ManifestBytes(
      {{.path = "a", .status = EntryStatus::kExisting, .sequence_number = 2}, {.path = "c"}});
  EXPECT_EQ(Paths(), (std::vector<std::string>{"c", "d", "a", "b"}));
  EXPECT_EQ(Plan()->counts, (ScanCounts{.manifests_read = 2}));
}

TEST_F(PlanScanTest, LeavesOutByTheManifestsOwnSpec) {
  // Bucket 3 of 34 under spec 1; under spec 0 the same number is a value of `part`.
  store_.files["list"] = ManifestListBytes({{.path = "m0"}, {.path = "m1", .spec_id = 1}});
  store_.files["m0"] = ManifestBytes({{.path = "part3", .part = 3}, {.path = "part5", .part = 5}});
  store_.files["m1"] =
      ManifestBytes({{.path = "bucket2", .part = 2}, {.path = "bucket3", .part = 3}}, 1);
  const Predicate id = Compare(PredicateOp::kEqual, Column(0), int64_t{34});
  EXPECT_EQ(Paths(id), (std::vector<std::string>{"bucket3", "part3", "part5"}));
  const Predicate part = Compare(PredicateOp::kEqual, Column(1), int32_t{5});
  EXPECT_EQ(Paths(part), (std::vector<std::string>{"bucket2", "bucket3", "part5"}));
  EXPECT_EQ(Plan(part)->counts, (ScanCounts{.manifests_read = 2, .files_pruned_partition = 1}));
}

TEST_F(PlanScanTest, DoesNotReadManifestsThatTheirSummariesRuleOut) {
  store_.files["list"] = ManifestListBytes({{.path = "absent", .lower = 0, .upper = 4},
                                            {.path = "m", .lower = 5, .upper = 9},
                                            {.path = "empty", .live_files = 0}});
  store_.files["m"] = ManifestBytes({{.path = "a", .part = 5}});
  const Predicate part = Compare(PredicateOp::kGreater, Column(1), int32_t{4});
  EXPECT_EQ(Paths(part), std::vector<std::string>{"a"});
  EXPECT_EQ(Plan(part)->counts, (ScanCounts{.manifests_read = 1, .manifests_pruned = 1}));
  ExpectError(ErrorCode::kNotFound, {"ns.t", "snapshot 9", "absent"});
}

TEST_F(PlanScanTest, GivesIdentityPartitionsAsConstants) {
  store_.files["list"] = ManifestListBytes({{.path = "m0"}, {.path = "m1", .spec_id = 1}});
  store_.files["m0"] = ManifestBytes({{.path = "a", .part = 7}});
  store_.files["m1"] = ManifestBytes({{.path = "b", .part = 3}}, 1);
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->tasks[0].constants, (std::vector<PartitionConstant>{{{2}, int32_t{7}}}));
  EXPECT_TRUE(plan->tasks[1].constants.empty());
  // A constant has the column's type, though the column was promoted since.
  metadata_.schemas[0].columns.fields[1].type = PrimitiveKind::kLong;
  EXPECT_EQ(Plan()->tasks[0].constants.front().value, Value(int64_t{7}));
}

TEST_F(PlanScanTest, RefusesLiveDeletesByNameWhateverTheFilter) {
  store_.files["list"] = ManifestListBytes(
      {{.path = "m", .content = ManifestContent::kDeletes, .lower = 1, .upper = 1}});
  const Predicate other = Compare(PredicateOp::kEqual, Column(1), int32_t{9});
  for (const auto& [content, format, kind] :
       std::vector<std::tuple<FileContent, std::string, std::string>>{
           {FileContent::kPositionDeletes, "PARQUET", "position delete"},
           {FileContent::kPositionDeletes, "PUFFIN", "deletion vector"},
           {FileContent::kEqualityDeletes, "AVRO", "equality delete"}}) {
    store_.files["m"] =
        ManifestBytes({{.path = "dead.x", .part = 1, .content = content, .format = format}});
    ExpectError(ErrorCode::kUnsupported, {"ns.t", "dead.x", kind}, other);
  }
  store_.files["m"] = ManifestBytes({{.path = "dead.x",
                                      .status = EntryStatus::kDeleted,
                                      .content = FileContent::kPositionDeletes}});
  EXPECT_TRUE(Paths().empty());
}

TEST_F(PlanScanTest, RefusesOtherFormatsThatItWouldHaveToRead) {
  store_.files["list"] = ManifestListBytes({{.path = "m"}});
  store_.files["m"] =
      ManifestBytes({{.path = "a", .part = 1}, {.path = "b.orc", .part = 2, .format = "ORC"}});
  ExpectError(ErrorCode::kUnsupported, {"b.orc", "ORC"});
  EXPECT_EQ(Paths(Compare(PredicateOp::kEqual, Column(1), int32_t{1})),
            std::vector<std::string>{"a"});
}

TEST_F(PlanScanTest, RefusesWhatItDoesNotKnow) {
  store_.files["list"] = ManifestListBytes({{.path = "m", .spec_id = 5}});
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "spec 5", "m"});
  store_.files["list"] = "no container";
  ExpectError(ErrorCode::kCorruptData, {"ns.t", "list"});
  store_.files.clear();
  ExpectError(ErrorCode::kNotFound, {"ns.t", "snapshot 9", "list"});
  metadata_.format_version = 3;
  ExpectError(ErrorCode::kUnsupported, {"ns.t", "version 3"});
}

// v1 may name manifests without a list; each states its own spec.
TEST_F(PlanScanTest, ReadsManifestsWithoutAList) {
  metadata_.format_version = 1;
  metadata_.snapshots[0].manifest_list.clear();
  metadata_.snapshots[0].manifests = {"m0", "m1"};
  store_.files["m0"] = ManifestBytes({{.path = "part3", .part = 3}});
  store_.files["m1"] =
      ManifestBytes({{.path = "bucket2", .part = 2}, {.path = "bucket3", .part = 3}}, 1);
  EXPECT_EQ(Paths(Compare(PredicateOp::kEqual, Column(0), int64_t{34})),
            (std::vector<std::string>{"bucket3", "part3"}));
}

TEST_F(PlanScanTest, PlansNothingForATableWithoutSnapshots) {
  metadata_.snapshots.clear();
  const Result<ScanPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_TRUE(plan->tasks.empty());
  EXPECT_FALSE(plan->snapshot.has_value());
  EXPECT_EQ(plan->schema, metadata_.schemas[0]);
}

TEST_F(PlanScanTest, TellsPeopleWhatItPlanned) {
  store_.files["list"] = ManifestListBytes({{.path = "m"}});
  store_.files["m"] =
      ManifestBytes({{.path = "a", .part = 5}, {.path = "b", .part = 5}, {.path = "c", .part = 6}});
  const Result<ScanPlan> plan = Plan(Compare(PredicateOp::kEqual, Column(1), int32_t{5}));
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->ToString(1),
            "table ns.t, snapshot 9 of 1970-01-01 00:00:00.000 UTC\n"
            "filter part = 5\n"
            "manifests 1 read, 0 pruned by partition\n"
            "files 2 to read (20 rows, 200 bytes), pruned 1 by partition, 0 by bounds\n"
            "  a (10 rows, 100 bytes, sequence number 1)\n"
            "  and 1 more\n");
}

}  // namespace
}  // namespace icefield
