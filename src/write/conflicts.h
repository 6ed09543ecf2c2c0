/// Whether what other commits did since a plan was made forbids it.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/manifest.h"
#include "model/table_metadata.h"
#include "write/file_change.h"

namespace icefield {

/// Conflict says which snapshot and file stand against `change`, where commits after
/// `change.planned_from` up to `head` added data that may hold rows of `change.guarded` (unless the
/// table asks for snapshot isolation alone), or deletes that may bear on what it takes out, or
/// where planned_from is no ancestor of head (rolled back or expired). `manifests` are those of
/// head. An append has no conflicts. As Iceberg Java validates copy-on-write changes.
Status CheckConflicts(const ObjectStore& store, const TableMetadata& metadata,
                      const FileChange& change, const Snapshot* head,
                      const std::vector<ManifestFile>& manifests);

}  // namespace icefield
