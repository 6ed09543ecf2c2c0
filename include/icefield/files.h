/// Frames, views and results as files.
#pragma once

#include <arrow/table.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/batch_stream.h"
#include "codec/ipc/frame_file.h"
#include "codec/json/row_writer.h"
#include "codec/yaml/views_file.h"
#include "io/write_descriptor.h"

namespace icefield {

/// An entity frame from a Parquet, CSV or Arrow IPC file, told apart by its first bytes (Parquet,
/// Arrow) or its ending (.csv). Errors name the file.
Result<std::shared_ptr<arrow::Table>> ReadFrameFile(const std::string& path);

/// The feature views of a views file.
Result<std::vector<NamedView>> ReadViewsFile(const std::string& path);

}  // namespace icefield
