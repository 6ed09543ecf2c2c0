#include "codec/avro/manifest_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>

#include "codec/avro/container_reader.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/partition_writer.h"

namespace icefield {
namespace {

constexpr SnapshotId kSnapshot{77};

PrimitiveType TypeOf(const std::string& text) {
  const Result<PrimitiveType> type = ParsePrimitiveType(text);
  EXPECT_TRUE(type.ok()) << text;
  return *type;
}

// A table with an identity partition field for each type.
ManifestHeader HeaderOf(const std::vector<std::string>& types, int32_t format_version) {
  ManifestHeader header;
  header.format_version = format_version;
  header.schema.id = SchemaId{4};
  header.spec.id = SpecId{3};
  header.snapshot_id = kSnapshot;
  int32_t id = 0;
  for (const std::string& text : types) {
    ++id;
    const PrimitiveType type = TypeOf(text);
    const std::string name = "f" + std::to_string(id);
    header.schema.columns.fields.push_back({FieldId{id}, name, type});
    header.spec.fields.push_back(
        {FieldId{id}, FieldId{999 + id}, name, *ParseTransform("identity")});
    header.partition_types.push_back(type);
  }
  return header;
}

ManifestEntry AddedFile(const std::string& path, std::vector<std::optional<Value>> partition = {}) {
  ManifestEntry entry{EntryStatus::kAdded, kSnapshot, kUnassignedSequence, kUnassignedSequence, {}};
  entry.data_file.path = path;
  entry.data_file.format = "PARQUET";
  entry.data_file.partition = {std::move(partition)};
  entry.data_file.record_count = 10;
  entry.data_file.size_bytes = 1000;
  return entry;
}

// What a reader sees once the manifest is part of snapshot kSnapshot with sequence number 9.
std::vector<ManifestEntry> ReadBack(const SerializedManifest& written, const PartitionSpec& spec,
                                    std::optional<int64_t> first_row_id = std::nullopt) {
  ManifestFile listed = written.file;
  listed.path = "m.avro";
  listed.sequence_number = SequenceNumber{9};
  listed.first_row_id = first_row_id;
  auto entries = ParseManifest(written.bytes, listed, spec);
  EXPECT_TRUE(entries.ok()) << entries.error();
  return entries.ok() ? *std::move(entries) : std::vector<ManifestEntry>();
}

SerializedManifest MustWrite(const ManifestHeader& header,
                             const std::vector<ManifestEntry>& entries) {
  auto written = SerializeManifest(header, entries);
  EXPECT_TRUE(written.ok()) << written.error();
  return written.ok() ? *std::move(written) : SerializedManifest();
}

std::string FailureOf(const ManifestHeader& header, const std::vector<ManifestEntry>& entries) {
  const auto written = SerializeManifest(header, entries);
  return written.ok() ? "no error" : written.error().ToString();
}

class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : random_(seed) {}

  int64_t Number(int64_t end) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
  }
  bool Coin() { return (random_() & 1) != 0; }

  std::string Text(int64_t length_max) {
    std::string out(static_cast<size_t>(Number(length_max + 1)), 'a');
    for (char& letter : out) letter = static_cast<char>('a' + Number(26));
    return out;
  }

