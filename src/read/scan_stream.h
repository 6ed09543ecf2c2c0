/// The live rows of a scan as one ordered stream, decoded on several threads in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "io/object_store.h"
#include "read/column_plan.h"
#include "read/open_scan.h"

namespace icefield {

struct ScanStreamRequest {
  std::shared_ptr<const ObjectStore> store;
  ScanPlan plan;  ///< Its predicate is applied to every row.
  std::vector<ReadColumn> columns;
  std::optional<int64_t> limit;  ///< Most rows.
  ReadOptions options;
};

/// Opens the files and starts the stream: rows by file (in plan order), then position. At most a
/// few batches a thread are held. Threads end with the stream.
Result<std::unique_ptr<BatchStream>> OpenScanStream(ScanStreamRequest request);

}  // namespace icefield
