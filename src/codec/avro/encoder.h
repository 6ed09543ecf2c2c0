/// Writing Avro's binary encoding (Avro specification: "Binary Encoding").
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace icefield::avro {

static_assert(std::endian::native == std::endian::little, "Avro's numbers are little-endian");

/// Appends encoded values to bytes of its own.
class Encoder {
 public:
  /// An int or a long, which are encoded alike.
  void WriteLong(int64_t value) {
    uint64_t raw = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; raw >= 0x80; raw >>= 7) bytes_.push_back(static_cast<char>(raw | 0x80));
    bytes_.push_back(static_cast<char>(raw));
  }
  void WriteBoolean(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void WriteFloat(float value) { AppendNumber(value); }
  void WriteDouble(double value) { AppendNumber(value); }

  /// A `bytes` or `string`.
  void WriteBytes(std::string_view bytes) {
    WriteLong(static_cast<int64_t>(bytes.size()));
    bytes_.append(bytes);
  }
  /// Bytes without their length.
  void WriteFixed(std::string_view bytes) { bytes_.append(bytes); }

  /// The branch of a union of null and another type, in this order. True if a value must follow.
  bool WritePresence(bool present) {
    bytes_.push_back(present ? '\2' : '\0');
    return present;
  }
  void WriteOptionalLong(std::optional<int64_t> value) {
    if (WritePresence(value.has_value())) WriteLong(*value);
  }
  void WriteOptionalBytes(const std::optional<std::string>& value) {
    if (WritePresence(value.has_value())) WriteBytes(*value);
  }

  /// An array, or a map with keys that are no text: one block of items, each by `write(item)`.
  template <typename Items, typename Write>
  void WriteItems(const Items& items, Write&& write) {
    if (!items.empty()) WriteLong(static_cast<int64_t>(items.size()));
    for (const auto& item : items) write(item);
    WriteLong(0);
  }

  const std::string& bytes() const { return bytes_; }

  /// Forgets the bytes, keeps their memory.
  void Clear() { bytes_.clear(); }

 private:
  template <typename Number>
  void AppendNumber(Number value) {
    char raw[sizeof(Number)];
    std::memcpy(raw, &value, sizeof(Number));
    bytes_.append(raw, sizeof(Number));
  }

  std::string bytes_;
};

}  // namespace icefield::avro
