/// A whole CSV file as a table: entity frames.
#pragma once

#include <arrow/table.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace icefield {

/// Rows of CSV text with a header line. Integers, decimals as doubles, booleans, dates and ISO-8601
/// times are recognised; everything else is text. An empty field is null. InvalidArgument names
/// `location` and the line.
Result<std::shared_ptr<arrow::Table>> ReadCsvFrame(std::string text, const std::string& location);

}  // namespace icefield
