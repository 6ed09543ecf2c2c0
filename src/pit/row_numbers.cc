#include "pit/row_numbers.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "pit/packed_row.h"

namespace icefield {
namespace {

// A row and who asked for it.
struct AskedRow {
  uint64_t row;
  uint32_t asker;
};
using AskedRows = std::vector<AskedRow>;

// The rows of files, one file after the other, cut into parts of one length.
class FileParts {
 public:
  FileParts(const std::vector<int64_t>& file_rows, size_t count)
      : packing_(static_cast<uint32_t>(file_rows.size())), count_(count), starts_{0} {
    for (const int64_t rows : file_rows)
      starts_.push_back(starts_.back() + std::max<int64_t>(1, rows));
  }

  size_t count() const { return count_; }

  // Grows with the row, also where a file has more of them than it was said to have.
  size_t PartOf(uint64_t packed) const {
    const RowLocator row = packing_.Unpack(packed);
    const int64_t place = std::min(starts_[row.file] + row.position, starts_[row.file + 1] - 1);
    const double part = static_cast<double>(place) / static_cast<double>(starts_.back()) *
                        static_cast<double>(count_);
    return std::min(static_cast<size_t>(part), count_ - 1);
  }

 private:
  RowPacking packing_;
  size_t count_;
  std::vector<int64_t> starts_;  // Of each file; one more at the end.
};

// Rows by parts, in any order within one.
struct GroupedRows {
  AskedRows rows;
  std::vector<size_t> starts;  // Of each part; one more at the end.

  std::span<AskedRow> OfPart(size_t part) {
    return std::span(rows).subspan(starts[part], starts[part + 1] - starts[part]);
  }
};

// What is asked for, without the rows that are none.
Result<std::vector<AskedRows>> Ask(size_t count, const RowsAsked& asked, const Workers& workers) {
  constexpr size_t kBlock = 1024;
  const Ranges ranges(count, workers.threads);
  std::vector<AskedRows> rows(ranges.count());
  ICEFIELD_TRY(ParallelForRanges(ranges, workers, [&](size_t range, size_t first, size_t end) {
    std::array<uint64_t, kBlock> block;
    rows[range].reserve(end - first);
    for (size_t start = first; start < end; start += kBlock) {
      const std::span packed = std::span(block).first(std::min(kBlock, end - start));
      asked(start, packed);
      for (size_t at = 0; at < packed.size(); ++at) {
        if (packed[at] != RowPacking::kNoRow)
          rows[range].push_back({packed[at], static_cast<uint32_t>(start + at)});
      }
    }
    return Status();
  }));
  return rows;
}

// A counting sort: every range of rows knows where its own of a part go.
Result<GroupedRows> GroupByPart(std::vector<AskedRows> ranges, const FileParts& parts,
                                const Workers& workers) {
  std::vector<std::vector<size_t>> next(ranges.size());
  ICEFIELD_TRY(ParallelFor(ranges.size(), workers, [&](size_t range, int) -> Status {
    next[range].assign(parts.count(), 0);
    for (const AskedRow& row : ranges[range]) ++next[range][parts.PartOf(row.row)];
    return {};
  }));
  GroupedRows grouped;
  size_t all = 0;
  for (size_t part = 0; part < parts.count(); ++part) {
    grouped.starts.push_back(all);
    for (std::vector<size_t>& of_range : next) all += std::exchange(of_range[part], all);
  }
  grouped.starts.push_back(all);
  grouped.rows.resize(all);
  ICEFIELD_TRY(ParallelFor(ranges.size(), workers, [&](size_t range, int) -> Status {
    for (const AskedRow& row : ranges[range])
      grouped.rows[next[range][parts.PartOf(row.row)]++] = row;
    AskedRows().swap(ranges[range]);
    return {};
  }));
  return grouped;
}

// Sorts the rows of a part; how many there are.
uint32_t SortAndCount(std::span<AskedRow> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const AskedRow& a, const AskedRow& b) { return a.row < b.row; });
  uint32_t distinct = 0;
  for (size_t at = 0; at < rows.size(); ++at)
    distinct += at == 0 || rows[at].row != rows[at - 1].row ? 1 : 0;
  return distinct;
}

// Gives numbers from `number` on to sorted rows.
void Number(std::span<const AskedRow> rows, uint32_t number, const RowPacking& packing,
            NumberedRows& numbered) {
  for (size_t at = 0; at < rows.size(); ++at) {
    if (at > 0 && rows[at].row != rows[at - 1].row) ++number;
    numbered.rows[number] = packing.Unpack(rows[at].row);
    numbered.numbers[rows[at].asker] = number;
  }
}

}  // namespace

Result<NumberedRows> NumberRows(size_t count, const RowsAsked& asked,
                                const std::vector<int64_t>& file_rows, const Workers& workers) {
  // Those of a part are sorted in a processor's cache.
  constexpr size_t kPartRows = 1024;
  constexpr size_t kPartsMax = 4096;
  if (count >= kNoRowNumber) return Unsupported(count, " rows to choose from; at most 4 billion");
  ICEFIELD_ASSIGN(std::vector<AskedRows> ranges, Ask(count, asked, workers));
  size_t found = 0;
  for (const AskedRows& range : ranges) found += range.size();
  const FileParts parts(file_rows, std::clamp<size_t>(found / kPartRows, 1, kPartsMax));
  ICEFIELD_ASSIGN(GroupedRows grouped, GroupByPart(std::move(ranges), parts, workers));
  std::vector<uint32_t> firsts(parts.count() + 1, 0);  // First number of each part.
  ICEFIELD_TRY(ParallelFor(parts.count(), workers, [&](size_t part, int) -> Status {
    firsts[part + 1] = SortAndCount(grouped.OfPart(part));
    return {};
  }));
  std::partial_sum(firsts.begin(), firsts.end(), firsts.begin());
  NumberedRows numbered;
  numbered.rows.resize(firsts.back());
  numbered.numbers.assign(count, kNoRowNumber);
  const RowPacking packing(static_cast<uint32_t>(file_rows.size()));
  ICEFIELD_TRY(ParallelFor(parts.count(), workers, [&](size_t part, int) -> Status {
    Number(grouped.OfPart(part), firsts[part], packing, numbered);
    return {};
  }));
  return numbered;
}

}  // namespace icefield
