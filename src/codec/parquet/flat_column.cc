#include "codec/parquet/flat_column.h"

#include <arrow/array/util.h>
#include <arrow/extension_type.h>
#include <parquet/exception.h>
#include <parquet/schema.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "codec/parquet/flat_values.h"

namespace icefield {

FlatColumn::FlatColumn(const ChunkSource& source, std::shared_ptr<arrow::DataType> type)
    : pages_(source), row_group_(source.row_group), type_(std::move(type)) {}

// What `work` throws says of which column it speaks.
template <typename Work>
std::shared_ptr<arrow::Array> FlatColumn::Named(const Work& work) const {
  const auto name = [&](std::string_view what) {
    return StrCat("column '", column().path()->ToDotString(), "' of row group ", row_group_, ": ",
                  what);
  };
  try {
    return work();
  } catch (const parquet::ParquetStatusException& failure) {
    const arrow::Status& status = failure.status();
    throw parquet::ParquetStatusException(status.WithMessage(name(status.message())));
  } catch (const parquet::ParquetException& failure) {
    throw parquet::ParquetException(name(failure.what()));
  }
}

const parquet::DictionaryPage& FlatColumn::dictionary() {
  const parquet::DictionaryPage* page = pages_.dictionary();
  if (page == nullptr)
    throw parquet::ParquetException("a page refers to a dictionary that its column does not have");
  return *page;
}

// Makes the page of `row` the one whose values are appended.
void FlatColumn::Enter(int64_t row) {
  if (row < entered_end_) return;
  pages_.Seek(row);
  const parquet::DataPage& page = pages_.page();
  const int64_t levels = validity_.Read(page, column());
  StartPage({.data = page.data() + levels,
             .bytes = page.size() - levels,
             .count = validity_.values(),
             .encoding = page.encoding()});
  entered_end_ = pages_.end_row();
}

std::shared_ptr<arrow::Array> FlatColumn::Read(RowRun run) {
  return Named([&] { return ReadRun(run); });
}

std::shared_ptr<arrow::Array> FlatColumn::Pick(std::span<const int64_t> rows) {
  return Named([&] { return PickEach(rows); });
}

std::shared_ptr<arrow::Array> FlatColumn::ReadRun(RowRun run) {
  Begin(run.count);
  PARQUET_THROW_NOT_OK(valid_.Reserve(run.count));
  for (int64_t row = run.first; row < run.first + run.count;) {
    Enter(row);
    const int64_t count = std::min(run.first + run.count, entered_end_) - row;
    ReadInPage(row - pages_.first_row(), count);
    row += count;
  }
  return FinishArray(run.count);
}

void FlatColumn::ReadInPage(int64_t first, int64_t count) {
  const int64_t first_value = validity_.ValuesBefore(first);
  const int64_t values = validity_.ValuesBefore(first + count) - first_value;
  if (values == count) {
    valid_.UnsafeAppend(count, true);
    AppendRun(first_value, count);
    return;
  }
  valid_.UnsafeAppend(validity_.bits(), first, count);
  numbers_.resize(static_cast<size_t>(count));
  auto number = static_cast<int32_t>(first_value);
  for (int64_t at = 0; at < count; ++at) {
    const bool is_valid = validity_.IsValid(first + at);
    numbers_[static_cast<size_t>(at)] = is_valid ? number : kNoValue;
    number += is_valid ? 1 : 0;
  }
  AppendEach(numbers_);
}

std::shared_ptr<arrow::Array> FlatColumn::PickEach(std::span<const int64_t> rows) {
  const auto count = static_cast<int64_t>(rows.size());
  if (count > 0 && rows.back() - rows.front() == count - 1) return ReadRun({rows.front(), count});
  Begin(count);
  PARQUET_THROW_NOT_OK(valid_.Reserve(count));
  for (size_t at = 0; at < rows.size();) {
    Enter(rows[at]);
    const auto after =
        std::lower_bound(rows.begin() + static_cast<int64_t>(at), rows.end(), entered_end_);
    const auto end = static_cast<size_t>(after - rows.begin());
    PickInPage(rows.subspan(at, end - at));
    at = end;
  }
  return FinishArray(count);
}

void FlatColumn::PickInPage(std::span<const int64_t> rows) {
  const int64_t first_row = pages_.first_row();
  const auto count = static_cast<int64_t>(rows.size());
  if (rows.back() - rows.front() == count - 1) return ReadInPage(rows.front() - first_row, count);
  numbers_.resize(rows.size());
  if (validity_.all_valid()) {
    valid_.UnsafeAppend(count, true);
    for (size_t at = 0; at < rows.size(); ++at)
      numbers_[at] = static_cast<int32_t>(rows[at] - first_row);
  } else {
    for (size_t at = 0; at < rows.size(); ++at) {
      const int64_t row = rows[at] - first_row;
      const bool is_valid = validity_.IsValid(row);
      valid_.UnsafeAppend(is_valid);
      numbers_[at] = is_valid ? static_cast<int32_t>(validity_.ValuesBefore(row)) : kNoValue;
    }
  }
  AppendEach(numbers_);
}

std::shared_ptr<arrow::Array> FlatColumn::FinishArray(int64_t rows) {
  const int64_t nulls = valid_.false_count();
  std::shared_ptr<arrow::Buffer> bits;
  PARQUET_THROW_NOT_OK(valid_.Finish(&bits));
  arrow::BufferVector buffers = {nulls == 0 ? nullptr : std::move(bits)};
  for (std::shared_ptr<arrow::Buffer>& buffer : Finish()) buffers.push_back(std::move(buffer));
  return arrow::MakeArray(arrow::ArrayData::Make(type_, rows, std::move(buffers), nulls));
}

bool IsFlat(const parquet::ColumnDescriptor& column, const arrow::DataType& type) {
  if (column.max_repetition_level() > 0 || column.max_definition_level() > 1) return false;
  if (column.schema_node()->parent() == nullptr ||
      column.schema_node()->parent()->parent() != nullptr) {
    return false;
  }
  return HasFlatValues(column.physical_type(), type);
}

}  // namespace icefield
