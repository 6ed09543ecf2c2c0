/// Encoded variant values to JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/variant/dictionary.h"

namespace icefield::variant {

/// How deep objects and arrays may nest, inside typed_value columns or encoded: as deep as
/// Iceberg's library reads them.
inline constexpr int kDepthMax = 1000;

/// One field of an object; the name is a view into the metadata.
struct JsonField {
  std::string_view name;
  std::string json;
};

/// Appends the JSON of the value that is all of `bytes`; `depth` is how many objects and arrays
/// surround it. Work is bounded by the size of `bytes` and of the text: values that share their
/// bytes are CorruptData. After an error a part of the text may stand at the end of `out`.
Status AppendValue(const Dictionary& dictionary, std::string_view bytes, int depth,
                   std::string& out);

/// The fields of the object that is all of `bytes`, in its own order; CorruptData where it is any
/// other value.
Result<std::vector<JsonField>> DecodeObject(const Dictionary& dictionary, std::string_view bytes,
                                            int depth);

}  // namespace icefield::variant
