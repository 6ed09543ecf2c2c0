#include "codec/avro/manifest_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/checked.h"
#include "codec/avro/container_reader.h"
#include "codec/avro/metadata_file.h"
#include "codec/avro/partition_plan.h"
#include "codec/avro/record_plan.h"

namespace icefield {
namespace avro {
namespace {

// Where the values of one entry go: into the entry, or beside it until they are checked.
struct EntrySink {
  const RecordPlan<EntrySink>* data_file_plan = nullptr;
  const PartitionPlan* partition_plan = nullptr;  // Null where the file has no partition.
  ManifestEntry* entry = nullptr;
  int32_t status = 0;
  int32_t content = 0;
  std::optional<int64_t> snapshot_id;
  std::optional<int64_t> data_sequence_number;
  std::optional<int64_t> file_sequence_number;
  bool encrypted = false;

  DataFile& file() { return entry->data_file; }
};

// Writers list columns by id, so the end of the map is nearly always the right place.
void AddBound(std::map<FieldId, std::string>& bounds, int32_t column, std::string_view bound) {
  bounds.insert_or_assign(bounds.end(), FieldId{column}, std::string(bound));
}

// A negative count is what some writers put for one that they do not know.
void AddCount(std::map<FieldId, int64_t>& counts, int32_t column, int64_t count) {
  if (count >= 0) counts.insert_or_assign(counts.end(), FieldId{column}, count);
}

void ReadFormat(Decoder& in, EntrySink& out) {
  std::string& format = out.file().format;
  format.assign(in.ReadBytes());
  for (char& letter : format) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
}

constexpr int32_t kDataFileId = 2;
constexpr int32_t kDataSequenceId = 3;
constexpr int32_t kPartitionId = 102;

constexpr std::array<FieldRule<EntrySink>, 5> kEntryRules{{
    {{0, "status", Shape::kInteger, true},
     [](Decoder& in, EntrySink& out) { out.status = in.ReadInt(); }},
    {{1, "snapshot_id", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.snapshot_id = in.ReadLong(); }},
    {{kDataSequenceId, "sequence_number", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.data_sequence_number = in.ReadLong(); }},
    {{4, "file_sequence_number", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.file_sequence_number = in.ReadLong(); }},
    {{kDataFileId, "data_file", Shape::kRecord, true},
     [](Decoder& in, EntrySink& out) { out.data_file_plan->Read(in, out); }},
}};

constexpr std::array<FieldRule<EntrySink>, 20> kDataFileRules{{
    {{134, "content", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.content = in.ReadInt(); }},
    {{100, "file_path", Shape::kString, true},
     [](Decoder& in, EntrySink& out) { out.file().path.assign(in.ReadBytes()); }},
    {{101, "file_format", Shape::kString, true}, ReadFormat},
    {{kPartitionId, "partition", Shape::kRecord},
     [](Decoder& in, EntrySink& out) {
       out.partition_plan->Read(in, out.file().partition.values);
     }},
    {{103, "record_count", Shape::kInteger, true},
     [](Decoder& in, EntrySink& out) { out.file().record_count = ReadCount(in, "record_count"); }},
    {{104, "file_size_in_bytes", Shape::kInteger, true},
     [](Decoder& in, EntrySink& out) {
       out.file().size_bytes = ReadCount(in, "file_size_in_bytes");
     }},
    {{108, "column_sizes", Shape::kIntegerMap, false, 117, 118},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddCount(out.file().column_sizes, column, in.ReadLong());
     }},
    {{109, "value_counts", Shape::kIntegerMap, false, 119, 120},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddCount(out.file().value_counts, column, in.ReadLong());
     }},
    {{110, "null_value_counts", Shape::kIntegerMap, false, 121, 122},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddCount(out.file().null_value_counts, column, in.ReadLong());
     }},
    {{137, "nan_value_counts", Shape::kIntegerMap, false, 138, 139},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddCount(out.file().nan_value_counts, column, in.ReadLong());
     }},
    {{125, "lower_bounds", Shape::kBytesMap, false, 126, 127},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddBound(out.file().lower_bounds, column, in.ReadBytes());
     }},
    {{128, "upper_bounds", Shape::kBytesMap, false, 129, 130},
     nullptr,
     [](Decoder& in, EntrySink& out, int32_t column) {
       AddBound(out.file().upper_bounds, column, in.ReadBytes());
     }},
    {{131, "key_metadata", Shape::kBytes},
     [](Decoder& in, EntrySink& out) { out.encrypted = !in.ReadBytes().empty(); }},
    {{132, "split_offsets", Shape::kIntegerList},
     [](Decoder& in, EntrySink& out) { out.file().split_offsets.push_back(in.ReadLong()); }},
    {{135, "equality_ids", Shape::kIntegerList},
     [](Decoder& in, EntrySink& out) { out.file().equality_ids.push_back({in.ReadInt()}); }},
    {{140, "sort_order_id", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.file().sort_order_id = in.ReadInt(); }},
    {{142, "first_row_id", Shape::kInteger},
     [](Decoder& in, EntrySink& out) { out.file().first_row_id = ReadCount(in, "first_row_id"); }},
    {{143, "referenced_data_file", Shape::kString},
     [](Decoder& in, EntrySink& out) { out.file().referenced_data_file.emplace(in.ReadBytes()); }},
    {{144, "content_offset", Shape::kInteger},
     [](Decoder& in, EntrySink& out) {
       out.file().content_offset = ReadCount(in, "content_offset");
     }},
    {{145, "content_size_in_bytes", Shape::kInteger},
     [](Decoder& in, EntrySink& out) {
       out.file().content_size_bytes = ReadCount(in, "content_size_in_bytes");
     }},
}};

