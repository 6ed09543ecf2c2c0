#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "codec/avro/container_writer.h"
#include "codec/avro/manifest_writer.h"
#include "codec/avro/record_writer.h"

namespace icefield {
namespace avro {
namespace {

constexpr std::string_view kInt = R"("int")";
constexpr std::string_view kLong = R"("long")";
constexpr std::string_view kBytes = R"("bytes")";

constexpr std::string_view kSummaries =
    R"({"type":"array","items":{"type":"record","name":"r508","fields":[)"
    R"({"name":"contains_null","type":"boolean","field-id":509},)"
    R"({"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},)"
    R"({"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},)"
    R"({"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}]},)"
    R"("element-id":508})";

void WriteSummary(Encoder& out, const PartitionFieldSummary& summary) {
  out.WriteBoolean(summary.contains_null);
  if (out.WritePresence(summary.contains_nan.has_value())) out.WriteBoolean(*summary.contains_nan);
  out.WriteOptionalBytes(summary.lower_bound);
  out.WriteOptionalBytes(summary.upper_bound);
}

// The counts are known: CheckManifest has seen them.
constexpr std::array<FieldWriter<ManifestFile>, 16> kManifestFields{{
    {500, "manifest_path", R"("string")", false,
     [](Encoder& out, const ManifestFile& in) { out.WriteBytes(in.path); }},
    {501, "manifest_length", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(in.length_bytes); }},
    {502, "partition_spec_id", kInt, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(in.partition_spec_id.value); }},
    {517, "content", kInt, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(static_cast<int64_t>(in.content)); }},
    {515, "sequence_number", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(in.sequence_number.value); }},
    {516, "min_sequence_number", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(in.min_sequence_number.value); }},
    {503, "added_snapshot_id", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(in.added_snapshot_id.value); }},
    {504, "added_files_count", kInt, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.added_files_count); }},
    {505, "existing_files_count", kInt, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.existing_files_count); }},
    {506, "deleted_files_count", kInt, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.deleted_files_count); }},
    {512, "added_rows_count", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.added_rows_count); }},
    {513, "existing_rows_count", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.existing_rows_count); }},
    {514, "deleted_rows_count", kLong, false,
     [](Encoder& out, const ManifestFile& in) { out.WriteLong(*in.deleted_rows_count); }},
    {507, "partitions", kSummaries, true,
     [](Encoder& out, const ManifestFile& in) {
       if (!out.WritePresence(in.partitions.has_value())) return;
       out.WriteItems(*in.partitions, [&out](const auto& summary) { WriteSummary(out, summary); });
     }},
    {519, "key_metadata", kBytes, true,
     [](Encoder& out, const ManifestFile&) { out.WritePresence(false); }},
    {520, "first_row_id", kLong, true,
     [](Encoder& out, const ManifestFile& in) { out.WriteOptionalLong(in.first_row_id); }, 3},
}};

Status CheckManifest(const ManifestListHeader& header, const ManifestFile& manifest) {
  if (manifest.path.empty()) return InvalidArgument("a manifest of the list has no path");
  const auto fault = [&manifest](std::string_view what) {
    return InvalidArgument("manifest ", manifest.path, " ", what);
  };
  if (manifest.sequence_number < SequenceNumber{0} ||
      manifest.min_sequence_number < SequenceNumber{0}) {
    return fault("has no sequence number");
  }
  if (manifest.sequence_number > header.sequence_number)
    return fault("has a sequence number above that of its snapshot");
  for (const auto& count :
       {manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count}) {
    if (!count || *count < 0 || *count > std::numeric_limits<int32_t>::max())
      return fault("does not say how many files it holds");
  }
  for (const auto& count :
       {manifest.added_rows_count, manifest.existing_rows_count, manifest.deleted_rows_count}) {
    if (!count || *count < 0) return fault("does not say how many rows its files hold");
  }
  if (header.format_version < 3) return {};
  if (manifest.content == ManifestContent::kDeletes) {
    if (manifest.first_row_id) return fault("holds delete files, which have no row ids");
  } else if (!manifest.first_row_id) {
    return fault("has no first row id");
  }
  return {};
}

Result<ContainerHeader> MakeContainerHeader(const ManifestListHeader& header) {
  ContainerHeader out;
  out.schema = RecordSchema<ManifestFile>("manifest_file", kManifestFields, header.format_version);
  ICEFIELD_ASSIGN(out.codec, BlockCodecOfProperty(header.compression));
  out.metadata = {
      {"snapshot-id", std::to_string(header.snapshot_id.value)},
      {"parent-snapshot-id", header.parent_id ? std::to_string(header.parent_id->value) : "null"},
      {"sequence-number", std::to_string(header.sequence_number.value)},
      {"format-version", std::to_string(header.format_version)},
  };
  if (header.format_version < 3) return out;
  if (!header.first_row_id) {
    return InvalidArgument("snapshot ", header.snapshot_id.value,
                           " has no first row id, which format v3 demands");
  }
  out.metadata["first-row-id"] = std::to_string(*header.first_row_id);
  return out;
}

}  // namespace
}  // namespace avro

Result<std::string> SerializeManifestList(const ManifestListHeader& header,
                                          const std::vector<ManifestFile>& manifests) {
  ICEFIELD_TRY(avro::CheckWritableVersion(header.format_version));
  ICEFIELD_ASSIGN(const avro::ContainerHeader container, avro::MakeContainerHeader(header));
  avro::ContainerWriter writer(container);
  for (const ManifestFile& manifest : manifests) {
    ICEFIELD_TRY(avro::CheckManifest(header, manifest));
    avro::WriteRecord<ManifestFile>(writer.values(), avro::kManifestFields, header.format_version,
                                    manifest);
    ICEFIELD_TRY(writer.FinishValue());
  }
  return writer.Finish();
}

}  // namespace icefield
