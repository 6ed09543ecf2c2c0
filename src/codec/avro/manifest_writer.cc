#include "codec/avro/manifest_writer.h"

#include <array>
#include <string_view>
#include <utility>

#include "codec/avro/container_writer.h"
#include "codec/avro/partition_writer.h"
#include "codec/avro/record_writer.h"
#include "codec/json/schema_writer.h"
#include "codec/json/spec_writer.h"

namespace icefield {
namespace avro {
namespace {

constexpr std::string_view kInt = R"("int")";
constexpr std::string_view kLong = R"("long")";
constexpr std::string_view kString = R"("string")";
constexpr std::string_view kBytes = R"("bytes")";

// Maps with integer keys are arrays of pairs (specification, appendix A).
#define ICEFIELD_AVRO_MAP(key_id, value_id, value_type)                          \
  R"({"type":"array","items":{"type":"record","name":"k)" #key_id "_v" #value_id \
  R"(","fields":[{"name":"key","type":"int","field-id":)" #key_id                \
  R"(},{"name":"value","type":")" value_type R"(","field-id":)" #value_id        \
  R"(}]},"logicalType":"map"})"

// What an entry is written from.
struct EntrySource {
  const ManifestEntry* entry = nullptr;
  std::string_view data_file;  // Encoded.
};

// The bytes of a data file's partition beside it: they were checked before.
struct DataFileSource {
  const DataFile* file = nullptr;
  std::string_view partition;  // Encoded.
};

void WriteCounts(Encoder& out, const std::map<FieldId, int64_t>& counts) {
  if (!out.WritePresence(!counts.empty())) return;
  out.WriteItems(counts, [&out](const auto& entry) {
    out.WriteLong(entry.first.value);
    out.WriteLong(entry.second);
  });
}

void WriteBounds(Encoder& out, const std::map<FieldId, std::string>& bounds) {
  if (!out.WritePresence(!bounds.empty())) return;
  out.WriteItems(bounds, [&out](const auto& entry) {
    out.WriteLong(entry.first.value);
    out.WriteBytes(entry.second);
  });
}

// A file's own data sequence number, unless it gets that of its commit.
std::optional<int64_t> StatedSequence(const ManifestEntry& entry) {
  if (entry.data_sequence_number == kUnassignedSequence) return std::nullopt;
  return entry.data_sequence_number.value;
}

std::optional<int64_t> StatedFileSequence(const ManifestEntry& entry) {
  if (entry.status == EntryStatus::kAdded) return std::nullopt;
  return entry.file_sequence_number.value;
}

constexpr std::array<FieldWriter<EntrySource>, 5> kEntryFields{{
    {0, "status", kInt, false,
     [](Encoder& out, const EntrySource& in) {
       out.WriteLong(static_cast<int64_t>(in.entry->status));
     }},
    {1, "snapshot_id", kLong, true,
     [](Encoder& out, const EntrySource& in) {
       out.WriteOptionalLong(in.entry->snapshot_id.value);
     }},
    {3, "sequence_number", kLong, true,
     [](Encoder& out, const EntrySource& in) { out.WriteOptionalLong(StatedSequence(*in.entry)); }},
    {4, "file_sequence_number", kLong, true,
     [](Encoder& out, const EntrySource& in) {
       out.WriteOptionalLong(StatedFileSequence(*in.entry));
     }},
    {2,
     "data_file",
     {},
     false,
     [](Encoder& out, const EntrySource& in) { out.WriteFixed(in.data_file); }},
}};

constexpr std::array<FieldWriter<DataFileSource>, 20> kDataFileFields{{
    {134, "content", kInt, false,
     [](Encoder& out, const DataFileSource& in) {
       out.WriteLong(static_cast<int64_t>(in.file->content));
     }},
    {100, "file_path", kString, false,
     [](Encoder& out, const DataFileSource& in) { out.WriteBytes(in.file->path); }},
    {101, "file_format", kString, false,
     [](Encoder& out, const DataFileSource& in) { out.WriteBytes(in.file->format); }},
    {102,
     "partition",
     {},
     false,
     [](Encoder& out, const DataFileSource& in) { out.WriteFixed(in.partition); }},
    {103, "record_count", kLong, false,
     [](Encoder& out, const DataFileSource& in) { out.WriteLong(in.file->record_count); }},
    {104, "file_size_in_bytes", kLong, false,
     [](Encoder& out, const DataFileSource& in) { out.WriteLong(in.file->size_bytes); }},
    {108, "column_sizes", ICEFIELD_AVRO_MAP(117, 118, "long"), true,
     [](Encoder& out, const DataFileSource& in) { WriteCounts(out, in.file->column_sizes); }},
    {109, "value_counts", ICEFIELD_AVRO_MAP(119, 120, "long"), true,
     [](Encoder& out, const DataFileSource& in) { WriteCounts(out, in.file->value_counts); }},
    {110, "null_value_counts", ICEFIELD_AVRO_MAP(121, 122, "long"), true,
     [](Encoder& out, const DataFileSource& in) { WriteCounts(out, in.file->null_value_counts); }},
    {137, "nan_value_counts", ICEFIELD_AVRO_MAP(138, 139, "long"), true,
     [](Encoder& out, const DataFileSource& in) { WriteCounts(out, in.file->nan_value_counts); }},
    {125, "lower_bounds", ICEFIELD_AVRO_MAP(126, 127, "bytes"), true,
     [](Encoder& out, const DataFileSource& in) { WriteBounds(out, in.file->lower_bounds); }},
    {128, "upper_bounds", ICEFIELD_AVRO_MAP(129, 130, "bytes"), true,
     [](Encoder& out, const DataFileSource& in) { WriteBounds(out, in.file->upper_bounds); }},
    {131, "key_metadata", kBytes, true,
     [](Encoder& out, const DataFileSource&) { out.WritePresence(false); }},
    {132, "split_offsets", R"({"type":"array","items":"long","element-id":133})", true,
     [](Encoder& out, const DataFileSource& in) {
       if (!out.WritePresence(!in.file->split_offsets.empty())) return;
       out.WriteItems(in.file->split_offsets, [&out](int64_t offset) { out.WriteLong(offset); });
     }},
    {135, "equality_ids", R"({"type":"array","items":"int","element-id":136})", true,
     [](Encoder& out, const DataFileSource& in) {
       if (!out.WritePresence(!in.file->equality_ids.empty())) return;
       out.WriteItems(in.file->equality_ids, [&out](FieldId id) { out.WriteLong(id.value); });
     }},
    {140, "sort_order_id", kInt, true,
     [](Encoder& out, const DataFileSource& in) { out.WriteOptionalLong(in.file->sort_order_id); }},
    {142, "first_row_id", kLong, true,
     [](Encoder& out, const DataFileSource& in) { out.WriteOptionalLong(in.file->first_row_id); },
     3},
    {143, "referenced_data_file", kString, true,
     [](Encoder& out, const DataFileSource& in) {
       out.WriteOptionalBytes(in.file->referenced_data_file);
     }},
    {144, "content_offset", kLong, true,
     [](Encoder& out, const DataFileSource& in) { out.WriteOptionalLong(in.file->content_offset); },
     3},
    {145, "content_size_in_bytes", kLong, true,
     [](Encoder& out, const DataFileSource& in) {
       out.WriteOptionalLong(in.file->content_size_bytes);
     },
     3},
}};

#undef ICEFIELD_AVRO_MAP

Status CheckEntry(const ManifestHeader& header, const ManifestEntry& entry) {
  const DataFile& file = entry.data_file;
  const bool is_data = file.content == FileContent::kData;
  if (is_data != (header.content == ManifestContent::kData))
    return InvalidArgument("it is a ", is_data ? "data" : "delete",
                           " file in a manifest of others");
  if (header.format_version < 3 && file.content_offset)
    return InvalidArgument("it is a deletion vector, which tables of format v2 do not have");
  if (file.record_count < 0 || file.size_bytes < 0)
    return InvalidArgument("its count of rows or its size is negative");
  if (entry.status != EntryStatus::kExisting && entry.snapshot_id != header.snapshot_id) {
    return InvalidArgument("it belongs to snapshot ", entry.snapshot_id.value,
                           ", its manifest is written by ", header.snapshot_id.value);
  }
  if (entry.status != EntryStatus::kAdded && (entry.data_sequence_number < SequenceNumber{0} ||
                                              entry.file_sequence_number < SequenceNumber{0})) {
    return InvalidArgument("it is of an earlier commit and has no sequence number");
  }
  return {};
}

Status Count(ManifestFile& manifest, const ManifestEntry& entry) {
  std::optional<int64_t>* files = &manifest.existing_files_count;
  std::optional<int64_t>* rows = &manifest.existing_rows_count;
  if (entry.status == EntryStatus::kAdded) {
    files = &manifest.added_files_count;
    rows = &manifest.added_rows_count;
  } else if (entry.status == EntryStatus::kDeleted) {
    files = &manifest.deleted_files_count;
    rows = &manifest.deleted_rows_count;
  }
  *files = **files + 1;
  if (__builtin_add_overflow(**rows, entry.data_file.record_count, &**rows))
    return InvalidArgument("the files of one manifest hold more rows than can be counted");
  const SequenceNumber number = entry.data_sequence_number;
  SequenceNumber& least = manifest.min_sequence_number;
  if (entry.status != EntryStatus::kDeleted && number != kUnassignedSequence &&
      (least == kUnassignedSequence || number < least)) {
    least = number;
  }
  return {};
}

ManifestFile EmptyManifest(const ManifestHeader& header) {
  ManifestFile file;
  file.partition_spec_id = header.spec.id;
  file.content = header.content;
  file.sequence_number = kUnassignedSequence;
  file.min_sequence_number = kUnassignedSequence;
  file.added_snapshot_id = header.snapshot_id;
  for (auto* count :
       {&file.added_files_count, &file.existing_files_count, &file.deleted_files_count,
        &file.added_rows_count, &file.existing_rows_count, &file.deleted_rows_count}) {
    *count = 0;
  }
  return file;
}

Result<ContainerHeader> MakeContainerHeader(const ManifestHeader& header,
                                            const PartitionWriter& partition) {
  ContainerHeader out;
  const std::string data_file = RecordSchema<DataFileSource>(
      "r2", kDataFileFields, header.format_version, partition.Schema());
  out.schema =
      RecordSchema<EntrySource>("manifest_entry", kEntryFields, header.format_version, data_file);
  ICEFIELD_ASSIGN(out.codec, BlockCodecOfProperty(header.compression));
  out.metadata = {
      {"schema", SchemaJson(header.schema)},
      {"schema-id", std::to_string(header.schema.id.value)},
      {"partition-spec", PartitionFieldsJson(header.spec.fields)},
      {"partition-spec-id", std::to_string(header.spec.id.value)},
      {"format-version", std::to_string(header.format_version)},
      {"content", header.content == ManifestContent::kData ? "data" : "deletes"},
  };
  return out;
}

Result<SerializedManifest> WriteManifest(const ManifestHeader& header,
                                         const std::vector<ManifestEntry>& entries) {
  ICEFIELD_TRY(CheckWritableVersion(header.format_version));
  ICEFIELD_ASSIGN(PartitionWriter partition,
                  PartitionWriter::Make(header.spec, header.partition_types));
  ICEFIELD_ASSIGN(const ContainerHeader container, MakeContainerHeader(header, partition));
  ContainerWriter writer(container);
  SerializedManifest out{{}, EmptyManifest(header)};
  Encoder tuple;
  Encoder data_file;
  const auto write = [&](const ManifestEntry& entry) -> Status {
    ICEFIELD_TRY(CheckEntry(header, entry));
    tuple.Clear();
    data_file.Clear();
    ICEFIELD_TRY(partition.Write(tuple, entry.data_file.partition));
    WriteRecord<DataFileSource>(data_file, kDataFileFields, header.format_version,
                                {&entry.data_file, tuple.bytes()});
    WriteRecord<EntrySource>(writer.values(), kEntryFields, header.format_version,
                             {&entry, data_file.bytes()});
    ICEFIELD_TRY(Count(out.file, entry));
    return writer.FinishValue();
  };
  for (const ManifestEntry& entry : entries) {
    if (Status written = write(entry); !written.ok())
      return std::move(written).error().At(StrCat("file ", entry.data_file.path));
  }
  ICEFIELD_ASSIGN(out.bytes, writer.Finish());
  out.file.length_bytes = static_cast<int64_t>(out.bytes.size());
  out.file.partitions = partition.Summaries();
  return out;
}

}  // namespace
}  // namespace avro

Result<SerializedManifest> SerializeManifest(const ManifestHeader& header,
                                             const std::vector<ManifestEntry>& entries) {
  return avro::WriteManifest(header, entries);
}

}  // namespace icefield
