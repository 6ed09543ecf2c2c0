/// The bounds of a column's values, as manifests hold them.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/type.h"

namespace icefield {

/// The lowest and the highest of a leaf's values, seen array by array. Nulls and NaN are no values
/// here. Owns what it keeps.
class ValueRange {
 public:
  virtual ~ValueRange() = default;

  /// `values` has the leaf's Arrow type, or the type below its extension.
  virtual void Add(const arrow::Array& values) = 0;

  /// NaN seen so far; 0 for types that have none.
  virtual int64_t nans() const { return 0; }

  /// A bound in single-value bytes (specification, appendix D), or none where there is no value.
  /// Texts and bytes are cut to `length_max` code points or bytes if given: the lower bound then is
  /// a prefix of the lowest value, the upper one the next possible text or bytes above its prefix,
  /// or none where there is none above. Zeros: -0.0 below, +0.0 above.
  virtual std::optional<std::string> Lower(std::optional<int32_t> length_max) const = 0;
  virtual std::optional<std::string> Upper(std::optional<int32_t> length_max) const = 0;
};

/// Null for a type that has no bounds (unknown, variant, geometry, geography).
std::unique_ptr<ValueRange> MakeValueRange(const PrimitiveType& type);

/// At most `length_max` code points of `text` from its front. Bytes that are no UTF-8 count as code
/// points of one byte.
std::string_view TextPrefix(std::string_view text, int32_t length_max);

/// The least text of at most as many code points as `prefix` that is above every text that begins
/// with it, surrogates left out. None where there is none, or `prefix` is no UTF-8.
std::optional<std::string> TextAbove(std::string_view prefix);

/// The same for bytes.
std::optional<std::string> BytesAbove(std::string_view prefix);

}  // namespace icefield
