/// Which rows of a row group may pass a predicate, by its pages' statistics.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "batch/position_set.h"
#include "model/predicate.h"
#include "read/data_file.h"

namespace icefield {

/// `predicate` without the values of its memberships that a row group's bloom filters exclude;
/// kFalse where none is left. Filters are only asked for few values.
Result<Predicate> WithoutAbsentValues(const DataFileReader& file, int row_group,
                                      Predicate predicate);

/// The rows of a row group (numbered in it, as ascending runs) that may pass `predicate` by the
/// page index of the columns that it names; nothing where the index would leave out no row, or says
/// nothing. The index is only read of columns that the row group's own statistics leave undecided.
Result<std::optional<std::vector<RowRun>>> RunsFor(const DataFileReader& file, int row_group,
                                                   const Predicate& predicate);

}  // namespace icefield
