/// The block codecs of Avro container files.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield::avro {

enum class BlockCodec : uint8_t { kNull, kDeflate, kSnappy, kZstandard };

/// From the text of `avro.codec`. Unsupported names a codec that is not known.
Result<BlockCodec> ParseBlockCodec(std::string_view name);

/// Decompresses one block after the other; keeps its buffer and the codec's state between them.
/// Move-only. Not for several threads at once.
class Decompressor {
 public:
  static Result<Decompressor> Make(BlockCodec codec);

  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;
  ~Decompressor();

  /// The plain bytes of a block, valid until the next call (null codec: `block` itself).
  /// CorruptData where `block` is not a whole block of the codec or its checksum is wrong;
  /// ResourceExhausted where it would become longer than `size_max`.
  Result<std::string_view> Decompress(std::string_view block, size_t size_max);

 private:
  struct State;
  explicit Decompressor(std::unique_ptr<State> state);

  Result<std::string_view> DecompressSnappy(std::string_view block, size_t size_max);
  Result<std::string_view> DecompressStream(std::string_view block, size_t size_max);

  std::unique_ptr<State> state_;
};

}  // namespace icefield::avro
