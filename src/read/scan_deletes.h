/// The deletes of a scan, loaded when they are first needed and shared by all files and threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/position_set.h"
#include "io/object_store.h"
#include "read/equality_deletes.h"
#include "read/position_deletes.h"
#include "scan/scan_plan.h"

namespace icefield {

/// Equality deletes of one id set and one scope (a partition, or the whole table).
struct EqualityGroup {
  ReadSchema columns;           ///< The key columns, as EqualityKeyColumns gives them.
  std::vector<uint32_t> files;  ///< In ScanPlan::delete_files.
};

/// Which deletes apply is the plan's decision; this class only reads them. Each delete file is read
/// once. Thread-safe. Memory: the positions of data files that are being read, and all keys of the
/// equality deletes that apply.
class ScanDeletes {
 public:
  /// `store` and `plan` are borrowed. CorruptData for key columns that no schema has.
  static Result<std::unique_ptr<ScanDeletes>> Make(const ObjectStore& store, const ScanPlan& plan);

  /// The deleted positions of the file of a task; empty where none are.
  Result<std::shared_ptr<const PositionSet>> PositionsOf(size_t task);

  /// Forgets the positions of a task; they cannot be asked for again.
  void Release(size_t task);

  /// The groups that bear on a task; numbers for `group` and `KeysOf`.
  const std::vector<uint32_t>& GroupsOf(size_t task) const { return groups_of_task_[task]; }
  const EqualityGroup& group(uint32_t number) const { return groups_[number]; }
  Result<std::shared_ptr<const EqualityKeys>> KeysOf(uint32_t group);

 private:
  // What one thread loads while others that need it wait.
  template <typename Loaded>
  struct Once {
    std::mutex mutex;
    std::shared_ptr<Loaded> loaded;
    bool released = false;
    bool shares_path = false;  // Of a task: another task reads the same file.
  };

  ScanDeletes(const ObjectStore& store, const ScanPlan& plan)
      : store_(store), plan_(plan), vectors_(store) {}
  Status GroupEqualityDeletes();
  Result<std::shared_ptr<PositionsByFile>> LoadPositions(uint32_t delete_file);
  Status AddPositions(uint32_t delete_file, const std::string& path, PositionSet& positions);
  Error At(Error error, const DeleteFile& deletes) const;

  const ObjectStore& store_;
  const ScanPlan& plan_;
  DeletionVectorReader vectors_;
  std::vector<EqualityGroup> groups_;
  std::vector<std::vector<uint32_t>> groups_of_task_;
  std::vector<Once<const EqualityKeys>> keys_;           ///< By group.
  std::vector<Once<PositionsByFile>> positions_;         ///< By delete file: what is not yet used.
  std::vector<Once<const PositionSet>> task_positions_;  ///< By task.
  std::vector<std::vector<uint32_t>> targets_;           ///< By position-delete file: tasks.
};

}  // namespace icefield
