/// The keys of an entity frame as dense ids.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feature/feature_view.h"
#include "pit/key_encoder.h"
#include "read/open_scan.h"
#include "retrieval/entity_frame.h"

namespace icefield {

/// The frame's keys for one set of key columns and types, as dense ids. Shared by views that agree
/// on both.
struct EncodedKeys {
  arrow::ArrayVector columns;
  KeyEncoder encoder;
  std::vector<uint32_t> ids;  ///< Per entity row.

  /// About the bytes that it takes.
  int64_t BytesAbout() const;
};

/// Encodings of one frame, made when first asked for.
class KeyEncodings {
 public:
  /// Both are borrowed.
  KeyEncodings(const EntityFrame& frame, const ReadOptions& options)
      : frame_(frame), options_(options) {}

  /// The encoding for a view. InvalidArgument names the columns where frame and table cannot match
  /// (P2). Cancelled where the caller asks to stop.
  Result<const EncodedKeys*> For(const BoundView& view);

 private:
  Result<std::unique_ptr<EncodedKeys>> Encode(
      const BoundView& view, const std::vector<std::shared_ptr<arrow::DataType>>& types) const;

  /// Ids of all rows, in steps.
  Status GiveIds(EncodedKeys& encoded) const;

  const EntityFrame& frame_;
  const ReadOptions& options_;
  std::map<std::string, std::unique_ptr<EncodedKeys>> encodings_;
};

}  // namespace icefield
