/// Tables in memory, made by hand, for tests: manifest lists and manifests of one int partition
/// field of id 1000.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/avro/avro_bytes_test.h"
#include "io/object_store.h"
#include "model/manifest.h"

namespace icefield {

class MemoryStore : public ObjectStore {
 public:
  std::map<std::string, std::string, std::less<>> files;

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    const auto found = files.find(location);
    if (found == files.end()) return NotFound("file ", location, " does not exist");
    return std::unique_ptr<InputFile>(std::make_unique<File>(found->first, found->second));
  }
  Result<std::vector<std::string>> List(std::string_view location) const override {
    return NotFound("folder ", location, " does not exist");
  }

 private:
  class File : public InputFile {
   public:
    File(std::string location, std::string_view bytes)
        : location_(std::move(location)), bytes_(bytes) {}
    const std::string& location() const override { return location_; }
    int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
    Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
      std::memcpy(out.data(), bytes_.data() + offset, out.size());
      return {};
    }

   private:
    std::string location_;
    std::string_view bytes_;
  };
};

/// An entry of ten rows in a hundred bytes.
struct TestEntry {
  std::string path;
  int32_t part = 0;
  EntryStatus status = EntryStatus::kAdded;
  int64_t sequence_number = 1;
  FileContent content = FileContent::kData;
  std::string format = "PARQUET";
  std::vector<int32_t> equality_ids;
  std::optional<int64_t> first_row_id = {};
  std::optional<std::string> referenced_data_file = {};
  std::optional<int64_t> content_offset = {};
};

struct TestManifest {
  std::string path;
  std::vector<TestEntry> entries;
  int32_t spec_id = 0;
  ManifestContent content = ManifestContent::kData;
  int32_t lower = 0;  ///< Of the partition field.
  int32_t upper = 100;
  int64_t sequence_number = 1;
  int64_t added_snapshot_id = 9;
  std::optional<int64_t> first_row_id = {};
};

std::string ManifestBytes(const TestManifest& manifest);

/// The list says what is in the manifests; it is said to be of `snapshot_id`.
std::string ManifestListBytes(const std::vector<TestManifest>& manifests, int64_t snapshot_id = 9);

}  // namespace icefield
