/// Any bytes as a Parquet file: every row group read whole, in runs and by chosen rows. What one
/// way gives must be what the others give.
#include <arrow/array/array_base.h>
#include <arrow/array/concatenate.h>
#include <arrow/compare.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/parquet/page_index.h"
#include "codec/parquet/row_group.h"
#include "io/memory_store_test.h"

namespace {

using icefield::FileColumn;
using icefield::ParquetFooter;
using icefield::RowGroupRead;
using icefield::RowRun;
using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

constexpr size_t kLeavesMax = 8;  // More leaves, rows and row groups find no more faults.
constexpr size_t kRowGroupsMax = 3;
constexpr int64_t kRowsMax = 20000;

// Flat leaves alone: others are Arrow's to read.
std::vector<int> FlatLeaves(const ParquetFooter& footer) {
  std::vector<int> leaves;
  for (const FileColumn& column : footer.columns()) {
    if (column.kind != FileColumn::Kind::kLeaf || leaves.size() == kLeavesMax) continue;
    if (footer.flat_type(column.leaf) != nullptr) leaves.push_back(column.leaf);
  }
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

std::unique_ptr<icefield::InputFile> Open(std::string_view bytes) {
  return std::make_unique<icefield::MemoryFile>(bytes);
}

void CheckError(const icefield::Error& error) {
  if (error.code == icefield::ErrorCode::kInternal) std::abort();
}

// All rows that a stream gives; nothing where it fails.
std::optional<std::vector<BatchPtr>> ReadAll(std::string_view bytes, const ParquetFooter& footer,
                                             const RowGroupRead& read) {
  auto stream = icefield::ReadRowGroup(Open(bytes), footer, read);
  if (!stream.ok()) {
    CheckError(stream.error());
    return std::nullopt;
  }
  std::vector<BatchPtr> batches;
  while (true) {
    auto batch = (*stream)->Next();
    if (!batch.ok()) {
      CheckError(batch.error());
      return std::nullopt;
    }
    if (*batch == nullptr) return batches;
    if (!(*batch)->Validate().ok()) std::abort();
    batches.push_back(*batch);
  }
}

std::shared_ptr<arrow::Array> ColumnOf(const std::vector<BatchPtr>& batches, int column) {
  arrow::ArrayVector parts;
  for (const BatchPtr& batch : batches) parts.push_back(batch->column(column));
  return arrow::Concatenate(parts).ValueOrDie();
}

void ExpectEach(const std::vector<BatchPtr>& whole, const std::vector<BatchPtr>& chosen,
                const std::vector<int64_t>& rows) {
  for (int column = 0; column < whole.front()->num_columns(); ++column) {
    const auto all = ColumnOf(whole, column);
    const auto some = ColumnOf(chosen, column);
    if (some->length() != static_cast<int64_t>(rows.size())) std::abort();
    const arrow::EqualOptions options = arrow::EqualOptions::Defaults().nans_equal(true);
    for (size_t at = 0; at < rows.size(); ++at) {
      const auto row = static_cast<int64_t>(at);
      if (!some->RangeEquals(row, row + 1, rows[at], all, options)) std::abort();
    }
  }
}

void ReadGroup(std::string_view bytes, const ParquetFooter& footer, int group,
               const std::vector<int>& leaves) {
  const int64_t rows = footer.row_groups()[static_cast<size_t>(group)].rows;
  RowGroupRead read{
      .row_group = group, .leaves = leaves, .batch_rows = 100, .runs = {}, .places = {}};
  const auto whole = ReadAll(bytes, footer, read);
  std::vector<int64_t> chosen;
  for (int64_t row = rows / 3; row < rows; row += 1 + row % 7) chosen.push_back(row);
  auto places = icefield::ReadPagePlaces(icefield::MemoryFile(bytes), footer, group, leaves);
  if (!places.ok()) std::abort();
  auto picked = icefield::PickRows(Open(bytes), footer, read, chosen);
  if (!picked.ok()) CheckError(picked.error());
  if (picked.ok() && whole && !whole->empty() && !picked->empty())
    ExpectEach(*whole, *picked, chosen);
  // A damaged index may lead to pages of other bytes: what is in them is not known.
  read.places = *std::move(places);
  auto indexed = icefield::PickRows(Open(bytes), footer, read, chosen);
  if (!indexed.ok()) CheckError(indexed.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto footer = ParquetFooter::Read(icefield::MemoryFile(bytes));
  if (!footer.ok()) return 0;
  const std::vector<int> leaves = FlatLeaves(*footer);
  if (leaves.empty()) return 0;
  for (size_t group = 0; group < footer->row_groups().size() && group < kRowGroupsMax; ++group) {
    if (footer->row_groups()[group].rows <= kRowsMax)
      ReadGroup(bytes, *footer, static_cast<int>(group), leaves);
  }
  return 0;
}
