#include "codec/puffin/puffin_footer.h"

#include <arrow/util/compression.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "batch/arrow_status.h"

namespace icefield {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "PFA1";
constexpr int64_t kMagicBytes = kMagic.size();
constexpr int64_t kTailBytes = 4 + 4 + kMagicBytes;  // Payload size, flags, magic.
constexpr uint32_t kPayloadIsCompressed = 1;
// What a compressed footer may grow to: some 200,000 deletion vectors.
constexpr size_t kPayloadBytesMax = size_t{64} << 20;

std::pair<int64_t, int64_t> PlaceOf(const PuffinBlob& blob) { return {blob.offset, blob.length}; }

Result<std::string> ReadPart(const InputFile& file, int64_t offset, int64_t bytes) {
  std::string part(static_cast<size_t>(bytes), '\0');
  ICEFIELD_TRY(file.ReadAt(offset, std::as_writable_bytes(std::span(part))));
  return part;
}

// One LZ4 frame.
Result<std::string> Decompress(std::string_view rest) {
  constexpr size_t kStepBytes = size_t{1} << 16;
  ICEFIELD_ARROW_ASSIGN(const std::unique_ptr<arrow::util::Codec> codec,
                        arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME), "LZ4");
  ICEFIELD_ARROW_ASSIGN(const std::shared_ptr<arrow::util::Decompressor> decompressor,
                        codec->MakeDecompressor(), "LZ4");
  std::string out;
  while (!decompressor->IsFinished()) {
    const size_t before = out.size();
    out.resize(before + kStepBytes);
    ICEFIELD_ARROW_ASSIGN(const auto step,
                          decompressor->Decompress(static_cast<int64_t>(rest.size()),
                                                   reinterpret_cast<const uint8_t*>(rest.data()),
                                                   static_cast<int64_t>(kStepBytes),
                                                   reinterpret_cast<uint8_t*>(out.data() + before)),
                          "the compressed footer", ErrorCode::kCorruptData);
    out.resize(before + static_cast<size_t>(step.bytes_written));
    rest.remove_prefix(static_cast<size_t>(step.bytes_read));
    if (step.bytes_read == 0 && step.bytes_written == 0) {
      return CorruptData("the compressed footer is cut short");
    }
    if (out.size() > kPayloadBytesMax) {
      return Fail(ErrorCode::kResourceExhausted, "the footer has more than ", kPayloadBytesMax,
                  " bytes");
    }
  }
  if (!rest.empty()) return CorruptData(rest.size(), " bytes follow the compressed footer");
  return out;
}

Result<PuffinBlob> ToBlob(const JsonValue& value, int64_t blobs_end) {
  PuffinBlob blob;
  ICEFIELD_ASSIGN(blob.type, value.Get<std::string>("type"));
  ICEFIELD_ASSIGN(blob.offset, value.Get<int64_t>("offset"));
  ICEFIELD_ASSIGN(blob.length, value.Get<int64_t>("length"));
  ICEFIELD_ASSIGN(blob.compression_codec, value.Find<std::string>("compression-codec"));
  ICEFIELD_ASSIGN(const std::optional<JsonValue> properties, value.Find("properties"));
  if (properties) {
    ICEFIELD_ASSIGN(blob.properties, properties->TextMembers());
  }
  if (blob.offset < kMagicBytes || blob.length < 0 || blob.offset > blobs_end ||
      blob.length > blobs_end - blob.offset) {
    return CorruptData(value.Path(), " claims ", blob.length, " bytes from ", blob.offset,
                       " on, the blobs end at ", blobs_end);
  }
  return blob;
}

Result<PuffinFooter> ParsePayload(std::string_view payload, int64_t blobs_end) {
  ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(payload));
  ICEFIELD_ASSIGN(const JsonValue blobs, document.Root().Get("blobs"));
  ICEFIELD_ASSIGN(const std::vector<JsonValue> elements, blobs.Elements());
  PuffinFooter footer;
  footer.blobs.reserve(elements.size());
  for (const JsonValue& element : elements) {
    ICEFIELD_ASSIGN(footer.blobs.emplace_back(), ToBlob(element, blobs_end));
  }
  std::ranges::sort(footer.blobs, {}, PlaceOf);
  return footer;
}

// `payload` as it lies in the file.
Result<PuffinFooter> ReadPayload(std::string payload, bool compressed, int64_t blobs_end) {
  if (!payload.starts_with(kMagic)) {
    return CorruptData("the Puffin footer does not start with PFA1");
  }
  payload.erase(0, kMagic.size());
  if (compressed) {
    ICEFIELD_ASSIGN(payload, Decompress(payload));
  }
  return ParsePayload(payload, blobs_end);
}

}  // namespace

const PuffinBlob* PuffinFooter::FindAt(int64_t offset, int64_t length) const {
  const std::pair place(offset, length);
  const auto found = std::ranges::lower_bound(blobs, place, {}, PlaceOf);
  return found != blobs.end() && PlaceOf(*found) == place ? &*found : nullptr;
}

Result<PuffinFooter> ReadPuffinFooter(const InputFile& file) {
  const std::string& location = file.location();
  const int64_t size = file.size_bytes();
  if (size < kMagicBytes + kMagicBytes + kTailBytes) {
    return CorruptData(location, ": too short for a Puffin file: ", size, " bytes");
  }
  ICEFIELD_ASSIGN(const std::string head, ReadPart(file, 0, kMagicBytes));
  ICEFIELD_ASSIGN(const std::string tail, ReadPart(file, size - kTailBytes, kTailBytes));
  if (head != kMagic || !tail.ends_with(kMagic)) {
    return CorruptData(location, ": not a Puffin file: it does not start and end with PFA1");
  }
  int32_t payload_bytes;
  uint32_t flags;
  std::memcpy(&payload_bytes, tail.data(), 4);
  std::memcpy(&flags, tail.data() + 4, 4);
  if ((flags & ~kPayloadIsCompressed) != 0) {
    return Unsupported(location, ": a Puffin footer with the unknown flags ", flags);
  }
  const int64_t blobs_end = size - kTailBytes - payload_bytes - kMagicBytes;
  if (payload_bytes < 0 || blobs_end < kMagicBytes) {
    return CorruptData(location, ": the Puffin footer claims ", payload_bytes,
                       " bytes, the file has ", size);
  }
  ICEFIELD_ASSIGN(std::string payload, ReadPart(file, blobs_end, kMagicBytes + payload_bytes));
  Result<PuffinFooter> footer =
      ReadPayload(std::move(payload), (flags & kPayloadIsCompressed) != 0, blobs_end);
  if (!footer.ok()) return std::move(footer).error().At(location);
  return footer;
}

}  // namespace icefield
