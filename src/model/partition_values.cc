#include "model/partition_values.h"

#include <algorithm>

namespace icefield {

std::strong_ordering PartitionValues::operator<=>(const PartitionValues& other) const {
  for (size_t at = 0; at < std::min(values.size(), other.values.size()); ++at) {
    const std::strong_ordering order = OrderValues(values[at], other.values[at]);
    if (order != 0) return order;
  }
  return values.size() <=> other.values.size();
}

}  // namespace icefield
