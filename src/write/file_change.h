/// What a commit does to the files of a table, as a value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/partition_values.h"
#include "model/predicate.h"
#include "model/table_metadata.h"
#include "write/data_writer.h"
#include "write/write_options.h"

namespace icefield {

/// A live data file that a commit takes out of the table.
struct RemovedFile {
  std::string path;
  SpecId spec_id;
  PartitionValues partition;
  bool operator==(const RemovedFile&) const = default;
};

/// A partition of one spec that a commit replaces whole.
struct ReplacedPartition {
  SpecId spec_id;
  PartitionValues partition;
  bool operator==(const ReplacedPartition&) const = default;
};

enum class SnapshotOperation : uint8_t { kAppend, kOverwrite, kDelete };

/// "append", "overwrite", "delete"
std::string_view OperationText(SnapshotOperation operation);

/// The files that a commit adds and removes, and what must still be so when it happens.
struct FileChange {
  SnapshotOperation operation = SnapshotOperation::kAppend;
  std::string branch = "main";
  std::vector<WrittenFile> added;
  std::vector<RemovedFile> removed;
  std::vector<ReplacedPartition> replaced;     ///< Whose delete files go too.
  std::map<std::string, std::string> summary;  ///< Further entries of the snapshot's summary.

  /// The snapshot that `removed` was planned from; none: the branch was empty.
  std::optional<SnapshotId> planned_from;
  /// What the change is about, bound to the current schema; unset: nothing that others could meet
  /// (appends).
  std::optional<Predicate> guarded;
  /// Says whether files may have been added since planned_from that may hold rows of `guarded`.
  IsolatedChange isolated = IsolatedChange::kDelete;
};

}  // namespace icefield
