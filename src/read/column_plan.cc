#include "read/column_plan.h"

#include <algorithm>

#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "read/assemble.h"

namespace icefield {
namespace {

const FileColumn* FindById(const std::vector<FileColumn>& columns, FieldId id) {
  for (const FileColumn& column : columns) {
    if (column.id == id) return &column;
  }
  return nullptr;
}

bool AnyFieldId(const std::vector<FileColumn>& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const FileColumn& column) {
    return column.id.has_value() || AnyFieldId(column.children);
  });
}

int FirstLeaf(const FileColumn& column) {
  return column.kind == FileColumn::Kind::kLeaf ? column.leaf : FirstLeaf(column.children.front());
}

bool HoldsLeafOf(const FileColumn& column, const std::vector<int>& leaves) {
  if (column.kind == FileColumn::Kind::kLeaf)
    return std::binary_search(leaves.begin(), leaves.end(), column.leaf);
  return std::any_of(column.children.begin(), column.children.end(),
                     [&](const FileColumn& child) { return HoldsLeafOf(child, leaves); });
}

// The asked parts of one top-level column: the field with only those struct members that a path
// leads through.
void AddPath(const std::vector<const Field*>& path, size_t depth, Field& pruned) {
  if (depth + 1 == path.size()) {
    pruned = *path[depth];
    return;
  }
  const Field& next = *path[depth + 1];
  StructType members = pruned.type.structure() != nullptr ? *pruned.type.structure() : StructType{};
  auto found = std::find_if(members.fields.begin(), members.fields.end(),
                            [&](const Field& member) { return member.id == next.id; });
  if (found == members.fields.end()) {
    Field empty = next;
    if (depth + 2 < path.size()) empty.type = StructType{};
    members.fields.push_back(std::move(empty));
    found = members.fields.end() - 1;
  }
  AddPath(path, depth + 1, *found);
  pruned.type = std::move(members);
}

struct AskedColumns {
  std::vector<Field> roots;
  std::vector<std::vector<int>> paths;
};

// A column asked whole and in part is read whole.
bool AskedWhole(const ReadSchema& read, FieldId id) {
  return std::any_of(read.columns.begin(), read.columns.end(),
                     [&](const ReadColumn& column) { return column.field_id == id; });
}

Result<AskedColumns> Ask(const ReadSchema& read) {
  AskedColumns asked;
  std::vector<std::vector<const Field*>> paths;
  for (const ReadColumn& column : read.columns) {
    std::vector<const Field*> path = read.schema.PathTo(column.field_id);
    if (path.empty())
      return Internal("field ", column.field_id.value, " is not in the read schema");
    for (size_t depth = 0; depth + 1 < path.size(); ++depth) {
      if (path[depth]->type.structure() == nullptr) {
        return InvalidArgument("column '", read.schema.NameOf(column.field_id),
                               "' lies inside a list or map; ask for '", path.front()->name,
                               "' whole");
      }
    }
    auto root = std::find_if(asked.roots.begin(), asked.roots.end(),
                             [&](const Field& field) { return field.id == path.front()->id; });
    if (root == asked.roots.end()) {
      asked.roots.push_back(*path.front());
      if (path.size() > 1 && !AskedWhole(read, path.front()->id))
        asked.roots.back().type = StructType{};
      root = asked.roots.end() - 1;
    }
    if (!AskedWhole(read, path.front()->id)) AddPath(path, 0, *root);
    paths.push_back(std::move(path));
  }
  for (const std::vector<const Field*>& path : paths) {
    std::vector<int>& steps = asked.paths.emplace_back();
    const std::vector<Field>* level = &asked.roots;
    for (const Field* step : path) {
      auto at = std::find_if(level->begin(), level->end(),
                             [&](const Field& field) { return field.id == step->id; });
      steps.push_back(static_cast<int>(at - level->begin()));
      level = &at->type.children();
    }
  }
  return asked;
}

// Builds the Source tree of one field and collects the leaves it needs.
class Matcher {
 public:
  Matcher(const std::vector<PartitionConstant>& constants, const std::string& location,
          std::vector<int>& leaves)
      : constants_(constants), location_(location), leaves_(leaves) {}

  Result<ColumnPlan::Source> Match(const Field& target, const FileColumn* column) {
    ColumnPlan::Source source{.target = target};
    ICEFIELD_ASSIGN(source.type, ToArrowType(target.type));
    if (column == nullptr) return Missing(std::move(source));
    ICEFIELD_TRY(CheckKind(target, *column));
    if (column->kind == FileColumn::Kind::kLeaf) {
      leaves_.push_back(column->leaf);
      return source;
    }
    const size_t leaves_before = leaves_.size();
    for (const Field& child : target.type.children()) {
      const bool by_position = column->kind != FileColumn::Kind::kStruct;
      const auto at = static_cast<size_t>(&child - target.type.children().data());
      const FileColumn* found =
          by_position ? &column->children.at(at) : FindById(column->children, child.id);
      ICEFIELD_ASSIGN(source.children.emplace_back(), Match(child, found));
    }
    // A struct none of whose asked members is in the file still says where it is null.
    if (leaves_.size() == leaves_before) leaves_.push_back(FirstLeaf(*column));
    return source;
  }

