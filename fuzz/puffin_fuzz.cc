/// Any bytes as a Puffin file: its footer, and every blob of it as the deletion vector that it says
/// it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "io/memory_store_test.h"
#include "read/position_deletes.h"

namespace {

constexpr size_t kBlobsMax = 16;  // More find no more faults.

void ReadBlob(const icefield::OneFileStore& store, const icefield::PuffinFooter& footer,
              const icefield::PuffinBlob& blob, int64_t size_bytes) {
  icefield::DeleteFile deletes;
  deletes.file.path = "fuzz";
  deletes.file.size_bytes = size_bytes;
  deletes.file.content_offset = blob.offset;
  deletes.file.content_size_bytes = blob.length;
  if (const auto path = blob.properties.find("referenced-data-file");
      path != blob.properties.end()) {
    deletes.file.referenced_data_file = path->second;
  }
  if (const auto size = blob.properties.find("cardinality"); size != blob.properties.end()) {
    deletes.file.record_count = std::strtoll(size->second.c_str(), nullptr, 10);
  }
  const auto positions = icefield::ReadDeletionVector(store, deletes, footer);
  if (positions.ok() && positions->size() != deletes.file.record_count) std::abort();
  if (!positions.ok() && positions.error().code != icefield::ErrorCode::kCorruptData) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const icefield::OneFileStore store({reinterpret_cast<const char*>(data), size});
  const auto file = store.Open("fuzz");
  const auto footer = icefield::ReadPuffinFooter(**file);
  if (!footer.ok()) {
    if (footer.error().code == icefield::ErrorCode::kInternal) std::abort();
    return 0;
  }
  for (size_t i = 0; i < footer->blobs.size() && i < kBlobsMax; ++i) {
    const icefield::PuffinBlob& blob = footer->blobs[i];
    if (footer->FindAt(blob.offset, blob.length) == nullptr) std::abort();
    ReadBlob(store, *footer, blob, (*file)->size_bytes());
  }
  return 0;
}
