/// Names that nobody else makes.
#pragma once

#include <string>

namespace icefield {

/// A random UUID (version 4) as text: "0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11". From the system's
/// generator, so that processes and their forks never share one.
std::string RandomUuid();

}  // namespace icefield
