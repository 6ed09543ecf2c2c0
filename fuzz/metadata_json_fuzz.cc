// Any bytes are either table metadata whose references hold or an error; they never crash, hang or
// eat the memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto metadata = icefield::ParseTableMetadata(bytes, "fuzz");
  if (metadata.ok()) {
    if (!KeepsPromises(*metadata)) std::abort();
    for (const icefield::Schema& schema : metadata->schemas) (void)schema.ToString();
  } else if (metadata.error().code == icefield::ErrorCode::kInternal) {
    std::abort();
  }
  return 0;
}
