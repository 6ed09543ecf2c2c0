/// Schemas as text.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// A schema from the JSON of the specification (appendix C). CorruptData names the place of a wrong
/// or missing member.
Result<Schema> ParseSchemaText(std::string_view json);

}  // namespace icefield
