#include "io/local_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/uuid.h"
#include "io/system_error.h"
#include "io/write_descriptor.h"

namespace icefield {
namespace {

// Smaller writes are gathered: formats write headers of a few bytes between their pages.
constexpr size_t kBufferBytes = size_t{256} << 10;

// The folder of a path: "." for a plain name.
std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes what a folder holds durable: its names, not the content of its files.
Status SyncFolder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("open the folder", folder, errno);
  const int failure = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot sync folders; there is nothing more to ask of them.
  if (failure != 0 && failure != EINVAL && failure != EROFS) {
    return SystemError("make durable the folder", folder, failure);
  }
  return {};
}

bool IsFolder(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Makes a folder and those above it.
Status MakeFolders(const std::string& folder) {
  if (IsFolder(folder)) return {};
  const std::string parent = FolderOf(folder);
  if (parent != folder) ICEFIELD_TRY(MakeFolders(parent));
  if (::mkdir(folder.c_str(), 0777) == 0) return SyncFolder(parent);
  const int failure = errno;
  if (failure == EEXIST && IsFolder(folder)) return {};
  if (failure == EEXIST || failure == ENOTDIR) {
    return InvalidArgument("cannot make the folder ", folder, ": a file is in its way");
  }
  return SystemError("make the folder", folder, failure);
}

// A hidden file in the folder of the one that it becomes; gone with this object unless it was
// moved.
class HiddenFile {
 public:
  static Result<HiddenFile> Make(std::string_view location, const std::string& folder) {
    std::string path = folder + "/.icefield-" + RandomUuid() + ".tmp";
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return SystemError("create", location, errno);
    return HiddenFile(std::move(path), descriptor);
  }
  ~HiddenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  HiddenFile(HiddenFile&& other) noexcept
      : path_(std::exchange(other.path_, "")), descriptor_(std::exchange(other.descriptor_, -1)) {}
  HiddenFile& operator=(HiddenFile&&) = delete;
  HiddenFile(const HiddenFile&) = delete;
  HiddenFile& operator=(const HiddenFile&) = delete;

  Status Write(std::string_view bytes, std::string_view location) const {
    return WriteDescriptor(descriptor_, bytes, location);
  }

  Status Sync(std::string_view location) const {
    if (::fdatasync(descriptor_) != 0) return SystemError("make durable", location, errno);
    return {};
  }

  // Takes the name `to`, which nobody may have.
  Status MoveToFreeName(const std::string& to, std::string_view location) {
    if (::link(path_.c_str(), to.c_str()) == 0) return {};
    int failure = errno;
    // A network file system may have linked and lost its answer.
    struct stat status{};
    if (::fstat(descriptor_, &status) == 0 && status.st_nlink == 2) return {};
    if (failure == EPERM || failure == EOPNOTSUPP || failure == ENOSYS || failure == EMLINK) {
      if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        path_.clear();
        return {};
      }
      failure = errno;
      if (failure == EINVAL || failure == ENOSYS || failure == EOPNOTSUPP) {
        return Unsupported("cannot write ", location,
                           ": its file system allows neither links nor renaming without"
                           " replacing, so a file of another writer could be lost");
      }
    }
    if (failure == EEXIST) {
      return Fail(ErrorCode::kAlreadyExists, location, " exists already; it stays as it is");
    }
    return SystemError("name", location, failure);
  }

  // Takes the name `to`, whoever had it.
  Status MoveOver(const std::string& to, std::string_view location) {
    if (::rename(path_.c_str(), to.c_str()) != 0) return SystemError("replace", location, errno);
    path_.clear();
    return {};
  }

 private:
  HiddenFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
};

class LocalOutput final : public OutputFile {
 public:
  LocalOutput(std::string location, std::string path, HiddenFile file)
      : location_(std::move(location)), path_(std::move(path)), file_(std::move(file)) {}

  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return size_bytes_; }

  Status Write(std::string_view bytes) override {
    if (!file_) return Internal(location_, " is written after it was closed");
    if (buffer_.size() + bytes.size() >= kBufferBytes) {
      ICEFIELD_TRY(Flush());
      if (bytes.size() >= kBufferBytes) {
        ICEFIELD_TRY(Kept(file_->Write(bytes, location_)));
        size_bytes_ += static_cast<int64_t>(bytes.size());
        return {};
      }
    }
    buffer_ += bytes;
    size_bytes_ += static_cast<int64_t>(bytes.size());
    return {};
  }

  Status Close() override {
    if (!file_) return Internal(location_, " is closed twice");
    ICEFIELD_TRY(Flush());
    ICEFIELD_TRY(failure_);
    HiddenFile file = *std::move(file_);
    file_.reset();
    ICEFIELD_TRY(file.Sync(location_));
    ICEFIELD_TRY(file.MoveToFreeName(path_, location_));
    return SyncFolder(FolderOf(path_));
  }

 private:
  Status Flush() {
    ICEFIELD_TRY(Kept(file_->Write(buffer_, location_)));
    buffer_.clear();
    return {};
  }

  // After a failed write the file has a hole, so it never becomes visible.
  Status Kept(Status written) {
    if (!written.ok()) failure_ = written;
    return written;
  }

  std::string location_;
  std::string path_;
  std::optional<HiddenFile> file_;
  std::string buffer_;
  int64_t size_bytes_ = 0;
  Status failure_;
};

Status CheckNamesFile(std::string_view location, const std::string& path) {
  if (path.empty() || path.ends_with('/') || IsFolder(path)) {
    return InvalidArgument("'", location, "' names a folder, not a file");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<OutputFile>> CreateLocalFile(std::string location, std::string path) {
  ICEFIELD_TRY(CheckNamesFile(location, path));
  const std::string folder = FolderOf(path);
  ICEFIELD_TRY(MakeFolders(folder));
  ICEFIELD_ASSIGN(HiddenFile file, HiddenFile::Make(location, folder));
  return std::unique_ptr<OutputFile>(
      std::make_unique<LocalOutput>(std::move(location), std::move(path), std::move(file)));
}

Status ReplaceLocalFile(std::string_view location, const std::string& path,
                        std::string_view bytes) {
  ICEFIELD_TRY(CheckNamesFile(location, path));
  const std::string folder = FolderOf(path);
  ICEFIELD_TRY(MakeFolders(folder));
  ICEFIELD_ASSIGN(HiddenFile file, HiddenFile::Make(location, folder));
  ICEFIELD_TRY(file.Write(bytes, location));
  ICEFIELD_TRY(file.Sync(location));
  ICEFIELD_TRY(file.MoveOver(path, location));
  return SyncFolder(folder);
}

Status DeleteLocalFile(std::string_view location, const std::string& path) {
  if (path.ends_with('/')) {
    if (::rmdir(path.c_str()) == 0) return {};
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return Fail(ErrorCode::kConflict, "the folder ", location, " is not empty");
    }
    return SystemError("delete", location, errno);
  }
  if (::unlink(path.c_str()) == 0) return {};
  const int failure = errno;
  if (IsFolder(path)) return InvalidArgument(location, " is a folder, not a file");
  return SystemError("delete", location, failure);
}

}  // namespace icefield
