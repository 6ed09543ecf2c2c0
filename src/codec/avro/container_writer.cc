#include "codec/avro/container_writer.h"

#include <string_view>

namespace icefield::avro {
namespace {

// As Java's writer cuts them; readers hold one block in memory.
constexpr size_t kBlockBytes = 64000;

uint64_t Fnv1a(std::string_view bytes, uint64_t hash) {
  constexpr uint64_t kPrime = 0x100000001b3;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * kPrime;
  return hash;
}

// Sixteen bytes that end each block: a hash of the header, as nothing asks for chance.
std::string SyncMarker(std::string_view header) {
  std::string marker;
  for (const uint64_t start : {0xcbf29ce484222325U, 0x9ae16a3b2f90404fU}) {
    const uint64_t hash = Fnv1a(header, start);
    for (int shift = 0; shift < 64; shift += 8) marker.push_back(static_cast<char>(hash >> shift));
  }
  return marker;
}

}  // namespace

ContainerWriter::ContainerWriter(const ContainerHeader& header) : codec_(header.codec) {
  std::map<std::string, std::string> metadata = header.metadata;
  metadata["avro.schema"] = header.schema;
  metadata["avro.codec"] = BlockCodecName(header.codec);
  file_.WriteFixed({"Obj\1", 4});
  file_.WriteItems(metadata, [this](const auto& entry) {
    file_.WriteBytes(entry.first);
    file_.WriteBytes(entry.second);
  });
  sync_ = SyncMarker(file_.bytes());
  file_.WriteFixed(sync_);
}

Status ContainerWriter::FinishValue() {
  ++count_;
  if (values_.bytes().size() < kBlockBytes) return {};
  return FinishBlock();
}

Result<std::string> ContainerWriter::Finish() {
  if (count_ > 0) ICEFIELD_TRY(FinishBlock());
  return file_.bytes();
}

Status ContainerWriter::FinishBlock() {
  ICEFIELD_ASSIGN(const std::string block, CompressWith(codec_, values_.bytes()));
  file_.WriteLong(count_);
  file_.WriteBytes(block);
  file_.WriteFixed(sync_);
  values_.Clear();
  count_ = 0;
  return {};
}

}  // namespace icefield::avro
