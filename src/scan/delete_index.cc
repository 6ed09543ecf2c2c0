#include "scan/delete_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace icefield {
namespace {

constexpr FieldId kDeletedPathColumn{2147483546};  // `file_path` of position-delete files.

// Java's PartitionSpec.isUnpartitioned: void fields do not partition.
bool IsUnpartitioned(const PartitionSpec& spec) {
  return std::all_of(spec.fields.begin(), spec.fields.end(), [](const PartitionField& field) {
    return field.transform.kind == TransformKind::kVoid;
  });
}

bool ComesFirst(const DeleteFile& a, const DeleteFile& b) {
  return std::tie(a.data_sequence_number, a.file.path, a.file.content_offset,
                  a.file.referenced_data_file) < std::tie(b.data_sequence_number, b.file.path,
                                                          b.file.content_offset,
                                                          b.file.referenced_data_file);
}

const std::string* FindBound(const std::map<FieldId, std::string>& bounds) {
  const auto found = bounds.find(kDeletedPathColumn);
  return found == bounds.end() ? nullptr : &found->second;
}

// The only data file that position deletes speak of, where the manifest tells.
const std::string* ReferencedFile(const DataFile& deletes) {
  if (deletes.referenced_data_file) return &*deletes.referenced_data_file;
  const std::string* lower = FindBound(deletes.lower_bounds);
  const std::string* upper = FindBound(deletes.upper_bounds);
  return lower != nullptr && upper != nullptr && *lower == *upper ? lower : nullptr;
}

}  // namespace

Result<DeleteIndex> DeleteIndex::Make(std::vector<DeleteFile> deletes,
                                      const std::vector<PartitionSpec>& specs) {
  DeleteIndex index;
  index.files_ = std::move(deletes);
  std::sort(index.files_.begin(), index.files_.end(), ComesFirst);
  std::map<SpecId, bool> is_global;
  for (const PartitionSpec& spec : specs) is_global.emplace(spec.id, IsUnpartitioned(spec));
  for (uint32_t at = 0; at < index.files_.size(); ++at) {
    ICEFIELD_TRY(index.Add(at, is_global));
  }
  for (auto& [key, partition] : index.partitions_) {
    std::vector<PathRange>& ranges = partition.ranges;
    std::sort(ranges.begin(), ranges.end(), [](const PathRange& a, const PathRange& b) {
      return std::tie(a.lower, a.index) < std::tie(b.lower, b.index);
    });
    std::string_view upper_max;
    for (PathRange& range : ranges) {
      upper_max = std::max(upper_max, range.upper);
      range.upper_max = upper_max;
    }
  }
  return index;
}

Status DeleteIndex::Add(uint32_t index, const std::map<SpecId, bool>& is_global) {
  const DeleteFile& deletes = files_[index];
  const auto spec = is_global.find(deletes.spec_id);
  if (spec == is_global.end()) {
    return CorruptData("delete file ", deletes.file.path, " has partition spec ",
                       deletes.spec_id.value, ", which the table does not define");
  }
  if (deletes.IsDeletionVector()) return AddVector(index);
  if (!deletes.IsEquality()) {
    AddPositions(index);
    return {};
  }
  if (deletes.file.equality_ids.empty()) {
    return CorruptData("equality delete file ", deletes.file.path, " has no equality ids");
  }
  Indices& indices =
      spec->second ? global_ : partitions_[{deletes.spec_id, deletes.file.partition}].equality;
  indices.push_back(index);
  return {};
}

Status DeleteIndex::AddVector(uint32_t index) {
  const DataFile& file = files_[index].file;
  if (file.content != FileContent::kPositionDeletes) {
    return CorruptData("delete file ", file.path, " is of format PUFFIN, but no deletion vector");
  }
  if (!file.referenced_data_file) {
    return CorruptData("the deletion vector in ", file.path, " does not name its data file");
  }
  if (!file.content_offset || !file.content_size_bytes) {
    return CorruptData("the deletion vector in ", file.path, " for ", *file.referenced_data_file,
                       " has no content_offset or no content_size_in_bytes");
  }
  Target& target = targets_[*file.referenced_data_file];
  if (target.vector) {
    const DataFile& other = files_[*target.vector].file;
    return CorruptData("data file ", *file.referenced_data_file, " has two deletion vectors: in ",
                       other.path, " at byte ", *other.content_offset, " and in ", file.path,
                       " at byte ", *file.content_offset);
  }
  target.vector = index;
  return {};
}

