#include "codec/parquet/chunk_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "batch/arrow_status.h"
#include "codec/parquet/page_header.h"

namespace icefield {
namespace {

// Nearly every page header is shorter.
constexpr int64_t kHeaderBytes = 512;

}  // namespace

ChunkInput::ChunkInput(const InputFile& file, int64_t begin, int64_t end, int64_t piece_bytes)
    : file_(file),
      end_(std::min(end, file_.size_bytes())),
      piece_bytes_(piece_bytes),
      ahead_bytes_(piece_bytes),
      position_(begin) {}

void ChunkInput::JumpTo(int64_t offset, int64_t wanted_bytes) {
  position_ = offset;
  ahead_bytes_ = wanted_bytes;
  jump_end_ = offset + wanted_bytes;
}

arrow::Status ChunkInput::Close() {
  closed_ = true;
  buffer_ = nullptr;
  window_bytes_ = 0;
  return arrow::Status::OK();
}

int64_t ChunkInput::Clip(int64_t count) const {
  if (position_ < 0) return 0;
  return std::max<int64_t>(0, std::min(count, end_ - position_));
}

int64_t ChunkInput::InWindow() const {
  if (position_ < window_at_) return 0;
  return std::max<int64_t>(0, window_at_ + window_bytes_ - position_);
}

// Makes the window hold `count` bytes from the position on, keeping those that it has.
arrow::Status ChunkInput::FillWindow(int64_t count) {
  const int64_t kept = InWindow();
  if (kept >= count) return arrow::Status::OK();
  const int64_t bytes = Clip(std::max(count, ahead_bytes_));
  ahead_bytes_ = piece_bytes_;
  ARROW_RETURN_NOT_OK(MakeRoom(kept, bytes));
  std::byte* const end =
      reinterpret_cast<std::byte*>(buffer_->mutable_data()) + (position_ - window_at_) + kept;
  const Status status = file_.ReadAt(position_ + kept, {end, static_cast<size_t>(bytes - kept)});
  if (!status.ok()) return ToArrow(status.error());
  bytes_read_ += bytes - kept;
  window_bytes_ = position_ - window_at_ + bytes;
  return arrow::Status::OK();
}

// Room for `bytes` from the position on, the first `kept` of which are there: behind them, else at
// the front of the buffer, else in another one.
arrow::Status ChunkInput::MakeRoom(int64_t kept, int64_t bytes) {
  const int64_t start = position_ - window_at_;
  if (kept > 0 && start + bytes <= buffer_->size()) return arrow::Status::OK();
  // What was given away is not written over.
  const bool is_free = buffer_ != nullptr && buffer_.use_count() == 1;
  const uint8_t* const from = kept > 0 ? buffer_->data() + start : nullptr;
  std::shared_ptr<arrow::Buffer> room = buffer_;
  if (!is_free || bytes > buffer_->size()) {
    // Pages of a column have nearly one size.
    ARROW_ASSIGN_OR_RAISE(room, arrow::AllocateBuffer(bytes + bytes / 8));
  }
  if (kept > 0) std::memmove(room->mutable_data(), from, static_cast<size_t>(kept));
  buffer_ = std::move(room);
  window_at_ = position_;
  window_bytes_ = kept;
  return arrow::Status::OK();
}

// The page reader asks for more than a header has, and again for more where that is too little.
arrow::Result<std::string_view> ChunkInput::Peek(int64_t count) {
  count = Clip(count);
  const bool is_again = std::exchange(peeked_at_, position_) == position_;
  if (position_ < jump_end_ && !is_again) count = std::min(count, jump_end_ - position_);
  // Of a page that is larger than a piece the rest is asked for next, if it is wanted.
  if (last_read_ > piece_bytes_ && position_ >= jump_end_)
    ahead_bytes_ = std::min(ahead_bytes_, count);
  return View(count);
}

arrow::Result<std::string_view> ChunkInput::View(int64_t count) {
  ARROW_RETURN_NOT_OK(FillWindow(count));
  return std::string_view(reinterpret_cast<const char*>(
                              count == 0 ? nullptr : buffer_->data() + position_ - window_at_),
                          static_cast<size_t>(count));
}

arrow::Result<int64_t> ChunkInput::Read(int64_t count, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::string_view bytes, View(Clip(count)));
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  position_ += static_cast<int64_t>(bytes.size());
  return static_cast<int64_t>(bytes.size());
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ChunkInput::Read(int64_t count) {
  count = Clip(count);
  if (std::exchange(skips_next_, false)) {
    last_read_ = 0;
    // What follows is a header, whose page may be skipped in its turn.
    if (count > InWindow()) {
      JumpTo(position_ + count, kHeaderBytes);
    } else {
      position_ += count;
    }
    return std::make_shared<arrow::Buffer>(nullptr, 0);
  }
  ARROW_RETURN_NOT_OK(FillWindow(count));
  if (count == 0) return std::make_shared<arrow::Buffer>(nullptr, 0);
  std::shared_ptr<arrow::Buffer> bytes = arrow::SliceBuffer(buffer_, position_ - window_at_, count);
  if (position_ == peeked_at_) checksum_ = ChecksumIn(std::string_view(*bytes));
  last_read_ = count;
  position_ += count;
  return bytes;
}

}  // namespace icefield
