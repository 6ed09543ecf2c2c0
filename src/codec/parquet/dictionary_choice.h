/// Which columns are not worth a dictionary.
#pragma once

#include <arrow/record_batch.h>

#include <string>
#include <vector>

#include "codec/parquet/written_schema.h"

namespace icefield {

/// The paths of the flat columns whose first values hardly repeat, judged by a file's first rows
/// (`rows` are of schema.arrow; too few say nothing). Their dictionaries would hold the values once
/// more than needed until they are given up for their size, and who looks for one value would have
/// to read them whole.
std::vector<std::string> ColumnsWithoutDictionary(const arrow::RecordBatch& rows,
                                                  const WrittenSchema& schema);

}  // namespace icefield
