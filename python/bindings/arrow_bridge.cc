#include "arrow_bridge.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include "batch/arrow_status.h"
#include "bindings.h"

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

// What a capsule owns.
template <typename Struct>
Struct* StructOf(const nb::object& capsule, const char* name) {
  auto* owned = static_cast<Struct*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (owned == nullptr) throw nb::python_error();
  return owned;
}

// A reader of pyarrow, asked in Python for each batch: what its maker raises stays what it is, and
// is kept for RaiseError. Its methods need not hold the interpreter's lock.
class PythonReader final : public arrow::RecordBatchReader {
 public:
  PythonReader(nb::object batches, std::shared_ptr<arrow::Schema> schema)
      : batches_(std::move(batches)), schema_(std::move(schema)) {}
  ~PythonReader() override {
    const nb::gil_scoped_acquire gil;
    batches_.reset();
  }
  PythonReader(const PythonReader&) = delete;
  PythonReader& operator=(const PythonReader&) = delete;

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    const nb::gil_scoped_acquire gil;
    try {
      const nb::object capsule = batches_.attr("next")();
      if (capsule.is_none()) return arrow::Status::OK();
      return arrow::ImportRecordBatch(StructOf<ArrowArray>(capsule, "arrow_array"), schema_)
          .Value(batch);
    } catch (nb::python_error& raised) {
      raised.restore();
      KeepRaised();
      return ToArrow(Fail(ErrorCode::kCancelled, "the maker of the batches raised"));
    }
  }

 private:
  nb::object batches_;
  std::shared_ptr<arrow::Schema> schema_;
};

// The text by which pyarrow hands on what Python code raised, where the exception itself is lost.
bool IsInterrupt(const arrow::Status& status) {
  const std::string_view text = status.message();
  return text.find("Detail: Python exception") != std::string_view::npos &&
         text.find("\nKeyboardInterrupt") != std::string_view::npos;
}

// Rows that come from outside, without the batches that hold none (of which pyarrow exports some
// that do not hold what they say). What their maker raises is an error of the caller's input.
class ForeignStream final : public BatchStream {
 public:
  ForeignStream(std::shared_ptr<arrow::RecordBatchReader> reader, std::string what)
      : reader_(std::move(reader)), schema_(reader_->schema()), what_(std::move(what)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      const arrow::Status status = reader_->ReadNext(&batch);
      if (IsInterrupt(status)) return Fail(ErrorCode::kCancelled, what_, ": interrupted");
      if (!status.ok()) return FromArrow(status, what_, ErrorCode::kInvalidArgument);
    } while (batch != nullptr && batch->num_rows() == 0);
    return batch;
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::string what_;
};

// The reader of a frame: itself by the C stream, or what the package made of a reader of pyarrow.
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ReaderOf(const nb::object& frame) {
  if (nb::hasattr(frame, "__arrow_c_stream__")) {
    const nb::object capsule = frame.attr("__arrow_c_stream__")();
    return arrow::ImportRecordBatchReader(
        StructOf<ArrowArrayStream>(capsule, "arrow_array_stream"));
  }
  const nb::object capsule = frame.attr("schema")();
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Schema> schema,
                        arrow::ImportSchema(StructOf<ArrowSchema>(capsule, "arrow_schema")));
  return std::make_shared<PythonReader>(frame, std::move(schema));
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
  const std::shared_ptr<arrow::RecordBatch> batch = Unlocked([&] {
    Result<std::shared_ptr<arrow::RecordBatch>> next = CaughtValue([&] { return stream_->Next(); });
    if (!next.ok() || *next == nullptr) stream_.reset();
    return next;
  });
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
  const std::string what = "entity frame";
  const std::unique_ptr<BatchStream> stream = ImportStream(frame, what);
  // Without the interpreter's lock: the frame's own threads may need it to make the batches.
  return Unlocked([&]() -> Result<std::shared_ptr<arrow::Table>> {
    arrow::RecordBatchVector batches;
    while (true) {
      ICEFIELD_ASSIGN(batches.emplace_back(), stream->Next());
      if (batches.back() == nullptr) break;
    }
    batches.pop_back();
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table,
                          arrow::Table::FromRecordBatches(stream->schema(), batches), what,
                          ErrorCode::kInvalidArgument);
    return table;
  });
}

std::unique_ptr<BatchStream> ImportStream(const nb::object& frame, std::string what) {
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> reader = ReaderOf(frame);
  RaiseUnlessOk(reader.status(), what);
  return std::make_unique<ForeignStream>(*std::move(reader), std::move(what));
}

}  // namespace icefield::python
