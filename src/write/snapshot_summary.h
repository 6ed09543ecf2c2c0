/// What a snapshot says of itself in numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/manifest.h"
#include "model/snapshot.h"
#include "write/file_change.h"

namespace icefield {

/// The summary of a snapshot over `parent` (null: the first): operation, what was added and
/// removed, changed partitions, totals (specification: "Snapshot Summary" and the metrics of
/// Appendix F). A total that the parent does not state stays unstated. Entries of `change.summary`
/// are added and do not replace any.
std::map<std::string, std::string> SummaryOf(const FileChange& change,
                                             const std::vector<ManifestEntry>& removed,
                                             const Snapshot* parent);

}  // namespace icefield
