// Any bytes are either table metadata whose references hold or an error; they never crash, hang or
// eat the memory. What is metadata can be edited, and then means the same but for the edit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/json/metadata_editor.h"
#include "codec/json/metadata_reader.h"

namespace {

// What ParseTableMetadata promises of everything that it accepts.
bool KeepsPromises(const icefield::TableMetadata& metadata) {
  if (metadata.format_version < 1 || metadata.format_version > 3) return false;
  if (metadata.FindSchema(metadata.current_schema_id) == nullptr) return false;
  if (metadata.FindSpec(metadata.default_spec_id) == nullptr) return false;
  for (const auto& [name, ref] : metadata.refs) {
    if (metadata.FindSnapshot(ref.snapshot_id) == nullptr) return false;
  }
  const auto selected = icefield::SelectSnapshot(metadata, {}, "t");
  return selected.ok() &&
         (selected->snapshot != nullptr) == metadata.current_snapshot_id.has_value();
}

// An edit that changes nothing, and an upgrade.
bool CanBeEdited(std::string_view bytes, const icefield::TableMetadata& before) {
  const auto text = icefield::MetadataText(bytes, "fuzz");
  if (!text.ok()) return false;
  const auto same = icefield::ApplyUpdates(*text, "fuzz", {}, {1, "previous"});
  // A property that says how long logs are may be no number.
  if (!same.ok()) return same.error().code == icefield::ErrorCode::kInvalidArgument;
  const auto after = icefield::ParseTableMetadata(*same, "fuzz");
  if (!after.ok() || after->schemas != before.schemas || after->snapshots != before.snapshots ||
      after->partition_specs != before.partition_specs || after->refs != before.refs ||
      after->properties != before.properties || after->snapshot_log != before.snapshot_log ||
      after->current_snapshot_id != before.current_snapshot_id ||
      after->metadata_log.back().location != "previous") {
    return false;
  }
  const auto upgraded =
      icefield::ApplyUpdates(*same, "fuzz", {icefield::UpgradeFormatVersion{3}}, {1, ""});
  if (!upgraded.ok()) return false;
  const auto newest = icefield::ParseTableMetadata(*upgraded, "fuzz");
  return newest.ok() && newest->format_version == 3 &&
         newest->next_row_id.has_value() ==
             (before.format_version < 3 || before.next_row_id.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto metadata = icefield::ParseTableMetadata(bytes, "fuzz");
  if (metadata.ok()) {
    if (!KeepsPromises(*metadata) || !CanBeEdited(bytes, *metadata)) std::abort();
    for (const icefield::Schema& schema : metadata->schemas) (void)schema.ToString();
  } else if (metadata.error().code == icefield::ErrorCode::kInternal) {
    std::abort();
  }
  return 0;
}
