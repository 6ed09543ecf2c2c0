#include "retrieval/view_features.h"

#include <arrow/util/byte_size.h>

#include <algorithm>

#include "base/executor.h"

namespace icefield {
namespace {

// What the share of a view is used for. While features are gathered in memory they are held twice
// for a moment, a segment of WinnerFeatures at a time. On disk, a window of them is held while they
// are written, and one range, twice for a moment, while they are read.
int64_t WindowBytes(int64_t share) { return std::max(share / 2, share - kSegmentBytesMax); }

int64_t RangeBytes(int64_t share) { return std::max<int64_t>(1, share / 3); }

void SortByWinner(std::vector<GatheredPiece>& pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](const GatheredPiece& a, const GatheredPiece& b) { return a.first < b.first; });
}

}  // namespace

ViewFeatures::ViewFeatures(std::vector<uint32_t> winner_of_row, Features features,
                           int64_t bytes_held, int64_t row_bytes)
    : rows_(static_cast<int64_t>(winner_of_row.size())),
      winner_of_row_(std::move(winner_of_row)),
      features_(std::move(features)),
      bytes_held_(bytes_held),
      row_bytes_(row_bytes) {}

// Of features that lie in the order of rows they are not needed.
void ViewFeatures::ForgetWinners() {
  const auto* in_order = std::get_if<RowFeatures>(&features_);
  if (in_order != nullptr && in_order->is_whole()) std::vector<uint32_t>().swap(winner_of_row_);
}

int64_t ViewFeatures::RowsFrom(int64_t row) const {
  const auto* spilled = std::get_if<std::unique_ptr<SpilledFeatures>>(&features_);
  if (spilled != nullptr) return (*spilled)->RowsFrom(row);
  return rows_ - row;
}

Result<arrow::ArrayVector> ViewFeatures::Take(int64_t first, int64_t rows, int threads) {
  if (auto* spilled = std::get_if<std::unique_ptr<SpilledFeatures>>(&features_))
    return (*spilled)->Take(first, rows, threads);
  if (const auto* in_order = std::get_if<RowFeatures>(&features_)) {
    const std::span winners(winner_of_row_);
    if (winners.empty()) return in_order->Slice(first, rows);
    return in_order->Take(winners.subspan(static_cast<size_t>(first), static_cast<size_t>(rows)),
                          first, threads);
  }
  const auto start = winner_of_row_.begin() + first;
  return std::get<WinnerFeatures>(features_).Take({start, start + rows}, threads);
}

int64_t ViewFeatures::bytes_spilled() const {
  const auto* spilled = std::get_if<std::unique_ptr<SpilledFeatures>>(&features_);
  return spilled == nullptr ? 0 : (*spilled)->bytes();
}

FeatureCollector::FeatureCollector(const arrow::Schema& columns,
                                   std::vector<uint32_t> winner_of_row, const Terms& terms,
                                   TemporaryFile& file)
    : schema_(Nullable(columns)),
      winner_of_row_(std::move(winner_of_row)),
      terms_(terms),
      file_(file) {}

Status FeatureCollector::Take(size_t first, std::shared_ptr<arrow::RecordBatch> rows) {
  std::unique_lock lock(mutex_);
  ICEFIELD_TRY(HelpToWrite(lock));
  const int64_t bytes = arrow::util::TotalBufferSize(*rows);
  bytes_ += bytes;
  all_bytes_ += bytes;
  all_rows_ += rows->num_rows();
  pieces_.push_back({static_cast<uint32_t>(first), std::move(rows)});
  if (bytes_ <= WindowBytes(terms_.bytes_max)) return {};
  StartWriting();
  return HelpToWrite(lock);
}

int64_t FeatureCollector::RowBytes() const {
  return std::max<int64_t>(1, all_bytes_ / std::max<int64_t>(1, all_rows_));
}

void FeatureCollector::StartWriting() {
  if (spilled_ == nullptr) {
    spilled_ =
        std::make_unique<SpilledFeatures>(schema_, winner_of_row_,
                                          SpillTerms{.row_bytes = RowBytes(),
                                                     .range_bytes = RangeBytes(terms_.bytes_max),
                                                     .batch_rows = terms_.batch_rows},
                                          file_);
  }
  flush_.emplace();
  flush_->pieces = std::move(pieces_);
  SortByWinner(flush_->pieces);
  pieces_.clear();
  bytes_ = 0;
}

// Writes ranges until none is left, and waits for those that others write.
Status FeatureCollector::HelpToWrite(std::unique_lock<std::mutex>& lock) {
  while (flush_) {
    if (failure_.ok() && flush_->next_range < spilled_->ranges()) {
      const size_t range = flush_->next_range++;
      ++flush_->writers;
      lock.unlock();
      Status status = Caught([&] { return spilled_->Write(range, flush_->pieces); });
      lock.lock();
      --flush_->writers;
      if (!status.ok() && failure_.ok()) failure_ = std::move(status);
    } else if (flush_->writers == 0) {
      flush_.reset();
      written_.notify_all();
    } else {
      written_.wait(lock);
    }
  }
  return failure_;
}

Result<ViewFeatures> FeatureCollector::Finish() {
  return spilled_ == nullptr ? FinishInMemory() : FinishOnDisk();
}

Result<ViewFeatures> FeatureCollector::FinishInMemory() {
  SortByWinner(pieces_);
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
  rows.reserve(pieces_.size());
  for (GatheredPiece& piece : pieces_) rows.push_back(std::move(piece.rows));
  pieces_.clear();
  const auto all_rows = static_cast<int64_t>(winner_of_row_.size());
  if (!rows.empty() && RowFeatures::IsFit(bytes_, all_rows_, all_rows, terms_.bytes_max)) {
    ICEFIELD_ASSIGN(RowFeatures features,
                    RowFeatures::Make(schema_, std::move(rows), winner_of_row_, terms_.threads));
    const int64_t held = features.bytes();
    ViewFeatures made(std::move(winner_of_row_), std::move(features), held, RowBytes());
    if (!terms_.keep_winners) made.ForgetWinners();
    return made;
  }
  ICEFIELD_ASSIGN(WinnerFeatures features,
                  WinnerFeatures::Make(schema_, std::move(rows), terms_.threads));
  const int64_t held = features.bytes();
  return ViewFeatures(std::move(winner_of_row_), std::move(features), held, RowBytes());
}

Result<ViewFeatures> FeatureCollector::FinishOnDisk() {
  SortByWinner(pieces_);
  ICEFIELD_TRY(ParallelFor(spilled_->ranges(), terms_.threads, [&](size_t range, int) -> Status {
    return spilled_->Write(range, pieces_);
  }));
  pieces_.clear();
  spilled_->FinishWriting();
  return ViewFeatures(std::move(winner_of_row_), std::move(spilled_),
                      2 * RangeBytes(terms_.bytes_max), RowBytes());
}

}  // namespace icefield
