#include "schema_argument.h"

#include <arrow/c/bridge.h>
#include <nanobind/stl/string.h>

#include <string>

#include "batch/arrow_status.h"
#include "bindings.h"

namespace nb = nanobind;

namespace icefield::python {

Schema SchemaArgument(const nb::object& schema, const ArrowSchemaOptions& options) {
  if (nb::isinstance<nb::str>(schema))
    return ValueOrRaise(ParseSchemaText(nb::cast<std::string>(schema)));
  const nb::object capsule = schema.attr("__arrow_c_schema__")();
  auto* exported = static_cast<ArrowSchema*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_schema"));
  if (exported == nullptr) throw nb::python_error();
  arrow::Result<std::shared_ptr<arrow::Schema>> imported = arrow::ImportSchema(exported);
  if (!imported.ok())
    RaiseError(FromArrow(imported.status(), "the schema", ErrorCode::kInvalidArgument));
  return ValueOrRaise(SchemaFromArrow(**imported, options));
}

}  // namespace icefield::python
