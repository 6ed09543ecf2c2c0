/// Position-delete files and deletion vectors as sets of positions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch/position_set.h"
#include "codec/puffin/puffin_footer.h"
#include "io/object_store.h"
#include "scan/scan_plan.h"

namespace icefield {

/// Deleted positions by data file path.
using PositionsByFile = std::map<std::string, PositionSet, std::less<>>;

/// Adds what the position-delete file `deletes` (Parquet; columns file_path 2147483546 and pos
/// 2147483545) says of the data files that `positions` has an entry for; other paths are skipped,
/// by row-group statistics where these allow it. Streams the file in bounded memory. CorruptData
/// and NotFound name the delete file: columns that are missing, of another type or null, negative
/// positions, another row count or size than the manifest says, rows outside the manifest's bounds,
/// a path other than referenced_data_file where that is set. Rows of the file may be in any order.
/// Positions beyond the data file's end are kept: they are in no gap that anybody asks for.
Status ReadPositionDeletes(const ObjectStore& store, const DeleteFile& deletes,
                           PositionsByFile& positions);

/// The footer of the Puffin file that `deletes` lies in. CorruptData and NotFound name the file;
/// another size than the manifest says is CorruptData.
Result<PuffinFooter> ReadFooterOf(const ObjectStore& store, const DeleteFile& deletes);

/// The deletion vector `deletes` (its blob is read by content_offset and content_size_bytes) of a
/// file with this footer. CorruptData and NotFound name the Puffin file: a blob that the footer
/// does not have at this place, of another type or for another data file than the manifest says,
/// bytes that are no deletion vector, another number of positions than record_count.
Result<PositionSet> ReadDeletionVector(const ObjectStore& store, const DeleteFile& deletes,
                                       const PuffinFooter& footer);

/// The same for one vector alone, with its footer.
Result<PositionSet> ReadDeletionVector(const ObjectStore& store, const DeleteFile& deletes);

/// Deletion vectors of many data files. A Puffin file may hold thousands, and its footer grows with
/// them: it is read once. Thread-safe. Memory: the footers.
class DeletionVectorReader {
 public:
  /// `store` is borrowed.
  explicit DeletionVectorReader(const ObjectStore& store) : store_(store) {}

  /// As ReadDeletionVector.
  Result<PositionSet> Read(const DeleteFile& deletes);

 private:
  Result<std::shared_ptr<const PuffinFooter>> FooterOf(const DeleteFile& deletes);

  const ObjectStore& store_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const PuffinFooter>, std::less<>> footers_;  // By location.
};

}  // namespace icefield
