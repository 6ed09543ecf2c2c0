#include <array>
#include <string>
#include <utility>

#include "codec/avro/container_reader.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/metadata_file.h"
#include "codec/avro/record_plan.h"

namespace icefield {
namespace avro {
namespace {

struct SummarySink {
  PartitionFieldSummary* summary = nullptr;
};

struct ManifestSink {
  const RecordPlan<SummarySink>* summaries = nullptr;  // Null where the file has no partitions.
  ManifestFile* manifest = nullptr;
  int32_t content = 0;
  bool encrypted = false;
};

constexpr std::array<FieldRule<SummarySink>, 4> kSummaryRules{{
    {{509, "contains_null", Shape::kBoolean, true},
     [](Decoder& in, SummarySink& out) { out.summary->contains_null = in.ReadBoolean(); }},
    {{518, "contains_nan", Shape::kBoolean},
     [](Decoder& in, SummarySink& out) { out.summary->contains_nan = in.ReadBoolean(); }},
    {{510, "lower_bound", Shape::kBytes},
     [](Decoder& in, SummarySink& out) { out.summary->lower_bound.emplace(in.ReadBytes()); }},
    {{511, "upper_bound", Shape::kBytes},
     [](Decoder& in, SummarySink& out) { out.summary->upper_bound.emplace(in.ReadBytes()); }},
}};

void ReadSummary(Decoder& in, ManifestSink& out) {
  SummarySink sink{&out.manifest->partitions->emplace_back()};
  out.summaries->Read(in, sink);
}

constexpr int32_t kPartitionsId = 507;

constexpr std::array<FieldRule<ManifestSink>, 16> kManifestRules{{
    {{500, "manifest_path", Shape::kString, true},
     [](Decoder& in, ManifestSink& out) { out.manifest->path.assign(in.ReadBytes()); }},
    {{501, "manifest_length", Shape::kInteger, true},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->length_bytes = ReadCount(in, "manifest_length");
     }},
    {{502, "partition_spec_id", Shape::kInteger, true},
     [](Decoder& in, ManifestSink& out) { out.manifest->partition_spec_id = {in.ReadInt()}; }},
    {{517, "content", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) { out.content = in.ReadInt(); }},
    {{515, "sequence_number", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) { out.manifest->sequence_number = {in.ReadLong()}; }},
    {{516, "min_sequence_number", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) { out.manifest->min_sequence_number = {in.ReadLong()}; }},
    {{503, "added_snapshot_id", Shape::kInteger, true},
     [](Decoder& in, ManifestSink& out) { out.manifest->added_snapshot_id = {in.ReadLong()}; }},
    {{504, "added_files_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->added_files_count = ReadCount(in, "added_files_count");
     }},
    {{505, "existing_files_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->existing_files_count = ReadCount(in, "existing_files_count");
     }},
    {{506, "deleted_files_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->deleted_files_count = ReadCount(in, "deleted_files_count");
     }},
    {{512, "added_rows_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->added_rows_count = ReadCount(in, "added_rows_count");
     }},
    {{513, "existing_rows_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->existing_rows_count = ReadCount(in, "existing_rows_count");
     }},
    {{514, "deleted_rows_count", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->deleted_rows_count = ReadCount(in, "deleted_rows_count");
     }},
    {{kPartitionsId, "partitions", Shape::kRecordList},
     ReadSummary,
     nullptr,
     [](ManifestSink& out) { out.manifest->partitions.emplace(); }},
    {{519, "key_metadata", Shape::kBytes},
     [](Decoder& in, ManifestSink& out) { out.encrypted = !in.ReadBytes().empty(); }},
    {{520, "first_row_id", Shape::kInteger},
     [](Decoder& in, ManifestSink& out) {
       out.manifest->first_row_id = ReadCount(in, "first_row_id");
     }},
}};

Status Finish(const ManifestSink& sink) {
  ManifestFile& manifest = *sink.manifest;
  if (manifest.path.empty()) return CorruptData("an entry has no manifest_path");
  if (sink.content != 0 && sink.content != 1) {
    return Unsupported("manifest ", manifest.path, " has the content ", sink.content,
                       "; 0 (data) and 1 (deletes) are known");
  }
  manifest.content = static_cast<ManifestContent>(sink.content);
  if (sink.encrypted) return Unsupported("manifest ", manifest.path, " is encrypted");
  return {};
}

// Writers that say whose list it is are believed: Java, pyiceberg and others do.
Status CheckSnapshot(const ContainerReader& file, std::optional<SnapshotId> snapshot_id) {
  const std::optional<std::string_view> stated = file.FindMetadata("snapshot-id");
  if (!stated || !snapshot_id || *stated == std::to_string(snapshot_id->value)) return {};
  return CorruptData("it is the list of snapshot ", *stated, ", not of ", snapshot_id->value);
}

Result<std::vector<ManifestFile>> ReadManifestList(std::string_view bytes,
                                                   std::optional<SnapshotId> snapshot_id) {
  ICEFIELD_ASSIGN(ContainerReader file, ContainerReader::Make(bytes));
  ICEFIELD_TRY(CheckFormatVersion(file));
  ICEFIELD_TRY(CheckSnapshot(file, snapshot_id));
  const SchemaTree& tree = file.schema();
  const SkipProgram skips(tree);
  ICEFIELD_ASSIGN(auto plan,
                  RecordPlan<ManifestSink>::Make(tree, tree.root, kManifestRules, skips));
  ICEFIELD_ASSIGN(std::optional<NodeId> summary, FindRecordType(tree, tree.root, kPartitionsId));
  std::optional<RecordPlan<SummarySink>> summaries;
  if (summary) {
    ICEFIELD_ASSIGN(auto made, RecordPlan<SummarySink>::Make(tree, *summary, kSummaryRules, skips));
    summaries = std::move(made);
  }

  std::vector<ManifestFile> manifests;
  ICEFIELD_TRY(ReadValues(file, [&](Decoder& in) -> Status {
    ManifestSink sink{summaries ? &*summaries : nullptr, &manifests.emplace_back()};
    plan.Read(in, sink);
    return in.ok() ? Finish(sink) : Status();
  }));
  return manifests;
}

}  // namespace
}  // namespace avro

Result<std::vector<ManifestFile>> ParseManifestList(std::string_view bytes,
                                                    std::string_view location,
                                                    std::optional<SnapshotId> snapshot_id) {
  auto manifests = avro::ReadManifestList(bytes, snapshot_id);
  if (!manifests.ok()) return std::move(manifests).error().At(StrCat("manifest list ", location));
  return manifests;
}

}  // namespace icefield
