/// Partition and sort terms from the texts that people write.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/table_terms.h"

namespace icefield {

/// Parses a partition term, words in any case:
///   region              the column itself (identity)
///   bucket(16, id)      also bucket(id, 16)
///   truncate(4, name)   also truncate(name, 4)
///   year(ts), month(ts), day(ts), hour(ts)   also in the plural, as Spark spells them
///   identity(x), void(x)
///   day(ts) as d        any of these with a name for the partition field
/// Columns are dotted names; a name that is no plain word stands in double quotes. InvalidArgument
/// states the text, the position (in bytes, from 1) and what was expected there.
Result<PartitionTerm> ParsePartitionTerm(std::string_view text);

/// Parses a sort term: a partition term without a name, then `asc` or `desc`, then `nulls first` or
/// `nulls last`. Left out: ascending; nulls first where ascending, else last.
Result<SortTerm> ParseSortTerm(std::string_view text);

}  // namespace icefield
