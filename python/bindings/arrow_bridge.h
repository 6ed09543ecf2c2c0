/// Arrow data across the border, without copies: PyCapsules of the Arrow C interfaces.
#pragma once

#include <arrow/table.h>
#include <nanobind/nanobind.h>

#include <memory>

#include "icefield/icefield.h"

namespace icefield::python {

/// A stream of the engine in Python's hands: read by next() to the end, or handed on by capsule().
class NativeStream {
 public:
  explicit NativeStream(std::unique_ptr<BatchStream> stream) : stream_(std::move(stream)) {}

  /// A PyCapsule "arrow_schema".
  nanobind::object Schema() const;

  /// The next batch as PyCapsules ("arrow_schema", "arrow_array"), or None at the end. Decodes
  /// without the interpreter's lock; raises the exception that the error table names.
  nanobind::object Next();

  /// What is left of the stream as a PyCapsule "arrow_array_stream", for those that read without
  /// Python. Errors reach them as theirs, with the same message.
  nanobind::object Capsule();

  /// Gives up what is left, with its threads and temporary files; nothing where it was handed on.
  void Close();

 private:
  std::unique_ptr<BatchStream> stream_;
};

/// A schema as a PyCapsule "arrow_schema".
nanobind::object ExportSchema(const arrow::Schema& schema);

/// All batches of an object that ImportStream takes, as a table without empty chunks.
std::shared_ptr<arrow::Table> ImportTable(const nanobind::object& frame);

/// What icefield.arrow.to_stream gives, as a stream that is read as the engine asks for it, without
/// the interpreter's lock (who makes the batches in Python takes it): an object with
/// __arrow_c_stream__, or its batches of a pyarrow reader. What those raise in Python is kept for
/// RaiseError, in the thread that asks. Raises AttributeError for other objects. `what` names it in
/// errors.
std::unique_ptr<BatchStream> ImportStream(const nanobind::object& frame, std::string what);

}  // namespace icefield::python
