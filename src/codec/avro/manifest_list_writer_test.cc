#include <gtest/gtest.h>

#include <random>

#include "codec/avro/container_reader.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/manifest_writer.h"

namespace icefield {
namespace {

ManifestListHeader HeaderOf(int32_t format_version) {
  ManifestListHeader header{format_version, SnapshotId{77}, SnapshotId{76}, SequenceNumber{9},
                            std::nullopt};
  if (format_version == 3) header.first_row_id = 100;
  return header;
}

ManifestFile RandomManifest(std::mt19937_64& random, int32_t format_version) {
  const auto number = [&random](uint64_t end) { return static_cast<int64_t>(random() % end); };
  ManifestFile out;
  out.path = "s3://b/m" + std::to_string(number(1000)) + ".avro";
  out.length_bytes = number(1'000'000);
  out.partition_spec_id = SpecId{static_cast<int32_t>(number(5))};
  out.content = number(2) == 0 ? ManifestContent::kData : ManifestContent::kDeletes;
  out.sequence_number = SequenceNumber{number(10)};
  out.min_sequence_number = SequenceNumber{number(10)};
  out.added_snapshot_id = SnapshotId{static_cast<int64_t>(random() >> 1)};
  out.added_files_count = number(100);
  out.existing_files_count = number(100);
  out.deleted_files_count = number(100);
  out.added_rows_count = static_cast<int64_t>(random() >> 1);
  out.existing_rows_count = number(100);
  out.deleted_rows_count = number(100);
  if (number(4) > 0) out.partitions.emplace();
  for (int64_t left = number(3); out.partitions && left > 0; --left) {
    PartitionFieldSummary& summary = out.partitions->emplace_back();
    summary.contains_null = number(2) == 0;
    if (number(2) == 0) summary.contains_nan = number(2) == 0;
    if (number(2) == 0) summary.lower_bound = std::string(static_cast<size_t>(number(9)), '\xff');
    if (number(2) == 0) summary.upper_bound = std::string(1, '\0');
  }
  if (format_version == 3 && out.content == ManifestContent::kData) out.first_row_id = number(1000);
  return out;
}

std::string FailureOf(const ManifestListHeader& header, const ManifestFile& manifest) {
  const auto bytes = SerializeManifestList(header, {manifest});
  return bytes.ok() ? "no error" : bytes.error().ToString();
}

TEST(SerializeManifestList, IsUndoneByTheReader) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 40; ++round) {
    ManifestListHeader header = HeaderOf(2 + round % 2);
    header.compression = std::vector{"gzip", "zstd", "snappy", "uncompressed"}[round / 2 % 4];
    std::vector<ManifestFile> manifests;
    for (auto left = random() % 600; left > 0; --left)
      manifests.push_back(RandomManifest(random, header.format_version));
    const auto bytes = SerializeManifestList(header, manifests);
    ASSERT_TRUE(bytes.ok()) << bytes.error();
    const auto read = ParseManifestList(*bytes, "l.avro", SnapshotId{77});
    ASSERT_TRUE(read.ok()) << read.error();
    EXPECT_EQ(*read, manifests) << "round " << round;
  }
}

TEST(SerializeManifestList, SaysWhoseItIsInItsMetadata) {
  const auto bytes = SerializeManifestList(HeaderOf(3), {});
  ASSERT_TRUE(bytes.ok()) << bytes.error();
  const auto file = avro::ContainerReader::Make(*bytes);
  ASSERT_TRUE(file.ok()) << file.error();
  EXPECT_EQ(file->FindMetadata("snapshot-id"), "77");
  EXPECT_EQ(file->FindMetadata("parent-snapshot-id"), "76");
  EXPECT_EQ(file->FindMetadata("sequence-number"), "9");
  EXPECT_EQ(file->FindMetadata("format-version"), "3");
  EXPECT_EQ(file->FindMetadata("first-row-id"), "100");
  ManifestListHeader first = HeaderOf(2);
  first.parent_id.reset();
  const auto first_bytes = SerializeManifestList(first, {});
  ASSERT_TRUE(first_bytes.ok());
  const auto first_file = avro::ContainerReader::Make(*first_bytes);
  EXPECT_EQ(first_file->FindMetadata("parent-snapshot-id"), "null");
  EXPECT_EQ(first_file->FindMetadata("first-row-id"), std::nullopt);
}

TEST(SerializeManifestList, HasTheSpecificationsFields) {
  const auto bytes = SerializeManifestList(HeaderOf(3), {});
  const auto file = avro::ContainerReader::Make(*bytes);
  std::string fields;
  for (const avro::SchemaField& field : file->schema().top().fields)
    fields += StrCat(*field.field_id, " ", field.name, "; ");
  EXPECT_EQ(fields,
            "500 manifest_path; 501 manifest_length; 502 partition_spec_id; 517 content; "
            "515 sequence_number; 516 min_sequence_number; 503 added_snapshot_id; "
            "504 added_files_count; 505 existing_files_count; 506 deleted_files_count; "
            "512 added_rows_count; 513 existing_rows_count; 514 deleted_rows_count; "
            "507 partitions; 519 key_metadata; 520 first_row_id; ");
}

TEST(SerializeManifestList, RefusesManifestsThatAreNotWhole) {
  std::mt19937_64 random(5);
  ManifestFile whole = RandomManifest(random, 2);
  whole.path = "m.avro";
  whole.content = ManifestContent::kData;
  EXPECT_EQ(FailureOf(HeaderOf(2), whole), "no error");
  EXPECT_EQ(FailureOf(HeaderOf(3), whole), "InvalidArgument: manifest m.avro has no first row id");
  ManifestFile manifest = whole;
  manifest.path.clear();
  EXPECT_EQ(FailureOf(HeaderOf(2), manifest),
            "InvalidArgument: a manifest of the list has no path");
  manifest = whole;
  manifest.min_sequence_number = kUnassignedSequence;
  EXPECT_EQ(FailureOf(HeaderOf(2), manifest),
            "InvalidArgument: manifest m.avro has no sequence number");
  manifest = whole;
  manifest.sequence_number = SequenceNumber{10};
  EXPECT_NE(FailureOf(HeaderOf(2), manifest).find("above"), std::string::npos);
  manifest = whole;
  manifest.deleted_files_count.reset();
  EXPECT_NE(FailureOf(HeaderOf(2), manifest).find("how many files"), std::string::npos);
  manifest = whole;
  manifest.added_rows_count.reset();
  EXPECT_NE(FailureOf(HeaderOf(2), manifest).find("how many rows"), std::string::npos);
  manifest = whole;
  manifest.content = ManifestContent::kDeletes;
  manifest.first_row_id = 0;
  EXPECT_NE(FailureOf(HeaderOf(3), manifest).find("delete files"), std::string::npos);
  ManifestListHeader header = HeaderOf(3);
  header.first_row_id.reset();
  EXPECT_NE(FailureOf(header, whole).find("first row id"), std::string::npos);
  EXPECT_EQ(FailureOf(HeaderOf(1), whole),
            "Unsupported: metadata of format version 1 is not written; 2 and 3 are");
}

}  // namespace
}  // namespace icefield
