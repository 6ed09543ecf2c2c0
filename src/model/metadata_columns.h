/// Columns that every table has without storing them (specification: "Reserved Field IDs").
#pragma once

#include <string_view>
#include <vector>

#include "model/table_metadata.h"

namespace icefield {

inline constexpr FieldId kFileColumn{2147483646};       ///< `_file`: required string
inline constexpr FieldId kPositionColumn{2147483645};   ///< `_pos`: required long
inline constexpr FieldId kSpecIdColumn{2147483643};     ///< `_spec_id`: required int
inline constexpr FieldId kPartitionColumn{2147483642};  ///< `_partition`: optional struct
inline constexpr FieldId kRowIdColumn{2147483540};      ///< `_row_id`: optional long
inline constexpr FieldId kLastUpdatedColumn{
    2147483539};  ///< `_last_updated_sequence_number`: optional long

/// Above it ids are reserved.
inline constexpr int32_t kUserFieldIdMax = 2147483447;

/// The field id of a partition field inside `_partition`: below 0, as partition fields and columns
/// are numbered apart and a wide table has columns 1000 and up.
constexpr FieldId PartitionMemberId(FieldId partition_field) { return {-partition_field.value}; }

/// True for the columns above and the members of `_partition`. What files store of them is not what
/// is read: statistics of files say nothing of them.
bool IsMetadataColumn(FieldId id);

/// The metadata columns of a table, in the order above. `_partition` holds one optional field for
/// every partition field of any spec, by ascending field id, under the name that the newest spec
/// gives it and in the type of its transform's results; it is left out for a table that was never
/// partitioned.
std::vector<Field> MetadataColumns(const TableMetadata& metadata);

/// `schema` with the metadata columns after its own; one whose name a column of the schema has is
/// left out.
Schema WithMetadataColumns(const Schema& schema, const TableMetadata& metadata);

/// Every field that any schema of the table ever had: the current schema's columns, and inside its
/// structs and after them those that were dropped, each from the newest schema that has it; all
/// optional. Names may repeat.
Schema EveryField(const TableMetadata& metadata);

}  // namespace icefield
