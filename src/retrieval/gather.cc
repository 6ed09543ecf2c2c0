#include "retrieval/gather.h"

#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "base/progress.h"
#include "retrieval/progress_stages.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// What ReadSome reads ahead for each thread, as far as it may: enough for threads to have work.
constexpr size_t kGroupsAhead = 2;
constexpr int64_t kBytesAhead = int64_t{64} << 20;

}  // namespace

Result<std::unique_ptr<WinnerReader>> WinnerReader::Make(const OpenScan& files,
                                                         std::span<const RowLocator> winners,
                                                         GatherTerms terms) {
  ICEFIELD_ASSIGN(std::vector<ColumnPlan> plans,
                  PlanColumnsOfFiles(files, terms.columns, terms.read));
  std::unique_ptr<WinnerReader> reader(
      new WinnerReader(files, winners, std::move(terms), std::move(plans)));
  ICEFIELD_TRY(reader->GroupByRowGroup());
  return reader;
}

WinnerReader::WinnerReader(const OpenScan& files, std::span<const RowLocator> winners,
                           GatherTerms terms, std::vector<ColumnPlan> plans)
    : files_(files), winners_(winners), terms_(std::move(terms)), plans_(std::move(plans)) {}

// Row groups that hold no winner are left out.
Status WinnerReader::GroupByRowGroup() {
  auto at = winners_.begin();
  for (const RowGroupTask& task : files_.row_groups) {
    const RowGroupExtent& extent = files_.files[task.file].extent(task.row_group);
    const RowLocator end{static_cast<uint32_t>(task.file), extent.first_row + extent.rows};
    const auto next = std::lower_bound(at, winners_.end(), end);
    if (next > at) {
      Group& group = groups_.emplace_back();
      group.task = task;
      group.first = static_cast<size_t>(at - winners_.begin());
      group.count = static_cast<size_t>(next - at);
    }
    at = next;
  }
  if (at != winners_.end()) return Internal("a winner lies in no planned row group");
  return {};
}

// About the bytes of a row, by the footer or by what was read so far: footers do not know how long
// the texts of a dictionary are.
int64_t WinnerReader::RowBytes(const Group& group) const {
  const DataFileReader& file = files_.files[group.task.file];
  const int64_t bytes =
      file.footer().DecodedBytesOf(group.task.row_group, plans_[group.task.file].leaves());
  const int64_t rows = std::max<int64_t>(1, file.extent(group.task.row_group).rows);
  const int64_t seen = bytes_given_ / std::max<int64_t>(1, rows_given_);
  return std::max({int64_t{1}, bytes / rows, seen});
}

Status WinnerReader::ReadAll(const TakeGathered& take) {
  PassProgress pass(terms_.read.progress, terms_.work, files_.rows());
  if (terms_.columns.columns.empty()) return {};
  int64_t rows_left = files_.rows();  // Of row groups without a winner.
  for (const Group& group : groups_) rows_left -= files_.RowsOf(group.task);
  pass.AddRows(rows_left);
  return ParallelFor(
      groups_.size(), ThreadCount(terms_.read.threads),
      [&](size_t at, int worker) -> Status {
        ICEFIELD_TRY(ReadPart({&groups_[at], groups_[at].count}, worker, take));
        pass.AddRows(files_.RowsOf(groups_[at].task));
        return {};
      },
      terms_.read.interrupted);
}

std::vector<WinnerReader::Part> WinnerReader::ChooseParts(int64_t bytes) {
  const auto threads = static_cast<size_t>(ThreadCount(terms_.read.threads));
  const int64_t enough = kBytesAhead * static_cast<int64_t>(threads);
  std::vector<Part> parts;
  for (int64_t left = bytes; next_group_ < groups_.size();) {
    Group& group = groups_[next_group_];
    const size_t rest = group.count - group.done;
    const int64_t row_bytes = RowBytes(group);
    auto rows = static_cast<size_t>(std::max<int64_t>(0, left / row_bytes));
    if (parts.empty()) rows = std::max<size_t>(rows, 1);
    rows = std::min(rows, rest);
    if (rows == 0) break;
    parts.push_back({&group, rows});
    left -= static_cast<int64_t>(rows) * row_bytes;
    if (rows < rest) break;
    ++next_group_;
    if (parts.size() >= threads * kGroupsAhead && bytes - left >= enough) break;
  }
  return parts;
}

Result<size_t> WinnerReader::ReadSome(int64_t bytes, const TakeGathered& take) {
  const std::vector<Part> parts = ChooseParts(bytes);
  ICEFIELD_TRY(ParallelFor(
      parts.size(), ThreadCount(terms_.read.threads),
      [&](size_t at, int worker) { return ReadPart(parts[at], worker, take); },
      terms_.read.interrupted));
  size_t count = 0;
  for (const Part& part : parts) count += part.count;
  return count;
}

