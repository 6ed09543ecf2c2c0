/// Avro container files (Avro specification: "Object Container Files").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/avro/decompressor.h"
#include "codec/avro/schema_tree.h"

namespace icefield::avro {

/// How much a file may grow when it is decompressed. Beyond it, reading is ResourceExhausted.
struct ContainerLimits {
  size_t block_bytes_max = size_t{256} << 20;
  size_t total_bytes_max = size_t{2} << 30;
};

/// One block: `count` values of the file's schema, one after the other.
struct ContainerBlock {
  uint64_t count = 0;
  std::string_view data;  ///< Valid until the next block is read.
  size_t position = 0;    ///< Of the block in the file, for messages.
};

/// Reads a container file block by block. Errors say where in the file; who knows its location adds
/// it with Error::At.
/// Does not: own the bytes of the file, or decode values.
class ContainerReader {
 public:
  /// Reads the header. CorruptData for what is no container file or has no valid schema,
  /// Unsupported for a codec that is not known.
  static Result<ContainerReader> Make(std::string_view bytes, ContainerLimits limits = {});

  const SchemaTree& schema() const { return schema_; }

  /// A value of the file's metadata, or nothing. Keys of Avro itself start with "avro.".
  std::optional<std::string_view> FindMetadata(std::string_view key) const;

  /// The next block, nothing at the end of the file. A count is never larger than the block's bytes
  /// allow for the schema.
  Result<std::optional<ContainerBlock>> NextBlock();

 private:
  ContainerReader(std::string_view bytes, ContainerLimits limits, Decompressor decompressor);

  Result<ContainerBlock> ReadBlock();

  std::string_view bytes_;
  ContainerLimits limits_;
  Decompressor decompressor_;
  SchemaTree schema_;
  std::map<std::string, std::string_view, std::less<>> metadata_;
  std::string_view sync_;
  size_t position_ = 0;
  size_t total_bytes_ = 0;
};

}  // namespace icefield::avro
