/// The block codecs of Avro container files, the way there; decompressor.h has the way back.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/avro/decompressor.h"

namespace icefield::avro {

/// The codec that the table property `write.avro.compression-codec` asks for: "gzip" (deflate in
/// Avro), "zstd", "snappy" or "uncompressed". Unsupported for other words.
Result<BlockCodec> BlockCodecOfProperty(std::string_view name);

/// The text of `avro.codec`; the inverse of ParseBlockCodec.
std::string_view BlockCodecName(BlockCodec codec);

/// One whole block of the codec; the null codec gives `data` itself.
Result<std::string> CompressWith(BlockCodec codec, std::string_view data);

}  // namespace icefield::avro
