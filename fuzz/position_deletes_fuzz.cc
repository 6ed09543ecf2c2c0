/// Any bytes as a Parquet file of position deletes. Reading it again must find nothing new.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/parquet/parquet_file.h"
#include "io/memory_store_test.h"
#include "read/position_deletes.h"

namespace {

// Few bytes may stand for any number of rows; more of them find no more faults.
constexpr int64_t kRowsMax = 4096;

int64_t SizeOf(const icefield::PositionsByFile& positions) {
  int64_t size = 0;
  for (const auto& [path, set] : positions) size += set.size();
  return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto footer = icefield::ParquetFooter::Read(icefield::MemoryFile(bytes));
  if (!footer.ok()) return 0;
  icefield::DeleteFile deletes;
  deletes.file.path = "fuzz";
  deletes.file.size_bytes = static_cast<int64_t>(size);
  for (const icefield::RowGroupExtent& extent : footer->row_groups()) {
    if (extent.rows > kRowsMax) return 0;
    deletes.file.record_count += extent.rows;
  }
  if (deletes.file.record_count > kRowsMax) return 0;
  const icefield::OneFileStore store(bytes);
  icefield::PositionsByFile positions;
  for (const char* path : {"", "a", "b", "s3://bucket/table/data/c.parquet"}) positions[path];
  const auto first = icefield::ReadPositionDeletes(store, deletes, positions);
  if (!first.ok()) {
    if (first.error().code == icefield::ErrorCode::kInternal) std::abort();
    return 0;
  }
  const int64_t found = SizeOf(positions);
  if (found > deletes.file.record_count) std::abort();
  if (!icefield::ReadPositionDeletes(store, deletes, positions).ok()) std::abort();
  if (SizeOf(positions) != found) std::abort();
  return 0;
}
