/// Footers of Puffin files (Puffin specification): which blobs lie where.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"

namespace icefield {

struct PuffinBlob {
  std::string type;
  int64_t offset = 0;
  int64_t length = 0;
  std::optional<std::string> compression_codec;
  std::map<std::string, std::string> properties;
  bool operator==(const PuffinBlob&) const = default;
};

struct PuffinFooter {
  /// By offset and length; each lies between the file's magic and the footer.
  std::vector<PuffinBlob> blobs;
  bool operator==(const PuffinFooter&) const = default;

  /// The blob of these bytes; null where there is none.
  const PuffinBlob* FindAt(int64_t offset, int64_t length) const;
};

/// Reads the footer of a file, compressed or not. CorruptData and Unsupported (flags that no
/// version knows) name the file.
Result<PuffinFooter> ReadPuffinFooter(const InputFile& file);

}  // namespace icefield
