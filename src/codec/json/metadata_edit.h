/// One metadata file under change, as JSON and as the values that it means.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json/metadata_editor.h"
#include "model/table_update.h"

namespace icefield {

/// Takes updates one after another. The JSON keeps every member that is not changed; the values
/// answer questions about it. After a failed update it is not to be used.
class MetadataEdit {
 public:
  /// Of a metadata file. CorruptData names the location.
  static Result<MetadataEdit> Open(std::string_view text, std::string_view location);

  /// Of a table that is being made: no columns, no partitions, format version 2.
  static MetadataEdit Begin();

  /// Applies one update.
  Status Apply(const TableUpdate& update);

  /// What every new file must have: times, logs and members that older versions lack.
  /// InvalidArgument where the whole does not fit together (a partition field without its column).
  Status Finish(const MetadataStamp& stamp);

  const nlohmann::ordered_json& root() const { return root_; }

 private:
  MetadataEdit() = default;

  Status On(const AssignUuid& update);
  Status On(const UpgradeFormatVersion& update);
  Status On(const AddSchema& update);
  Status On(const SetCurrentSchema& update);
  Status On(const AddPartitionSpec& update);
  Status On(const SetDefaultSpec& update);
  Status On(const AddSortOrder& update);
  Status On(const SetDefaultSortOrder& update);
  Status On(const AddSnapshot& update);
  Status On(const SetSnapshotRef& update);
  Status On(const RemoveSnapshotRef& update);
  Status On(const SetLocation& update);
  Status On(const SetProperties& update);
  Status On(const RemoveProperties& update);

  Status CheckSnapshot(const Snapshot& snapshot) const;
  Status CheckRowIds(const Snapshot& snapshot) const;
  Status CheckMade() const;
  Status CheckColumnVersions() const;
  Status CheckSources() const;
  void KeepMain();
  void StampTimes(const MetadataStamp& stamp);
  Status LogMetadata(const MetadataStamp& stamp);
  const SortOrder* FindOrder(int32_t id) const;

  nlohmann::ordered_json root_;
  TableMetadata now_;     // What root_ means.
  TableMetadata before_;  // What it meant when it was opened.
  bool is_new_ = false;
  bool layout_changed_ = false;  // A schema, spec or sort order was added or chosen.
  std::optional<SchemaId> added_schema_;
  std::optional<SpecId> added_spec_;
  std::optional<int32_t> added_order_;
  int64_t newest_snapshot_ms_ = 0;  // Of those that were added.
};

}  // namespace icefield