// Everything that is decided once per manifest.
struct EntryReader {
  const ManifestFile* manifest = nullptr;
  size_t partition_width = 0;
  bool has_data_sequence = false;  // False for manifests of v1.
};

// A manifest's entries are those of the commit that added it, or of earlier ones.
Status CheckOrigin(const ManifestFile& manifest, const EntrySink& sink) {
  const ManifestEntry& entry = *sink.entry;
  const int64_t added_by = manifest.added_snapshot_id.value;
  if (entry.status == EntryStatus::kAdded && added_by != 0 && entry.snapshot_id.value != added_by) {
    return CorruptData("file ", entry.data_file.path, " was added by snapshot ",
                       entry.snapshot_id.value, ", its manifest by ", added_by);
  }
  const int64_t number = entry.data_sequence_number.value;
  const int64_t number_max = manifest.sequence_number.value;
  if (number >= 0 && (number_max == 0 || number <= number_max)) return {};
  return CorruptData("file ", entry.data_file.path, " has the sequence number ", number,
                     ", its manifest has ", number_max);
}

// Specification: "Sequence Number Inheritance".
Status Inherit(const EntryReader& reader, const EntrySink& sink) {
  ManifestEntry& entry = *sink.entry;
  const ManifestFile& manifest = *reader.manifest;
  entry.snapshot_id.value = sink.snapshot_id.value_or(manifest.added_snapshot_id.value);
  if (!reader.has_data_sequence) return CheckOrigin(manifest, sink);
  if (!sink.data_sequence_number && entry.status == EntryStatus::kExisting &&
      manifest.sequence_number.value != 0) {
    return CorruptData("data file ", entry.data_file.path,
                       " is of an earlier commit and has no sequence number");
  }
  const int64_t inherited = manifest.sequence_number.value;
  entry.data_sequence_number.value = sink.data_sequence_number.value_or(inherited);
  // Early writers of v2 did not keep the file sequence number of files of earlier commits: the data
  // sequence number is what is known of it.
  entry.file_sequence_number.value = sink.file_sequence_number.value_or(
      entry.status == EntryStatus::kAdded ? inherited : entry.data_sequence_number.value);
  return CheckOrigin(manifest, sink);
}

Status Finish(const EntryReader& reader, const EntrySink& sink) {
  ManifestEntry& entry = *sink.entry;
  const std::string& path = entry.data_file.path;
  if (path.empty()) return CorruptData("an entry has no file_path");
  if (sink.status < 0 || sink.status > 2) {
    return Unsupported("data file ", path, " has the status ", sink.status,
                       "; 0 (existing), 1 (added) and 2 (deleted) are known");
  }
  entry.status = static_cast<EntryStatus>(sink.status);
  if (sink.content < 0 || sink.content > 2) {
    return Unsupported("data file ", path, " has the content ", sink.content,
                       "; 0 (data), 1 (position deletes) and 2 (equality deletes) are known");
  }
  entry.data_file.content = static_cast<FileContent>(sink.content);
  const bool is_data = entry.data_file.content == FileContent::kData;
  if (is_data != (reader.manifest->content == ManifestContent::kData)) {
    return CorruptData("file ", path, " has the content ", sink.content, " in a manifest of ",
                       is_data ? "delete" : "data", " files");
  }
  if (entry.data_file.partition.values.size() != reader.partition_width) {
    return CorruptData("data file ", path, " has no partition, its spec has ",
                       reader.partition_width, " fields");
  }
  if (sink.encrypted && entry.status != EntryStatus::kDeleted) {
    return Unsupported("data file ", path, " is encrypted");
  }
  return Inherit(reader, sink);
}

