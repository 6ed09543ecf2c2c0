/// Streams of the same rows, side by side.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "batch/batch_stream.h"

namespace icefield {

/// Batches with the columns of all `parts`, in their order. Each part gives the same rows in
/// batches of its own; a batch is as long as the shortest. Every part has a thread of its own while
/// the next batch is made. CorruptData names `location` where one ends before another; errors of a
/// part come as they are. At least one part.
std::unique_ptr<BatchStream> ZipStreams(std::vector<std::unique_ptr<BatchStream>> parts,
                                        std::string location);

}  // namespace icefield
