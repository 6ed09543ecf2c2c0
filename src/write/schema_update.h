/// Changing a table's columns: by name, as one plan that a commit carries out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/table_metadata.h"
#include "model/table_update.h"

namespace icefield {

/// A column to add. Ids inside of its type do not matter: it gets fresh ones.
struct NewColumn {
  std::string
      parent;        ///< Full name of the struct, or of a list or map of structs; empty: the table.
  std::string name;  ///< May hold dots, which then belong to it.
  Type type;
  bool required = false;
  std::string doc;
  std::string default_json;  ///< v3: what rows have that were written before, and without it later.
};

/// Which changes are taken.
struct SchemaUpdateOptions {
  /// Columns may become required, or be added so, without a default: readers of older rows will
  /// fail.
  bool allow_incompatible = false;
};

/// A sequence of changes to the current schema of a table. Columns are named by their full names
/// ("address.city", "trips.element"), before the update or as changed by it; where both exist the
/// former counts. Every function refuses with InvalidArgument, naming the table and the column,
/// what the specification forbids ("Schema Evolution"), and changes nothing then; what can only be
/// judged when all is done is judged by Apply. Does not: read or write anything. Owns what it needs
/// of the metadata.
class SchemaUpdate {
 public:
  SchemaUpdate(const TableMetadata& metadata, std::string table_name,
               SchemaUpdateOptions options = {});

  Status AddColumn(const NewColumn& column);
  /// With everything inside it. Apply refuses to delete what the partition spec, the sort order or
  /// the identifier of the table uses.
  Status DeleteColumn(std::string_view name);
  /// `new_name` is that of the field alone, not its full name.
  Status RenameColumn(std::string_view name, const std::string& new_name);
  /// Only to types that CanPromote allows in the table's format version.
  Status ChangeType(std::string_view name, const PrimitiveType& type);
  Status ChangeDoc(std::string_view name, const std::string& doc);
  /// What later rows get where a writer leaves the column out (v3); empty: nothing.
  Status ChangeDefault(std::string_view name, const std::string& default_json);
  Status MakeOptional(std::string_view name);
  Status MakeRequired(std::string_view name);
  Status MoveFirst(std::string_view name);
  Status MoveBefore(std::string_view name, std::string_view other);
  Status MoveAfter(std::string_view name, std::string_view other);
  /// Adds the columns of `other` that are not there, widens types, makes optional and takes docs of
  /// those that are; nothing is deleted, renamed or narrowed. Columns are paired by name.
  Status UnionByName(const Schema& other);
  /// Full names; replaces those there are.
  Status SetIdentifierFields(const std::vector<std::string>& names);

  /// The schema as changed so far; its id is that of the schema before.
  const Schema& schema() const { return schema_; }

  /// What to commit: nothing where the columns are as before; a schema of an earlier time is made
  /// current again where it is the same. Properties that name columns (name mapping, metrics, bloom
  /// filters) follow renames and deletions.
  Result<TableChange> Apply() const;

 private:
  // The id of a column that exists now. Names of before the update count first.
  Result<FieldId> Find(std::string_view name) const;
  // The field, to change in place; `name` for messages. Refuses keys of maps and what is in them.
  Result<Field*> Mutable(std::string_view name);
  // The fields among which the field of this id stands.
  std::vector<Field>* Siblings(FieldId id);
  Status Move(std::string_view name, std::string_view other, int offset);
  Status CheckPartitionSources(const Field& field, const PrimitiveType& type) const;
  Status CheckUsedColumns() const;
  Status CheckNewNames() const;
  Status Union(const std::vector<Field>& fields, const std::string& parent);
  Status UnionField(const Field& field, const Field& existing, const std::string& name);
  Error Fault(std::string_view name, std::string_view what) const;

  TableMetadata metadata_;  // Without snapshots.
  std::string table_name_;
  SchemaUpdateOptions options_;
  Schema schema_;
  int32_t last_column_id_;
};

}  // namespace icefield
