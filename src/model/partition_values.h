/// The tuple of a partition, and when two of them are the same one.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "model/value.h"

namespace icefield {

/// The values of a partition by position in its spec; one that is absent is null.
///
/// Two tuples are the same partition where `==` says so, and nothing else decides that. It is that
/// of OrderValues, not SQL's: NaN is a partition like any other, and -0.0 is another one than 0.0.
/// So has Iceberg Java it, which compares boxed floats; pyiceberg compares Python's, for which both
/// zeros are one.
struct PartitionValues {
  std::vector<std::optional<Value>> values;

  bool operator==(const PartitionValues& other) const { return (*this <=> other) == 0; }

  /// By the first values that differ; a tuple comes before one that it begins.
  std::strong_ordering operator<=>(const PartitionValues& other) const;
};

}  // namespace icefield
