/// Copy-on-write: which files lose rows, and the rows that they keep.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "read/open_scan.h"
#include "write/data_writer.h"
#include "write/file_change.h"

namespace icefield {

struct RewriteRequest {
  std::shared_ptr<const ObjectStore> store;
  const TableMetadata* metadata = nullptr;
  std::string table_name;
  const Snapshot* head = nullptr;  ///< Null: the branch is empty.
  Predicate filter;                ///< Bound to the current schema: the rows that go.
  WriteOptions options;
  ReadOptions read;
};

struct Rewrite {
  std::vector<RemovedFile> removed;  ///< Files with at least one row that goes.
  std::vector<WrittenFile> added;    ///< The rows of those files that stay.
};

/// Finds the files that hold rows of the filter, reading only its columns (none where manifests say
/// that every row passes), then writes what stays of them under the current partition spec and sort
/// order. In v3 rows keep `_row_id` and `_last_updated_sequence_number` (specification: "Row
/// Lineage"). Files of an error are deleted again.
Result<Rewrite> RewriteFiles(const RewriteRequest& request);

}  // namespace icefield
