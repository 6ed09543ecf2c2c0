/// Reports as Python dictionaries.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "icefield/icefield.h"

namespace icefield::python {

nanobind::dict ReportDict(const RetrievalReport& report);

nanobind::list ViewList(const std::vector<ViewReport>& views);

}  // namespace icefield::python
