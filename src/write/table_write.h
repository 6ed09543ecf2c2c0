/// Rows into tables and out of them: append, overwrite, delete. Each call is one commit.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "codec/arrow/conform.h"
#include "model/predicate.h"
#include "read/open_scan.h"
#include "write/commit_target.h"

namespace icefield {

/// The table that is written, as its writer knows it.
struct WriteTarget {
  std::shared_ptr<const ObjectStore> store;
  const CommitTarget* commits = nullptr;
  LoadedTable base;  ///< Conflicts of overwrites and deletes are those since this state.
};

struct TableWriteOptions {
  std::string branch = "main";                 ///< Made at the current snapshot where it is new.
  std::map<std::string, std::string> summary;  ///< Further entries of the snapshot's summary.
  ConformOptions conform;
  ReadOptions read;  ///< How files that are rewritten are read; `interrupted` stops any write.
};

/// Appends all rows of the stream, in the table's partitions and sort order. Columns are matched by
/// name (see Conformer). No rows: no commit. Gives the table after the commit. InvalidArgument for
/// rows that do not fit the table; Conflict and CommitUnknown as CommitFiles says;
/// ResourceExhausted for a full disk. Unless CommitUnknown, a failed write leaves the table as it
/// was and no file.
Result<LoadedTable> AppendRows(const WriteTarget& target, BatchStream& rows,
                               const TableWriteOptions& options);

/// Puts the rows of the stream in the place of those that pass `filter` (all rows: kTrue), in one
/// snapshot. Files of which only some rows pass are written again without them; rows of v3 keep
/// their ids. Conflict where since `target.base` others added data that may pass, or deletes of
/// files that are rewritten.
Result<LoadedTable> OverwriteRows(const WriteTarget& target, BatchStream& rows,
                                  const RowFilter& filter, const TableWriteOptions& options);

/// Puts the rows of the stream in the place of all rows of the partitions that they lie in (dynamic
/// partition overwrite); of an unpartitioned table, of all rows. Unsupported where files of other
/// specs than the current one are in the table: overwrite by a filter then.
Result<LoadedTable> OverwritePartitions(const WriteTarget& target, BatchStream& rows,
                                        const TableWriteOptions& options);

/// Deletes the rows that pass `filter`, by copy-on-write. Nothing passes: no commit.
Result<LoadedTable> DeleteRows(const WriteTarget& target, const RowFilter& filter,
                               const TableWriteOptions& options);

}  // namespace icefield
