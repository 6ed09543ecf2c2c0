/// Snapshots to JSON (specification: "Snapshots").
#pragma once

#include <cstdint>
#include <string>

#include "model/snapshot.h"

namespace icefield {

/// A snapshot object as metadata of `format_version` holds it, compact. The operation stands first
/// in its summary.
std::string SnapshotJson(const Snapshot& snapshot, int32_t format_version);

}  // namespace icefield
