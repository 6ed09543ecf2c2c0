/// The bytes of a column chunk, read in pieces, with jumps.
#pragma once

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "io/object_store.h"

namespace icefield {

/// A part of a file as a stream for Parquet's page reader. Reads pieces of one size ahead; after a
/// jump, what the jump says is wanted; where pages are larger than pieces, headers and pages as
/// they are asked for. Bytes go to one place of memory again and again, once nobody holds what was
/// given from it. Used by one thread.
class ChunkInput final : public arrow::io::InputStream {
 public:
  /// Bytes [begin, end) of `file` (borrowed), clipped to the file's end.
  ChunkInput(const InputFile& file, int64_t begin, int64_t end, int64_t piece_bytes);

  /// The next byte is that at `offset` of the file; `wanted_bytes` of them will be asked for.
  void JumpTo(int64_t offset, int64_t wanted_bytes);

  /// The next Read is of bytes that nobody looks at: it gives none, and only goes on.
  void SkipNextRead() { skips_next_ = true; }

  /// What ChecksumIn gives for the header of the page that was read last: for the bytes that were
  /// read where Peek had looked ahead.
  std::optional<uint32_t> checksum() const { return checksum_; }

  /// Bytes read from the file so far.
  int64_t bytes_read() const { return bytes_read_; }

  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Result<std::string_view> Peek(int64_t count) override;
  arrow::Result<int64_t> Read(int64_t count, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override;

 private:
  arrow::Status FillWindow(int64_t count);
  arrow::Status MakeRoom(int64_t kept, int64_t bytes);
  arrow::Result<std::string_view> View(int64_t count);
  int64_t Clip(int64_t count) const;
  int64_t InWindow() const;

  const InputFile& file_;
  int64_t end_;
  int64_t piece_bytes_;
  int64_t ahead_bytes_;     // What the next piece holds at least.
  int64_t position_;        // In the file.
  int64_t jump_end_ = 0;    // Where the bytes end that the last jump announced.
  int64_t peeked_at_ = -1;  // The position of the last look ahead.
  std::optional<uint32_t> checksum_;
  int64_t last_read_ = 0;  // Bytes of the last Read, if it was not skipped.
  int64_t window_at_ = 0;  // Where the window begins: the buffer's first byte.
  int64_t window_bytes_ = 0;
  std::shared_ptr<arrow::Buffer> buffer_;
  int64_t bytes_read_ = 0;
  bool skips_next_ = false;
  bool closed_ = false;
};

}  // namespace icefield
