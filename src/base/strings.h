/// Building messages and small texts.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace icefield {

inline void AppendPiece(std::string& out, std::string_view piece) { out.append(piece); }
inline void AppendPiece(std::string& out, const char* piece) { out.append(piece); }
inline void AppendPiece(std::string& out, char piece) { out.push_back(piece); }
template <std::integral Number>
void AppendPiece(std::string& out, Number piece) {
  out.append(std::to_string(piece));
}
inline void AppendPiece(std::string& out, double piece) { out.append(std::to_string(piece)); }

/// The pieces as one text; numbers in decimal.
template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  std::string out;
  (AppendPiece(out, pieces), ...);
  return out;
}

/// "a, b, c"
std::string Join(const std::vector<std::string>& pieces, std::string_view separator);

/// The non-overlapping parts between single-character separators; "" gives one empty part.
std::vector<std::string> Split(std::string_view text, char separator);

}  // namespace icefield
