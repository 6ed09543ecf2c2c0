#include "io/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "io/local_output.h"
#include "io/system_error.h"

namespace icefield {
namespace {

class LocalFile final : public InputFile {
 public:
  LocalFile(std::string location, int descriptor, int64_t size_bytes)
      : location_(std::move(location)), descriptor_(descriptor), size_bytes_(size_bytes) {}
  ~LocalFile() override { ::close(descriptor_); }
  LocalFile(const LocalFile&) = delete;
  LocalFile& operator=(const LocalFile&) = delete;

  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return size_bytes_; }

  Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      ssize_t count = ::pread(descriptor_, out.data(), out.size(), offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemError("read", location_, errno);
      if (count == 0)
        return CorruptData(location_, " ends before byte ",
                           offset + static_cast<int64_t>(out.size()));
      out = out.subspan(static_cast<size_t>(count));
      offset += count;
    }
    return {};
  }

 private:
  std::string location_;
  int descriptor_;
  int64_t size_bytes_;
};

// Follows links; what vanished meanwhile or leads nowhere is no folder.
bool IsFolder(int parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
  struct stat status{};
  return ::fstatat(parent, entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

class LocalStore final : public ObjectStore {
 public:
  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    ICEFIELD_ASSIGN(std::string path, LocalPath(location));
    // A pipe would wait for its writer.
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return SystemError("open", location, errno);
    struct stat status{};
    const int number = ::fstat(descriptor, &status) == 0 ? 0 : errno;
    if (number != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      if (number != 0) return SystemError("open", location, number);
      if (S_ISDIR(status.st_mode)) return InvalidArgument(location, " is a folder, not a file");
      return InvalidArgument(location,
                             " is a pipe or a device, of which no part can be read twice;",
                             " copy it to a file");
    }
    return std::unique_ptr<InputFile>(
        std::make_unique<LocalFile>(std::string(location), descriptor, int64_t{status.st_size}));
  }

  Result<std::vector<std::string>> List(std::string_view location) const override {
    ICEFIELD_ASSIGN(std::string path, LocalPath(location));
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
    if (folder == nullptr) return SystemError("list", location, errno);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr && errno != 0) return SystemError("list", location, errno);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      names.push_back(IsFolder(::dirfd(folder.get()), *entry) ? StrCat(name, '/')
                                                              : std::string(name));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<OutputFile>> Create(std::string_view location) const override {
    ICEFIELD_ASSIGN(std::string path, LocalPath(location));
    return CreateLocalFile(std::string(location), std::move(path));
  }

  Status Replace(std::string_view location, std::string_view bytes) const override {
    ICEFIELD_ASSIGN(const std::string path, LocalPath(location));
    return ReplaceLocalFile(location, path, bytes);
  }

  Status Delete(std::string_view location) const override {
    ICEFIELD_ASSIGN(const std::string path, LocalPath(location));
    return DeleteLocalFile(location, path);
  }

  std::string Resolve(std::string_view location) const override {
    const Result<std::string> path = LocalPath(location);
    if (!path.ok()) return ObjectStore::Resolve(location);
    std::error_code failure;
    const auto resolved = std::filesystem::weakly_canonical(*path, failure);
    return ObjectStore::Resolve(failure ? *path : resolved.string());
  }
};

}  // namespace

Result<std::string> LocalPath(std::string_view location) {
  if (location.find('\0') != std::string_view::npos)
    return InvalidArgument("a location holds a zero byte");
  if (location.starts_with("file://")) {
    std::string_view path = location.substr(7);
    if (path.starts_with("localhost/")) path.remove_prefix(9);
    if (!path.starts_with('/'))
      return InvalidArgument(location, " names a host; only local files are reached");
    return std::string(path);
  }
  if (location.starts_with("file:/")) return std::string(location.substr(5));
  if (size_t at = location.find("://"); at != std::string_view::npos) {
    return Unsupported("storage scheme '", location.substr(0, at), "' of ", location,
                       "; only local files are read and written so far");
  }
  return std::string(location);
}

std::unique_ptr<ObjectStore> MakeLocalStore() { return std::make_unique<LocalStore>(); }

}  // namespace icefield
