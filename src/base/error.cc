#include "base/error.h"

#include <array>

namespace icefield {
namespace {

constexpr std::array<ErrorBorder, 13> kBorders{{
    {ErrorCode::kInvalidArgument, "InvalidArgument", 400, 2, "InvalidArgumentError"},
    {ErrorCode::kNotFound, "NotFound", 404, 3, "NotFoundError"},
    {ErrorCode::kAlreadyExists, "AlreadyExists", 409, 4, "AlreadyExistsError"},
    {ErrorCode::kConflict, "Conflict", 409, 5, "ConflictError"},
    {ErrorCode::kCommitUnknown, "CommitUnknown", 500, 6, "CommitUnknownError"},
    {ErrorCode::kCorruptData, "CorruptData", 500, 7, "CorruptDataError"},
    {ErrorCode::kUnsupported, "Unsupported", 501, 8, "UnsupportedError"},
    {ErrorCode::kUnavailable, "Unavailable", 503, 9, "UnavailableError"},
    {ErrorCode::kDeadlineExceeded, "DeadlineExceeded", 504, 10, "DeadlineExceededError"},
    {ErrorCode::kPermissionDenied, "PermissionDenied", 403, 11, "PermissionDeniedError"},
    {ErrorCode::kResourceExhausted, "ResourceExhausted", 507, 12, "ResourceExhaustedError"},
    {ErrorCode::kCancelled, "Cancelled", 499, 130, "CancelledError"},
    {ErrorCode::kInternal, "Internal", 500, 1, "InternalError"},
}};

}  // namespace

const ErrorBorder& BorderOf(ErrorCode code) { return kBorders.at(static_cast<size_t>(code)); }

std::string Error::ToString() const { return std::string(BorderOf(code).name) + ": " + message; }

Error Error::At(std::string_view where) && {
  message.insert(0, std::string(where) + ": ");
  return std::move(*this);
}

}  // namespace icefield
