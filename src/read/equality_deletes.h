/// Equality-delete files: keys of rows that do not exist (specification: "Equality Delete Files").
#pragma once

#include "base/result.h"
#include "io/object_store.h"
#include "model/schema.h"
#include "read/column_plan.h"
#include "read/equality_keys.h"
#include "scan/scan_plan.h"

namespace icefield {

/// The columns that the keys of an id set are read as, from data files and from delete files: those
/// of the delete file's equality ids in `every_field` (see ScanPlan::every_field), in the order of
/// ascending field id, under dotted names. Delete files of one id set give one answer. All are
/// optional, whatever `every_field` says. CorruptData names the delete file where it has no
/// equality ids, and the id that is no field of the table, no primitive, or lies in a list or map;
/// Unsupported names the column of a type that has no equality (variant, geometry, geography).
Result<ReadSchema> EqualityKeyColumns(const Schema& every_field, const DeleteFile& deletes);

/// The empty table of keys for these columns.
Result<EqualityKeys> MakeEqualityKeys(const ReadSchema& columns);

/// Adds the keys of the Parquet delete file to `keys`: `columns` are those of EqualityKeyColumns,
/// `keys` is made for them. Read by field id, with promotions as for data, in batches. A key
/// column that the file lacks is CorruptData, whatever its default or the file's partition would
/// say (one of type unknown is never stored, and null). So are another size or row count than the
/// manifest says; NotFound where there is no such file. All name the file. After an error `keys`
/// may hold some of the file's keys.
Status ReadEqualityDeletes(const ObjectStore& store, const DeleteFile& deletes,
                           const ReadSchema& columns, EqualityKeys& keys);

}  // namespace icefield
