/// What manifests say of the values in files and partitions, as statistics for MayMatch.
#pragma once

#include <optional>
#include <vector>

#include "model/manifest.h"
#include "model/partition_values.h"
#include "model/predicate.h"

namespace icefield {

/// The recorded bounds and counts of a data file's columns. What does not parse is unknown.
/// Borrows the file.
class FileStatistics : public StatisticsSource {
 public:
  explicit FileStatistics(const DataFile& file) : file_(file) {}
  ColumnStatistics Find(FieldId field_id, const PrimitiveType& type) const override;

 private:
  const DataFile& file_;
};

/// A data file's partition tuple, exactly; field ids are positions in the spec (as
/// ProjectToPartition counts). Borrows the tuple.
class PartitionTuple : public StatisticsSource {
 public:
  explicit PartitionTuple(const PartitionValues& tuple) : tuple_(tuple) {}
  ColumnStatistics Find(FieldId position, const PrimitiveType& type) const override;

 private:
  const PartitionValues& tuple_;
};

/// A manifest's partition summaries; field ids are positions in the spec. Borrows the summaries.
class PartitionSummaries : public StatisticsSource {
 public:
  explicit PartitionSummaries(const std::vector<PartitionFieldSummary>& summaries)
      : summaries_(summaries) {}
  ColumnStatistics Find(FieldId position, const PrimitiveType& type) const override;

 private:
  const std::vector<PartitionFieldSummary>& summaries_;
};

}  // namespace icefield
