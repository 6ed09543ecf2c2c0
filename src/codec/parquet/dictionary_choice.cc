#include "codec/parquet/dictionary_choice.h"

#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace icefield {
namespace {

constexpr int64_t kRowsMin = 1000;
constexpr int64_t kRowsMax = 20000;
constexpr double kDistinctShareMax = 0.75;

bool HardlyRepeats(const std::shared_ptr<arrow::Array>& values) {
  const int64_t present = values->length() - values->null_count();
  if (present < kRowsMin || arrow::is_nested(values->type_id())) return false;
  const arrow::Result<std::shared_ptr<arrow::Array>> unique = arrow::compute::Unique(values);
  if (!unique.ok()) return false;  // Not of a type that is compared.
  const int64_t distinct = (*unique)->length();
  return static_cast<double>(distinct) > kDistinctShareMax * static_cast<double>(present);
}

}  // namespace

std::vector<std::string> ColumnsWithoutDictionary(const arrow::RecordBatch& rows,
                                                  const WrittenSchema& schema) {
  std::vector<std::string> paths;
  const std::shared_ptr<arrow::RecordBatch> first = rows.Slice(0, kRowsMax);
  for (size_t at = 0; at < schema.fields.size(); ++at) {
    const auto leaf = std::ranges::find(schema.leaves, schema.fields[at].id, &WrittenLeaf::id);
    if (leaf != schema.leaves.end() && HardlyRepeats(first->column(static_cast<int>(at))))
      paths.push_back(leaf->path);
  }
  return paths;
}

}  // namespace icefield
