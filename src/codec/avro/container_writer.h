/// Avro container files to bytes (Avro specification: "Object Container Files").
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "codec/avro/compressor.h"
#include "codec/avro/encoder.h"

namespace icefield::avro {

/// What stands before the blocks.
struct ContainerHeader {
  std::string schema;  ///< JSON
  BlockCodec codec = BlockCodec::kDeflate;
  std::map<std::string, std::string> metadata;  ///< Without Avro's own keys.
};

/// Builds a container file in memory, a block at a time. Equal headers and values give equal bytes.
/// Does not: check that values are of the schema.
class ContainerWriter {
 public:
  explicit ContainerWriter(const ContainerHeader& header);

  /// Where the next value is encoded; whole when FinishValue is called.
  Encoder& values() { return values_; }

  /// Ends a value; starts a new block where the current one is large enough.
  Status FinishValue();

  /// The file. The writer may not be used afterwards.
  Result<std::string> Finish();

 private:
  Status FinishBlock();

  BlockCodec codec_;
  std::string sync_;
  Encoder file_;
  Encoder values_;
  int64_t count_ = 0;
};

}  // namespace icefield::avro
