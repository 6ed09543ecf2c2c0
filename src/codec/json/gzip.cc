#include "codec/json/gzip.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>

#include <algorithm>

namespace icefield {
namespace {

constexpr std::string_view kMagic = "\x1f\x8b";
constexpr size_t kStepBytes = size_t{1} << 20;

using Step = arrow::util::Decompressor::DecompressResult;

const uint8_t* Data(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// Decompresses what `rest` and the room at the end of `out` allow, and drops both from the two.
Result<Step> DecompressStep(arrow::util::Decompressor& decompressor, std::string_view& rest,
                            std::string& out) {
  const size_t before = out.size();
  out.resize(before + kStepBytes);
  arrow::Result<Step> step = decompressor.Decompress(
      static_cast<int64_t>(rest.size()), Data(rest), static_cast<int64_t>(kStepBytes),
      reinterpret_cast<uint8_t*>(out.data() + before));
  if (!step.ok()) return CorruptData("damaged gzip stream: ", step.status().message());
  out.resize(before + static_cast<size_t>(step->bytes_written));
  rest.remove_prefix(static_cast<size_t>(step->bytes_read));
  return *step;
}

}  // namespace

Result<std::string> Gzip(std::string_view text) {
  arrow::Result<std::unique_ptr<arrow::util::Codec>> codec =
      arrow::util::Codec::Create(arrow::Compression::GZIP);
  if (!codec.ok()) return Internal("no gzip codec: ", codec.status().message());
  const auto size = static_cast<int64_t>(text.size());
  const int64_t room = (*codec)->MaxCompressedLen(size, Data(text));
  std::string out(static_cast<size_t>(room), '\0');
  const arrow::Result<int64_t> written =
      (*codec)->Compress(size, Data(text), room, reinterpret_cast<uint8_t*>(out.data()));
  if (!written.ok()) return Internal("gzip: ", written.status().message());
  out.resize(static_cast<size_t>(*written));
  return out;
}

bool IsGzip(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<std::string> Gunzip(std::string_view bytes, int64_t size_bytes_max) {
  arrow::Result<std::unique_ptr<arrow::util::Codec>> codec =
      arrow::util::Codec::Create(arrow::Compression::GZIP);
  if (!codec.ok()) return Internal("no gzip codec: ", codec.status().message());
  arrow::Result<std::shared_ptr<arrow::util::Decompressor>> decompressor =
      (*codec)->MakeDecompressor();
  if (!decompressor.ok()) return Internal("no gzip codec: ", decompressor.status().message());

  std::string out;
  std::string_view rest = bytes;
  while (true) {
    ICEFIELD_ASSIGN(const Step step, DecompressStep(**decompressor, rest, out));
    if (static_cast<int64_t>(out.size()) > size_bytes_max) {
      return Fail(ErrorCode::kResourceExhausted, "the gzip stream holds more than the limit of ",
                  size_bytes_max, " bytes");
    }
    if ((*decompressor)->IsFinished()) {
      if (rest.empty()) return out;
      // Streams may follow one another; their contents are one.
      if (arrow::Status reset = (*decompressor)->Reset(); !reset.ok()) {
        return Internal("cannot restart the gzip codec: ", reset.message());
      }
    } else if (step.bytes_read == 0 && step.bytes_written == 0) {
      return CorruptData("the gzip stream is cut short");
    }
  }
}

}  // namespace icefield
