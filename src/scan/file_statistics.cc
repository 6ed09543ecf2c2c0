#include "scan/file_statistics.h"

#include "model/metadata_columns.h"

namespace icefield {
namespace {

std::optional<Value> ParseBound(const PrimitiveType& type, const std::string& bytes) {
  Result<Value> value = ParseSingleValue(type, bytes);
  if (!value.ok()) return std::nullopt;
  return *std::move(value);
}

std::optional<Value> FindBound(const std::map<FieldId, std::string>& bounds, FieldId field_id,
                               const PrimitiveType& type) {
  const auto found = bounds.find(field_id);
  if (found == bounds.end()) return std::nullopt;
  return ParseBound(type, found->second);
}

std::optional<int64_t> FindCount(const std::map<FieldId, int64_t>& counts, FieldId field_id) {
  const auto found = counts.find(field_id);
  if (found == counts.end()) return std::nullopt;
  return found->second;
}

// There are writers that order UUIDs as two signed numbers, in manifests and manifest lists: such
// bounds bound nothing.
bool HasOrderOfItsOwn(const PrimitiveType& type) { return type.kind == PrimitiveKind::kUuid; }

}  // namespace

ColumnStatistics FileStatistics::Find(FieldId field_id, const PrimitiveType& type) const {
  if (IsMetadataColumn(field_id)) return {};
  ColumnStatistics statistics{.null_count = FindCount(file_.null_value_counts, field_id),
                              .nan_count = FindCount(file_.nan_value_counts, field_id),
                              .value_count = FindCount(file_.value_counts, field_id)};
  if (!HasOrderOfItsOwn(type)) {
    statistics.lower = FindBound(file_.lower_bounds, field_id, type);
    statistics.upper = FindBound(file_.upper_bounds, field_id, type);
  }
  return statistics;
}

ColumnStatistics PartitionTuple::Find(FieldId position, const PrimitiveType& type) const {
  const auto index = static_cast<size_t>(position.value);
  if (index >= tuple_.values.size()) return {};
  ColumnStatistics statistics{.null_count = 0, .nan_count = 0, .value_count = 1};
  if (!tuple_.values[index]) {
    statistics.null_count = 1;
    return statistics;
  }
  Result<Value> value = PromoteValue(type, *tuple_.values[index]);
  if (!value.ok()) return {};
  if (IsNan(*value)) {
    statistics.nan_count = 1;
    return statistics;
  }
  statistics.lower = *value;
  statistics.upper = *std::move(value);
  return statistics;
}

ColumnStatistics PartitionSummaries::Find(FieldId position, const PrimitiveType& type) const {
  const auto index = static_cast<size_t>(position.value);
  if (index >= summaries_.size()) return {};
  const PartitionFieldSummary& summary = summaries_[index];
  ColumnStatistics statistics;
  if (!summary.contains_null) statistics.null_count = 0;
  if (summary.contains_nan == false) statistics.nan_count = 0;
  if (HasOrderOfItsOwn(type)) return statistics;
  if (summary.lower_bound) statistics.lower = ParseBound(type, *summary.lower_bound);
  if (summary.upper_bound) statistics.upper = ParseBound(type, *summary.upper_bound);
  return statistics;
}

}  // namespace icefield
