#include "read/column_plan.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "codec/arrow/arrow_types.h"
#include "model/field_paths.h"
#include "read/assemble.h"
#include "read/column_match.h"

namespace icefield {
namespace {

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

// Where fields lead from asked roots, by their numbers at each depth.
std::vector<int> StepsOf(const std::vector<const Field*>& path, int root,
                         const std::vector<Field>& roots) {
  std::vector<int> steps{root};
  const std::vector<Field>* level = &roots[static_cast<size_t>(root)].type.children();
  for (size_t depth = 1; depth < path.size(); ++depth) {
    const auto at = std::find_if(level->begin(), level->end(),
                                 [&](const Field& field) { return field.id == path[depth]->id; });
    steps.push_back(static_cast<int>(at - level->begin()));
    level = &at->type.children();
  }
  return steps;
}

Result<AskedColumns> Ask(const ReadSchema& read) {
  AskedColumns asked;
  const FieldPaths fields(read.schema);
  std::vector<std::vector<const Field*>> paths;
  std::unordered_map<FieldId, int> numbers;  // Of roots.
  std::unordered_set<FieldId> whole;         // A column asked whole and in part is read whole.
  for (const ReadColumn& column : read.columns) whole.insert(column.field_id);
  for (const ReadColumn& column : read.columns) {
    std::vector<const Field*> path = fields.PathTo(column.field_id);
    if (path.empty())
      return Internal("field ", column.field_id.value, " is not in the read schema");
    for (size_t depth = 0; depth + 1 < path.size(); ++depth) {
      if (path[depth]->type.structure() == nullptr) {
        return InvalidArgument("column '", read.schema.NameOf(column.field_id),
                               "' lies inside a list or map; ask for '", path.front()->name,
                               "' whole");
      }
    }
    const bool is_whole = whole.contains(path.front()->id);
    const auto [root, is_new] =
        numbers.emplace(path.front()->id, static_cast<int>(asked.roots.size()));
    if (is_new) {
      asked.roots.push_back(*path.front());
      if (!is_whole) asked.roots.back().type = StructType{};
    }
    if (!is_whole) AddPath(path, 0, asked.roots[static_cast<size_t>(root->second)]);
    paths.push_back(std::move(path));
  }
  for (const std::vector<const Field*>& path : paths)
    asked.paths.push_back(StepsOf(path, numbers.at(path.front()->id), asked.roots));
  return asked;
}

}  // namespace

ReadSchema ReadAllColumns(const Schema& schema) {
  ReadSchema read{.schema = schema, .columns = {}};
  for (const Field& field : schema.columns.fields) read.columns.push_back({field.id, field.name});
  return read;
}

Result<std::shared_ptr<arrow::Schema>> OutputSchema(const ReadSchema& read) {
  arrow::FieldVector fields;
  const FieldPaths paths(read.schema);
  for (const ReadColumn& column : read.columns) {
    const std::vector<const Field*> path = paths.PathTo(column.field_id);
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
                                    const FileFacts& facts) {
  ColumnPlan plan;
  plan.location_ = facts.task->file.path;
  ICEFIELD_ASSIGN(plan.output_schema_, OutputSchema(read));
  ICEFIELD_ASSIGN(AskedColumns asked, Ask(read));
  plan.output_paths_ = std::move(asked.paths);
  ColumnMatcher matcher(file_columns, facts);
  for (const Field& root : asked.roots) {
    ICEFIELD_ASSIGN(plan.roots_.emplace_back(), matcher.MatchColumn(root));
  }
  plan.ShareLeaves(matcher.Leaves(), file_columns);
  return plan;
}

void ColumnPlan::ShareLeaves(std::vector<int> leaves, const std::vector<FileColumn>& file_columns) {
  leaves_ = std::move(leaves);
  SetOrdinals(roots_, file_columns, leaves_);
}

Result<std::shared_ptr<arrow::RecordBatch>> ColumnPlan::Assemble(
    const std::shared_ptr<arrow::RecordBatch>& from_file, int64_t rows,
    int64_t first_position) const {
  return AssembleRows(from_file,
                      {.first_position = first_position, .count = rows, .positions = {}});
}

Result<std::shared_ptr<arrow::RecordBatch>> ColumnPlan::AssembleAt(
    const std::shared_ptr<arrow::RecordBatch>& from_file,
    std::span<const int64_t> positions) const {
  return AssembleRows(from_file, {.first_position = positions.empty() ? 0 : positions.front(),
                                  .count = static_cast<int64_t>(positions.size()),
                                  .positions = positions});
}

Result<std::shared_ptr<arrow::RecordBatch>> ColumnPlan::AssembleRows(
    const std::shared_ptr<arrow::RecordBatch>& from_file, const FileRows& rows) const {
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
  return arrow::RecordBatch::Make(output_schema_, rows.count, std::move(columns));
}

}  // namespace icefield
