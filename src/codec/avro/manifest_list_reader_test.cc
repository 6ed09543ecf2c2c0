#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/avro/avro_bytes_test.h"
#include "codec/avro/manifest_reader.h"

namespace icefield {
namespace {

using avro::AvroBytes;
using avro::ContainerBytes;
using avro::Field;
using avro::Record;

constexpr std::string_view kLong = R"("long")";
constexpr std::string_view kInt = R"("int")";
constexpr std::string_view kText = R"("string")";
constexpr std::string_view kMaybeLong = R"(["null", "long"])";

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
  for (int id : {517, 515, 516, 504, 505, 506, 512, 513, 514, 520}) {
    fields.push_back(Field(id, kLong));
  }
  AvroBytes entry = ListEntry().Long(1).Long(9).Long(3).Long(0).Long(0).Long(6);
  entry.Long(512).Long(513).Long(514).Long(1000);
  const auto manifests = ParseManifestList(ListBytes(fields, entry), "snap.avro");
  ASSERT_TRUE(manifests.ok()) << manifests.error();
  const ManifestFile& manifest = manifests->front();
  EXPECT_EQ(manifest.content, ManifestContent::kDeletes);
  EXPECT_EQ(manifest.sequence_number.value, 9);
  EXPECT_EQ(manifest.min_sequence_number.value, 3);
  EXPECT_EQ(manifest.deleted_files_count, 6);
  EXPECT_EQ(manifest.added_rows_count, 512);
  EXPECT_EQ(manifest.existing_rows_count, 513);
  EXPECT_EQ(manifest.deleted_rows_count, 514);
  EXPECT_EQ(manifest.first_row_id, 1000);
  EXPECT_FALSE(manifest.MayHoldLiveFiles());
}

TEST(ManifestListReaderTest, KnowsWhoseListItIs) {
  const auto parse = [](std::map<std::string, std::string> metadata) {
    const std::string bytes = ContainerBytes({Record("manifest_file", ListFields()),
                                              "null",
                                              std::move(metadata),
                                              {{1, ListEntry().bytes()}}});
    const auto manifests = ParseManifestList(bytes, "snap.avro", SnapshotId{70});
    return manifests.ok() ? "none" : manifests.error().ToString();
  };
  EXPECT_EQ(parse({}), "none");
  EXPECT_EQ(parse({{"snapshot-id", "70"}}), "none");
  EXPECT_EQ(parse({{"snapshot-id", "7"}}),
            "CorruptData: manifest list snap.avro: it is the list of snapshot 7, not of 70");
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
