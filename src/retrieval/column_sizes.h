/// How large the columns of planned files are, before they are read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "read/open_scan.h"

namespace icefield {

/// Sizes of some columns in all planned files.
struct ColumnSizes {
  int64_t compressed = 0;  ///< Bytes to read.
  int64_t decoded = 0;     ///< About, as Arrow arrays.
  int64_t decoder = 0;     ///< About what decoding the largest row group keeps beside its batches.
  /// Data pages, as ReadCounts counts them; none: nobody counted, or not all files have an index.
  std::optional<int64_t> pages;
  int64_t row_pages = 0;  ///< The most pages that one row lies in.
  bool operator==(const ColumnSizes&) const = default;
};

/// Of two sets of columns that are read at the same time.
ColumnSizes Together(const ColumnSizes& a, const ColumnSizes& b);

/// Whether pages are counted: the page index of every row group is read for it.
enum class PageCount : uint8_t { kLeftOut, kByIndex };

/// By the footers, of each of `reads`. `compressed` is exact to the byte: of row groups where the
/// page index has left rows out it counts the pages of the other rows, for which the index is read.
Result<std::vector<ColumnSizes>> SizesByFooters(const OpenScan& files,
                                                std::span<const ReadSchema> reads,
                                                const ReadOptions& options, PageCount pages);

/// By what manifests say of the files, row groups not pruned. Columns of which a manifest says
/// nothing get an even share of the bytes that are not accounted for.
ColumnSizes SizesByManifests(const ScanPlan& plan, const ReadSchema& read);

}  // namespace icefield
