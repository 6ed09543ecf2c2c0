/// How much memory there is.
#pragma once

#include <cstdint>
#include <string>

namespace icefield {

/// Bytes of memory that this process may use: the machine's, or less where a control group (of
/// version 1 or 2, or one above it) limits it. `root` is where /proc and /sys lie. Never 0.
int64_t MachineMemoryBytes(const std::string& root = "/");

/// The most bytes that this process has had in memory so far (its greatest resident size).
int64_t ProcessPeakBytes();

}  // namespace icefield
