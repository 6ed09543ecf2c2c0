// What nearly every source of the library includes and what costs most to parse.
#pragma once

#include <arrow/api.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
