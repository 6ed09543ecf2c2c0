/// Golden tables held in memory at the locations that they were written at.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json/row_writer.h"
#include "icefield/icefield.h"
#include "io/memory_store_test.h"

namespace icefield {

struct GoldenTable {
  std::shared_ptr<const MemoryStore> store;
  std::string metadata_location;
};

inline std::string FileContent(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The table `name` of tests/golden.
inline GoldenTable LoadGoldenTable(const std::string& name) {
  const std::filesystem::path golden = ICEFIELD_TEST_DATA "/../golden";
  const std::string location = "/tmp/icefield-golden/" + name;
  MemoryStore::Files files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(golden / "tables" / name)) {
    if (!file.is_regular_file()) continue;
    const std::string inside = file.path().lexically_relative(golden / "tables" / name);
    files.emplace(location + "/" + inside, FileContent(file.path()));
  }
  const auto expected = nlohmann::json::parse(FileContent(golden / "expected" / (name + ".json")));
  return {std::make_shared<const MemoryStore>(std::move(files)),
          location + "/" + expected.at("metadata").get<std::string>()};
}

/// All rows of the table's current snapshot, each as a line of JSON, sorted.
inline Result<std::vector<std::string>> ReadRows(std::shared_ptr<const ObjectStore> store,
                                                 std::string_view metadata_location, int threads) {
  ICEFIELD_ASSIGN(LoadedTable loaded, LoadTableAt(*store, metadata_location));
  const Table table(std::move(store), std::move(loaded));
  ICEFIELD_ASSIGN(const std::unique_ptr<BatchStream> stream,
                  table.Scan({.read = {.threads = threads}}));
  std::vector<std::string> rows;
  while (true) {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, stream->Next());
    if (batch == nullptr) break;
    std::string lines;
    ICEFIELD_TRY(AppendJsonRows(*batch, lines));
    for (size_t from = 0; from < lines.size();) {
      const size_t end = lines.find('\n', from);
      rows.push_back(lines.substr(from, end - from));
      from = end + 1;
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Remembers which files were opened.
class RecordingStore final : public ObjectStore {
 public:
  explicit RecordingStore(std::shared_ptr<const ObjectStore> below) : below_(std::move(below)) {}

  /// The paths, each once, sorted.
  std::vector<std::string> opened() const {
    const std::lock_guard lock(mutex_);
    return {opened_.begin(), opened_.end()};
  }

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    const std::lock_guard lock(mutex_);
    opened_.emplace(MemoryStore::PathOf(location));
    return below_->Open(location);
  }
  Result<std::vector<std::string>> List(std::string_view location) const override {
    return below_->List(location);
  }

 private:
  std::shared_ptr<const ObjectStore> below_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> opened_;
};

}  // namespace icefield
