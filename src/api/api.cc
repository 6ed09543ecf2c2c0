#include <algorithm>

#include "catalog/metadata_folder.h"
#include "codec/filter/row_filter_parser.h"
#include "icefield/icefield.h"
#include "io/local_store.h"
#include "io/path_map.h"
#include "model/metadata_columns.h"
#include "read/scan_stream.h"

namespace icefield {
namespace {

struct BoundScan {
  SelectedSnapshot selected;
  Schema schema;  // The snapshot's, with the metadata columns.
  Predicate predicate;
  std::vector<ReadColumn> columns;
};

Result<std::vector<ReadColumn>> SelectColumns(const Table& table, const Schema& schema,
                                              const std::vector<std::string>& names) {
  std::vector<ReadColumn> columns;
  for (const std::string& name : names) {
    const Field* field = schema.FindByName(name);
    if (field == nullptr) return UnknownColumn(schema, name, StrCat("table ", table.name()));
    const ReadColumn column{field->id, name};
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return InvalidArgument("column '", name, "' of table ", table.name(), " is selected twice");
    }
    columns.push_back(column);
  }
  return columns;
}

bool SelectsAll(const std::vector<std::string>& names) {
  return names.size() == 1 && names.front() == "*";
}

Result<BoundScan> Bind(const Table& table, const ScanOptions& options) {
  BoundScan bound;
  ICEFIELD_ASSIGN(bound.selected, SelectSnapshot(table.metadata(), options.snapshot, table.name()));
  bound.schema = WithMetadataColumns(*bound.selected.schema, table.metadata());
  if (SelectsAll(options.selected_fields)) {
    bound.columns = ReadAllColumns(*bound.selected.schema).columns;
  } else {
    ICEFIELD_ASSIGN(bound.columns, SelectColumns(table, bound.schema, options.selected_fields));
  }
  if (options.row_filter.empty()) return bound;
  ICEFIELD_ASSIGN(RowFilter filter, ParseRowFilter(options.row_filter));
  Result<Predicate> predicate = BindFilter(filter, bound.schema);
  if (!predicate.ok())
    return std::move(predicate).error().At(StrCat("row filter of table ", table.name()));
  bound.predicate = *std::move(predicate);
  return bound;
}

Result<ScanPlan> PlanBound(const Table& table, const BoundScan& bound, const ReadOptions& options) {
  ICEFIELD_TRY(CheckReadOptions(options));
  return PlanScan(*table.source().store, table.metadata(),
                  {.table_name = table.name(),
                   .selected = {bound.selected.snapshot, &bound.schema},
                   .predicate = bound.predicate,
                   .threads = options.threads,
                   .parts = {},
                   .interrupted = options.interrupted});
}

// The store of a catalog or table with these properties.
Result<std::shared_ptr<const ObjectStore>> OpenStore(const Properties& properties) {
  const auto map = properties.find(std::string(kPathPrefixMapProperty));
  if (map == properties.end()) return std::shared_ptr<const ObjectStore>(MakeLocalStore());
  ICEFIELD_ASSIGN(std::vector<PathPrefix> prefixes, ParsePathPrefixMap(map->second));
  return std::shared_ptr<const ObjectStore>(MapPaths(MakeLocalStore(), std::move(prefixes)));
}

}  // namespace

Table::Table(std::shared_ptr<const ObjectStore> store, LoadedTable loaded,
             std::shared_ptr<const CommitTarget> commits)
    : source_{std::move(store), std::make_shared<const LoadedTable>(std::move(loaded))},
      commits_(std::move(commits)) {}

Result<std::shared_ptr<arrow::Schema>> Table::ArrowSchema(const ScanOptions& options) const {
  ICEFIELD_ASSIGN(BoundScan bound, Bind(*this, options));
  return OutputSchema({.schema = bound.schema, .columns = bound.columns});
}

Result<ScanPlan> Table::Plan(const ScanOptions& options) const {
  ICEFIELD_ASSIGN(BoundScan bound, Bind(*this, options));
  return PlanBound(*this, bound, options.read);
}

Result<std::unique_ptr<BatchStream>> Table::Scan(const ScanOptions& options) const {
  ICEFIELD_ASSIGN(BoundScan bound, Bind(*this, options));
  ScanStreamRequest request{
      .store = source_.store, .limit = options.limit, .options = options.read};
  ICEFIELD_ASSIGN(request.plan, PlanBound(*this, bound, options.read));
  request.columns = std::move(bound.columns);
  return OpenScanStream(std::move(request));
}

Result<Table> LoadTable(std::string_view location, const Properties& properties) {
  ICEFIELD_ASSIGN(std::shared_ptr<const ObjectStore> store, OpenStore(properties));
  ICEFIELD_ASSIGN(LoadedTable loaded, LoadTableAt(*store, location));
  std::shared_ptr<const CommitTarget> commits;
  if (!IsMetadataFile(location)) commits = MakeFolderTarget(store, std::string(location));
  return Table(std::move(store), std::move(loaded), std::move(commits));
}

Result<CatalogSession> CatalogSession::Open(const std::string& name, const Properties& properties) {
  CatalogSession session;
  ICEFIELD_ASSIGN(session.store_, OpenStore(properties));
  ICEFIELD_ASSIGN(session.catalog_, OpenConfiguredCatalog(*session.store_, name, properties));
  return session;
}

Result<Table> CatalogSession::LoadTable(std::string_view identifier) const {
  ICEFIELD_ASSIGN(TableIdentifier table, ParseTableIdentifier(identifier));
  ICEFIELD_ASSIGN(LoadedTable loaded, catalog_->LoadTable(table));
  return TableOf(std::move(table), std::move(loaded));
}

Table CatalogSession::TableOf(TableIdentifier table, LoadedTable loaded) const {
  return Table(store_, std::move(loaded), MakeCatalogTarget(store_, catalog_, std::move(table)));
}

std::string_view Version() { return ICEFIELD_VERSION; }

Result<RowFilter> ParseFilter(std::string_view text) { return ParseRowFilter(text); }

}  // namespace icefield