Status WinnerReader::ReadPart(const Part& part, int worker, const TakeGathered& take) {
  for (size_t left = part.count; left > 0;) {
    ICEFIELD_TRY(CheckInterrupted(terms_.read, worker));
    const int64_t fitting = std::max<int64_t>(1, terms_.thread_bytes / RowBytes(*part.group));
    const size_t step = std::min(left, static_cast<size_t>(fitting));
    ICEFIELD_TRY(ReadStep(*part.group, step, take));
    left -= step;
  }
  return {};
}

// The next winners of the group.
Status WinnerReader::ReadStep(Group& group, size_t count, const TakeGathered& take) {
  std::vector<int64_t> positions;
  positions.reserve(count);
  for (const RowLocator& winner : winners_.subspan(group.first + group.done, count))
    positions.push_back(winner.position);
  const DataFileReader& file = files_.files[group.task.file];
  const std::vector<int>& leaves = plans_[group.task.file].leaves();
  // Where all columns at once would be too much, a part of the rows is read column by column, from
  // the row group's start each time.
  const bool by_column =
      group.picker == nullptr &&
      (count == group.count || leaves.empty() ||
       file.footer().DecoderBytesOf(group.task.row_group, leaves) > terms_.thread_bytes);
  ICEFIELD_TRY(by_column ? ReadByColumn(group, positions, take)
                         : ReadByPicker(group, positions, take));
  group.done += count;
  if (group.done == group.count) group.picker.reset();
  return {};
}

Status WinnerReader::ReadByColumn(const Group& group, std::span<const int64_t> positions,
                                  const TakeGathered& take) {
  const ColumnPlan& plan = plans_[group.task.file];
  ICEFIELD_ASSIGN(std::vector<BatchPtr> stored,
                  files_.files[group.task.file].PickStored({.row_group = group.task.row_group,
                                                            .leaves = plan.leaves(),
                                                            .batch_rows = terms_.read.batch_rows,
                                                            .runs = group.task.runs,
                                                            .counts = &counts_},
                                                           positions));
  size_t first = group.first + group.done;
  for (BatchPtr& batch : stored) {
    const auto rows = std::min(positions.size(), static_cast<size_t>(terms_.read.batch_rows));
    ICEFIELD_ASSIGN(BatchPtr piece,
                    plan.AssembleAt(std::exchange(batch, nullptr), positions.first(rows)));
    ICEFIELD_TRY(Give(first, std::move(piece), take));
    first += rows;
    positions = positions.subspan(rows);
  }
  return {};
}

Status WinnerReader::ReadByPicker(Group& group, std::span<const int64_t> positions,
                                  const TakeGathered& take) {
  const DataFileReader& file = files_.files[group.task.file];
  const ColumnPlan& plan = plans_[group.task.file];
  if (group.picker == nullptr) {
    ICEFIELD_ASSIGN(group.picker, file.OpenPicker({.row_group = group.task.row_group,
                                                   .leaves = plan.leaves(),
                                                   .runs = group.task.runs,
                                                   .counts = &counts_}));
  }
  size_t first = group.first + group.done;
  std::vector<int64_t> numbers;
  while (!positions.empty()) {
    const auto rows = std::min(positions.size(), static_cast<size_t>(terms_.read.batch_rows));
    numbers.assign(positions.begin(), positions.begin() + static_cast<int64_t>(rows));
    for (int64_t& number : numbers) number -= file.extent(group.task.row_group).first_row;
    ICEFIELD_ASSIGN(const BatchPtr stored, group.picker->Pick(numbers));
    ICEFIELD_ASSIGN(BatchPtr piece, plan.AssembleAt(stored, positions.first(rows)));
    ICEFIELD_TRY(Give(first, std::move(piece), take));
    first += rows;
    positions = positions.subspan(rows);
  }
  return {};
}

Status WinnerReader::Give(size_t first, BatchPtr rows, const TakeGathered& take) {
  rows_given_ += rows->num_rows();
  bytes_given_ += arrow::util::TotalBufferSize(*rows);
  return take(first, std::move(rows));
}

Status ReadWinners(ViewScan& scan, std::span<const RowLocator> winners, ReadSchema columns,
                   int64_t thread_bytes, const ReadOptions& options, const TakeGathered& take) {
  ICEFIELD_ASSIGN(const std::unique_ptr<WinnerReader> reader,
                  WinnerReader::Make(scan.files, winners,
                                     {.columns = std::move(columns),
                                      .thread_bytes = thread_bytes,
                                      .read = options,
                                      .work = GatheringWork(scan)}));
  ICEFIELD_TRY(reader->ReadAll(take));
  scan.report.bytes_read += reader->bytes_read();
  scan.report.pages_read += reader->pages_read();
  return {};
}

}  // namespace icefield
