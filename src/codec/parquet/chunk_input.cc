#include "codec/parquet/chunk_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "batch/arrow_status.h"

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
  window_ = nullptr;
  return arrow::Status::OK();
}

int64_t ChunkInput::Clip(int64_t count) const {
  if (position_ < 0) return 0;
  return std::max<int64_t>(0, std::min(count, end_ - position_));
}

int64_t ChunkInput::InWindow() const {
  if (window_ == nullptr || position_ < window_at_) return 0;
  return std::max<int64_t>(0, window_at_ + window_->size() - position_);
}

// Makes the window hold `count` bytes from the position on, keeping those that it has.
arrow::Status ChunkInput::FillWindow(int64_t count) {
  const int64_t kept = InWindow();
  if (kept >= count) return arrow::Status::OK();
  const int64_t bytes = Clip(std::max(count, ahead_bytes_));
  ahead_bytes_ = piece_bytes_;
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::Buffer> next, arrow::AllocateBuffer(bytes));
  if (kept > 0) {
    std::memcpy(next->mutable_data(), window_->data() + (position_ - window_at_),
                static_cast<size_t>(kept));
  }
  const Status status =
      file_.ReadAt(position_ + kept, {reinterpret_cast<std::byte*>(next->mutable_data()) + kept,
                                      static_cast<size_t>(bytes - kept)});
  if (!status.ok()) return ToArrow(status.error());
  bytes_read_ += bytes - kept;
  window_ = std::move(next);
  window_at_ = position_;
  return arrow::Status::OK();
}

// The page reader asks for more than a header has, and again for more where that is too little.
arrow::Result<std::string_view> ChunkInput::Peek(int64_t count) {
  count = Clip(count);
  const bool is_again = std::exchange(peeked_at_, position_) == position_;
  if (position_ < jump_end_ && !is_again) count = std::min(count, jump_end_ - position_);
  return View(count);
}

arrow::Result<std::string_view> ChunkInput::View(int64_t count) {
  ARROW_RETURN_NOT_OK(FillWindow(count));
  return std::string_view(
      reinterpret_cast<const char*>(window_ == nullptr ? nullptr : window_->data()) +
          (count == 0 ? 0 : position_ - window_at_),
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
  std::shared_ptr<arrow::Buffer> bytes = arrow::SliceBuffer(window_, position_ - window_at_, count);
  position_ += count;
  return bytes;
}

}  // namespace icefield
