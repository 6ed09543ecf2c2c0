/// Keeping a table's name mapping right when its schema changes.
#pragma once

#include "model/name_mapping.h"
#include "model/schema.h"

namespace icefield {

/// `mapping` for a table whose schema went from `before` to `after`: a renamed field is also known
/// by its new name, a new one gets an entry, and a name that one of them takes is taken from any
/// other field beside it. Fields of `before` that the mapping leaves out stay out.
NameMapping UpdateNameMapping(const NameMapping& mapping, const Schema& before,
                              const Schema& after);

}  // namespace icefield
