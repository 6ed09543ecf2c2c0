/// Errors: a code chosen by what the caller does next, and a message that names the object and the
/// way out.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace icefield {

/// What the caller can do about a failure. Not a taxonomy of causes.
enum class ErrorCode : uint8_t {
  kInvalidArgument,    ///< The caller's input is wrong; change it.
  kNotFound,           ///< The named object does not exist.
  kAlreadyExists,      ///< The named object exists and must not.
  kConflict,           ///< Somebody else changed it first; reload and try again.
  kCommitUnknown,      ///< The outcome of a commit is not known; read back before trying again.
  kCorruptData,        ///< Bytes on disk or from the network are not what their format demands.
  kUnsupported,        ///< The format allows it, Icefield does not do it.
  kUnavailable,        ///< A passing fault; try again later.
  kDeadlineExceeded,   ///< Took longer than allowed.
  kPermissionDenied,   ///< The system refuses access.
  kResourceExhausted,  ///< Memory, disk or a set limit ran out.
  kCancelled,          ///< The caller asked to stop.
  kInternal,           ///< A fault of Icefield itself; please report it.
};

/// How one code shows itself at each border. The one table of its kind.
struct ErrorBorder {
  ErrorCode code;
  std::string_view name;              ///< "NotFound"
  int http_status;                    ///< 404
  int exit_code;                      ///< 3
  std::string_view python_exception;  ///< "NotFoundError", in icefield.errors
};

/// The border forms of `code`.
const ErrorBorder& BorderOf(ErrorCode code);

/// A failure: its code and a sentence for a person.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  bool operator==(const Error&) const = default;

  /// "NotFound: table ns.t does not exist"
  std::string ToString() const;

  /// The same error with "`where`: " before its message; names the object on the way up.
  Error At(std::string_view where) &&;
};

inline std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.ToString();
}

}  // namespace icefield
