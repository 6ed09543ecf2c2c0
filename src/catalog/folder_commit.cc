#include "catalog/folder_commit.h"

#include <utility>

#include "catalog/metadata_commit.h"
#include "catalog/metadata_folder.h"
#include "codec/json/metadata_reader.h"

namespace icefield {
namespace {

// The change with the table's location, where it makes the table and says none.
TableChange WithLocation(const TableChange& change, const std::string& location) {
  for (const TableUpdate& update : change.updates) {
    if (std::holds_alternative<SetLocation>(update)) return change;
  }
  TableChange out = change;
  out.updates.emplace_back(SetLocation{location});
  return out;
}

// Data goes where the metadata says that the table lies, metadata to the folder: one place.
Status CheckLiesIn(const ObjectStore& store, std::string_view folder,
                   const TableMetadata& metadata) {
  if (store.Resolve(folder) == store.Resolve(metadata.location)) return {};
  return InvalidArgument("the table in the folder ", folder, " says that it lies at ",
                         metadata.location,
                         "; to write it there set the property"
                         " path-prefix-map to '",
                         metadata.location, "=", folder, "'");
}

// What became of writing `file`, which failed: somebody may have it, or nobody.
Status ReadBack(const ObjectStore& store, const MetadataFile& file, const Error& failure) {
  const Result<std::string> there = ReadAll(store, file.location, kMetadataFileBytesMax);
  if (there.ok() && *there == file.text) return {};
  if (there.ok()) {
    return Fail(ErrorCode::kConflict, "another commit came first: ", file.location);
  }
  if (there.error().code == ErrorCode::kNotFound) return failure;
  return Fail(ErrorCode::kCommitUnknown, failure.message,
              "; whether it was committed could not be read back: ", there.error().message);
}

}  // namespace

Result<LoadedTable> CommitInFolder(const ObjectStore& store, const std::string& name,
                                   std::string_view folder, const TableChange& change) {
  ICEFIELD_ASSIGN(const FolderVersion version, VersionToCommitOn(store, folder));
  const bool exists = version.number > 0 || !version.location.empty();
  if (!exists && !IsCreation(change)) {
    return NotFound("table ", name, " does not exist (any more) at ", folder);
  }
  std::optional<MetadataFile> current;
  if (exists) {
    ICEFIELD_ASSIGN(current, ReadMetadataFile(store, version.location));
    ICEFIELD_TRY(CheckLiesIn(store, folder, current->metadata));
  }
  const MetadataFile* before = current ? &*current : nullptr;
  ICEFIELD_ASSIGN(
      MetadataFile next,
      exists ? ChangeMetadata(name, before, change)
             : ChangeMetadata(name, nullptr, WithLocation(change, AbsoluteLocation(folder))));
  if (exists && change.updates.empty()) {
    return LoadedTable{name, std::move(current->location), std::move(current->metadata)};
  }
  ICEFIELD_TRY(CheckLiesIn(store, folder, next.metadata));
  next.location = VersionLocation(folder, version.number + 1);
  Status written = PutIfAbsent(store, next.location, next.text);
  if (!written.ok() && written.error().code == ErrorCode::kAlreadyExists) {
    return Fail(ErrorCode::kConflict, "table ", name,
                ": another commit came first: ", next.location);
  }
  if (!written.ok()) written = ReadBack(store, next, written.error());
  if (!written.ok()) return std::move(written).error().At(StrCat("table ", name));
  // A hint alone: readers take a higher number that is there.
  (void)store.Replace(HintLocation(folder), std::to_string(version.number + 1));
  return LoadedTable{name, std::move(next.location), std::move(next.metadata)};
}

Status DropInFolder(const ObjectStore& store, const std::string& name, std::string_view folder) {
  ICEFIELD_ASSIGN(const FolderVersion newest, VersionToCommitOn(store, folder));
  if (newest.location.empty()) return NotFound("table ", name, " does not exist at ", folder);
  // First the hint: one above the highest number would make what is left unreadable.
  Status unhinted = store.Delete(HintLocation(folder));
  if (!unhinted.ok() && unhinted.error().code != ErrorCode::kNotFound) return unhinted;
  ICEFIELD_ASSIGN(const std::vector<FolderVersion> versions, VersionsOf(store, folder));
  for (const FolderVersion& version : versions) ICEFIELD_TRY(store.Delete(version.location));
  return {};
}

}  // namespace icefield
