/// When the rows of a table were committed (P9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "model/table_metadata.h"
#include "scan/scan_plan.h"

namespace icefield {

/// The commit times of one snapshot's rows, from the table's metadata and the rows' own lineage. A
/// value that owns all it needs. From version 3 on a row says which commit wrote it last, whatever
/// rewrote its file since. Rows of before are dated by their file, which says the same as long as
/// nothing but appends was committed.
class CommitTimes {
 public:
  /// For the rows of `read` (null: a table without snapshots). Unsupported, before version 3, for a
  /// history back to the first snapshot that is not all appends, or not all known: it names the
  /// table and the snapshot.
  static Result<CommitTimes> Make(const TableMetadata& metadata, const Snapshot* read,
                                  std::string_view table_name);

  /// The time of the snapshot that committed a row of `task`. `last_updated` is the row's
  /// `_last_updated_sequence_number`, RowLineage::kNone for null; it says nothing before version 3.
  /// Unsupported, with the table and the snapshot or its sequence number, where that time is not
  /// known: the snapshot has expired, or the row is older than version 3 and its file is not its
  /// commit.
  Result<SnapshotTime> Of(const FileTask& task, int64_t last_updated) const;

 private:
  struct Commit {
    SnapshotTime time;
    bool has_lineage = false;  ///< Committed in version 3.
  };

  Error Refused(std::string_view why) const;
  Result<SnapshotTime> OfFile(const FileTask& task) const;

  std::string table_name_;
  bool has_lineage_ = false;
  std::unordered_map<SnapshotId, Commit> by_id_;
  std::unordered_map<SequenceNumber, Commit> by_sequence_;
  std::optional<Error> old_history_;  ///< Why rows of before version 3 have no commit time.
};

}  // namespace icefield
