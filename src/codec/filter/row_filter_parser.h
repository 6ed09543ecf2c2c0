/// Row filters from the texts that people write.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/predicate.h"

namespace icefield {

/// Parses a row filter: pyiceberg's grammar, words in any case.
///   comparisons  price >= 2.5, 'x' = name, = == != <> < <= > >=
///   sets         id in (1, 2), id not in (3)
///   tests        x is null, x is not null, x is nan, x is not nan
///   prefixes     name like 'abc%' ("\%" is a percent sign, other wildcards are refused), name
///   starts with 'abc' ranges       ts between '2024-01-01' and '2024-02-01' together     and, or,
///   not, parentheses, true, false
/// Columns are dotted names; a name that is no plain word stands in double quotes, with \" and
/// \\ inside. Texts, and with them dates and times, stand in single quotes, with '' inside.
/// Numerals that neither an int64 nor a double holds digit for digit are kept as texts, which bind
/// to numeric columns alike. InvalidArgument states the position (in bytes, from 1) and what was
/// expected there. Nesting is limited to 200.
Result<RowFilter> ParseRowFilter(std::string_view text);

}  // namespace icefield
