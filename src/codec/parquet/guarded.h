/// Parquet reports by exceptions; none leaves this folder.
#pragma once

#include <parquet/exception.h>

#include <new>
#include <string>
#include <string_view>

#include "batch/arrow_status.h"

namespace icefield {

/// What `work` returns (a Result), or the Error of the exception that it threw; `location` names
/// the file.
template <typename Work>
auto Guarded(const std::string& location, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const parquet::ParquetStatusException& failure) {
    return FromArrow(failure.status(), location, ErrorCode::kCorruptData);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kResourceExhausted, location, ": out of memory");
  } catch (const std::exception& failure) {
    std::string_view what = failure.what();
    while (what.ends_with('\n')) what.remove_suffix(1);
    if (what.find("Not yet implemented") != std::string_view::npos)
      return Unsupported(location, ": ", what);
    return CorruptData(location, " is not a readable Parquet file: ", what,
                       "; restore it from a copy, or write its rows anew");
  }
}

}  // namespace icefield
