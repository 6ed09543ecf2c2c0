/// Files in memory, for tests and fuzz targets.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/object_store.h"

namespace icefield {

/// Borrows its bytes.
class MemoryFile final : public InputFile {
 public:
  explicit MemoryFile(std::string_view bytes, std::string_view location = "memory")
      : bytes_(bytes), location_(location) {}
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
  std::string location_;
};

/// A store in which every location is the same bytes, which it borrows.
class OneFileStore final : public ObjectStore {
 public:
  explicit OneFileStore(std::string_view bytes) : bytes_(bytes) {}
  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    return std::unique_ptr<InputFile>(std::make_unique<MemoryFile>(bytes_, location));
  }
  Result<std::vector<std::string>> List(std::string_view) const override {
    return std::vector<std::string>{};
  }

 private:
  std::string_view bytes_;
};

/// Files by path; a location with the scheme `file:` is its path. Owns them; opened files are
/// copies. Writes appear when they are closed, as in other stores.
class MemoryStore final : public ObjectStore {
 public:
  using Files = std::map<std::string, std::string, std::less<>>;

  MemoryStore() = default;
  explicit MemoryStore(Files files) : files_(std::move(files)) {}
  MemoryStore(MemoryStore&& other) noexcept : files_(std::move(other.files_)) {}

  /// As they are now; not to be read while others write.
  const Files& files() const { return files_; }

  static std::string_view PathOf(std::string_view location) {
    if (location.starts_with("file://")) return location.substr(7);
    return location.starts_with("file:") ? location.substr(5) : location;
  }

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(PathOf(location));
    if (found == files_.end()) return NotFound(location, " does not exist");
    return std::unique_ptr<InputFile>(std::make_unique<Copy>(found->second, location));
  }

  Result<std::vector<std::string>> List(std::string_view location) const override {
    const std::lock_guard lock(mutex_);
    std::string folder(PathOf(location));
    if (!folder.ends_with('/')) folder += '/';
    std::set<std::string> names;
    for (auto at = files_.lower_bound(folder); at != files_.end(); ++at) {
      if (!at->first.starts_with(folder)) break;
      const std::string name = at->first.substr(folder.size());
      const size_t slash = name.find('/');
      names.insert(slash == std::string::npos ? name : name.substr(0, slash + 1));
    }
    if (names.empty()) return NotFound(location, " does not exist");
    return std::vector<std::string>(names.begin(), names.end());
  }

  std::string Resolve(std::string_view location) const override {
    return ObjectStore::Resolve(PathOf(location));
  }

  Result<std::unique_ptr<OutputFile>> Create(std::string_view location) const override {
    return std::unique_ptr<OutputFile>(std::make_unique<Output>(*this, location));
  }

  Status Replace(std::string_view location, std::string_view bytes) const override {
    const std::lock_guard lock(mutex_);
    files_.insert_or_assign(std::string(PathOf(location)), std::string(bytes));
    return {};
  }

  Status Delete(std::string_view location) const override {
    const std::lock_guard lock(mutex_);
    if (location.ends_with('/')) {
      const std::string folder(PathOf(location));
      const auto inside = files_.lower_bound(folder);
      if (inside == files_.end() || !inside->first.starts_with(folder)) return {};
      return Fail(ErrorCode::kConflict, "the folder ", location, " is not empty");
    }
    const auto found = files_.find(PathOf(location));
    if (found == files_.end()) return NotFound(location, " does not exist");
    files_.erase(found);
    return {};
  }

 private:
  class Copy final : public InputFile {
   public:
    Copy(std::string bytes, std::string_view location)
        : bytes_(std::move(bytes)), file_(bytes_, location) {}
    const std::string& location() const override { return file_.location(); }
    int64_t size_bytes() const override { return file_.size_bytes(); }
    Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
      return file_.ReadAt(offset, out);
    }

   private:
    std::string bytes_;
    MemoryFile file_;
  };

  class Output final : public OutputFile {
   public:
    Output(const MemoryStore& store, std::string_view location)
        : store_(store), location_(location) {}
    const std::string& location() const override { return location_; }
    int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
    Status Write(std::string_view bytes) override {
      bytes_ += bytes;
      return {};
    }
    Status Close() override {
      const std::lock_guard lock(store_.mutex_);
      if (store_.files_.try_emplace(std::string(PathOf(location_)), bytes_).second) return {};
      return Fail(ErrorCode::kAlreadyExists, location_, " exists already");
    }

   private:
    const MemoryStore& store_;
    std::string location_;
    std::string bytes_;
  };

  mutable std::mutex mutex_;
  mutable Files files_;
};

/// Another store in which one file has other bytes, or is gone. Borrows the store and the bytes.
class OverlayStore final : public ObjectStore {
 public:
  /// Without `bytes` the file is gone. `path` as MemoryStore::PathOf gives it.
  OverlayStore(const ObjectStore& below, std::string_view path,
               std::optional<std::string_view> bytes)
      : below_(below), path_(path), bytes_(bytes) {}

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    if (MemoryStore::PathOf(location) != path_) return below_.Open(location);
    if (!bytes_) return NotFound(location, " does not exist");
    return std::unique_ptr<InputFile>(std::make_unique<MemoryFile>(*bytes_, location));
  }

  Result<std::vector<std::string>> List(std::string_view location) const override {
    return below_.List(location);
  }

 private:
  const ObjectStore& below_;
  std::string path_;
  std::optional<std::string_view> bytes_;
};

}  // namespace icefield
