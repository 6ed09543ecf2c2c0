/// Arrow IPC: entity frames in, result streams out.
#pragma once

#include <arrow/table.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch/batch_stream.h"

namespace icefield {

/// The table in an Arrow IPC file or stream (also known as Feather 2). CorruptData names
/// `location`.
Result<std::shared_ptr<arrow::Table>> ReadIpcFrame(std::string bytes, const std::string& location);

/// Writes all batches to an open file descriptor as an Arrow IPC stream, closed at its end.
/// Where the descriptor cannot be written to: the errors of WriteDescriptor, which call it `name`.
Status WriteIpcStream(BatchStream& stream, int descriptor, std::string_view name);

}  // namespace icefield
