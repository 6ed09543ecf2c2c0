/// Suggestions for names that do not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace icefield {

/// The few of `names` that look most like `wanted`, best first: same up to the case of letters,
/// same last part ("a.t" for "b.t"), or few letters apart. Empty where none is near.
std::vector<std::string> SimilarNames(std::string_view wanted,
                                      const std::vector<std::string>& names);

/// "; similar: a.t, b.t", or "" where none is near.
std::string SimilarNamesHint(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace icefield
