// Files written by pyiceberg, against what pyiceberg reads from them (tests/data/avro/make.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "codec/avro/manifest_reader.h"

namespace icefield {
namespace {

using nlohmann::json;

std::string ReadFixture(const std::string& name) {
  std::ifstream file(std::string(ICEFIELD_TEST_DATA "/avro/") + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char byte : bytes) {
    out += kDigits[static_cast<uint8_t>(byte) >> 4];
    out += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return out;
}

std::string Decimal(Int128 value) {
  if (value < 0) return "-" + Decimal(-value);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return digits;
}

struct ValueToJson {
  json operator()(bool value) const { return {"bool", value}; }
  json operator()(int32_t value) const { return {"int", value}; }
  json operator()(int64_t value) const { return {"long", value}; }
  json operator()(float value) const { return {"float", value}; }
  json operator()(double value) const { return {"double", value}; }
  json operator()(const std::string& value) const { return {"string", value}; }
  json operator()(const Bytes& value) const { return {"bytes", Hex(value.data)}; }
  json operator()(const Unscaled& value) const { return {"unscaled", Decimal(value.value)}; }
};

template <typename T>
json OptionalToJson(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json HexOrNull(const std::optional<std::string>& bytes) {
  return bytes ? json(Hex(*bytes)) : json();
}

json CountsToJson(const std::map<FieldId, int64_t>& counts) {
  json out = json::object();
  for (const auto& [column, count] : counts) out[std::to_string(column.value)] = count;
  return out;
}

json BoundsToJson(const std::map<FieldId, std::string>& bounds) {
  json out = json::object();
  for (const auto& [column, bound] : bounds) out[std::to_string(column.value)] = Hex(bound);
  return out;
}

json EntryToJson(const ManifestEntry& entry) {
  const DataFile& file = entry.data_file;
  json partition = json::array();
  for (const std::optional<Value>& value : file.partition.values) {
    partition.push_back(value ? std::visit(ValueToJson(), *value) : json());
  }
  return {{"status", static_cast<int>(entry.status)},
          {"snapshot_id", entry.snapshot_id.value},
          {"data_sequence_number", entry.data_sequence_number.value},
          {"file_sequence_number", entry.file_sequence_number.value},
          {"content", static_cast<int>(file.content)},
          {"path", file.path},
          {"format", file.format},
          {"partition", partition},
          {"record_count", file.record_count},
          {"size_bytes", file.size_bytes},
          {"value_counts", CountsToJson(file.value_counts)},
          {"null_value_counts", CountsToJson(file.null_value_counts)},
          {"nan_value_counts", CountsToJson(file.nan_value_counts)},
          {"lower_bounds", BoundsToJson(file.lower_bounds)},
          {"upper_bounds", BoundsToJson(file.upper_bounds)},
          {"split_offsets", file.split_offsets},
          {"sort_order_id", OptionalToJson(file.sort_order_id)}};
}

json ManifestToJson(const ManifestFile& manifest) {
  json partitions;
  if (manifest.partitions) {
    partitions = json::array();
    for (const PartitionFieldSummary& summary : *manifest.partitions) {
      partitions.push_back({{"contains_null", summary.contains_null},
                            {"contains_nan", OptionalToJson(summary.contains_nan)},
                            {"lower_bound", HexOrNull(summary.lower_bound)},
                            {"upper_bound", HexOrNull(summary.upper_bound)}});
    }
  }
  return {{"path", manifest.path},
          {"length_bytes", manifest.length_bytes},
          {"partition_spec_id", manifest.partition_spec_id.value},
          {"content", static_cast<int>(manifest.content)},
          {"sequence_number", manifest.sequence_number.value},
          {"min_sequence_number", manifest.min_sequence_number.value},
          {"added_snapshot_id", manifest.added_snapshot_id.value},
          {"added_files_count", OptionalToJson(manifest.added_files_count)},
          {"existing_files_count", OptionalToJson(manifest.existing_files_count)},
          {"deleted_files_count", OptionalToJson(manifest.deleted_files_count)},
          {"added_rows_count", OptionalToJson(manifest.added_rows_count)},
          {"existing_rows_count", OptionalToJson(manifest.existing_rows_count)},
          {"deleted_rows_count", OptionalToJson(manifest.deleted_rows_count)},
          {"partitions", partitions}};
}

// The spec of make.py: its ids are all that the reader asks for.
PartitionSpec FixtureSpec() {
  constexpr int32_t kFields = 23;
  PartitionSpec spec{SpecId{3}, {}};
  for (int32_t i = 0; i < kFields; ++i) spec.fields.push_back({FieldId{i + 1}, FieldId{1000 + i}});
  return spec;
}

ManifestFile FixtureManifest(int version, const std::string& bytes) {
  ManifestFile manifest{.path = "fixture"};
  manifest.length_bytes = static_cast<int64_t>(bytes.size());
  manifest.partition_spec_id = FixtureSpec().id;
  manifest.sequence_number.value = version == 1 ? 0 : 9;
  manifest.added_snapshot_id.value = 8'000'000'000'000'000'001;
  return manifest;
}

// Version and codec.
class ManifestFixtureTest : public testing::TestWithParam<std::tuple<int, std::string>> {
 protected:
  int version() const { return std::get<0>(GetParam()); }
  std::string Name(std::string_view kind) const {
    return StrCat(kind, "_v", version(), "_", std::get<1>(GetParam()));
  }
};

TEST_P(ManifestFixtureTest, ReadsManifestsAsTheirWriterDoes) {
  const std::string bytes = ReadFixture(Name("manifest") + ".avro");
  const auto entries = ParseManifest(bytes, FixtureManifest(version(), bytes), FixtureSpec());
  ASSERT_TRUE(entries.ok()) << entries.error();
  const json expected = json::parse(ReadFixture(Name("manifest") + ".json"));
  ASSERT_EQ(entries->size(), expected.size());
  for (size_t i = 0; i < entries->size(); ++i) EXPECT_EQ(EntryToJson((*entries)[i]), expected[i]);
}

TEST_P(ManifestFixtureTest, ReadsManifestListsAsTheirWriterDoes) {
  const auto manifests = ParseManifestList(ReadFixture(Name("list") + ".avro"), "list");
  ASSERT_TRUE(manifests.ok()) << manifests.error();
  const json expected = json::parse(ReadFixture(Name("list") + ".json"));
  ASSERT_EQ(manifests->size(), expected.size());
  for (size_t i = 0; i < manifests->size(); ++i) {
    EXPECT_EQ(ManifestToJson((*manifests)[i]), expected[i]);
  }
}

TEST_P(ManifestFixtureTest, OrdersPartitionValuesByTheSpec) {
  const std::string bytes = ReadFixture(Name("manifest") + ".avro");
  PartitionSpec spec = FixtureSpec();
  std::reverse(spec.fields.begin(), spec.fields.end());
  spec.fields.push_back({FieldId{99}, FieldId{5000}});
  const auto entries = ParseManifest(bytes, FixtureManifest(version(), bytes), spec);
  ASSERT_TRUE(entries.ok()) << entries.error();
  json expected = json::parse(ReadFixture(Name("manifest") + ".json"))[0]["partition"];
  std::reverse(expected.begin(), expected.end());
  expected.push_back(nullptr);
  EXPECT_EQ(EntryToJson(entries->front())["partition"], expected);
}

TEST_P(ManifestFixtureTest, RefusesManifestsThatAreCutAnywhere) {
  const std::string bytes = ReadFixture(Name("manifest") + ".avro");
  const ManifestFile manifest = FixtureManifest(version(), bytes);
  ManifestFile unmeasured = manifest;
  unmeasured.length_bytes = 0;
  const auto whole = ParseManifest(bytes, manifest, FixtureSpec());
  ASSERT_TRUE(whole.ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    const auto entries = ParseManifest(cut, manifest, FixtureSpec());
    ASSERT_FALSE(entries.ok()) << size;
    EXPECT_EQ(entries.error().code, ErrorCode::kCorruptData);
    EXPECT_EQ(entries.error().message.find("manifest fixture: "), 0) << entries.error();
    const auto prefix = ParseManifest(cut, unmeasured, FixtureSpec());
    if (!prefix.ok()) continue;
    EXPECT_TRUE(std::equal(prefix->begin(), prefix->end(), whole->begin()));
  }
}

TEST_P(ManifestFixtureTest, CutListsAreErrorsOrHoldRightEntries) {
  const std::string bytes = ReadFixture(Name("list") + ".avro");
  const auto whole = ParseManifestList(bytes, "list");
  ASSERT_TRUE(whole.ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto prefix = ParseManifestList(std::string_view(bytes).substr(0, size), "list");
    if (!prefix.ok()) continue;
    ASSERT_LT(prefix->size(), whole->size());
    EXPECT_TRUE(std::equal(prefix->begin(), prefix->end(), whole->begin()));
  }
}

TEST_P(ManifestFixtureTest, SurvivesEveryChangedByte) {
  const std::string bytes = ReadFixture(Name("manifest") + ".avro");
  const size_t body = bytes.size() - std::min<size_t>(bytes.size(), 2500);
  for (size_t at = body; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    const auto entries = ParseManifest(changed, FixtureManifest(version(), bytes), FixtureSpec());
    if (!entries.ok()) continue;
    EXPECT_EQ(entries->size(), 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ManifestFixtureTest,
                         testing::Combine(testing::Values(1, 2),
                                          testing::Values("null", "deflate", "snappy",
                                                          "zstandard")),
                         [](const auto& info) {
                           return StrCat("v", std::get<0>(info.param), "_",
                                         std::get<1>(info.param));
                         });

}  // namespace
}  // namespace icefield