// Specification: "First Row ID Inheritance". Deleted files take no part in it, as in Iceberg's Java
// library: what they had was written into their entries.
Status InheritFirstRowIds(const ManifestFile& manifest, std::vector<ManifestEntry>& entries) {
  const bool has_ids = manifest.content == ManifestContent::kData && manifest.first_row_id;
  int64_t next = manifest.first_row_id.value_or(0);
  for (ManifestEntry& entry : entries) {
    std::optional<int64_t>& first = entry.data_file.first_row_id;
    if (!has_ids) {
      first.reset();
    } else if (!first && entry.status != EntryStatus::kDeleted) {
      first = next;
      const std::optional<int64_t> end = CheckedAdd(next, entry.data_file.record_count);
      if (!end) return CorruptData("its rows have ids beyond 64 bits");
      next = *end;
    }
  }
  return {};
}

struct Tally {
  int64_t files = 0;
  int64_t rows = 0;
};

Status CheckCount(std::string_view what, const std::optional<int64_t>& listed, int64_t counted) {
  if (!listed || *listed == counted) return {};
  return CorruptData("it holds ", counted, " ", what, ", its manifest list says ", *listed);
}

// What the list counts is in the file: none is lost, and the file is not another one.
Status CheckCounts(const ManifestFile& manifest, const std::vector<ManifestEntry>& entries) {
  std::array<Tally, 3> tallies{};  // By EntryStatus.
  for (const ManifestEntry& entry : entries) {
    Tally& tally = tallies[static_cast<size_t>(entry.status)];
    ++tally.files;
    if (__builtin_add_overflow(tally.rows, entry.data_file.record_count, &tally.rows)) {
      return CorruptData("its files hold more rows than can be counted");
    }
  }
  const Tally& existing = tallies[static_cast<size_t>(EntryStatus::kExisting)];
  const Tally& added = tallies[static_cast<size_t>(EntryStatus::kAdded)];
  const Tally& deleted = tallies[static_cast<size_t>(EntryStatus::kDeleted)];
  ICEFIELD_TRY(CheckCount("added files", manifest.added_files_count, added.files));
  ICEFIELD_TRY(CheckCount("existing files", manifest.existing_files_count, existing.files));
  ICEFIELD_TRY(CheckCount("deleted files", manifest.deleted_files_count, deleted.files));
  ICEFIELD_TRY(CheckCount("added rows", manifest.added_rows_count, added.rows));
  ICEFIELD_TRY(CheckCount("existing rows", manifest.existing_rows_count, existing.rows));
  return CheckCount("deleted rows", manifest.deleted_rows_count, deleted.rows);
}

Status CheckSpec(const ContainerReader& file, const ManifestFile& manifest) {
  ICEFIELD_ASSIGN(const std::optional<SpecId> stated, FindSpecId(file));
  if (!stated || *stated == manifest.partition_spec_id) return {};
  return CorruptData("it is of partition spec ", stated->value, ", its manifest list says ",
                     manifest.partition_spec_id.value);
}

Status CheckContent(const ContainerReader& file, const ManifestFile& manifest) {
  const std::optional<std::string_view> content = file.FindMetadata("content");
  if (!content) return {};
  if (*content != "data" && *content != "deletes") {
    return Unsupported("content '", *content, "' is not known; data and deletes are");
  }
  if ((*content == "data") == (manifest.content == ManifestContent::kData)) return {};
  return CorruptData("it says that its content is ", *content,
                     ", its manifest list says otherwise");
}

Result<std::optional<PartitionPlan>> PlanPartition(const SchemaTree& tree, NodeId data_file,
                                                   const PartitionSpec& spec,
                                                   const SkipProgram& skips, FixedForm form) {
  ICEFIELD_ASSIGN(std::optional<NodeId> record, FindRecordType(tree, data_file, kPartitionId));
  if (!record && spec.fields.empty()) return std::optional<PartitionPlan>();
  if (!record) return CorruptData("data files have no field ", kPartitionId, " (partition)");
  ICEFIELD_ASSIGN(PartitionPlan plan, PartitionPlan::Make(tree, *record, spec, skips, form));
  return std::optional<PartitionPlan>(std::move(plan));
}

