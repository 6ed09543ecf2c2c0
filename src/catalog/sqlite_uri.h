/// Which file an SQLAlchemy URI means.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// The absolute path of the file that an SQLAlchemy URI names: sqlite:///relative,
/// sqlite:////absolute, sqlite+pysqlite://... InvalidArgument for databases in memory and URIs of
/// another form; Unsupported for other databases and drivers.
Result<std::string> SqlitePath(std::string_view uri);

}  // namespace icefield
