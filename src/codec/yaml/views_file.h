/// Feature views written down for the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feature/feature_view.h"

namespace icefield {

/// A view with the table it is over.
struct NamedView {
  std::string table;  ///< "namespace.table", or a metadata location.
  FeatureViewSpec spec;
  bool operator==(const NamedView&) const = default;
};

/// A TTL in microseconds: a number of seconds, or a text such as 90s, 15m, 3h, 2d. InvalidArgument
/// for any other text.
Result<int64_t> ParseTtl(std::string_view text);

/// A views file: a list `views`, and nothing else, of mappings with
///   name, table, timestamp_field: texts
///   join_keys: list of columns, or of mappings {column: frame column}
///   created_timestamp_column: text (optional)
///   ttl: number of seconds, or a text such as 90s, 15m, 3h, 2d (optional: no limit)
///   features: list of columns, or of mappings {column: output name} (optional: all but keys and
///   times) row_filter: text (optional) snapshot_id: number, ref: text, as_of: ISO-8601 text
///   (optional, at most one)
/// Row filters are parsed by the caller's `parse_filter`. InvalidArgument names `location`, the
/// view and the entry; an entry that is not listed here, or is there twice, is refused.
Result<std::vector<NamedView>> ParseViewsFile(std::string_view text, const std::string& location,
                                              Result<RowFilter> (*parse_filter)(std::string_view));

}  // namespace icefield
