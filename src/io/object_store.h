/// Where bytes lie: files by location.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefield {

/// An open file for ranged reads. ReadAt may be called by several threads at once.
class InputFile {
 public:
  virtual ~InputFile() = default;

  /// The location it was opened with.
  virtual const std::string& location() const = 0;

  virtual int64_t size_bytes() const = 0;

  /// Fills `out` from `offset`; CorruptData where the file ends before (it was cut short),
  /// Unavailable on IO faults.
  virtual Status ReadAt(int64_t offset, std::span<std::byte> out) const = 0;
};

/// A file being written, by one thread. Nothing is visible under its location before Close; without
/// it, what was written is discarded.
class OutputFile {
 public:
  virtual ~OutputFile() = default;

  /// The location it was made with.
  virtual const std::string& location() const = 0;

  /// Bytes written so far.
  virtual int64_t size_bytes() const = 0;

  /// ResourceExhausted for a full disk, PermissionDenied or Unavailable; each names the location.
  virtual Status Write(std::string_view bytes) = 0;

  /// Makes the file durable and then visible, whole. AlreadyExists where the location is taken:
  /// that file stays as it is (of several writers of one location exactly one succeeds).
  virtual Status Close() = 0;
};

/// A store of files. Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// NotFound, PermissionDenied or Unavailable name the location.
  virtual Result<std::unique_ptr<InputFile>> Open(std::string_view location) const = 0;

  /// The names of what lies directly in a folder, sorted; those of folders end in '/'. NotFound
  /// where there is no such folder (also where it is a file), PermissionDenied or Unavailable name
  /// the location.
  virtual Result<std::vector<std::string>> List(std::string_view location) const = 0;

  /// A new file; folders above it are made. Unsupported for a store that is only read.
  virtual Result<std::unique_ptr<OutputFile>> Create(std::string_view location) const;

  /// Puts `bytes` in the place of whatever is there: readers see the old file or the new one. For
  /// hints alone: of two writers the last wins.
  virtual Status Replace(std::string_view location, std::string_view bytes) const;

  /// Removes a file, or an empty folder where `location` ends in '/'. NotFound where there is none;
  /// Conflict where the folder is not empty.
  virtual Status Delete(std::string_view location) const;

  /// Where a location leads, in one spelling: equal for locations of the same file or folder.
  virtual std::string Resolve(std::string_view location) const;
};

/// Create, Write and Close in one: AlreadyExists where the location is taken.
Status PutIfAbsent(const ObjectStore& store, std::string_view location, std::string_view bytes);

/// The whole content of a file. ResourceExhausted beyond `size_bytes_max`.
Result<std::string> ReadAll(const ObjectStore& store, std::string_view location,
                            int64_t size_bytes_max = int64_t{4} << 30);

}  // namespace icefield
