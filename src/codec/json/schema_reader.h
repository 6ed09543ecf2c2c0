/// Schemas from JSON (specification: appendix C, "Schemas").
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// Reads a schema object; a schema without `schema-id` (old v1) gets the id 0. CorruptData names
/// the place of a missing or wrong member, of a field id that is used twice and of a name that
/// comes twice in one struct. Unsupported names a type that the specification does not know.
Result<Schema> ReadSchema(const JsonValue& json);

/// Reads a type: a string for primitives, else an object.
Result<Type> ReadType(const JsonValue& json);

}  // namespace icefield
