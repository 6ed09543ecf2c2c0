#include "batch/arrow_status.h"

#include <memory>

namespace icefield {
namespace {

// Carries an Error through code that only knows arrow::Status.
class ErrorDetail final : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(Error error) : error_(std::move(error)) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(BorderOf(error_.code).name); }
  const Error& error() const { return error_; }

  static constexpr const char* kTypeId = "icefield::Error";

 private:
  Error error_;
};

ErrorCode CodeOf(const arrow::Status& status, ErrorCode invalid_as) {
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return ErrorCode::kResourceExhausted;
    case arrow::StatusCode::NotImplemented:
      return ErrorCode::kUnsupported;
    case arrow::StatusCode::Cancelled:
      return ErrorCode::kCancelled;
    default:
      return invalid_as;
  }
}

// What a reader that knows nothing of Icefield raises: the closest that Arrow has.
arrow::StatusCode StatusCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kResourceExhausted:
      return arrow::StatusCode::OutOfMemory;
    case ErrorCode::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorCode::kNotFound:
      return arrow::StatusCode::KeyError;
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kPermissionDenied:
      return arrow::StatusCode::IOError;
    case ErrorCode::kCancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorCode::kInternal:
      return arrow::StatusCode::UnknownError;
    default:
      return arrow::StatusCode::Invalid;
  }
}

}  // namespace

Error FromArrow(const arrow::Status& status, std::string_view where, ErrorCode invalid_as) {
  if (status.detail() != nullptr && status.detail()->type_id() == ErrorDetail::kTypeId) {
    return static_cast<const ErrorDetail&>(*status.detail()).error();
  }
  return Fail(CodeOf(status, invalid_as), where, ": ", status.message());
}

arrow::Status ToArrow(const Error& error) {
  return arrow::Status(StatusCodeOf(error.code), error.message,
                       std::make_shared<ErrorDetail>(error));
}

}  // namespace icefield
