/// Partition transforms (specification: "Partition Transforms").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/value.h"

namespace icefield {

enum class TransformKind : uint8_t {
  kIdentity,
  kBucket,
  kTruncate,
  kYear,
  kMonth,
  kDay,
  kHour,
  kVoid,
  kUnknown
};

/// A function from a source value to a partition value. A null source gives a null partition value.
struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  int32_t parameter = 0;  ///< bucket: number of buckets; truncate: width
  std::string text;       ///< as written in the metadata; kept for kUnknown

  bool operator==(const Transform&) const = default;
};

/// From "bucket[16]", "day", ... A name that is not known is kUnknown: readers ignore it, never
/// fail on it. CorruptData for a known name with a bad parameter.
Result<Transform> ParseTransform(std::string_view text);

/// "bucket[16]"; an unknown transform as it was written.
std::string TransformText(const Transform& transform);

/// The type of the partition values that `transform` makes of `source`. InvalidArgument where it
/// does not apply.
Result<PrimitiveType> TransformResultType(const Transform& transform, const PrimitiveType& source);

/// The partition value of a non-null `value` of type `source`. Floors before 1970 and for negative
/// truncate; bucket is murmur3 x86 32 of the specification's bytes, & INT_MAX, modulo. Nothing for
/// void.
Result<std::optional<Value>> ApplyTransform(const Transform& transform, const PrimitiveType& source,
                                            const Value& value);

/// Where the code point of number `code_points` (from 0) begins in UTF-8 `text`, or its end where
/// there are fewer.
size_t CodePointOffset(std::string_view text, size_t code_points);

}  // namespace icefield