 private:
  Result<ColumnPlan::Source> Missing(ColumnPlan::Source source) {
    for (const PartitionConstant& constant : constants_) {
      if (constant.source_id != source.target.id) continue;
      source.constant = constant.value;
      if (constant.value || !source.target.required) return source;
    }
    if (source.target.required) {
      return CorruptData(location_, " lacks the required column '", source.target.name,
                         "' (field id ", source.target.id.value, ")");
    }
    return source;
  }

  Status CheckKind(const Field& target, const FileColumn& column) const {
    FileColumn::Kind wanted = FileColumn::Kind::kLeaf;
    if (target.type.structure() != nullptr) wanted = FileColumn::Kind::kStruct;
    if (target.type.list() != nullptr) wanted = FileColumn::Kind::kList;
    if (target.type.map() != nullptr) wanted = FileColumn::Kind::kMap;
    if (wanted == column.kind) return {};
    return CorruptData(location_, ": column '", target.name, "' is ", target.type.ToString(),
                       " in the table but of another structure in the file");
  }

  const std::vector<PartitionConstant>& constants_;
  const std::string& location_;
  std::vector<int>& leaves_;
};

// Numbers each source among the read children of its parent, once all leaves are known.
void SetOrdinals(std::vector<ColumnPlan::Source>& sources, const std::vector<FileColumn>& columns,
                 bool by_position, const std::vector<int>& leaves) {
  for (size_t at = 0; at < sources.size(); ++at) {
    ColumnPlan::Source& source = sources[at];
    int ordinal = 0;
    for (size_t place = 0; place < columns.size(); ++place) {
      const FileColumn& column = columns[place];
      if (!HoldsLeafOf(column, leaves)) continue;
      const bool match = by_position ? place == at : column.id == source.target.id;
      if (match) {
        source.ordinal = ordinal;
        SetOrdinals(source.children, column.children, column.kind != FileColumn::Kind::kStruct,
                    leaves);
        break;
      }
      ++ordinal;
    }
  }
}

}  // namespace

ReadSchema ReadAllColumns(const Schema& schema) {
  ReadSchema read{.schema = schema, .columns = {}};
  for (const Field& field : schema.columns.fields) read.columns.push_back({field.id, field.name});
  return read;
}

Result<std::shared_ptr<arrow::Schema>> OutputSchema(const ReadSchema& read) {
  arrow::FieldVector fields;
  for (const ReadColumn& column : read.columns) {
    const std::vector<const Field*> path = read.schema.PathTo(column.field_id);
    if (path.empty())
      return Internal("field ", column.field_id.value, " is not in the read schema");
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Field> field, ToArrowField(*path.back()));
    const bool required =
        std::all_of(path.begin(), path.end(), [](const Field* step) { return step->required; });
    fields.push_back(field->WithName(column.name)->WithNullable(!required));
  }
  return arrow::schema(std::move(fields));
}

Result<ColumnPlan> ColumnPlan::Make(const ReadSchema& read,
                                    const std::vector<FileColumn>& file_columns,
                                    const std::vector<PartitionConstant>& constants,
                                    const std::string& location) {
  if (!file_columns.empty() && !AnyFieldId(file_columns)) {
    return Unsupported(
        location,
        " has no field ids in its columns; reading such files by a name mapping is not there yet");
  }
  ColumnPlan plan;
  plan.location_ = location;
  ICEFIELD_ASSIGN(plan.output_schema_, OutputSchema(read));
  ICEFIELD_ASSIGN(AskedColumns asked, Ask(read));
  plan.output_paths_ = std::move(asked.paths);
  Matcher matcher(constants, location, plan.leaves_);
  for (const Field& root : asked.roots) {
    ICEFIELD_ASSIGN(plan.roots_.emplace_back(),
                    matcher.Match(root, FindById(file_columns, root.id)));
  }
  std::sort(plan.leaves_.begin(), plan.leaves_.end());
  plan.leaves_.erase(std::unique(plan.leaves_.begin(), plan.leaves_.end()), plan.leaves_.end());
  SetOrdinals(plan.roots_, file_columns, /*by_position=*/false, plan.leaves_);
  return plan;
}

Result<std::shared_ptr<arrow::RecordBatch>> ColumnPlan::Assemble(
    const std::shared_ptr<arrow::RecordBatch>& from_file, int64_t rows) const {
  arrow::ArrayVector roots;
  for (const Source& root : roots_) {
    std::shared_ptr<arrow::Array> column =
        root.ordinal < 0 ? nullptr : from_file->column(root.ordinal);
    ICEFIELD_ASSIGN(roots.emplace_back(), AssembleColumn(root, column, rows, location_));
  }
  arrow::ArrayVector columns;
  for (size_t at = 0; at < output_paths_.size(); ++at) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> column,
                    DescendTo(roots, output_paths_[at], location_));
    if (!output_schema_->field(static_cast<int>(at))->nullable() && column->null_count() > 0) {
      return CorruptData(location_, ": the required column '",
                         output_schema_->field(static_cast<int>(at))->name(), "' holds nulls");
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(output_schema_, rows, std::move(columns));
}

}  // namespace icefield
