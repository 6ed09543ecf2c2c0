/// Which deletes apply to which data file (specification: "Scan Planning"). Decided here and
/// nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/manifest.h"
#include "model/partition_spec.h"
#include "model/partition_values.h"
#include "scan/scan_plan.h"

namespace icefield {

/// The live deletes of one snapshot, found by data file. Immutable, thread-safe. Finding takes time
/// for what is found, not for what there is; only deletes that share a partition, or have none,
/// are looked at one by one where their bounds do not rule them out.
/// Does not: read delete files, or care for their format.
class DeleteIndex {
 public:
  /// `deletes` in any order; `specs` are all of the table. CorruptData names the file: a deletion
  /// vector without its data file, offset or length, two for one data file, equality deletes
  /// without equality ids, a spec that the table does not define.
  static Result<DeleteIndex> Make(std::vector<DeleteFile> deletes,
                                  const std::vector<PartitionSpec>& specs);

  /// In the order of (data sequence number, path, content offset).
  const std::vector<DeleteFile>& files() const { return files_; }

  /// Appends the indices into files() of the deletes that apply to the data file, ascending.
  /// CorruptData names both files where deletes that name this very data file belong to another
  /// partition, or a deletion vector is older than its data.
  Status Find(const FileTask& data, std::vector<uint32_t>& found) const;

  /// files() itself, for the owner that is done with the index.
  std::vector<DeleteFile> TakeFiles() && { return std::move(files_); }

 private:
  using Indices = std::vector<uint32_t>;  // Into files_, ascending: so are sequence numbers.

  struct Place {
    SpecId spec_id;
    PartitionValues partition;
    auto operator<=>(const Place&) const = default;
  };
  // Position deletes of one partition that may reach more than one data file. What the file_path
  // bounds say is kept apart, by ascending lower bound, with the greatest upper bound so far.
  struct PathRange {
    std::string_view lower;
    std::string_view upper;
    std::string_view upper_max;
    uint32_t index = 0;
  };
  struct Partition {
    Indices equality;
    Indices positions;              // Without bounds.
    std::vector<PathRange> ranges;  // With them.
  };
  struct Target {
    Indices positions;
    std::optional<uint32_t> vector;
  };

  Status Add(uint32_t index, const std::map<SpecId, bool>& is_global);
  Status AddVector(uint32_t index);
  void AddPositions(uint32_t index);
  Status FindByPath(const FileTask& data, std::vector<uint32_t>& found, bool& has_vector) const;
  void FindByPartition(const FileTask& data, bool with_positions,
                       std::vector<uint32_t>& found) const;
  void AppendSince(const Indices& indices, int64_t sequence_number,
                   std::vector<uint32_t>& found) const;
  void AppendRanges(const Partition& partition, const FileTask& data,
                    std::vector<uint32_t>& found) const;
  Error Mismatch(const DeleteFile& deletes, const FileTask& data, std::string_view what) const;

  std::vector<DeleteFile> files_;
  Indices global_;
  std::map<Place, Partition> partitions_;
  std::unordered_map<std::string, Target> targets_;  // By data file path.
};

}  // namespace icefield