  std::optional<Value> Of(const PrimitiveType& type) {
    if (Number(5) == 0) return std::nullopt;
    const auto bits = static_cast<int64_t>(random_()) >> Number(64);
    switch (type.kind) {
      case PrimitiveKind::kBoolean:
        return Value(Coin());
      case PrimitiveKind::kInt:
      case PrimitiveKind::kDate:
        return Value(static_cast<int32_t>(bits));
      case PrimitiveKind::kFloat:
        return Value(static_cast<float>(bits) / 7);
      case PrimitiveKind::kDouble:
        return Value(static_cast<double>(bits) / 7);
      case PrimitiveKind::kString:
        return Value(Text(20));
      case PrimitiveKind::kBinary:
        return Value(Bytes{Text(20)});
      case PrimitiveKind::kUuid:
        return Value(Bytes{std::string(16, static_cast<char>(bits))});
      case PrimitiveKind::kFixed:
        return Value(Bytes{std::string(static_cast<size_t>(type.length), static_cast<char>(bits))});
      case PrimitiveKind::kDecimal:
        return Value(Unscaled{bits % 1'000'000'000});
      default:
        return Value(bits);
    }
  }

  std::map<FieldId, int64_t> Counts() {
    std::map<FieldId, int64_t> out;
    for (int64_t left = Number(4); left > 0; --left)
      out[FieldId{static_cast<int32_t>(Number(100))}] = Number(1000);
    return out;
  }

  std::map<FieldId, std::string> Bounds() {
    std::map<FieldId, std::string> out;
    for (const auto& [id, count] : Counts()) out[id] = Text(30);
    return out;
  }

  ManifestEntry Entry(const ManifestHeader& header, int number) {
    ManifestEntry entry;
    entry.status = static_cast<EntryStatus>(Number(3));
    entry.snapshot_id =
        entry.status == EntryStatus::kExisting ? SnapshotId{Number(50) + 1} : kSnapshot;
    entry.data_sequence_number = SequenceNumber{Number(9)};
    entry.file_sequence_number = SequenceNumber{Number(9)};
    DataFile& file = entry.data_file;
    file.path = "s3://b/" + std::to_string(number);
    file.format = "PARQUET";
    for (const PrimitiveType& type : header.partition_types)
      file.partition.values.push_back(Of(type));
    file.record_count = Number(1'000'000);
    file.size_bytes = Number(1'000'000'000'000);
    file.column_sizes = Counts();
    file.value_counts = Counts();
    file.null_value_counts = Counts();
    file.nan_value_counts = Counts();
    file.lower_bounds = Bounds();
    file.upper_bounds = Bounds();
    for (int64_t left = Number(3); left > 0; --left) file.split_offsets.push_back(Number(1000));
    if (Coin()) file.sort_order_id = static_cast<int32_t>(Number(5));
    if (header.content == ManifestContent::kDeletes) {
      file.content = Coin() ? FileContent::kPositionDeletes : FileContent::kEqualityDeletes;
      if (file.content == FileContent::kEqualityDeletes) file.equality_ids = {FieldId{1}};
      if (Coin()) file.referenced_data_file = "s3://b/data";
      if (header.format_version == 3 && Coin()) {
        file.content_offset = 4;
        file.content_size_bytes = Number(100);
      }
    } else if (header.format_version == 3) {
      file.first_row_id = Number(1'000'000);
    }
    return entry;
  }

 private:
  std::mt19937_64 random_;
};

const std::vector<std::string>& AllTypes() {
  static const std::vector<std::string> kTypes{"boolean",        "int",
                                               "long",           "float",
                                               "double",         "date",
                                               "time",           "timestamp",
                                               "timestamptz",    "timestamp_ns",
                                               "timestamptz_ns", "string",
                                               "uuid",           "uuid",
                                               "fixed[5]",       "binary",
                                               "decimal(9, 2)",  "decimal(38, 10)",
                                               "decimal(9, 2)",  "fixed[5]"};
  return kTypes;
}

TEST(SerializeManifest, IsUndoneByTheReader) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    RandomValues random(seed);
    ManifestHeader header = HeaderOf(AllTypes(), random.Coin() ? 3 : 2);
    if (random.Coin()) header.content = ManifestContent::kDeletes;
    header.compression = std::vector{"gzip", "zstd", "snappy", "uncompressed"}[seed % 4];
    std::vector<ManifestEntry> entries;
    for (int number = static_cast<int>(random.Number(300)); number > 0; --number)
      entries.push_back(random.Entry(header, number));
    const SerializedManifest written = MustWrite(header, entries);
    EXPECT_EQ(written.file.length_bytes, static_cast<int64_t>(written.bytes.size()));
    for (ManifestEntry& entry : entries) {
      if (entry.status == EntryStatus::kAdded) entry.file_sequence_number = SequenceNumber{9};
    }
    const bool has_row_ids = header.format_version == 3 && header.content == ManifestContent::kData;
    EXPECT_EQ(
        ReadBack(written, header.spec, has_row_ids ? std::optional<int64_t>(0) : std::nullopt),
        entries)
        << "seed " << seed;
  }
}