// How many entries the manifest list promises, as far as the file's size makes that credible.
size_t ExpectedEntries(const ManifestFile& manifest, size_t file_bytes) {
  constexpr size_t kBytesPerEntryMin = 8;
  const auto credible = static_cast<int64_t>(file_bytes / kBytesPerEntryMin);
  int64_t promised = 0;
  for (const std::optional<int64_t>& count :
       {manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count}) {
    promised = std::min(promised + std::clamp<int64_t>(count.value_or(0), 0, credible), credible);
  }
  return static_cast<size_t>(promised);
}

// Iceberg's Java library writes and reads fixed partition values as if they were bytes, whatever
// its Avro schema says; others keep to the schema. The library leaves a schema of its own in the
// file.
FixedForm ExpectedForm(const ContainerReader& file) {
  return file.FindMetadata("iceberg.schema") ? FixedForm::kPrefixed : FixedForm::kBare;
}

FixedForm Other(FixedForm form) {
  return form == FixedForm::kBare ? FixedForm::kPrefixed : FixedForm::kBare;
}

Result<std::vector<ManifestEntry>> ReadManifest(std::string_view bytes,
                                                const ManifestFile& manifest,
                                                const PartitionSpec& spec, bool is_expected_form) {
  // Counts show better what is missing: there are copied tables whose lists kept old lengths.
  const bool is_counted = manifest.added_files_count && manifest.existing_files_count;
  if (!is_counted && static_cast<int64_t>(bytes.size()) < manifest.length_bytes) {
    return CorruptData("it is ", bytes.size(), " bytes long, its manifest list says ",
                       manifest.length_bytes);
  }
  ICEFIELD_ASSIGN(ContainerReader file, ContainerReader::Make(bytes));
  ICEFIELD_TRY(CheckFormatVersion(file));
  ICEFIELD_TRY(CheckContent(file, manifest));
  ICEFIELD_TRY(CheckSpec(file, manifest));
  const FixedForm form = is_expected_form ? ExpectedForm(file) : Other(ExpectedForm(file));
  const SchemaTree& tree = file.schema();
  const SkipProgram skips(tree);
  ICEFIELD_ASSIGN(auto entry_plan,
                  RecordPlan<EntrySink>::Make(tree, tree.root, kEntryRules, skips));
  ICEFIELD_ASSIGN(std::optional<NodeId> data_file, FindRecordType(tree, tree.root, kDataFileId));
  ICEFIELD_ASSIGN(auto data_file_plan,
                  RecordPlan<EntrySink>::Make(tree, *data_file, kDataFileRules, skips));
  ICEFIELD_ASSIGN(auto partition_plan, PlanPartition(tree, *data_file, spec, skips, form));
  ICEFIELD_ASSIGN(const SchemaField* data_sequence, FindField(tree.top(), kDataSequenceId));
  const EntryReader reader{&manifest, spec.fields.size(), data_sequence != nullptr};

  std::vector<ManifestEntry> entries;
  entries.reserve(ExpectedEntries(manifest, bytes.size()));
  ICEFIELD_TRY(ReadValues(file, [&](Decoder& in) -> Status {
    EntrySink sink{&data_file_plan, partition_plan ? &*partition_plan : nullptr,
                   &entries.emplace_back()};
    entry_plan.Read(in, sink);
    return in.ok() ? Finish(reader, sink) : Status();
  }));
  ICEFIELD_TRY(CheckCounts(manifest, entries));
  ICEFIELD_TRY(InheritFirstRowIds(manifest, entries));
  return entries;
}

}  // namespace
}  // namespace avro

Result<std::vector<ManifestEntry>> ParseManifest(std::string_view bytes,
                                                 const ManifestFile& manifest,
                                                 const PartitionSpec& spec) {
  auto entries = avro::ReadManifest(bytes, manifest, spec, true);
  if (!entries.ok()) {
    // Fixed values in the other form shift all that follows: a file is right in one form only.
    auto other = avro::ReadManifest(bytes, manifest, spec, false);
    if (other.ok()) return other;
  }
  if (!entries.ok()) return std::move(entries).error().At(StrCat("manifest ", manifest.path));
  return entries;
}

}  // namespace icefield
