/// What commits of all catalogs share: a change made into the next metadata file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "io/object_store.h"
#include "model/table_update.h"

namespace icefield {

/// A metadata file with its JSON.
struct MetadataFile {
  std::string location;
  std::string text;
  TableMetadata metadata;
};

/// Reads and parses one metadata file.
Result<MetadataFile> ReadMetadataFile(const ObjectStore& store, std::string location);

/// True where the change makes a table.
bool IsCreation(const TableChange& change);

/// The metadata that `change` makes of `current` (null: the table is made), as JSON and parsed, not
/// written. Errors as for CheckRequirements and ApplyUpdates, with the table named.
Result<MetadataFile> ChangeMetadata(const std::string& table_name, const MetadataFile* current,
                                    const TableChange& change);

/// The location of a metadata file of a table in a catalog, as pyiceberg names them: a number, one
/// more than that of `previous_location` (empty: none), and a UUID, below `write.metadata.path` or
/// the table's metadata/.
std::string NewMetadataLocation(const TableMetadata& metadata, std::string_view previous_location);

/// Writes the metadata to its location, compressed where that says so ("....gz.metadata.json").
/// After an error nothing is there, or what nobody knows of.
Status WriteMetadata(const ObjectStore& store, const MetadataFile& file);

/// Removes the files that left the metadata log by this commit, where
/// `write.metadata.delete-after-commit.enabled` says so. Files that cannot be removed stay.
void DeleteOldMetadata(const ObjectStore& store, const TableMetadata& before,
                       const TableMetadata& after);

/// A folder of this machine as an absolute path, so that what is written to it can be read from
/// anywhere; any other location as it is.
std::string AbsoluteLocation(std::string_view location);

}  // namespace icefield