TEST(SerializeManifest, LeavesSequenceNumbersAndRowIdsOfAddedFilesToTheCommit) {
  const ManifestHeader header = HeaderOf({}, 3);
  ManifestEntry existing = AddedFile("old");
  existing.status = EntryStatus::kExisting;
  existing.snapshot_id = SnapshotId{5};
  existing.data_sequence_number = SequenceNumber{3};
  existing.file_sequence_number = SequenceNumber{4};
  existing.data_file.first_row_id = 500;
  ManifestEntry compacted = AddedFile("compacted");
  compacted.data_sequence_number = SequenceNumber{2};
  const SerializedManifest written =
      MustWrite(header, {AddedFile("new"), existing, compacted, AddedFile("newer")});
  EXPECT_EQ(written.file.sequence_number, kUnassignedSequence);
  EXPECT_EQ(written.file.min_sequence_number, SequenceNumber{2});
  const std::vector<ManifestEntry> entries = ReadBack(written, header.spec, 1000);
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].data_sequence_number, SequenceNumber{9});
  EXPECT_EQ(entries[0].file_sequence_number, SequenceNumber{9});
  EXPECT_EQ(entries[0].data_file.first_row_id, 1000);
  EXPECT_EQ(entries[1], existing);
  EXPECT_EQ(entries[2].data_sequence_number, SequenceNumber{2});
  EXPECT_EQ(entries[2].file_sequence_number, SequenceNumber{9});
  EXPECT_EQ(entries[2].data_file.first_row_id, 1010);
  EXPECT_EQ(entries[3].data_file.first_row_id, 1020);
}

TEST(SerializeManifest, DescribesItselfForTheList) {
  ManifestHeader header = HeaderOf({"int"}, 2);
  ManifestEntry existing = AddedFile("e", {Value(int32_t{7})});
  existing.status = EntryStatus::kExisting;
  existing.data_sequence_number = existing.file_sequence_number = SequenceNumber{6};
  ManifestEntry deleted = AddedFile("d", {Value(int32_t{-1})});
  deleted.status = EntryStatus::kDeleted;
  deleted.data_sequence_number = deleted.file_sequence_number = SequenceNumber{1};
  deleted.data_file.record_count = 3;
  const SerializedManifest written =
      MustWrite(header, {AddedFile("a", {Value(int32_t{5})}), AddedFile("b", {Value(int32_t{6})}),
                         existing, deleted});
  ManifestFile expected;
  expected.length_bytes = static_cast<int64_t>(written.bytes.size());
  expected.partition_spec_id = SpecId{3};
  expected.sequence_number = kUnassignedSequence;
  expected.min_sequence_number = SequenceNumber{6};  // Deleted files do not count.
  expected.added_snapshot_id = kSnapshot;
  expected.added_files_count = 2;
  expected.existing_files_count = 1;
  expected.deleted_files_count = 1;
  expected.added_rows_count = 20;
  expected.existing_rows_count = 10;
  expected.deleted_rows_count = 3;
  const PrimitiveType type{PrimitiveKind::kInt};
  expected.partitions = {{false, false, SerializeSingleValue(type, int32_t{-1}),
                          SerializeSingleValue(type, int32_t{7})}};
  EXPECT_EQ(written.file, expected);
}

