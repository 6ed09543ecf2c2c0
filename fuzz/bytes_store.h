/// A store in which every location is the same bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/object_store.h"

namespace icefield {

/// Does not: own the bytes.
class BytesFile final : public InputFile {
 public:
  explicit BytesFile(std::string_view bytes) : bytes_(bytes) {}
  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
    if (offset < 0 || static_cast<uint64_t>(offset) > bytes_.size() ||
        out.size() > bytes_.size() - static_cast<uint64_t>(offset)) {
      return CorruptData(location_, " ends too early");
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::string_view bytes_;
  std::string location_ = "fuzz";
};

class BytesStore final : public ObjectStore {
 public:
  explicit BytesStore(std::string_view bytes) : bytes_(bytes) {}
  Result<std::unique_ptr<InputFile>> Open(std::string_view) const override {
    return std::unique_ptr<InputFile>(std::make_unique<BytesFile>(bytes_));
  }
  Result<std::vector<std::string>> List(std::string_view) const override {
    return std::vector<std::string>{};
  }

 private:
  std::string_view bytes_;
};

}  // namespace icefield
