#include "retrieval/spilled_features.h"

#include <arrow/util/byte_size.h>

#include <algorithm>

#include "batch/arrow_status.h"
#include "batch/take_rows.h"
#include "codec/ipc/batch_block.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Larger blocks are not made of several pieces: nothing is gained.
constexpr int64_t kBlockBytes = int64_t{16} << 20;

uint32_t RankOf(std::span<const uint32_t> winners, uint32_t winner) {
  return static_cast<uint32_t>(std::lower_bound(winners.begin(), winners.end(), winner) -
                               winners.begin());
}

// A multiple of `unit`, or what is below it.
int64_t RoundDown(int64_t value, int64_t unit) {
  return value < unit ? value : value - value % unit;
}

// Counts distinct winners of rows that follow one another.
class DistinctCount {
 public:
  explicit DistinctCount(std::span<const uint32_t> winner_of_row) {
    uint32_t end = 0;
    for (const uint32_t winner : winner_of_row)
      if (winner != kNoWinner) end = std::max(end, winner + 1);
    last_start_.assign(end, 0);
  }

  // Of the rows since the last Start (the first of which is its own).
  void Start() {
    ++start_;
    count_ = 0;
  }
  void Add(std::span<const uint32_t> winners) {
    for (const uint32_t winner : winners) {
      if (winner == kNoWinner || last_start_[winner] == start_) continue;
      last_start_[winner] = start_;
      ++count_;
    }
  }
  int64_t count() const { return count_; }

 private:
  std::vector<uint32_t> last_start_;  // Of each winner.
  uint32_t start_ = 0;
  int64_t count_ = 0;
};

}  // namespace

SpilledFeatures::SpilledFeatures(std::shared_ptr<arrow::Schema> schema,
                                 std::span<const uint32_t> winner_of_row, const SpillTerms& terms,
                                 TemporaryFile& file)
    : schema_(std::move(schema)), winner_of_row_(winner_of_row), terms_(terms), file_(file) {
  CutRanges(terms);
  for (Range& range : ranges_) range.winners = WinnersOf(range.first_row, range.end_row);
}

// Steps are added to a range until its distinct winners are too large.
void SpilledFeatures::CutRanges(const SpillTerms& terms) {
  const auto rows = static_cast<int64_t>(winner_of_row_.size());
  const int64_t winners_max = std::max<int64_t>(1, terms.range_bytes / terms.row_bytes);
  const int64_t step = std::min(terms.batch_rows, winners_max);
  DistinctCount distinct(winner_of_row_);
  for (int64_t first = 0; first < rows;) {
    distinct.Start();
    int64_t end = first;
    while (end < rows) {
      const int64_t next = std::min(rows, end + step);
      distinct.Add(
          winner_of_row_.subspan(static_cast<size_t>(end), static_cast<size_t>(next - end)));
      if (end > first && distinct.count() > winners_max) break;
      end = next;
    }
    Range& range = ranges_.emplace_back();
    range.first_row = first;
    range.end_row = end;
    first = end;
  }
}

std::vector<uint32_t> SpilledFeatures::WinnersOf(int64_t first_row, int64_t end_row) const {
  std::vector<uint32_t> winners(winner_of_row_.begin() + first_row,
                                winner_of_row_.begin() + end_row);
  std::sort(winners.begin(), winners.end());
  winners.erase(std::unique(winners.begin(), winners.end()), winners.end());
  if (!winners.empty() && winners.back() == kNoWinner) winners.pop_back();
  winners.shrink_to_fit();
  return winners;
}

Status SpilledFeatures::Write(size_t number, std::span<const GatheredPiece> pieces) {
  Range& range = ranges_[number];
  std::vector<BatchPtr> parts;  // Of neighbouring ranks.
  uint32_t first_rank = 0;
  uint32_t next_rank = 0;
  int64_t bytes = 0;
  std::vector<int32_t> chosen;
  for (const GatheredPiece& piece : pieces) {
    const uint32_t rank = RankOf(range.winners, piece.first);
    chosen.clear();
    for (uint32_t at = rank; at < range.winners.size(); ++at) {
      const uint32_t row = range.winners[at] - piece.first;
      if (row >= piece.rows->num_rows()) break;
      chosen.push_back(static_cast<int32_t>(row));
    }
    if (chosen.empty()) continue;
    if (rank != next_rank || bytes > kBlockBytes) {
      ICEFIELD_TRY(WriteBlocks(range, first_rank, parts));
      bytes = 0;
    }
    if (parts.empty()) first_rank = rank;
    ICEFIELD_ASSIGN(parts.emplace_back(), TakeRows(piece.rows, chosen));
    bytes += arrow::util::TotalBufferSize(*parts.back());
    next_rank = rank + static_cast<uint32_t>(chosen.size());
  }
  return WriteBlocks(range, first_rank, parts);
}

