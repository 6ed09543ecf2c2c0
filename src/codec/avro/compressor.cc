#include "codec/avro/compressor.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <libdeflate.h>

#include <memory>
#include <utility>

namespace icefield::avro {
namespace {

Error CodecFault(const arrow::Status& status) {
  return Internal("Arrow's codec does not compress a block: ", status.message());
}

arrow::Result<std::unique_ptr<arrow::util::Codec>> MakeCodec(BlockCodec codec) {
  if (codec == BlockCodec::kSnappy) return arrow::util::Codec::Create(arrow::Compression::SNAPPY);
  if (codec == BlockCodec::kZstandard) return arrow::util::Codec::Create(arrow::Compression::ZSTD);
  arrow::util::GZipCodecOptions raw_deflate;
  raw_deflate.gzip_format = arrow::util::GZipFormat::DEFLATE;
  return arrow::util::Codec::Create(arrow::Compression::GZIP, raw_deflate);
}

}  // namespace

Result<BlockCodec> BlockCodecOfProperty(std::string_view name) {
  if (name == "gzip") return BlockCodec::kDeflate;
  if (name == "zstd") return BlockCodec::kZstandard;
  if (name == "snappy") return BlockCodec::kSnappy;
  if (name == "uncompressed") return BlockCodec::kNull;
  return Unsupported("write.avro.compression-codec '", name,
                     "' is not known; gzip, zstd, snappy and uncompressed are");
}

std::string_view BlockCodecName(BlockCodec codec) {
  switch (codec) {
    case BlockCodec::kDeflate:
      return "deflate";
    case BlockCodec::kSnappy:
      return "snappy";
    case BlockCodec::kZstandard:
      return "zstandard";
    case BlockCodec::kNull:
      break;
  }
  return "null";
}

Result<std::string> CompressWith(BlockCodec codec, std::string_view data) {
  if (codec == BlockCodec::kNull) return std::string(data);
  auto made = MakeCodec(codec);
  if (!made.ok()) return CodecFault(made.status());
  const auto* input = reinterpret_cast<const uint8_t*>(data.data());
  const auto size = static_cast<int64_t>(data.size());
  std::string out(static_cast<size_t>((*made)->MaxCompressedLen(size, input)), '\0');
  const auto written = (*made)->Compress(size, input, static_cast<int64_t>(out.size()),
                                         reinterpret_cast<uint8_t*>(out.data()));
  if (!written.ok()) return CodecFault(written.status());
  out.resize(static_cast<size_t>(*written));
  if (codec == BlockCodec::kSnappy) {
    const uint32_t checksum = libdeflate_crc32(0, data.data(), data.size());
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(checksum >> shift));
  }
  return out;
}

}  // namespace icefield::avro
