#include "io/system_error.h"

#include <cerrno>
#include <system_error>

namespace icefield {
namespace {

ErrorCode CodeOf(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kResourceExhausted;
    case ENAMETOOLONG:
    case EISDIR:
    case ELOOP:
    case EBADF:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

Error SystemError(std::string_view what, std::string_view location, int number) {
  return Fail(CodeOf(number), "cannot ", what, " ", location, ": ",
              std::generic_category().message(number));
}

}  // namespace icefield
