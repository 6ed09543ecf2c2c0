/// Parts of the frame that views made.
#pragma once

#include <arrow/type.h>

#include <functional>
#include <memory>
#include <string>

#include "retrieval/frame_passes.h"
#include "retrieval/frame_rows.h"

namespace icefield {

/// So many rows are joined at once, of a frame of which this is a part.
using PassRowsOf = std::function<int64_t(const arrow::Table& part)>;

/// The finished rows as columns of `schema`: keys, then the entity time.
std::unique_ptr<FramePasses> MakeMadePasses(std::shared_ptr<arrow::Schema> schema,
                                            std::unique_ptr<FrameRows> rows, PassRowsOf pass_rows);

}  // namespace icefield
