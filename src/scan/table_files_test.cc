#include "scan/table_files_test.h"

#include <array>

namespace icefield {
namespace {

using avro::AvroBytes;

constexpr int64_t kRowsPerFile = 10;

std::string OneBlock(std::string_view schema, const std::vector<AvroBytes>& values,
                     const std::map<std::string, std::string>& metadata) {
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

AvroBytes& Maybe(AvroBytes& out, std::optional<int64_t> value) {
  return value ? out.Long(1).Long(*value) : out.Long(0);
}

std::string_view IntBytes(const int32_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

AvroBytes EntryBytes(const TestEntry& entry, int64_t snapshot_id) {
  AvroBytes out;
  out.Long(static_cast<int64_t>(entry.status)).Long(snapshot_id);
  out.Long(entry.sequence_number).Long(entry.sequence_number);
  out.Long(static_cast<int64_t>(entry.content)).Text(entry.path).Text(entry.format);
  out.Long(entry.part).Long(kRowsPerFile).Long(100);
  if (!entry.equality_ids.empty()) out.Long(static_cast<int64_t>(entry.equality_ids.size()));
  for (const int32_t id : entry.equality_ids) out.Long(id);
  out.Long(0);
  Maybe(out, entry.first_row_id);
  if (entry.referenced_data_file) {
    out.Long(1).Text(*entry.referenced_data_file);
  } else {
    out.Long(0);
  }
  Maybe(out, entry.content_offset);
  Maybe(out, entry.content_offset ? std::optional<int64_t>(40) : std::nullopt);
  return out;
}

}  // namespace

std::string ManifestBytes(const TestManifest& manifest) {
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
      {"name": "file_size_in_bytes", "type": "long", "field-id": 104},
      {"name": "equality_ids", "field-id": 135,
       "type": {"type": "array", "element-id": 136, "items": "int"}},
      {"name": "first_row_id", "type": ["null", "long"], "field-id": 142},
      {"name": "referenced_data_file", "type": ["null", "string"], "field-id": 143},
      {"name": "content_offset", "type": ["null", "long"], "field-id": 144},
      {"name": "content_size_in_bytes", "type": ["null", "long"], "field-id": 145}]}}]})";
  std::vector<AvroBytes> values;
  for (const TestEntry& entry : manifest.entries) {
    // What an earlier commit added is not this snapshot's.
    const bool is_older = entry.status == EntryStatus::kExisting;
    values.push_back(EntryBytes(entry, is_older ? 1 : manifest.added_snapshot_id));
  }
  return OneBlock(kSchema, values, {{"partition-spec-id", std::to_string(manifest.spec_id)}});
}

std::string ManifestListBytes(const std::vector<TestManifest>& manifests, int64_t snapshot_id) {
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
        {"name": "upper_bound", "type": "bytes", "field-id": 511}]}}},
    {"name": "first_row_id", "type": ["null", "long"], "field-id": 520}]})";
  std::vector<AvroBytes> values;
  for (const TestManifest& manifest : manifests) {
    std::array<int64_t, 3> files{};
    for (const TestEntry& entry : manifest.entries) ++files[static_cast<size_t>(entry.status)];
    AvroBytes& out = values.emplace_back();
    out.Text(manifest.path).Long(1).Long(manifest.spec_id);
    out.Long(static_cast<int64_t>(manifest.content)).Long(manifest.sequence_number).Long(0);
    out.Long(manifest.added_snapshot_id);
    for (const int64_t unit : {int64_t{1}, kRowsPerFile}) {
      for (const EntryStatus status :
           {EntryStatus::kAdded, EntryStatus::kExisting, EntryStatus::kDeleted}) {
        out.Long(unit * files[static_cast<size_t>(status)]);
      }
    }
    out.Long(1).Boolean(false).Text(IntBytes(manifest.lower)).Text(IntBytes(manifest.upper));
    out.Long(0);
    Maybe(out, manifest.first_row_id);
  }
  return OneBlock(kSchema, values,
                  {{"format-version", "2"}, {"snapshot-id", std::to_string(snapshot_id)}});
}

}  // namespace icefield
