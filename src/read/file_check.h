/// Whether a data file is the one that its manifest entry speaks of.
#pragma once

#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "model/schema.h"
#include "scan/scan_plan.h"

namespace icefield {

/// CorruptData names a file that was replaced, damaged or swapped with another since it was
/// committed: its size or number of rows differs from the manifest's, or a column's values (by the
/// footer's statistics) lie outside the manifest's bounds or have another number of nulls. Columns
/// are looked at where both sides state something that must agree exactly: whole numbers, dates and
/// times outside lists and maps, a few of them. `schema` gives their types. Does not: read rows.
Status CheckFile(const ParquetFooter& footer, const std::vector<FileColumn>& columns,
                 int64_t size_bytes, const DataFile& entry, const Schema& schema);

/// The first part of it, for delete files: size and number of rows.
Status CheckSizeAndRows(const ParquetFooter& footer, int64_t size_bytes, const DataFile& entry);

}  // namespace icefield
