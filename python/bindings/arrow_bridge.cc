#include "arrow_bridge.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include "batch/arrow_status.h"
#include "errors.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// A capsule that owns an Arrow C struct, by the rules of the Arrow PyCapsule interface.
template <typename Struct>
nb::object Capsule(std::unique_ptr<Struct> exported, const char* name) {
  PyObject* capsule = PyCapsule_New(exported.release(), name, [](PyObject* object) {
    auto* owned = static_cast<Struct*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    if (owned->release != nullptr) owned->release(owned);
    delete owned;
  });
  if (capsule == nullptr) throw nb::python_error();
  return nb::steal(capsule);
}

void RaiseUnlessOk(const arrow::Status& status, std::string_view where) {
  if (!status.ok()) RaiseError(FromArrow(status, where, ErrorCode::kInvalidArgument));
}

}  // namespace

nb::object ExportStream(std::unique_ptr<BatchStream> stream) {
  auto exported = std::make_unique<ArrowArrayStream>();
  RaiseUnlessOk(arrow::ExportRecordBatchReader(ToArrowReader(std::move(stream)), exported.get()),
                "export");
  return Capsule(std::move(exported), "arrow_array_stream");
}

nb::object ExportSchema(const arrow::Schema& schema) {
  auto exported = std::make_unique<ArrowSchema>();
  RaiseUnlessOk(arrow::ExportSchema(schema, exported.get()), "export");
  return Capsule(std::move(exported), "arrow_schema");
}

std::shared_ptr<arrow::Table> ImportTable(const nb::object& frame) {
  const nb::object capsule = frame.attr("__arrow_c_stream__")();
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> reader =
      arrow::ImportRecordBatchReader(stream);
  RaiseUnlessOk(reader.status(), "entity frame");
  arrow::Result<std::shared_ptr<arrow::Table>> table = (*reader)->ToTable();
  RaiseUnlessOk(table.status(), "entity frame");
  return *std::move(table);
}

}  // namespace icefield::python
