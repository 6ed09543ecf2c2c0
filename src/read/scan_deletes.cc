#include "read/scan_deletes.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace icefield {
namespace {

// Delete files of one id set and one scope share a table of keys. Partition values of one meaning
// that differ in form (written before their column was promoted) merely get a table of their own.
using GroupKey = std::tuple<SpecId, std::vector<FieldId>, PartitionValues>;

GroupKey GroupOf(const DeleteFile& deletes) {
  std::vector<FieldId> ids = deletes.file.equality_ids;
  std::sort(ids.begin(), ids.end());
  return {deletes.spec_id, std::move(ids), deletes.file.partition};
}

bool IsPositionDeleteFile(const DeleteFile& deletes) {
  return !deletes.IsEquality() && !deletes.IsDeletionVector();
}

}  // namespace

Result<std::unique_ptr<ScanDeletes>> ScanDeletes::Make(const ObjectStore& store,
                                                       const ScanPlan& plan) {
  std::unique_ptr<ScanDeletes> deletes(new ScanDeletes(store, plan));
  deletes->positions_ = std::vector<Once<PositionsByFile>>(plan.delete_files.size());
  deletes->task_positions_ = std::vector<Once<const PositionSet>>(plan.tasks.size());
  deletes->targets_.resize(plan.delete_files.size());
  std::map<std::string_view, int> tasks_of_path;
  for (const FileTask& task : plan.tasks) ++tasks_of_path[task.file.path];
  for (size_t task = 0; task < plan.tasks.size(); ++task) {
    deletes->task_positions_[task].shares_path = tasks_of_path[plan.tasks[task].file.path] > 1;
    for (const uint32_t number : plan.tasks[task].deletes) {
      if (IsPositionDeleteFile(plan.delete_files[number]))
        deletes->targets_[number].push_back(static_cast<uint32_t>(task));
    }
  }
  ICEFIELD_TRY(deletes->GroupEqualityDeletes());
  return deletes;
}

Error ScanDeletes::At(Error error, const DeleteFile& deletes) const {
  return std::move(error).At(plan_.OriginOf(deletes.manifest));
}

Status ScanDeletes::GroupEqualityDeletes() {
  std::map<GroupKey, uint32_t> numbers;
  std::vector<uint32_t> group_of_file(plan_.delete_files.size(), 0);
  for (uint32_t file = 0; file < plan_.delete_files.size(); ++file) {
    const DeleteFile& deletes = plan_.delete_files[file];
    if (!deletes.IsEquality()) continue;
    const auto next = static_cast<uint32_t>(groups_.size());
    const auto [found, added] = numbers.emplace(GroupOf(deletes), next);
    if (added) {
      EqualityGroup& group = groups_.emplace_back();
      Result<ReadSchema> columns = EqualityKeyColumns(plan_.every_field, deletes);
      if (!columns.ok()) return At(std::move(columns).error(), deletes);
      group.columns = *std::move(columns);
    }
    group_of_file[file] = found->second;
    groups_[found->second].files.push_back(file);
  }
  keys_ = std::vector<Once<const EqualityKeys>>(groups_.size());
  groups_of_task_.resize(plan_.tasks.size());
  for (size_t task = 0; task < plan_.tasks.size(); ++task) {
    std::vector<uint32_t>& groups = groups_of_task_[task];
    for (const uint32_t number : plan_.tasks[task].deletes) {
      if (plan_.delete_files[number].IsEquality()) groups.push_back(group_of_file[number]);
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  }
  return {};
}

Result<std::shared_ptr<const EqualityKeys>> ScanDeletes::KeysOf(uint32_t group) {
  Once<const EqualityKeys>& once = keys_[group];
  const std::lock_guard lock(once.mutex);
  if (once.loaded != nullptr) return once.loaded;
  const EqualityGroup& files = groups_[group];
  ICEFIELD_ASSIGN(EqualityKeys keys, MakeEqualityKeys(files.columns));
  for (const uint32_t number : files.files) {
    Status read = ReadEqualityDeletes(store_, plan_.delete_files[number], files.columns, keys);
    if (!read.ok()) return At(std::move(read).error(), plan_.delete_files[number]);
  }
  once.loaded = std::make_shared<const EqualityKeys>(std::move(keys));
  return once.loaded;
}

// Reads a position-delete file for all data files of the plan that it bears on.
Result<std::shared_ptr<PositionsByFile>> ScanDeletes::LoadPositions(uint32_t delete_file) {
  auto positions = std::make_shared<PositionsByFile>();
  for (const uint32_t task : targets_[delete_file])
    positions->try_emplace(plan_.tasks[task].file.path);
  Status read = ReadPositionDeletes(store_, plan_.delete_files[delete_file], *positions);
  if (!read.ok()) return At(std::move(read).error(), plan_.delete_files[delete_file]);
  return positions;
}

Status ScanDeletes::AddPositions(uint32_t delete_file, const std::string& path,
                                 PositionSet& positions) {
  const DeleteFile& deletes = plan_.delete_files[delete_file];
  if (deletes.IsDeletionVector()) {
    Result<PositionSet> vector = vectors_.Read(deletes);
    if (!vector.ok()) return At(std::move(vector).error(), deletes);
    positions.Merge(*vector);
    return {};
  }
  Once<PositionsByFile>& once = positions_[delete_file];
  const std::lock_guard lock(once.mutex);
  if (once.loaded == nullptr) {
    ICEFIELD_ASSIGN(once.loaded, LoadPositions(delete_file));
  }
  if (const auto found = once.loaded->find(path); found != once.loaded->end())
    positions.Merge(found->second);
  return {};
}

Result<std::shared_ptr<const PositionSet>> ScanDeletes::PositionsOf(size_t task) {
  Once<const PositionSet>& once = task_positions_[task];
  const std::lock_guard lock(once.mutex);
  if (once.loaded != nullptr) return once.loaded;
  if (once.released) return Internal("deletes of a file were asked for after their release");
  PositionSet positions;
  for (const uint32_t number : plan_.tasks[task].deletes) {
    if (plan_.delete_files[number].IsEquality()) continue;
    ICEFIELD_TRY(AddPositions(number, plan_.tasks[task].file.path, positions));
  }
  once.loaded = std::make_shared<const PositionSet>(std::move(positions));
  return once.loaded;
}

void ScanDeletes::Release(size_t task) {
  Once<const PositionSet>& once = task_positions_[task];
  const std::lock_guard lock(once.mutex);
  once.loaded = nullptr;
  once.released = true;
  const std::string& path = plan_.tasks[task].file.path;
  // A file that the table holds twice is two tasks, and the other may still be read.
  if (once.shares_path) return;
  for (const uint32_t number : plan_.tasks[task].deletes) {
    if (!IsPositionDeleteFile(plan_.delete_files[number])) continue;
    Once<PositionsByFile>& file = positions_[number];
    const std::lock_guard file_lock(file.mutex);
    if (file.loaded != nullptr) file.loaded->erase(path);
  }
}

}  // namespace icefield
