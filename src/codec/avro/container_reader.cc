#include "codec/avro/container_reader.h"

#include <algorithm>
#include <utility>

#include "codec/avro/decoder.h"

namespace icefield::avro {
namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr size_t kSyncBytes = 16;

}  // namespace

ContainerReader::ContainerReader(std::string_view bytes, ContainerLimits limits,
                                 Decompressor decompressor)
    : bytes_(bytes), limits_(limits), decompressor_(std::move(decompressor)) {}

Result<ContainerReader> ContainerReader::Make(std::string_view bytes, ContainerLimits limits) {
  if (!bytes.starts_with(kMagic)) {
    return CorruptData("it is not an Avro file: it does not start with 'Obj' and 1");
  }
  Decoder in(bytes);
  in.SkipFixed(kMagic.size());
  std::map<std::string, std::string_view, std::less<>> metadata;
  ReadItems(in, 2, [&] {
    const std::string_view key = in.ReadBytes();
    metadata.insert_or_assign(std::string(key), in.ReadBytes());
  });
  const std::string_view sync = in.ReadFixed(kSyncBytes);
  if (!in.ok()) return CorruptData("its Avro header is damaged: ", in.FaultText());

  const auto codec_name = metadata.find("avro.codec");
  ICEFIELD_ASSIGN(BlockCodec codec,
                  ParseBlockCodec(codec_name == metadata.end() ? "null" : codec_name->second));
  ICEFIELD_ASSIGN(Decompressor decompressor, Decompressor::Make(codec));
  ContainerReader reader(bytes, limits, std::move(decompressor));
  const auto schema = metadata.find("avro.schema");
  if (schema == metadata.end()) return CorruptData("its Avro header has no avro.schema");
  Result<SchemaTree> tree = ParseSchemaTree(schema->second);
  if (!tree.ok()) return std::move(tree).error().At("its Avro schema");
  reader.schema_ = *std::move(tree);
  reader.metadata_ = std::move(metadata);
  reader.sync_ = sync;
  reader.position_ = in.position();
  return reader;
}

std::optional<std::string_view> ContainerReader::FindMetadata(std::string_view key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<ContainerBlock>> ContainerReader::NextBlock() {
  if (position_ == bytes_.size()) return std::optional<ContainerBlock>();
  const size_t start = position_;
  Result<ContainerBlock> block = ReadBlock();
  if (!block.ok()) return std::move(block).error().At(StrCat("the block at byte ", start));
  return std::optional<ContainerBlock>(*block);
}

Result<ContainerBlock> ContainerReader::ReadBlock() {
  Decoder in(bytes_.substr(position_));
  const int64_t count = in.ReadLong();
  const std::string_view packed = in.ReadBytes();
  const std::string_view sync = in.ReadFixed(kSyncBytes);
  if (!in.ok()) return CorruptData("it is cut off or damaged: ", in.FaultText());
  if (sync != sync_) return CorruptData("it is damaged: no sync marker follows it");
  if (count < 0) return CorruptData("it claims ", count, " values");

  const size_t size_max = std::min(limits_.block_bytes_max, limits_.total_bytes_max - total_bytes_);
  ICEFIELD_ASSIGN(std::string_view data, decompressor_.Decompress(packed, size_max));
  const size_t value_bytes_min = schema_.top().bytes_min;
  const size_t count_max = value_bytes_min > 0 ? data.size() / value_bytes_min : kEmptyItemsMax;
  if (static_cast<uint64_t>(count) > count_max) {
    return CorruptData("it claims ", count, " values in ", data.size(), " bytes");
  }
  ContainerBlock block{static_cast<uint64_t>(count), data, position_};
  total_bytes_ += data.size();
  position_ += in.position();
  return block;
}

}  // namespace icefield::avro
