#include "codec/parquet/file_metrics.h"

#include <arrow/extension_type.h>
#include <parquet/statistics.h>

#include <optional>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

MetricsMode ModeOf(const ParquetWriteOptions& options, FieldId leaf) {
  const auto named = options.column_metrics.find(leaf);
  return named == options.column_metrics.end() ? options.metrics : named->second;
}

bool IsFloating(const PrimitiveType& type) {
  return type.kind == PrimitiveKind::kFloat || type.kind == PrimitiveKind::kDouble;
}

size_t LeavesOf(const Type& type) {
  if (type.primitive() != nullptr) return 1;
  size_t leaves = 0;
  for (const Field& child : type.children()) leaves += LeavesOf(child.type);
  return leaves;
}

// Nulls of a leaf in the whole file, where the footer knows them.
std::optional<int64_t> FooterNulls(const parquet::FileMetaData& footer, int leaf) {
  int64_t nulls = 0;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto chunk = footer.RowGroup(group)->ColumnChunk(leaf);
    const std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
    if (statistics == nullptr || !statistics->HasNullCount()) return std::nullopt;
    nulls += statistics->null_count();
  }
  return nulls;
}

}  // namespace

FileMetrics::FileMetrics(const std::vector<WrittenLeaf>& leaves,
                         const ParquetWriteOptions& options) {
  for (const WrittenLeaf& leaf : leaves) {
    Leaf& added = leaves_.emplace_back();
    added.leaf = leaf;
    added.mode = ModeOf(options, leaf.id);
    const bool wants_bounds = added.mode.kind == MetricsMode::Kind::kTruncate ||
                              added.mode.kind == MetricsMode::Kind::kFull;
    // NaN are counted where values are looked at.
    const bool wants_nans = added.mode.kind == MetricsMode::Kind::kCounts && IsFloating(leaf.type);
    if (!leaf.repeated && (wants_bounds || wants_nans)) added.range = MakeValueRange(leaf.type);
  }
}

Status FileMetrics::AddField(const std::shared_ptr<arrow::Array>& values, const Field& field,
                             size_t& next) {
  if (field.type.primitive() != nullptr) {
    Leaf& leaf = leaves_.at(next++);
    leaf.values += values->length();
    leaf.nulls += values->null_count();
    if (leaf.range == nullptr) return {};
    if (values->type_id() == arrow::Type::EXTENSION) {
      leaf.range->Add(*static_cast<const arrow::ExtensionArray&>(*values).storage());
    } else {
      leaf.range->Add(*values);
    }
    return {};
  }
  if (field.type.structure() == nullptr) {
    next += LeavesOf(field.type);
    return {};
  }
  const auto& members = static_cast<const arrow::StructArray&>(*values);
  const std::vector<Field>& fields = field.type.children();
  for (size_t at = 0; at < fields.size(); ++at) {
    // A member is null where its struct is.
    ICEFIELD_ARROW_ASSIGN(const std::shared_ptr<arrow::Array> member,
                          members.GetFlattenedField(static_cast<int>(at)), field.name);
    ICEFIELD_TRY(AddField(member, fields[at], next));
  }
  return {};
}

Status FileMetrics::Add(const arrow::RecordBatch& rows, const std::vector<Field>& fields) {
  size_t next = 0;
  for (size_t at = 0; at < fields.size(); ++at)
    ICEFIELD_TRY(AddField(rows.column(static_cast<int>(at)), fields[at], next));
  return {};
}

void FileMetrics::DescribeLeaf(const Leaf& leaf, DataFile& file) {
  const FieldId id = leaf.leaf.id;
  file.value_counts[id] = leaf.values;
  file.null_value_counts[id] = leaf.nulls;
  if (leaf.range == nullptr) return;
  if (IsFloating(leaf.leaf.type)) file.nan_value_counts[id] = leaf.range->nans();
  if (leaf.mode.kind == MetricsMode::Kind::kCounts) return;
  std::optional<int32_t> length_max;
  if (leaf.mode.kind == MetricsMode::Kind::kTruncate) length_max = leaf.mode.length;
  if (auto lower = leaf.range->Lower(length_max)) file.lower_bounds[id] = *std::move(lower);
  if (auto upper = leaf.range->Upper(length_max)) file.upper_bounds[id] = *std::move(upper);
}

void FileMetrics::Describe(const parquet::FileMetaData& footer, DataFile& file) const {
  for (size_t at = 0; at < leaves_.size(); ++at) {
    const Leaf& leaf = leaves_[at];
    if (leaf.mode.kind == MetricsMode::Kind::kNone) continue;
    int64_t size_bytes = 0;
    int64_t slots = 0;
    for (int group = 0; group < footer.num_row_groups(); ++group) {
      const auto chunk = footer.RowGroup(group)->ColumnChunk(static_cast<int>(at));
      size_bytes += chunk->total_compressed_size();
      slots += chunk->num_values();
    }
    file.column_sizes[leaf.leaf.id] = size_bytes;
    if (!leaf.leaf.repeated) {
      DescribeLeaf(leaf, file);
      continue;
    }
    file.value_counts[leaf.leaf.id] = slots;
    if (const auto nulls = FooterNulls(footer, static_cast<int>(at)))
      file.null_value_counts[leaf.leaf.id] = *nulls;
  }
}

}  // namespace icefield
