/// Iceberg schemas of Arrow ones.
#pragma once

#include <arrow/type.h>

#include "base/result.h"
#include "model/schema.h"

namespace icefield {

/// A table's first schema from Arrow's: ids from 1 on, breadth-first as Iceberg's own writers give
/// them. Small integers widen to int, unsigned ones to the next wider (uint64 is refused), large
/// and view forms and dictionaries become their values' types, seconds and milliseconds
/// microseconds. Nanoseconds become timestamp_ns (`format_version` 3) or, for 2, Unsupported unless
/// `downcast_ns`. Unsupported names the column and the type that Iceberg has not.
struct ArrowSchemaOptions {
  int32_t format_version = 2;
  bool downcast_ns = false;
};
Result<Schema> SchemaFromArrow(const arrow::Schema& schema, const ArrowSchemaOptions& options);

}  // namespace icefield
