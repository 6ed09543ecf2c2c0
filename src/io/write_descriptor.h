/// Bytes to an open file of the system.
#pragma once

#include <string_view>

#include "base/result.h"

namespace icefield {

/// Writes all of `bytes` at the descriptor's place. The error is SystemError's and calls it `name`:
/// ResourceExhausted where the disk is full, InvalidArgument where it is closed.
Status WriteDescriptor(int descriptor, std::string_view bytes, std::string_view name);

}  // namespace icefield
