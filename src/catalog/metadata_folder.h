/// Tables without a catalog: the newest metadata file in a table's folder.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "io/object_store.h"

namespace icefield {

/// `folder` and `name` with one '/' between them.
std::string JoinLocation(std::string_view folder, std::string_view name);

/// The number in a metadata file's name: 7 for "v7.metadata.json", "00007-<uuid>.metadata.json" and
/// their gzip forms (".gz.metadata.json", ".metadata.json.gz"); nothing for any other name.
std::optional<int64_t> MetadataNumber(std::string_view file_name);

/// True if a location names a metadata file rather than a table's folder.
bool IsMetadataFile(std::string_view location);

/// True if `folder` has a metadata/ folder with a metadata file in it.
Result<bool> IsTableFolder(const ObjectStore& store, std::string_view folder);

/// The location of the newest metadata file of the table in `folder`: the one that
/// version-hint.text names by its file name, else the one with the highest number, which must not
/// be lower than a number that version-hint.text holds. CorruptData where two files share the
/// highest number or the hint does not fit; NotFound where there is no table. Does not: know which
/// commits a catalog accepted. Writers that use a catalog may leave files of failed commits, so
/// such a table is read through its catalog, or by the location of its file.
Result<std::string> NewestMetadata(const ObjectStore& store, std::string_view folder);

/// The file that a commit goes on from.
struct FolderVersion {
  int64_t number = 0;    ///< 0: there is no table yet.
  std::string location;  ///< Of its metadata; empty: there is no table yet.
  auto operator<=>(const FolderVersion&) const = default;
};

/// The version of the table in `folder` that the next commit comes after. Unsupported where the
/// folder's metadata has other names than v<N>.metadata.json, or version-hint.text holds no number:
/// such tables belong to a catalog. CorruptData as for NewestMetadata.
Result<FolderVersion> VersionToCommitOn(const ObjectStore& store, std::string_view folder);

/// The location of version-hint.text of the table in `folder`.
std::string HintLocation(std::string_view folder);

/// The location of version `number` of the table in `folder`.
std::string VersionLocation(std::string_view folder, int64_t number);

/// Every metadata file of the table in `folder`, by its number, oldest first.
Result<std::vector<FolderVersion>> VersionsOf(const ObjectStore& store, std::string_view folder);

/// Reads and parses one metadata file.
Result<LoadedTable> LoadMetadataFile(const ObjectStore& store, std::string name,
                                     std::string location);

}  // namespace icefield
