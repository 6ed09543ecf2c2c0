/// A file for what does not fit in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefield {

/// Bytes on a local disk under no name: gone with this object, and with the process however it
/// ends. The file is made by the first Append. Thread-safe. Does not: make anything durable, or
/// give space back before its end.
class TemporaryFile {
 public:
  /// `directory` empty: that of the environment variable TMPDIR, else /tmp.
  explicit TemporaryFile(std::string directory);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& directory() const { return directory_; }

  /// Whether Append may make the file, by what is known without it: the directory is there, and may
  /// be written to. NotFound, InvalidArgument (no directory) and PermissionDenied name it.
  Status CheckDirectory() const;

  /// Writes `bytes` and returns the place where they begin. ResourceExhausted names the directory
  /// where the disk is full; NotFound and PermissionDenied do where no file can be made in it.
  /// After an error the file is of no use.
  Result<int64_t> Append(std::string_view bytes);

  /// Fills `bytes` with what was written from `place` on. CorruptData where that is less.
  Status ReadAt(int64_t place, std::span<char> bytes) const;

  /// Bytes appended so far.
  int64_t size_bytes() const { return size_bytes_; }

 private:
  Status Open();

  const std::string directory_;
  std::mutex mutex_;                 // Of opening.
  std::atomic<int> descriptor_{-1};  // -1 before the first Append.
  std::atomic<int64_t> size_bytes_{0};
};

}  // namespace icefield
