/// Metadata of older format versions brought to the members of newer ones.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "model/table_metadata.h"

namespace icefield {

/// Gives v1 metadata, of which `metadata` is the parsed form, the members that v2 demands and v1
/// may have too: lists of schemas, specs and sort orders with their ids, a UUID. Those of v1 alone
/// stay.
void CompleteV1(nlohmann::ordered_json& root, TableMetadata& metadata);

/// Raises the format version of both forms (specification: "Format version changes"); the v1 form
/// is complete. Existing snapshots stay as they are but for the sequence number 0 of v1.
/// Unsupported beyond 3, InvalidArgument for a lower version.
Status UpgradeFormat(nlohmann::ordered_json& root, TableMetadata& metadata, int32_t version);

/// Keeps the members that v1 alone has in step with the current schema and spec; nothing for newer
/// versions.
void MirrorForV1(nlohmann::ordered_json& root, const TableMetadata& metadata);

/// The format version that a column of this type, with these defaults, needs: 1 or 3.
int32_t FormatVersionOf(const Field& field);

}  // namespace icefield
