/// Ids that cannot be swapped for one another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace icefield {

/// A number with a meaning. Two StrongIds of different tags do not mix.
template <typename Tag, typename Number>
struct StrongId {
  Number value{};
  auto operator<=>(const StrongId&) const = default;
};

using FieldId = StrongId<struct FieldIdTag, int32_t>;    ///< Column id, unique in a table for ever.
using SchemaId = StrongId<struct SchemaIdTag, int32_t>;  ///< Schema of a table.
using SpecId = StrongId<struct SpecIdTag, int32_t>;      ///< Partition spec of a table.
using SnapshotId = StrongId<struct SnapshotIdTag, int64_t>;  ///< Snapshot of a table.
using SequenceNumber =
    StrongId<struct SequenceTag, int64_t>;  ///< Order of commits; 0 for all of v1.
using SnapshotTime =
    StrongId<struct SnapshotTimeTag, int64_t>;  ///< Commit clock, milliseconds since the epoch.

}  // namespace icefield

template <typename Tag, typename Number>
struct std::hash<icefield::StrongId<Tag, Number>> {
  size_t operator()(const icefield::StrongId<Tag, Number>& id) const noexcept {
    return std::hash<Number>{}(id.value);
  }
};
