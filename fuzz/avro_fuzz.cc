/// Any bytes as a manifest list, as a manifest of data and of delete files, and as a container file
/// whose values are all skipped.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/avro/container_reader.h"
#include "codec/avro/manifest_reader.h"
#include "codec/avro/skip_program.h"

namespace {

using icefield::FieldId;
using icefield::ManifestContent;
using icefield::ManifestFile;
using icefield::PartitionSpec;

PartitionSpec MakeSpec() {
  constexpr int32_t kFields = 24;
  PartitionSpec spec;
  for (int32_t i = 0; i < kFields; ++i) spec.fields.push_back({FieldId{i + 1}, FieldId{1000 + i}});
  return spec;
}

void ReadAsManifests(std::string_view bytes) {
  static const PartitionSpec kSpec = MakeSpec();
  for (ManifestContent content : {ManifestContent::kData, ManifestContent::kDeletes}) {
    ManifestFile manifest{.path = "fuzz", .content = content};
    manifest.sequence_number.value = 1;
    static_cast<void>(icefield::ParseManifest(bytes, manifest, kSpec));
  }
}

void SkipEverything(std::string_view bytes) {
  constexpr size_t kBytesMax = size_t{1} << 22;
  auto reader = icefield::avro::ContainerReader::Make(bytes, {kBytesMax, kBytesMax});
  if (!reader.ok()) return;
  const icefield::avro::SkipProgram skips(reader->schema());
  while (true) {
    auto block = reader->NextBlock();
    if (!block.ok() || !*block) return;
    icefield::avro::Decoder in((*block)->data);
    for (uint64_t i = 0; i < (*block)->count && in.ok(); ++i) {
      skips.Skip(in, reader->schema().root);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(icefield::ParseManifestList(bytes, "fuzz"));
  ReadAsManifests(bytes);
  SkipEverything(bytes);
  return 0;
}
