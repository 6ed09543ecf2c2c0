/// Table metadata files changed without losing a word that Icefield does not know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/table_update.h"

namespace icefield {

/// When and over what a metadata file is written.
struct MetadataStamp {
  int64_t now_ms = 0;             ///< The commit clock.
  std::string previous_location;  ///< The file that this one replaces; empty: none.
};

/// `text` (a metadata file as JSON, not compressed; empty: a table being made) with `updates`
/// applied in order (specification: "Table Metadata"; REST protocol: "TableUpdate"). Members that
/// Icefield does not know stay. Keeps the logs: the replaced file is added to `metadata-log`, which
/// is cut to `write.metadata.previous-versions-max`; a new `main` snapshot is added to
/// `snapshot-log`. last-updated-ms never goes back. The result is parsed as ParseTableMetadata does
/// before it is given. InvalidArgument names an update that does not fit (an unknown id, a snapshot
/// whose sequence number is not above the last, a format version that goes down); CorruptData a
/// `text` that is none.
Result<std::string> ApplyUpdates(std::string_view text, std::string_view location,
                                 const std::vector<TableUpdate>& updates,
                                 const MetadataStamp& stamp);

}  // namespace icefield
