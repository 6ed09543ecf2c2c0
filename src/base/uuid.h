/// Random identifiers.
#pragma once

#include <cstdint>
#include <string>

namespace icefield {

/// A random (version 4) UUID as text: "f47ac10b-58cc-4372-a567-0e02b2c3d479". Thread-safe, and safe
/// after fork.
std::string RandomUuid();

/// A random number from 1 to 2^63 - 1.
int64_t RandomPositive();

}  // namespace icefield