void DeleteIndex::AddPositions(uint32_t index) {
  const DataFile& file = files_[index].file;
  if (const std::string* path = ReferencedFile(file)) {
    targets_[*path].positions.push_back(index);
    return;
  }
  Partition& partition = partitions_[{files_[index].spec_id, file.partition}];
  const std::string* lower = FindBound(file.lower_bounds);
  const std::string* upper = FindBound(file.upper_bounds);
  if (lower != nullptr && upper != nullptr && *lower < *upper) {
    partition.ranges.push_back({*lower, *upper, {}, index});
  } else {
    partition.positions.push_back(index);
  }
}

Status DeleteIndex::Find(const FileTask& data, std::vector<uint32_t>& found) const {
  const size_t first = found.size();
  // Equality deletes reach strictly older data only.
  AppendSince(global_, data.data_sequence_number.value + 1, found);
  bool has_vector = false;
  ICEFIELD_TRY(FindByPath(data, found, has_vector));
  FindByPartition(data, !has_vector, found);
  std::sort(found.begin() + static_cast<std::ptrdiff_t>(first), found.end());
  return {};
}

Status DeleteIndex::FindByPath(const FileTask& data, std::vector<uint32_t>& found,
                               bool& has_vector) const {
  if (targets_.empty()) return {};
  const auto target = targets_.find(data.file.path);
  if (target == targets_.end()) return {};
  const size_t first = found.size();
  has_vector = target->second.vector.has_value();
  if (has_vector) {
    const DeleteFile& vector = files_[*target->second.vector];
    if (vector.data_sequence_number < data.data_sequence_number) {
      return Mismatch(vector, data,
                      StrCat("has the sequence number ", vector.data_sequence_number.value,
                             ", which is below ", data.data_sequence_number.value, " of the"));
    }
    found.push_back(*target->second.vector);
  } else {
    AppendSince(target->second.positions, data.data_sequence_number.value, found);
  }
  for (size_t at = first; at < found.size(); ++at) {
    const DeleteFile& deletes = files_[found[at]];
    if (deletes.spec_id != data.spec_id || deletes.file.partition != data.file.partition)
      return Mismatch(deletes, data, "is in another partition than the");
  }
  return {};
}

void DeleteIndex::FindByPartition(const FileTask& data, bool with_positions,
                                  std::vector<uint32_t>& found) const {
  if (partitions_.empty()) return;
  const auto partition = partitions_.find({data.spec_id, data.file.partition});
  if (partition == partitions_.end()) return;
  AppendSince(partition->second.equality, data.data_sequence_number.value + 1, found);
  if (!with_positions) return;
  AppendSince(partition->second.positions, data.data_sequence_number.value, found);
  AppendRanges(partition->second, data, found);
}

void DeleteIndex::AppendSince(const Indices& indices, int64_t sequence_number,
                              std::vector<uint32_t>& found) const {
  const auto begin = std::partition_point(indices.begin(), indices.end(), [&](uint32_t index) {
    return files_[index].data_sequence_number.value < sequence_number;
  });
  found.insert(found.end(), begin, indices.end());
}

// Bounds hold every path of the file: a shortened lower one is smaller, a shortened upper one
// greater than what it stands for, in the order of unsigned bytes.
void DeleteIndex::AppendRanges(const Partition& partition, const FileTask& data,
                               std::vector<uint32_t>& found) const {
  const std::string_view path = data.file.path;
  const std::vector<PathRange>& ranges = partition.ranges;
  const auto end = std::partition_point(
      ranges.begin(), ranges.end(), [path](const PathRange& range) { return range.lower <= path; });
  for (auto range = std::make_reverse_iterator(end);
       range != ranges.rend() && range->upper_max >= path; ++range) {
    if (range->upper >= path &&
        files_[range->index].data_sequence_number >= data.data_sequence_number)
      found.push_back(range->index);
  }
}

Error DeleteIndex::Mismatch(const DeleteFile& deletes, const FileTask& data,
                            std::string_view what) const {
  return CorruptData(
      deletes.IsDeletionVector() ? "the deletion vector in " : "position delete file ",
      deletes.file.path, " ", what, " data file ", data.file.path, " that it speaks of");
}

}  // namespace icefield
