/// What a schema must be so that it may become a table's (specification: "Schemas and Data Types").
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/result.h"
#include "model/partition_spec.h"
#include "model/schema.h"

namespace icefield {

/// `type` with all ids inside it replaced by those above `last_id`, which ends as the highest
/// given: of a struct first all members, then what is inside them, as Iceberg's Java library
/// numbers them.
Type WithFreshIds(const Type& type, int32_t& last_id);

/// InvalidArgument names the column that breaks a rule of the format version: an empty name, two
/// fields with one full name, a struct without fields, a type or a default that needs format v3, a
/// default that is no value of its type, a required `unknown`.
Status CheckColumns(const Schema& schema, int32_t format_version);

/// InvalidArgument names the identifier field that is none by the specification's rules: optional,
/// floating, nested in a list, a map or an optional struct, or not in the schema.
Status CheckIdentifiers(const Schema& schema);

/// InvalidArgument where a default's JSON text is no value of the type, or the type or the format
/// version has no defaults. `name` is the column's.
Status CheckDefault(const Type& type, const std::string& json, int32_t format_version,
                    std::string_view name);

/// The full names of all fields with their ids.
std::map<std::string, FieldId> FullNames(const Schema& schema);

/// InvalidArgument where a partition field has the name of a column that it is not the identity (or
/// void) of, no name, or the name of another; `columns` are those to compare with.
Status CheckPartitionNames(const PartitionSpec& spec,
                           const std::map<std::string, FieldId>& columns);

}  // namespace icefield
