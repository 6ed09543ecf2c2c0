/// The border between Arrow's outcomes and Icefield's.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string_view>

#include "base/result.h"

namespace icefield {

/// The Error of a failed Arrow status: `where` names the object. Invalid and type errors become
/// `invalid_as`.
Error FromArrow(const arrow::Status& status, std::string_view where,
                ErrorCode invalid_as = ErrorCode::kInternal);

/// An Arrow status for a reader that Arrow drives; the code and message survive FromArrow.
arrow::Status ToArrow(const Error& error);

}  // namespace icefield

#define ICEFIELD_ARROW_TRY(expression, ...)                                                \
  do {                                                                                     \
    if (arrow::Status icefield_arrow_status = (expression); !icefield_arrow_status.ok()) { \
      return ::icefield::FromArrow(icefield_arrow_status, __VA_ARGS__);                    \
    }                                                                                      \
  } while (false)

#define ICEFIELD_ARROW_ASSIGN_INNER(result, declaration, expression, ...)       \
  auto result = (expression);                                                   \
  if (!result.ok()) return ::icefield::FromArrow(result.status(), __VA_ARGS__); \
  declaration = std::move(result).ValueUnsafe()

/// As ICEFIELD_ASSIGN, from an arrow::Result; the further arguments are those of FromArrow.
#define ICEFIELD_ARROW_ASSIGN(declaration, expression, ...)                               \
  ICEFIELD_ARROW_ASSIGN_INNER(ICEFIELD_CONCAT(icefield_arrow_, __COUNTER__), declaration, \
                              expression, __VA_ARGS__)
