#include "catalog/similar_names.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include "base/strings.h"

namespace icefield {
namespace {

constexpr size_t kSuggestionsMax = 5;

std::string Folded(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Letters to insert, delete or replace (Levenshtein).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + static_cast<size_t>(a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::vector<std::string> SimilarNames(std::string_view wanted,
                                      const std::vector<std::string>& names) {
  const std::string folded = Folded(wanted);
  const size_t far = 1 + folded.size() / 8;
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : names) {
    const std::string candidate = Folded(name);
    size_t distance = EditDistance(folded, candidate);
    if (LastPart(folded) == LastPart(candidate)) distance = std::min(distance, size_t{1});
    if (distance <= far) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), kSuggestionsMax));
  std::vector<std::string> out;
  for (auto& [distance, name] : near) out.push_back(std::move(name));
  return out;
}

std::string SimilarNamesHint(std::string_view wanted, const std::vector<std::string>& names) {
  const std::vector<std::string> similar = SimilarNames(wanted, names);
  return similar.empty() ? "" : "; similar: " + Join(similar, ", ");
}

}  // namespace icefield
