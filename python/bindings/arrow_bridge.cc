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
nb::object MakeCapsule(std::unique_ptr<Struct> exported, const char* name) {
  PyObject* capsule = PyCapsule_New(exported.release(), name, [](PyObject* object) {
    auto* owned = static_cast<Struct*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    if (owned->release != nullptr) owned->release(owned);
    delete owned;
  });
  if (capsule == nullptr) throw nb::python_error();
  return nb::steal(capsule);
}

// Rows that come from outside. What their maker raises is an error of the caller's input.
class ForeignStream final : public BatchStream {
 public:
  ForeignStream(std::shared_ptr<arrow::RecordBatchReader> reader, std::string what)
      : reader_(std::move(reader)), schema_(reader_->schema()), what_(std::move(what)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      ICEFIELD_ARROW_TRY(reader_->ReadNext(&batch), what_, ErrorCode::kInvalidArgument);
    } while (batch != nullptr && batch->num_rows() == 0);
    return batch;
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::string what_;
};

ArrowArrayStream* StreamOf(const nb::object& capsule) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  return stream;
}

void RaiseUnlessOk(const arrow::Status& status, std::string_view where) {
  if (!status.ok()) RaiseError(FromArrow(status, where, ErrorCode::kInvalidArgument));
}

}  // namespace

nb::object NativeStream::Schema() const {
  if (stream_ == nullptr) RaiseError(InvalidArgument("the stream was handed on; it is read once"));
  return ExportSchema(*stream_->schema());
}

nb::object NativeStream::Next() {
  if (stream_ == nullptr) return nb::none();
  Result<std::shared_ptr<arrow::RecordBatch>> next = [&] {
    const nb::gil_scoped_release release;
    return stream_->Next();
  }();
  if (!next.ok() || *next == nullptr) {
    const nb::gil_scoped_release release;
    stream_.reset();
  }
  const std::shared_ptr<arrow::RecordBatch> batch = ValueOrRaise(std::move(next));
  if (batch == nullptr) return nb::none();
  auto schema = std::make_unique<ArrowSchema>();
  auto array = std::make_unique<ArrowArray>();
  RaiseUnlessOk(arrow::ExportRecordBatch(*batch, array.get(), schema.get()), "export");
  return nb::make_tuple(MakeCapsule(std::move(schema), "arrow_schema"),
                        MakeCapsule(std::move(array), "arrow_array"));
}

void NativeStream::Close() {
  const nb::gil_scoped_release release;
  stream_.reset();
}

nb::object NativeStream::Capsule() {
  if (stream_ == nullptr) RaiseError(InvalidArgument("the stream was handed on; it is read once"));
  auto exported = std::make_unique<ArrowArrayStream>();
  RaiseUnlessOk(arrow::ExportRecordBatchReader(ToArrowReader(std::move(stream_)), exported.get()),
                "export");
  return MakeCapsule(std::move(exported), "arrow_array_stream");
}

nb::object ExportSchema(const arrow::Schema& schema) {
  auto exported = std::make_unique<ArrowSchema>();
  RaiseUnlessOk(arrow::ExportSchema(schema, exported.get()), "export");
  return MakeCapsule(std::move(exported), "arrow_schema");
}

std::shared_ptr<arrow::Table> ImportTable(const nb::object& frame) {
  const nb::object capsule = frame.attr("__arrow_c_stream__")();
  ArrowArrayStream* stream = StreamOf(capsule);
  // Without the interpreter's lock: the frame's own threads may need it to make the batches.
  arrow::Result<std::shared_ptr<arrow::Table>> table = [&] {
    const nb::gil_scoped_release release;
    arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> reader =
        arrow::ImportRecordBatchReader(stream);
    return reader.ok() ? (*reader)->ToTable() : reader.status();
  }();
  RaiseUnlessOk(table.status(), "entity frame");
  return *std::move(table);
}

std::unique_ptr<BatchStream> ImportStream(const nb::object& frame, std::string what) {
  const nb::object capsule = frame.attr("__arrow_c_stream__")();
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> reader =
      arrow::ImportRecordBatchReader(StreamOf(capsule));
  RaiseUnlessOk(reader.status(), what);
  return std::make_unique<ForeignStream>(*std::move(reader), std::move(what));
}

}  // namespace icefield::python
