/// The deciding columns of a view, streamed: what both the join and latest feed to the kernel.
#pragma once

#include <arrow/array.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/row_order.h"
#include "pit/observed_rows.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// One batch of feature rows, decoded for the kernel.
struct DecidingBatch {
  arrow::ArrayVector keys;
  std::vector<int64_t> event_times;  ///< In the view's unit; meaningless where no_time is set.
  std::vector<uint8_t> no_time;      ///< 1 where the event time is null.
  std::vector<int64_t>
      created_times;                 ///< kNoCreatedTime where null; empty without a created column.
  std::vector<int64_t> positions;    ///< File positions, where they are not contiguous.
  std::vector<RowLineage> lineages;  ///< Where a file of the scan stores them; else empty (P6).
  int64_t first_position = 0;
  uint32_t file = 0;  ///< Number of the file in the plan: its rank among full ties (P6).
  int64_t rows = 0;

  /// As the kernel takes it, without what a frame or a cut adds: ids of keys, commit times.
  ObservedRows Observed() const {
    return {.key_ids = {},
            .event_times = event_times,
            .created_times = created_times,
            .commit_times = {},
            .lineages = lineages,
            .positions = positions,
            .file = file,
            .first_position = first_position};
  }

  /// The `_last_updated_sequence_number` of a row, RowLineage::kNone for null; `task` is its file.
  int64_t LastUpdatedOf(size_t row, const FileTask& task) const {
    if (!lineages.empty()) return lineages[row].last_updated;
    // Inherited by every row of a file that has row ids.
    return task.file.first_row_id ? task.data_sequence_number.value : RowLineage::kNone;
  }
};

/// Whether what decides between rows of one event time is read: created times (P5), and the lineage
/// that files store (P6).
enum class TieOrder : uint8_t { kRead, kLeftOut };

/// True if a file of the scan stores row lineage of its own: it was rewritten and keeps what its
/// rows had. Elsewhere lineage follows the plan's order of files and the position, and need not be
/// read (P6).
bool StoresLineage(const OpenScan& scan);

/// The columns of a row's lineage.
struct LineageColumns {
  std::shared_ptr<arrow::Array> last_updated;
  std::shared_ptr<arrow::Array> row_id;
};

/// The same as values, of every row.
std::vector<RowLineage> ReadLineages(const LineageColumns& columns);

/// Adds the two columns of the lineage, in the order of LineageColumns, behind those of `read`.
void AddLineage(const PinnedView& pinned, ReadSchema& read);

/// Rows of a batch that are of interest, by their keys.
struct ChosenRows {
  std::vector<int32_t> rows;  ///< Ascending.
};

/// Streams the deciding columns of all planned row groups that pass the view's row filter, on
/// several threads, in no order, and counts what it reads in scan.report, and
/// DecidingWork in the progress. `take` is called by
/// several threads at once, each with its own `worker` number below ThreadCount(options.threads).
Status ForEachDecidingBatch(ViewScan& scan, TieOrder order, const ReadOptions& options,
                            const std::function<Status(DecidingBatch&, int worker)>& take);

/// Decides by the keys of a batch's rows which of them are read further.
using ChooseRows = std::function<Status(const arrow::ArrayVector& keys, int64_t rows,
                                        ChosenRows& chosen, int worker)>;

/// As ForEachDecidingBatch, of chosen rows alone: times (and what the row filter looks at) of other
/// rows are not decoded. Batches have positions and no keys; `chosen` says which rows of the last
/// keys that `choose` saw in this thread they are, and is `take`'s to change.
Status ForEachChosenBatch(
    ViewScan& scan, TieOrder order, const ReadOptions& options, const ChooseRows& choose,
    const std::function<Status(DecidingBatch&, ChosenRows& chosen, int worker)>& take);

}  // namespace icefield
