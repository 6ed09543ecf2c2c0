/// How large the columns of planned files are, before they are read.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "read/open_scan.h"

namespace icefield {

/// Sizes of some columns in all planned files.
struct ColumnSizes {
  int64_t compressed = 0;  ///< Bytes to read.
  int64_t decoded = 0;     ///< About, as Arrow arrays.
  int64_t decoder = 0;     ///< About what decoding the largest row group keeps beside its batches.
  bool operator==(const ColumnSizes&) const = default;
};

/// By the footers: exact to the byte for `compressed`.
Result<ColumnSizes> SizesByFooters(const OpenScan& files, const ReadSchema& read,
                                   const ReadOptions& options);

/// By what manifests say of the files, row groups not pruned. Columns of which a manifest says
/// nothing get an even share of the bytes that are not accounted for.
ColumnSizes SizesByManifests(const ScanPlan& plan, const ReadSchema& read);

}  // namespace icefield
