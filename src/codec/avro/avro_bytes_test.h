/// Making Avro bytes by hand, for tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace icefield::avro {

/// Encoded values, one after the other.
class AvroBytes {
 public:
  AvroBytes& Long(int64_t value) {
    uint64_t raw = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; raw >= 0x80; raw >>= 7) bytes_.push_back(static_cast<char>(raw | 0x80));
    bytes_.push_back(static_cast<char>(raw));
    return *this;
  }
  AvroBytes& Text(std::string_view text) {
    return Long(static_cast<int64_t>(text.size())).Raw(text);
  }
  AvroBytes& Boolean(bool value) { return Raw(std::string(1, value ? '\1' : '\0')); }
  AvroBytes& Float(float value) { return AppendNumber(value); }
  AvroBytes& Double(double value) { return AppendNumber(value); }
  AvroBytes& Raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  template <typename Number>
  AvroBytes& AppendNumber(Number value) {
    char raw[sizeof(Number)];
    std::memcpy(raw, &value, sizeof(Number));
    return Raw({raw, sizeof(Number)});
  }

  std::string bytes_;
};

struct TestBlock {
  int64_t count = 0;
  std::string data;  ///< Not compressed.
};

struct TestContainer {
  std::string schema;
  std::string codec = "null";  ///< "": the header has none.
  std::map<std::string, std::string> metadata;
  std::vector<TestBlock> blocks;
};

/// A field of a record, named after its id; the type as JSON.
std::string Field(int id, std::string_view type);

/// A record type of such fields, as JSON.
std::string Record(std::string_view name, const std::vector<std::string>& fields);

/// One block, compressed as Avro's codec `codec` demands.
std::string CompressBlock(std::string_view codec, std::string_view data);

/// The bytes of a whole file.
std::string ContainerBytes(const TestContainer& container);

}  // namespace icefield::avro
