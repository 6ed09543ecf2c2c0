/// Names and numbers that nobody else makes.
#pragma once

#include <cstdint>
#include <string>

namespace icefield {

/// A random UUID (version 4) as text: "0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11". From the system's
/// generator, so that processes and their forks never share one.
std::string RandomUuid();

/// A random number from 1 to 2^63 - 1, from the same generator.
int64_t RandomPositive();

}  // namespace icefield
