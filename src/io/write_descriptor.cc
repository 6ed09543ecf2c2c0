#include "io/write_descriptor.h"

#include <unistd.h>

#include <cerrno>

#include "io/system_error.h"

namespace icefield {

Status WriteDescriptor(int descriptor, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("write to", name, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace icefield
