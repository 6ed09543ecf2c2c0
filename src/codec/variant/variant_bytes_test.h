/// Variants made by hand for tests, byte by byte as the specification lays them out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icefield::variant {

/// The lowest `width` bytes of `number`, little-endian.
inline std::string Little(uint64_t number, int width) {
  std::string out;
  for (int at = 0; at < width; ++at) out += static_cast<char>(number >> (8 * at));
  return out;
}

template <typename Number>
std::string Raw(Number number) {
  std::string out(sizeof(Number), '\0');
  std::memcpy(out.data(), &number, sizeof(Number));
  return out;
}

inline std::string Primitive(int id, std::string_view data = {}) {
  return static_cast<char>(id << 2) + std::string(data);
}

inline std::string Null() { return Primitive(0); }
inline std::string Int8(int8_t number) { return Primitive(3, Raw(number)); }
inline std::string Short(std::string_view text) {
  return static_cast<char>(text.size() << 2 | 1) + std::string(text);
}
inline std::string Long(std::string_view text) {
  return Primitive(16, Little(text.size(), 4) + std::string(text));
}

/// Metadata of these names, in this order.
inline std::string Metadata(const std::vector<std::string>& names, int width = 1) {
  std::string out(1, static_cast<char>(1 | (width - 1) << 6));
  out += Little(names.size(), width);
  std::string bytes;
  for (const std::string& name : names) {
    out += Little(bytes.size(), width);
    bytes += name;
  }
  return out + Little(bytes.size(), width) + bytes;
}

/// How wide the numbers of an object or array are.
struct Widths {
  int offset = 1;
  int id = 1;
  bool is_large = false;
};

inline std::string Offsets(const std::vector<std::string>& values, int width) {
  std::string out;
  size_t offset = 0;
  for (const std::string& value : values) {
    out += Little(offset, width);
    offset += value.size();
  }
  return out + Little(offset, width);
}

inline std::string Joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += value;
  return out;
}

inline std::string Array(const std::vector<std::string>& values, Widths widths = {}) {
  const int header = (widths.offset - 1) | (widths.is_large ? 4 : 0);
  return static_cast<char>(header << 2 | 3) + Little(values.size(), widths.is_large ? 4 : 1) +
         Offsets(values, widths.offset) + Joined(values);
}

/// Fields in this order: (field id, value).
inline std::string Object(const std::vector<std::pair<int, std::string>>& fields,
                          Widths widths = {}) {
  const int header = (widths.offset - 1) | (widths.id - 1) << 2 | (widths.is_large ? 16 : 0);
  std::string ids;
  std::vector<std::string> values;
  for (const auto& [id, value] : fields) {
    ids += Little(static_cast<uint64_t>(id), widths.id);
    values.push_back(value);
  }
  return static_cast<char>(header << 2 | 2) + Little(fields.size(), widths.is_large ? 4 : 1) + ids +
         Offsets(values, widths.offset) + Joined(values);
}

}  // namespace icefield::variant
