#include "write/commit_target.h"

#include <utility>

namespace icefield {
namespace {

class CatalogTarget final : public CommitTarget {
 public:
  CatalogTarget(std::shared_ptr<const ObjectStore> store, std::shared_ptr<const Catalog> catalog,
                TableIdentifier table)
      : store_(std::move(store)), catalog_(std::move(catalog)), table_(std::move(table)) {}

  Result<LoadedTable> Load() const override { return catalog_->LoadTable(table_); }

  Result<LoadedTable> Commit(const TableChange& change) const override {
    return catalog_->CommitTable(table_, change);
  }

 private:
  std::shared_ptr<const ObjectStore> store_;
  std::shared_ptr<const Catalog> catalog_;
  TableIdentifier table_;
};

class FolderTarget final : public CommitTarget {
 public:
  FolderTarget(std::shared_ptr<const ObjectStore> store, std::string folder)
      : store_(std::move(store)), folder_(std::move(folder)) {}

  Result<LoadedTable> Load() const override { return LoadTableAt(*store_, folder_); }

  Result<LoadedTable> Commit(const TableChange& change) const override {
    return CommitTableAt(*store_, folder_, change);
  }

 private:
  std::shared_ptr<const ObjectStore> store_;
  std::string folder_;
};

}  // namespace

std::unique_ptr<const CommitTarget> MakeCatalogTarget(std::shared_ptr<const ObjectStore> store,
                                                      std::shared_ptr<const Catalog> catalog,
                                                      TableIdentifier table) {
  return std::make_unique<CatalogTarget>(std::move(store), std::move(catalog), std::move(table));
}

std::unique_ptr<const CommitTarget> MakeFolderTarget(std::shared_ptr<const ObjectStore> store,
                                                     std::string folder) {
  return std::make_unique<FolderTarget>(std::move(store), std::move(folder));
}

}  // namespace icefield
