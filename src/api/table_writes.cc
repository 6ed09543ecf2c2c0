#include "codec/filter/row_filter_parser.h"
#include "codec/json/table_change_writer.h"
#include "icefield/icefield.h"

namespace icefield {

Result<WriteTarget> Table::Writable() const {
  if (commits_ != nullptr) return WriteTarget{source_.store, commits_.get(), *source_.table};
  return InvalidArgument("table ", name(),
                         " was loaded by its metadata file and is only read: load "
                         "it through its catalog to write to it");
}

Result<Table> Table::After(Result<LoadedTable> committed) const {
  if (!committed.ok()) return std::move(committed).error();
  return Table(source_.store, *std::move(committed), commits_);
}

Result<Table> Table::Refresh() const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  return After(target.commits->Load());
}

Result<Table> Table::Append(BatchStream& rows, const TableWriteOptions& options) const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  return After(AppendRows(target, rows, options));
}

Result<Table> Table::Overwrite(BatchStream& rows, std::string_view filter,
                               const TableWriteOptions& options) const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  ICEFIELD_ASSIGN(const RowFilter parsed, ParseRowFilter(filter));
  return After(OverwriteRows(target, rows, parsed, options));
}

Result<Table> Table::OverwritePartitions(BatchStream& rows,
                                         const TableWriteOptions& options) const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  return After(icefield::OverwritePartitions(target, rows, options));
}

Result<Table> Table::Delete(std::string_view filter, const TableWriteOptions& options) const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  ICEFIELD_ASSIGN(const RowFilter parsed, ParseRowFilter(filter));
  return After(DeleteRows(target, parsed, options));
}

Result<Table> Table::UpdateSchema(const std::function<Status(SchemaUpdate&)>& plan,
                                  SchemaUpdateOptions options) const {
  return Change([&](const LoadedTable& base) -> Result<TableChange> {
    SchemaUpdate update(base.metadata, base.name, options);
    ICEFIELD_TRY(plan(update));
    return update.Apply();
  });
}

Result<Table> Table::Change(const ChangePlanner& plan) const {
  ICEFIELD_ASSIGN(const WriteTarget target, Writable());
  return After(CommitChange(*target.commits, target.base, plan));
}

std::string ChangeText(const TableChange& change) { return TableChangeJson(change); }

}  // namespace icefield