TEST(SerializeManifest, SummarizesNullsNansAndSignedZeros) {
  const ManifestHeader header = HeaderOf({"double", "float", "string"}, 2);
  const double nan = std::nan("");
  const SerializedManifest written =
      MustWrite(header, {AddedFile("a", {Value(0.0), Value(std::nanf("")), std::nullopt}),
                         AddedFile("b", {Value(nan), std::nullopt, std::nullopt}),
                         AddedFile("c", {Value(-0.0), Value(1.5F), std::nullopt})});
  const PrimitiveType real{PrimitiveKind::kDouble};
  const std::string one_and_half = SerializeSingleValue({PrimitiveKind::kFloat}, 1.5F);
  const std::vector<PartitionFieldSummary> expected{
      {false, true, SerializeSingleValue(real, -0.0), SerializeSingleValue(real, 0.0)},
      {true, true, one_and_half, one_and_half},
      {true, false, std::nullopt, std::nullopt}};
  EXPECT_EQ(written.file.partitions, expected);
}

TEST(SerializeManifest, SaysWhatItIsInItsMetadata) {
  ManifestHeader header = HeaderOf({"int"}, 3);
  header.content = ManifestContent::kDeletes;
  const SerializedManifest written = MustWrite(header, {});
  const auto file = avro::ContainerReader::Make(written.bytes);
  ASSERT_TRUE(file.ok()) << file.error();
  EXPECT_EQ(file->FindMetadata("avro.codec"), "deflate");
  EXPECT_EQ(file->FindMetadata("format-version"), "3");
  EXPECT_EQ(file->FindMetadata("content"), "deletes");
  EXPECT_EQ(file->FindMetadata("schema-id"), "4");
  EXPECT_EQ(file->FindMetadata("partition-spec-id"), "3");
  EXPECT_EQ(file->FindMetadata("partition-spec"),
            R"([{"name":"f1","transform":"identity","source-id":1,"field-id":1000}])");
  EXPECT_EQ(file->FindMetadata("schema"),
            R"({"type":"struct","schema-id":4,"fields":[)"
            R"({"id":1,"name":"f1","required":false,"type":"int"}]})");
}

// The ids, names and types of the specification's tables.
TEST(SerializeManifest, HasTheSpecificationsFields) {
  const auto fields_of = [](int32_t version) {
    const SerializedManifest written = MustWrite(HeaderOf({"date"}, version), {});
    const auto file = avro::ContainerReader::Make(written.bytes);
    EXPECT_TRUE(file.ok()) << file.error();
    const avro::SchemaTree& tree = file->schema();
    std::string out;
    for (const avro::SchemaField& field : tree.top().fields)
      out += StrCat(*field.field_id, " ", field.name, "; ");
    const avro::NodeId data_file = (*avro::FindField(tree.top(), 2))->type;
    for (const avro::SchemaField& field : tree.at(data_file).fields)
      out += StrCat(*field.field_id, " ", field.name, "; ");
    const avro::NodeId tuple = (*avro::FindField(tree.at(data_file), 102))->type;
    const avro::SchemaField& day = tree.at(tuple).fields.front();
    const avro::NullableType type = *avro::SplitNullable(tree, day.type);
    EXPECT_EQ(day.field_id, 1000);
    EXPECT_EQ(tree.at(type.type).logical_type, "date");
    EXPECT_EQ(type.null_branch, 0);
    return out;
  };
  const std::string common =
      "0 status; 1 snapshot_id; 3 sequence_number; 4 file_sequence_number; 2 data_file; "
      "134 content; 100 file_path; 101 file_format; 102 partition; 103 record_count; "
      "104 file_size_in_bytes; 108 column_sizes; 109 value_counts; 110 null_value_counts; "
      "137 nan_value_counts; 125 lower_bounds; 128 upper_bounds; 131 key_metadata; "
      "132 split_offsets; 135 equality_ids; 140 sort_order_id; ";
  EXPECT_EQ(fields_of(2), common + "143 referenced_data_file; ");
  EXPECT_EQ(fields_of(3), common +
                              "142 first_row_id; 143 referenced_data_file; 144 content_offset; "
                              "145 content_size_in_bytes; ");
}

