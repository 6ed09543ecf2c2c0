/// Name mappings from JSON (specification: appendix C, "Name Mapping Serialization").
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/name_mapping.h"

namespace icefield {

/// Reads the value of the table property `schema.name-mapping.default`. CorruptData names the
/// property and the place in it of a missing or wrong member, and of a name that comes twice among
/// siblings. Unsupported for an empty text, that is where the table has no such property; the
/// message says what to do for a file without field ids.
Result<NameMapping> ReadNameMapping(std::string_view json);

}  // namespace icefield
