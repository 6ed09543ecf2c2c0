/// What a predicate on rows says of the partitions that hold them.
#pragma once

#include "model/partition_spec.h"
#include "model/predicate.h"

namespace icefield {

/// The inclusive projection of `predicate` (specification: "Scan Planning"): true for the partition
/// of every row that passes `predicate`. Its field ids are not those of the spec but positions in
/// it, counted from 0 (v1 specs share ids). Void and unknown transforms exclude nothing. Time
/// partitions before 1970 may lie one unit off, and truncated numbers near the smallest may have
/// wrapped around: there are writers of both.
Predicate ProjectToPartition(const Predicate& predicate, const PartitionSpec& spec);

/// `predicate` without the values of its memberships that no row of one partition has: what is left
/// to look for in a file of it. `tuple` tells the partition's values by position in `spec`. Long
/// memberships stay as they are.
Predicate NarrowToPartition(Predicate predicate, const PartitionSpec& spec,
                            const StatisticsSource& tuple);

}  // namespace icefield