TEST(SerializeManifest, WritesPartitionNamesThatAvroAllows) {
  EXPECT_EQ(avro::AvroName("ts_day"), "ts_day");
  EXPECT_EQ(avro::AvroName("a b-c"), "a_x20b_x2Dc");
  EXPECT_EQ(avro::AvroName("9lives2"), "_9lives2");
  EXPECT_EQ(avro::AvroName("\xc3\xa9"), "_xC3_xA9");
  ManifestHeader header = HeaderOf({"int"}, 2);
  header.spec.fields[0].name = "a \"b\"";
  const SerializedManifest written = MustWrite(header, {AddedFile("a", {Value(int32_t{1})})});
  EXPECT_EQ(ReadBack(written, header.spec).front().data_file.partition.values.front(),
            Value(int32_t{1}));
  EXPECT_NE(written.bytes.find(R"("iceberg-field-name":"a \"b\"")"), std::string::npos);
}

// A manifest of files from before a column was widened is written with the column's type of today.
TEST(SerializeManifest, WidensPartitionValuesOfPromotedColumns) {
  const ManifestHeader header = HeaderOf({"long", "double"}, 2);
  const SerializedManifest written =
      MustWrite(header, {AddedFile("a", {Value(int32_t{-4}), Value(2.5F)})});
  const PartitionValues expected{{Value(int64_t{-4}), Value(2.5)}};
  EXPECT_EQ(ReadBack(written, header.spec).front().data_file.partition, expected);
}

TEST(SerializeManifest, RefusesWhatDoesNotFit) {
  const ManifestHeader header = HeaderOf({"int"}, 2);
  const std::vector<std::optional<Value>> one{Value(int32_t{1})};
  EXPECT_EQ(FailureOf(header, {AddedFile("x")}),
            "InvalidArgument: file x: its partition has 0 values, partition spec 3 has 1 fields");
  EXPECT_EQ(FailureOf(header, {AddedFile("x", {Value(std::string("1"))})}),
            "InvalidArgument: file x: its value of partition field 'f1' is not a int");
  ManifestEntry entry = AddedFile("x", one);
  entry.status = EntryStatus::kExisting;
  EXPECT_EQ(FailureOf(header, {entry}),
            "InvalidArgument: file x: it is of an earlier commit and has no sequence number");
  entry = AddedFile("x", one);
  entry.snapshot_id = SnapshotId{1};
  EXPECT_EQ(FailureOf(header, {entry}),
            "InvalidArgument: file x: it belongs to snapshot 1, its manifest is written by 77");
  entry = AddedFile("x", one);
  entry.data_file.content = FileContent::kEqualityDeletes;
  EXPECT_EQ(FailureOf(header, {entry}),
            "InvalidArgument: file x: it is a delete file in a manifest of others");
  entry = AddedFile("x", one);
  entry.data_file.content_offset = 4;
  EXPECT_NE(FailureOf(header, {entry}).find("deletion vector"), std::string::npos);
  EXPECT_EQ(FailureOf(HeaderOf({}, 1), {}),
            "Unsupported: metadata of format version 1 is not written; 2 and 3 are");
  ManifestHeader unknown = header;
  unknown.spec.fields[0].transform = *ParseTransform("zorder[3]");
  EXPECT_NE(FailureOf(unknown, {}).find("zorder[3]"), std::string::npos);
  ManifestHeader decimal = HeaderOf({"decimal(2, 0)"}, 2);
  EXPECT_NE(FailureOf(decimal, {AddedFile("x", {Value(Unscaled{1000})})}).find("decimal(2, 0)"),
            std::string::npos);
  ManifestHeader named = HeaderOf({"int", "int"}, 2);
  named.spec.fields[0].name = "a b";
  named.spec.fields[1].name = "a_x20b";
  EXPECT_NE(FailureOf(named, {}).find("a_x20b"), std::string::npos);
  ManifestHeader odd = header;
  odd.compression = "lz77";
  EXPECT_NE(FailureOf(odd, {}).find("lz77"), std::string::npos);
}

}  // namespace
}  // namespace icefield
