#include "io/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "io/system_error.h"

namespace icefield {
namespace {

std::string DefaultDirectory() {
  const char* set = std::getenv("TMPDIR");
  return set != nullptr && *set != '\0' ? set : "/tmp";
}

// A descriptor, or -1 and errno. File systems without nameless files get one whose name is taken
// away at once.
int OpenNameless(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  const bool is_unknown = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL;
  if (descriptor >= 0 || !is_unknown) return descriptor;
  std::string path = directory + "/icefield-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

}  // namespace

TemporaryFile::TemporaryFile(std::string directory)
    : directory_(directory.empty() ? DefaultDirectory() : std::move(directory)) {}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status TemporaryFile::CheckDirectory() const {
  struct stat status{};
  const bool is_there = ::stat(directory_.c_str(), &status) == 0;
  if (is_there && !S_ISDIR(status.st_mode))
    return InvalidArgument("temporary files cannot lie in ", directory_, ", which is no directory");
  if (is_there && ::access(directory_.c_str(), W_OK | X_OK) == 0) return {};
  return SystemError("make a temporary file in", directory_, errno);
}

Status TemporaryFile::Open() {
  const std::lock_guard lock(mutex_);
  if (descriptor_ >= 0) return {};
  const int descriptor = OpenNameless(directory_);
  if (descriptor < 0) return SystemError("make a temporary file in", directory_, errno);
  descriptor_ = descriptor;
  return {};
}

Result<int64_t> TemporaryFile::Append(std::string_view bytes) {
  if (descriptor_ < 0) ICEFIELD_TRY(Open());
  const int64_t place = size_bytes_.fetch_add(static_cast<int64_t>(bytes.size()));
  for (off_t next = place; !bytes.empty();) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), next);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("write to a temporary file in", directory_, errno);
    bytes.remove_prefix(static_cast<size_t>(count));
    next += count;
  }
  return place;
}

Status TemporaryFile::ReadAt(int64_t place, std::span<char> bytes) const {
  for (off_t next = place; !bytes.empty();) {
    const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), next);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("read a temporary file in", directory_, errno);
    if (count == 0) return CorruptData("a temporary file in ", directory_, " ends too early");
    bytes = bytes.subspan(static_cast<size_t>(count));
    next += count;
  }
  return {};
}

}  // namespace icefield
