/// What manifest lists and manifests have in common as files.
#pragma once

#include <optional>
#include <utility>

#include "base/result.h"
#include "base/strong_id.h"
#include "codec/avro/container_reader.h"
#include "codec/avro/decoder.h"

namespace icefield::avro {

/// Unsupported if the file says that it has a format version above 3. A file of v1 may say nothing.
Status CheckFormatVersion(const ContainerReader& file);

/// The partition spec that a manifest says it was written under, or nothing.
Result<std::optional<SpecId>> FindSpecId(const ContainerReader& file);

/// A number that must not be negative; `name` must outlive the decoder.
inline int64_t ReadCount(Decoder& in, const char* name) {
  const int64_t count = in.ReadLong();
  if (count < 0) in.Fail("a number is negative", name);
  return count;
}

/// Calls `read` once for each value of the file; it reads exactly one and may refuse it with an
/// Error. Errors say which value of which block is wrong.
template <typename Read>
Status ReadValues(ContainerReader& file, Read&& read) {
  while (true) {
    ICEFIELD_ASSIGN(std::optional<ContainerBlock> block, file.NextBlock());
    if (!block) return {};
    Decoder in(block->data);
    for (uint64_t i = 0; i < block->count; ++i) {
      if (Status status = read(in); !status.ok()) return status;
      if (!in.ok()) {
        return CorruptData("entry ", i, " of the block at byte ", block->position, ": ",
                           in.FaultText());
      }
    }
    if (in.remaining() > 0) {
      return CorruptData("the block at byte ", block->position, " has ", in.remaining(),
                         " bytes after its last entry");
    }
  }
}

}  // namespace icefield::avro
