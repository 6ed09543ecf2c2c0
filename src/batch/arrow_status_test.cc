#include "batch/arrow_status.h"

namespace icefield {
namespace {

TEST(ArrowStatus, ErrorsPassThroughArrowUnchanged) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const Error error{static_cast<ErrorCode>(code), "file x is broken"};
    EXPECT_EQ(FromArrow(ToArrow(error), "elsewhere"), error);
    EXPECT_FALSE(ToArrow(error).ok());
  }
}

TEST(ArrowStatus, ArrowsOwnErrorsNameTheObject) {
  const Error error =
      FromArrow(arrow::Status::Invalid("bad page"), "a.parquet", ErrorCode::kCorruptData);
  EXPECT_EQ(error, (Error{ErrorCode::kCorruptData, "a.parquet: bad page"}));
  EXPECT_EQ(FromArrow(arrow::Status::OutOfMemory("no"), "a").code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(FromArrow(arrow::Status::NotImplemented("no"), "a").code, ErrorCode::kUnsupported);
  EXPECT_EQ(FromArrow(arrow::Status::Invalid("no"), "a").code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace icefield
