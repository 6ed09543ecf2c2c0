/// Errors of the operating system as ours.
#pragma once

#include <string_view>

#include "base/result.h"

namespace icefield {

/// "cannot `what` `location`: No space left on device", with the code that fits errno `number`.
Error SystemError(std::string_view what, std::string_view location, int number);

}  // namespace icefield
