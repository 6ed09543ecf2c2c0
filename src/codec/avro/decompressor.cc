#include "codec/avro/decompressor.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <libdeflate.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace icefield::avro {
namespace {

constexpr size_t kChecksumBytes = 4;
// A three-byte copy gives at most 64 bytes; a longer claim is a lie, and not worth its memory.
constexpr size_t kSnappyGrowthMax = 32;
// Some writers cut a zlib stream down to its deflate part and leave most of its Adler-32 behind.
constexpr size_t kDeflateRestMax = 4;
constexpr size_t kBufferMin = 4096;

Error CodecFault(std::string_view what, const arrow::Status& status) {
  return CorruptData("the block is not valid ", what, ": ", status.message());
}

Error TooLong(size_t size_max) {
  return Fail(ErrorCode::kResourceExhausted, "the block holds more than ", size_max,
              " bytes, the most that is read");
}

uint32_t BigEndian32(std::string_view bytes) {
  uint32_t value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// The length before a snappy block: seven bits a byte, at most 32 bits.
std::optional<size_t> SnappyLength(std::string_view block) {
  constexpr int kBytesMax = 5;
  size_t length = 0;
  for (int i = 0; i < kBytesMax && static_cast<size_t>(i) < block.size(); ++i) {
    const auto byte = static_cast<uint8_t>(block[i]);
    length |= static_cast<size_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return length;
  }
  return std::nullopt;
}

const uint8_t* AsBytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

struct Decompressor::State {
  BlockCodec codec = BlockCodec::kNull;
  std::unique_ptr<arrow::util::Codec> arrow_codec;
  std::shared_ptr<arrow::util::Decompressor> stream;  // deflate, zstandard
  std::string buffer;
};

Result<BlockCodec> ParseBlockCodec(std::string_view name) {
  if (name == "null") return BlockCodec::kNull;
  if (name == "deflate") return BlockCodec::kDeflate;
  if (name == "snappy") return BlockCodec::kSnappy;
  if (name == "zstandard") return BlockCodec::kZstandard;
  return Unsupported("Avro codec '", name,
                     "' is not known; null, deflate, snappy and zstandard are");
}

Decompressor::Decompressor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Result<Decompressor> Decompressor::Make(BlockCodec codec) {
  auto state = std::make_unique<State>();
  state->codec = codec;
  if (codec == BlockCodec::kNull) return Decompressor(std::move(state));
  arrow::util::GZipCodecOptions raw_deflate;
  raw_deflate.gzip_format = arrow::util::GZipFormat::DEFLATE;
  auto made =
      codec == BlockCodec::kDeflate
          ? arrow::util::Codec::Create(arrow::Compression::GZIP, raw_deflate)
          : arrow::util::Codec::Create(codec == BlockCodec::kSnappy ? arrow::Compression::SNAPPY
                                                                    : arrow::Compression::ZSTD);
  if (!made.ok()) return Internal("Arrow's codec cannot be made: ", made.status().message());
  state->arrow_codec = *std::move(made);
  if (codec != BlockCodec::kSnappy) {
    auto stream = state->arrow_codec->MakeDecompressor();
    if (!stream.ok()) return Internal("Arrow's codec cannot be made: ", stream.status().message());
    state->stream = *std::move(stream);
  }
  return Decompressor(std::move(state));
}

Result<std::string_view> Decompressor::Decompress(std::string_view block, size_t size_max) {
  switch (state_->codec) {
    case BlockCodec::kNull:
      if (block.size() > size_max) return TooLong(size_max);
      return block;
    case BlockCodec::kSnappy:
      return DecompressSnappy(block, size_max);
    default:
      return DecompressStream(block, size_max);
  }
}

Result<std::string_view> Decompressor::DecompressSnappy(std::string_view block, size_t size_max) {
  if (block.size() < kChecksumBytes) return CorruptData("the block is too short for its checksum");
  const uint32_t checksum = BigEndian32(block.substr(block.size() - kChecksumBytes));
  block.remove_suffix(kChecksumBytes);
  const std::optional<size_t> length = SnappyLength(block);
  if (!length || *length > block.size() * kSnappyGrowthMax) {
    return CorruptData("the block is not valid snappy: its length is wrong");
  }
  if (*length > size_max) return TooLong(size_max);
  std::string& buffer = state_->buffer;
  // One byte more, so that there is memory to point at.
  if (buffer.size() < *length + 1) buffer.resize(*length + 1);
  auto written = state_->arrow_codec->Decompress(static_cast<int64_t>(block.size()), AsBytes(block),
                                                 static_cast<int64_t>(*length),
                                                 reinterpret_cast<uint8_t*>(buffer.data()));
  if (!written.ok()) return CodecFault("snappy", written.status());
  const std::string_view plain(buffer.data(), static_cast<size_t>(*written));
  if (plain.size() != *length || libdeflate_crc32(0, plain.data(), plain.size()) != checksum) {
    return CorruptData("the block's checksum does not match its bytes");
  }
  return plain;
}

Result<std::string_view> Decompressor::DecompressStream(std::string_view block, size_t size_max) {
  const bool is_deflate = state_->codec == BlockCodec::kDeflate;
  const std::string_view name = is_deflate ? "deflate" : "zstandard";
  std::string& buffer = state_->buffer;
  size_t size = 0;
  while (true) {
    if (arrow::Status reset = state_->stream->Reset(); !reset.ok()) return CodecFault(name, reset);
    while (!state_->stream->IsFinished()) {
      if (size == buffer.size()) {
        if (size > size_max) return TooLong(size_max);
        buffer.resize(std::min(std::max(size * 2, kBufferMin), size_max + 1));
      }
      auto step = state_->stream->Decompress(static_cast<int64_t>(block.size()), AsBytes(block),
                                             static_cast<int64_t>(buffer.size() - size),
                                             reinterpret_cast<uint8_t*>(&buffer[size]));
      if (!step.ok()) return CodecFault(name, step.status());
      block.remove_prefix(static_cast<size_t>(step->bytes_read));
      size += static_cast<size_t>(step->bytes_written);
      const bool progress = step->bytes_read > 0 || step->bytes_written > 0;
      if (!progress && !state_->stream->IsFinished() && size < buffer.size()) {
        return CorruptData("the block is not valid ", name, ": it is cut off");
      }
    }
    // Zstandard frames may follow one another.
    if (is_deflate || block.empty()) break;
  }
  if (block.size() > kDeflateRestMax) {
    return CorruptData("the block has ", block.size(), " bytes after its ", name, " data");
  }
  if (size > size_max) return TooLong(size_max);
  return std::string_view(buffer.data(), size);
}

}  // namespace icefield::avro