Status SpilledFeatures::WriteBlocks(Range& range, uint32_t first_rank,
                                    std::vector<BatchPtr>& parts) {
  if (parts.empty()) return {};
  ICEFIELD_ASSIGN(const BatchPtr rows, ConcatenateBatches(schema_, parts));
  parts.clear();
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Buffer> bytes, WriteBlock(*rows));
  ICEFIELD_ASSIGN(const int64_t place, file_.Append(std::string_view(*bytes)));
  range.blocks.push_back(
      {first_rank, static_cast<uint32_t>(rows->num_rows()), place, bytes->size()});
  range.bytes += bytes->size();
  return {};
}

void SpilledFeatures::FinishWriting() {
  for (Range& range : ranges_) {
    std::vector<uint32_t>().swap(range.winners);
    std::sort(range.blocks.begin(), range.blocks.end(),
              [](const Block& a, const Block& b) { return a.first_rank < b.first_rank; });
    const int64_t rows = range.end_row - range.first_row;
    range.step_rows = rows;
    // Rows that are larger than was thought are read in several steps.
    if (range.bytes / 2 <= terms_.range_bytes) continue;
    const int64_t steps = range.bytes / terms_.range_bytes + 1;
    range.step_rows = RoundDown(std::max<int64_t>(1, rows / steps), terms_.batch_rows);
  }
}

const SpilledFeatures::Range& SpilledFeatures::RangeOf(int64_t row) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), row,
                       [](int64_t at, const Range& range) { return at < range.first_row; });
  return *(after - 1);
}

int64_t SpilledFeatures::RowsFrom(int64_t row) const {
  const Range& range = RangeOf(row);
  const int64_t step = (row - range.first_row) / range.step_rows;
  return std::min(range.end_row, range.first_row + (step + 1) * range.step_rows) - row;
}

Result<BatchPtr> SpilledFeatures::ReadBlockOf(const Block& block) const {
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> bytes, arrow::AllocateBuffer(block.bytes),
                        "gather");
  ICEFIELD_TRY(file_.ReadAt(block.place, {reinterpret_cast<char*>(bytes->mutable_data()),
                                          static_cast<size_t>(block.bytes)}));
  return ReadBlock(std::move(bytes), schema_, file_.directory());
}

// The rows of `winners`, which are among those of the range, in their order.
Result<std::vector<BatchPtr>> SpilledFeatures::ReadRows(const Range& range,
                                                        std::span<const uint32_t> winners) const {
  std::vector<BatchPtr> pieces;
  const std::vector<uint32_t> all = WinnersOf(range.first_row, range.end_row);
  size_t found = 0;
  std::vector<int32_t> chosen;
  for (const Block& block : range.blocks) {
    chosen.clear();
    for (uint32_t row = 0; row < block.rows && found < winners.size(); ++row) {
      if (all[block.first_rank + row] != winners[found]) continue;
      chosen.push_back(static_cast<int32_t>(row));
      ++found;
    }
    if (chosen.empty()) continue;
    ICEFIELD_ASSIGN(BatchPtr rows, ReadBlockOf(block));
    if (chosen.size() < block.rows) {
      ICEFIELD_ASSIGN(rows, TakeRows(rows, chosen));
    }
    pieces.push_back(std::move(rows));
  }
  if (found != winners.size()) return Internal("a spilled winner was not gathered");
  return pieces;
}

Status SpilledFeatures::Load(int64_t row, int threads) {
  const Range& range = RangeOf(row);
  const int64_t first = row - (row - range.first_row) % range.step_rows;
  const int64_t end = std::min(range.end_row, first + range.step_rows);
  loaded_.reset();
  std::vector<uint32_t> winners = WinnersOf(first, end);
  ICEFIELD_ASSIGN(std::vector<BatchPtr> pieces, ReadRows(range, winners));
  ICEFIELD_ASSIGN(WinnerFeatures features,
                  WinnerFeatures::Make(schema_, std::move(pieces), threads));
  loaded_ = Loaded{first, end, std::move(winners), std::move(features)};
  return {};
}

Result<arrow::ArrayVector> SpilledFeatures::Take(int64_t first, int64_t rows, int threads) {
  if (!loaded_ || first < loaded_->first_row || first >= loaded_->end_row)
    ICEFIELD_TRY(Load(first, threads));
  if (first + rows > loaded_->end_row) return Internal("rows beyond a spilled range");
  std::vector<uint32_t> ranks;
  ranks.reserve(static_cast<size_t>(rows));
  for (const uint32_t winner :
       winner_of_row_.subspan(static_cast<size_t>(first), static_cast<size_t>(rows))) {
    ranks.push_back(winner == kNoWinner ? kNoWinner : RankOf(loaded_->winners, winner));
  }
  return loaded_->features.Take(ranks, threads);
}

int64_t SpilledFeatures::bytes() const {
  int64_t bytes = 0;
  for (const Range& range : ranges_) bytes += range.bytes;
  return bytes;
}

}  // namespace icefield
