/// Every file that a scan reads, damaged in every way that is thought of, one at a time: an error
/// that names the file, or the very rows of the whole table. Never other rows, a crash or a hang.
///
/// What is promised depends on what the format lets a reader know:
/// - Parquet (data and delete files; pages carry checksums here, as Java and Spark write them),
///   Puffin, manifests and manifest lists: all of the above, for every damage.
/// - Metadata files are text without a checksum, and the root of everything: another file in its
///   place is another table, a digit of an id is another id. A file that is cut short, emptied or
///   gone is refused by name; of flipped bits and swapped files only this is expected: no crash, no
///   hang, no fault of the engine's own.
/// One thing cannot be known: that a position-delete file was replaced by another of the same size
/// and number of rows, where its manifest states neither its data file nor bounds of its rows.
/// pyiceberg's tables are not among the chosen ones, as its Parquet pages carry no checksums:
/// damage inside of values cannot be seen there.
///
/// ICEFIELD_DAMAGE=full flips every bit and cuts at every length instead of a sample.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "damage_cases_test.h"
#include "golden_table_test.h"

namespace icefield {
namespace {

constexpr int kThreads = 2;
constexpr std::chrono::seconds kCaseTimeMax{60};
constexpr int kFailuresMax = 20;  // Of one table; more of them say no more.

bool IsFull() {
  const char* const value = std::getenv("ICEFIELD_DAMAGE");
  return value != nullptr && std::string_view(value) == "full";
}

DamageAmount Amount() {
  if (!IsFull()) return {.truncations_max = 5, .flips_max = 20, .swaps_max = 3};
  constexpr size_t kBytesMax = size_t{64} << 10;
  return {.truncations_max = kBytesMax, .flips_max = 8 * kBytesMax, .swaps_max = kBytesMax};
}

/// Ends the process, by the name of the case, where one takes too long: a hanging scan cannot be
/// stopped otherwise.
class Watchdog {
 public:
  Watchdog() : thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

  void Start(std::string name) {
    const std::lock_guard lock(mutex_);
    name_ = std::move(name);
    ++case_number_;
    changed_.notify_all();
  }

 private:
  void Watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const int64_t watched = case_number_;
      const bool moved =
          changed_.wait_for(lock, stop, kCaseTimeMax, [&] { return case_number_ != watched; });
      if (moved || stop.stop_requested()) continue;
      std::fprintf(stderr, "takes too long: %s\n", name_.c_str());
      std::abort();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string name_;
  int64_t case_number_ = 0;
  std::jthread thread_;  // The last member: it uses the others.
};

// True for damage after which nothing is promised of the rows.
bool IsBeyondPromise(FileRole role, const Damage& damage) {
  return role == FileRole::kMetadata &&
         (damage.kind == Damage::Kind::kFlipped || damage.kind == Damage::Kind::kSwapped);
}

class DamageTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    table_ = LoadGoldenTable(GetParam());
    const bool is_version_3 = std::string_view(GetParam()) == "java_dv_and_equality";
    others_ = LoadGoldenTable(is_version_3 ? "java_eq_everything" : "java_dv_and_equality");
    const auto recorder = std::make_shared<RecordingStore>(table_.store);
    const auto rows = ReadRows(recorder, table_.metadata_location, kThreads);
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    ASSERT_FALSE(rows->empty());
    rows_ = *rows;
    paths_ = recorder->opened();
    const auto loaded = LoadTableAt(*table_.store, table_.metadata_location);
    snapshot_id_ = StrCat(loaded->metadata.current_snapshot_id->value);
  }

  // What is wrong with reading the table after the damage; empty if nothing is.
  std::string Judge(const std::string& path, const Damage& damage) const {
    const std::optional<std::string> bytes = damage.Apply(table_.store->files().at(path));
    const auto store = std::make_shared<OverlayStore>(*table_.store, path, bytes);
    const auto rows = ReadRows(store, table_.metadata_location, kThreads);
    const bool is_beyond = IsBeyondPromise(RoleOf(path), damage);
    if (rows.ok()) return *rows == rows_ || is_beyond ? "" : OtherRows(*rows);
    const std::string& message = rows.error().message;
    if (rows.error().code == ErrorCode::kInternal) return "internal error: " + message;
    if (is_beyond) return "";
    if (message.find(path) == std::string::npos) return "the file is not named: " + message;
    const bool names_snapshot = message.find(snapshot_id_) != std::string::npos;
    if (damage.kind == Damage::Kind::kMissing && RoleOf(path) != FileRole::kMetadata &&
        !names_snapshot) {
      return "the snapshot is not named: " + message;
    }
    return "";
  }

  std::string OtherRows(const std::vector<std::string>& rows) const {
    std::string out = StrCat("other rows: ", rows.size(), " instead of ", rows_.size());
    for (size_t i = 0; i < std::min(rows.size(), rows_.size()); ++i) {
      if (rows[i] != rows_[i]) return StrCat(out, ", ", rows[i], " for ", rows_[i]);
    }
    return out;
  }

  GoldenTable table_;
  GoldenTable others_;
  std::vector<std::string> rows_;
  std::vector<std::string> paths_;  // Of the files that a scan reads.
  std::string snapshot_id_;
};

TEST_P(DamageTest, IsAnErrorOrTheSameRows) {
  Watchdog watchdog;
  int failures = 0;
  for (const std::string& path : paths_) {
    for (const Damage& damage :
         DamagesOf(path, table_.store->files(), others_.store->files(), Amount())) {
      const std::string name = StrCat(path, " ", damage.ToString());
      watchdog.Start(name);
      const std::string fault = Judge(path, damage);
      if (fault.empty()) continue;
      ADD_FAILURE() << name << ": " << fault;
      ASSERT_LT(++failures, kFailuresMax);
    }
  }
}

std::vector<const char*> Tables() {
  std::vector<const char*> tables{
      "java_eq_everything", "java_eq_null_key",     "java_dv_and_equality",
      "java_dv_one_puffin", "java_pos_file_scoped", "java_pos_partition_scoped",
      "java_default_types", "java_evo_struct",      "java_mapping_evolved",
      "java_meta_v1",       "java_meta_gzip_v3",    "spark_schema_evolution_deletes",
  };
  // Many files, each of which is damaged in turn.
  if (IsFull()) tables.insert(tables.end(), {"spark_mor_v2_partition", "spark_dv_v3"});
  return tables;
}

INSTANTIATE_TEST_SUITE_P(Golden, DamageTest, testing::ValuesIn(Tables()),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace icefield
