/// What a file's page index says: where pages lie, and what is in them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "codec/parquet/parquet_file.h"
#include "codec/parquet/row_group.h"
#include "io/object_store.h"
#include "model/predicate.h"

namespace icefield {

/// The places of the pages of `leaves` in a row group, of those that the file's index knows. An
/// index that cannot be read, or that does not fit the row group, counts as none: nothing depends
/// on it but speed. Unavailable where the file cannot be read.
Result<PageIndexPlaces> ReadPagePlaces(const InputFile& file, const ParquetFooter& footer,
                                       int row_group, const std::vector<int>& leaves);

/// What reading rows of one column chunk takes.
struct ChunkRead {
  int64_t bytes = 0;             ///< At most; exact where the index knows the pages.
  std::optional<int64_t> pages;  ///< As ReadCounts counts them; none: no index knows them.
  bool operator==(const ChunkRead&) const = default;
};

/// The same for each of `leaves` in `runs` of a row group (ascending; empty: all rows), by its
/// index. Columns with nesting are read whole, and have no pages that are counted. Unavailable
/// where the file cannot be read.
Result<std::vector<ChunkRead>> PlanChunkReads(const InputFile& file, const ParquetFooter& footer,
                                              int row_group, const std::vector<int>& leaves,
                                              const std::vector<RowRun>& runs);

/// The statistics of the pages of one leaf.
struct PagesOfLeaf {
  std::vector<int64_t> first_rows;           ///< Of each page, within the row group.
  std::vector<ColumnStatistics> statistics;  ///< Of each page.
};

/// As values of `type` (the column's type in the table). Empty where the index says nothing, or
/// nothing that holds.
Result<PagesOfLeaf> ReadPageStatistics(const InputFile& file, const ParquetFooter& footer,
                                       int row_group, int leaf, const PrimitiveType& type);

}  // namespace icefield
