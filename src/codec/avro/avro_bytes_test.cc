#include "codec/avro/avro_bytes_test.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <libdeflate.h>

#include <memory>

#include "base/strings.h"

namespace icefield::avro {
namespace {

constexpr std::string_view kSync = "0123456789abcdef";

std::string Compress(arrow::util::Codec& codec, std::string_view data) {
  const auto* input = reinterpret_cast<const uint8_t*>(data.data());
  const auto size = static_cast<int64_t>(data.size());
  std::string out(static_cast<size_t>(codec.MaxCompressedLen(size, input)), '\0');
  const int64_t written = codec
                              .Compress(size, input, static_cast<int64_t>(out.size()),
                                        reinterpret_cast<uint8_t*>(out.data()))
                              .ValueOrDie();
  out.resize(static_cast<size_t>(written));
  return out;
}

}  // namespace

std::string Field(int id, std::string_view type) {
  return StrCat(R"({"name": "f)", id, R"(", "field-id": )", id, R"(, "type": )", type, "}");
}

std::string Record(std::string_view name, const std::vector<std::string>& fields) {
  return StrCat(R"({"type": "record", "name": ")", name, R"(", "fields": [)", Join(fields, ", "),
                "]}");
}

std::string CompressBlock(std::string_view codec, std::string_view data) {
  if (codec == "deflate") {
    arrow::util::GZipCodecOptions raw;
    raw.gzip_format = arrow::util::GZipFormat::DEFLATE;
    return Compress(*arrow::util::Codec::Create(arrow::Compression::GZIP, raw).ValueOrDie(), data);
  }
  if (codec == "zstandard") {
    return Compress(*arrow::util::Codec::Create(arrow::Compression::ZSTD).ValueOrDie(), data);
  }
  if (codec == "snappy") {
    std::string block =
        Compress(*arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie(), data);
    const uint32_t checksum = libdeflate_crc32(0, data.data(), data.size());
    for (int shift : {24, 16, 8, 0}) block.push_back(static_cast<char>(checksum >> shift));
    return block;
  }
  return std::string(data);
}

std::string ContainerBytes(const TestContainer& container) {
  AvroBytes out;
  out.Raw(std::string_view("Obj\1", 4));
  std::map<std::string, std::string> metadata = container.metadata;
  metadata["avro.schema"] = container.schema;
  if (!container.codec.empty()) metadata["avro.codec"] = container.codec;
  out.Long(static_cast<int64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) out.Text(key).Text(value);
  out.Long(0).Raw(kSync);
  for (const TestBlock& block : container.blocks) {
    out.Long(block.count).Text(CompressBlock(container.codec, block.data)).Raw(kSync);
  }
  return out.bytes();
}

}  // namespace icefield::avro
