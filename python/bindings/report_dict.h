/// Reports as Python dictionaries.
#pragma once

#include <vector>

#include "bindings.h"

namespace icefield::python {

AnyDict ReportDict(const RetrievalReport& report);

DictList ViewList(const std::vector<ViewReport>& views);

}  // namespace icefield::python
