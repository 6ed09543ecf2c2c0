/// Which partition spec a manifest was written under, where no manifest list says it (v1).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"

namespace icefield {

/// The partition spec id in the metadata of a manifest, 0 where it states none. `bytes` is the
/// whole file; `location` names it in errors.
Result<SpecId> ReadManifestSpecId(std::string_view bytes, std::string_view location);

}  // namespace icefield
