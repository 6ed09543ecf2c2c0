/// An InputFile as the Parquet library wants it.
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>

#include "io/object_store.h"

namespace icefield {

/// Borrows `file`, which must outlive the result.
std::shared_ptr<arrow::io::RandomAccessFile> AdaptInput(const InputFile& file);

/// Owns `file`.
std::shared_ptr<arrow::io::RandomAccessFile> AdaptInput(std::unique_ptr<InputFile> file);

}  // namespace icefield
