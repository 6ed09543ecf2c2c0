/// Schemas to JSON (specification: appendix C, "Schemas"); what ReadSchema reads.
#pragma once

#include <string>

#include "model/schema.h"

namespace icefield {

/// A schema object with its `schema-id`, compact. Docs and defaults stand only where a field has
/// them, `identifier-field-ids` only where there are some.
std::string SchemaJson(const Schema& schema);

/// A type: a string for primitives, else an object.
std::string TypeJson(const Type& type);

}  // namespace icefield
