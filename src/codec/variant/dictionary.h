/// The metadata of a variant: the names of its objects' fields.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefield::variant {

/// The names that field ids stand for. A view: valid while the metadata lives.
class Dictionary {
 public:
  /// Checks all of the metadata but the order of its names, on which nothing here relies. The bytes
  /// 01 00, which the specification writes for an empty dictionary, stand for 01 00 00.
  static Result<Dictionary> Parse(std::string_view metadata);

  /// CorruptData where there is no such name.
  Result<std::string_view> Name(uint64_t id) const;

 private:
  std::vector<std::string_view> names_;
};

}  // namespace icefield::variant
