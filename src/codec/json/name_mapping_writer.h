/// Name mappings to JSON (specification: appendix C, "Name Mapping Serialization").
#pragma once

#include <string>

#include "model/name_mapping.h"

namespace icefield {

/// The text of the table property `schema.name-mapping.default`; what ReadNameMapping reads.
std::string NameMappingJson(const NameMapping& mapping);

}  // namespace icefield
