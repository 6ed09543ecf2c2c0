#include "pit/key_groups.h"

#include <arrow/array/array_primitive.h>
#include <arrow/compute/api_vector.h>

#include "batch/arrow_status.h"
#include "pit/key_encoder.h"

namespace icefield {

void KeyGroups::Group(const arrow::ArrayVector& keys, std::span<const uint32_t> key_ids,
                      size_t groups) {
  HashKeys(keys, static_cast<int64_t>(key_ids.size()), hashes_);
  starts_.assign(groups + 1, 0);
  for (size_t row = 0; row < key_ids.size(); ++row) {
    if (key_ids[row] != kNoId) ++starts_[hashes_[row] % groups + 1];
  }
  for (size_t group = 0; group < groups; ++group) starts_[group + 1] += starts_[group];
  rows_.resize(starts_.back());
  next_.assign(starts_.begin(), starts_.end() - 1);
  for (size_t row = 0; row < key_ids.size(); ++row) {
    if (key_ids[row] != kNoId) rows_[next_[hashes_[row] % groups]++] = static_cast<int64_t>(row);
  }
}

Result<arrow::ArrayVector> TakeKeys(const arrow::ArrayVector& keys, std::span<const int64_t> rows) {
  const arrow::Int64Array chosen(static_cast<int64_t>(rows.size()),
                                 arrow::Buffer::Wrap(rows.data(), rows.size()));
  arrow::ArrayVector taken;
  for (const std::shared_ptr<arrow::Array>& column : keys) {
    ICEFIELD_ARROW_ASSIGN(
        taken.emplace_back(),
        arrow::compute::Take(*column, chosen, arrow::compute::TakeOptions::NoBoundsCheck()),
        "join keys");
  }
  return taken;
}

}  // namespace icefield
