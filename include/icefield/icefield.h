/// Icefield for C++ programs: tables, scans, point-in-time joins.
///
///   ICEFIELD_ASSIGN(CatalogSession catalog, CatalogSession::Open("default", {{"uri",
///   "sqlite:////data/catalog.db"}})); ICEFIELD_ASSIGN(Table table,
///   catalog.LoadTable("features.drivers")); ICEFIELD_ASSIGN(std::unique_ptr<BatchStream> rows,
///   table.Scan({.row_filter = "driver_id = 7"}));
#pragma once

#include "base/byte_size.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/result.h"
#include "codec/arrow/arrow_schema.h"
#include "codec/arrow/arrow_types.h"
#include "feature/feature_view.h"
#include "icefield/catalog_session.h"
#include "icefield/progress.h"
#include "icefield/schema_text.h"
#include "icefield/table.h"
#include "retrieval/training_set.h"
#include "retrieval/why.h"

namespace icefield {

/// "0.1.0"
std::string_view Version();

/// A row filter from pyiceberg's text. InvalidArgument says where the text goes wrong.
Result<RowFilter> ParseFilter(std::string_view text);

}  // namespace icefield
