#include "retrieval/settling.h"

#include <algorithm>

#include "pit/row_numbers.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

// The contenders of several holders, one holder after the other.
class AllContenders {
 public:
  explicit AllContenders(std::span<Contenders* const> holders) : holders_(holders), starts_{0} {
    for (Contenders* const holder : holders)
      starts_.push_back(starts_.back() + holder->CountContenders());
  }

  size_t count() const { return starts_.back(); }
  size_t first(size_t holder) const { return starts_[holder]; }
  size_t end(size_t holder) const { return starts_[holder + 1]; }

  // As RowsAsked.
  void Ask(size_t first, std::span<uint64_t> rows) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), first);
    auto holder = static_cast<size_t>(after - starts_.begin()) - 1;
    for (; !rows.empty(); ++holder) {
      const size_t count = std::min(rows.size(), end(holder) - first);
      holders_[holder]->GetContenders(first - starts_[holder], rows.first(count));
      rows = rows.subspan(count);
      first += count;
    }
  }

  // Numbers of the rows that were set aside, ascending, each once.
  std::vector<uint32_t> TiedNumbers(std::span<const uint32_t> numbers) const {
    std::vector<uint32_t> tied;
    for (size_t holder = 0; holder < holders_.size(); ++holder) {
      const size_t first_tied = first(holder) + holders_[holder]->first_tied();
      const auto of_holder = numbers.subspan(first_tied, end(holder) - first_tied);
      tied.insert(tied.end(), of_holder.begin(), of_holder.end());
    }
    std::sort(tied.begin(), tied.end());
    tied.erase(std::unique(tied.begin(), tied.end()), tied.end());
    return tied;
  }

 private:
  std::span<Contenders* const> holders_;
  std::vector<size_t> starts_;  // Of each holder; one more at the end.
};

// The lineages of the rows that tie, by the numbers of all; or none.
Result<std::vector<RowLineage>> ReadLineages(ViewScan& scan, const NumberedRows& numbered,
                                             std::span<const uint32_t> tied, int64_t thread_bytes,
                                             const ReadOptions& options) {
  std::vector<RowLocator> rows;
  rows.reserve(tied.size());
  for (const uint32_t number : tied) rows.push_back(numbered.rows[number]);
  ICEFIELD_ASSIGN(const std::vector<RowLineage> of_tied,
                  ReadLineagesOf(scan, rows, thread_bytes, options));
  if (of_tied.empty()) return std::vector<RowLineage>();
  std::vector<RowLineage> lineages(numbered.rows.size());
  for (size_t at = 0; at < tied.size(); ++at) lineages[tied[at]] = of_tied[at];
  return lineages;
}

}  // namespace

Result<std::vector<RowLocator>> SettleContenders(ViewScan& scan,
                                                 std::span<Contenders* const> holders,
                                                 int64_t thread_bytes, const ReadOptions& options) {
  const Workers workers = WorkersOf(options);
  const AllContenders contenders(holders);
  std::vector<int64_t> file_rows;
  for (const FileTask& task : scan.plan.tasks) file_rows.push_back(task.file.record_count);
  ICEFIELD_ASSIGN(NumberedRows numbered,
                  NumberRows(
                      contenders.count(),
                      [&](size_t first, std::span<uint64_t> rows) { contenders.Ask(first, rows); },
                      file_rows, workers));
  std::vector<int64_t> created_times;
  std::vector<RowLineage> lineages;
  if (scan.report.ties == TieReading::kAside) {
    const std::vector<uint32_t> tied = contenders.TiedNumbers(numbered.numbers);
    ICEFIELD_ASSIGN(created_times,
                    ReadCreatedTimesOf(scan, numbered.rows, tied, thread_bytes, options));
    ICEFIELD_ASSIGN(lineages, ReadLineages(scan, numbered, tied, thread_bytes, options));
  }
  const std::span<const uint32_t> numbers(numbered.numbers);
  for (size_t holder = 0; holder < holders.size(); ++holder) {
    const size_t first = contenders.first(holder);
    const FoundRows found{.numbers = numbers.subspan(first, contenders.end(holder) - first),
                          .created_times = created_times,
                          .lineages = lineages};
    ICEFIELD_TRY(holders[holder]->Settle(found, workers));
  }
  return std::move(numbered.rows);
}

}  // namespace icefield
