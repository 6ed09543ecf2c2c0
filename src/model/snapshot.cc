#include "model/snapshot.h"

#include "base/checked.h"
#include "model/calendar.h"

namespace icefield {

std::string_view OperationOf(const Snapshot& snapshot) {
  const auto found = snapshot.summary.find("operation");
  return found == snapshot.summary.end() ? std::string_view() : found->second;
}

Result<SnapshotTime> ParseSnapshotTime(std::string_view text) {
  const std::optional<IsoInstant> instant = ParseIsoInstant(text);
  if (!instant)
    return InvalidArgument("'", text, "' is not an ISO-8601 time such as 2024-01-31T12:00:00Z");
  return SnapshotTime{static_cast<int64_t>(FloorDivide<Int128>(instant->nanos, 1'000'000))};
}

}  // namespace icefield
