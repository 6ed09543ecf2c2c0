/// A table to be made, as a plan that a commit carries out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/table_metadata.h"
#include "model/table_terms.h"
#include "model/table_update.h"

namespace icefield {

/// What the one who makes a table says of it. Ids are replaced: those of columns are counted from
/// 1, of partition fields from 1000. Where partitions or sort order are values, not terms, they
/// refer to the ids of `schema`.
struct TableDefinition {
  Schema schema;
  std::variant<std::vector<PartitionTerm>, PartitionSpec> partitioning;
  std::variant<std::vector<SortTerm>, SortOrder> sorting;
  /// `format-version` among them ("2" where it is missing) is what it says and is not kept.
  std::map<std::string, std::string> properties;
};

/// Where a table will be and what it is called.
struct TablePlace {
  std::string name;  ///< For messages.
  std::string location;
  std::string uuid;
};

/// The change that makes the table: it must not exist. A partition field without a name gets the
/// one that Iceberg's Java library gives (`id_bucket`, `name_trunc`, `ts_day`, `x_null`, or the
/// column's). InvalidArgument, naming the table and the column or property, for what the
/// specification forbids: columns (CheckColumns), identifiers, partition names that are columns'
/// names, transforms that do not apply to their column, columns inside of lists and maps, two time
/// transforms of one column, properties that are reserved. Unsupported for format versions that are
/// not written.
Result<TableChange> DefineTable(const TableDefinition& definition, const TablePlace& place);

/// What the terms make of a schema whose ids are final. Errors as above, without the table's name.
Result<PartitionSpec> SpecOfTerms(const Schema& schema, const std::vector<PartitionTerm>& terms);
Result<SortOrder> OrderOfTerms(const Schema& schema, const std::vector<SortTerm>& terms);

}  // namespace icefield
