/// An OutputFile as the Parquet library wants it.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <optional>

#include "io/object_store.h"

namespace icefield {

/// Owns the file. After the first fault, which it keeps, nothing more is written: the library
/// closes what it has begun even where nobody wants it any more.
class AdaptedOutput final : public arrow::io::OutputStream {
 public:
  explicit AdaptedOutput(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}

  /// Does not close the file: see CloseFile.
  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return file_->size_bytes(); }
  arrow::Status Write(const void* data, int64_t size_bytes) override;
  using arrow::io::OutputStream::Write;

  /// The error of the file that stopped the writing.
  const std::optional<Error>& fault() const { return fault_; }

  /// Lets further writes fail with `reason`.
  void Abandon(Error reason);

  /// Makes the file visible.
  Status CloseFile();

  const OutputFile& file() const { return *file_; }

 private:
  std::unique_ptr<OutputFile> file_;
  std::optional<Error> fault_;
  bool closed_ = false;
};

}  // namespace icefield
