#include "read/column_match.h"

#include <algorithm>

#include "codec/arrow/arrow_types.h"
#include "model/metadata_columns.h"
#include "read/name_mapping.h"

namespace icefield {
namespace {

// -1 for a group that holds none.
int FirstLeaf(const FileColumn& column) {
  if (column.kind == FileColumn::Kind::kLeaf) return column.leaf;
  for (const FileColumn& child : column.children) {
    if (const int leaf = FirstLeaf(child); leaf >= 0) return leaf;
  }
  return -1;
}

bool HoldsLeafOf(const FileColumn& column, const std::vector<int>& leaves) {
  if (column.kind == FileColumn::Kind::kLeaf)
    return std::binary_search(leaves.begin(), leaves.end(), column.leaf);
  return std::any_of(column.children.begin(), column.children.end(),
                     [&](const FileColumn& child) { return HoldsLeafOf(child, leaves); });
}

void AddLeaves(const FileColumn& column, std::vector<int>& leaves) {
  if (column.kind == FileColumn::Kind::kLeaf) leaves.push_back(column.leaf);
  for (const FileColumn& child : column.children) AddLeaves(child, leaves);
}

const LeafForm* FindUnreadable(const FileColumn& column) {
  if (column.form.kind == LeafForm::Kind::kUnreadable) return &column.form;
  for (const FileColumn& child : column.children) {
    if (const LeafForm* found = FindUnreadable(child)) return found;
  }
  return nullptr;
}

FileColumn::Kind KindOf(const Type& type) {
  if (type.structure() != nullptr || type.Is(PrimitiveKind::kVariant))
    return FileColumn::Kind::kStruct;
  if (type.list() != nullptr) return FileColumn::Kind::kList;
  if (type.map() != nullptr) return FileColumn::Kind::kMap;
  return FileColumn::Kind::kLeaf;
}

const int64_t* FindCount(const std::map<FieldId, int64_t>& counts, FieldId id) {
  const auto found = counts.find(id);
  return found == counts.end() ? nullptr : &found->second;
}

void SetOrdinalsOf(std::vector<ColumnPlan::Source>& sources, const std::vector<FileColumn>& columns,
                   bool by_position, const std::vector<int>& leaves) {
  struct Read {
    size_t place;
    int ordinal;
  };
  int ordinal = 0;
  std::map<FieldId, Read>
      read_by_id;  // Of the columns that are read; by position: by their places.
  for (size_t place = 0; place < columns.size(); ++place) {
    if (!HoldsLeafOf(columns[place], leaves)) continue;
    const Read read{place, ordinal++};
    if (by_position) {
      read_by_id.emplace(FieldId{static_cast<int32_t>(place)}, read);
    } else if (columns[place].id) {
      read_by_id.emplace(*columns[place].id, read);
    }
  }
  for (size_t at = 0; at < sources.size(); ++at) {
    ColumnPlan::Source& source = sources[at];
    source.ordinal = -1;
    if (!source.stored) continue;
    const auto found =
        read_by_id.find(by_position ? FieldId{static_cast<int32_t>(at)} : source.target.id);
    if (found == read_by_id.end()) continue;
    source.ordinal = found->second.ordinal;
    const FileColumn& column = columns[found->second.place];
    SetOrdinalsOf(source.children, column.children, column.kind != FileColumn::Kind::kStruct,
                  leaves);
  }
}

}  // namespace

ColumnMatcher::ColumnMatcher(const std::vector<FileColumn>& columns, const FileFacts& facts)
    : columns_(columns), facts_(facts), location_(facts.task->file.path) {
  for (const FileColumn& column : columns_) {
    if (column.id) by_id_[*column.id].push_back(&column);
  }
}

std::vector<int> ColumnMatcher::Leaves() const {
  std::vector<int> leaves = leaves_;
  std::sort(leaves.begin(), leaves.end());
  leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
  return leaves;
}

Result<ColumnPlan::Source> ColumnMatcher::MatchColumn(const Field& target) {
  Source source{.target = target};
  ICEFIELD_ASSIGN(source.type, ToArrowType(target.type));
  if (target.id.value > kUserFieldIdMax) return MatchMetadata(std::move(source));
  const auto found = by_id_.find(target.id);
  if (found == by_id_.end()) return Match(std::move(source), nullptr);
  ICEFIELD_ASSIGN(const FileColumn* column, OnlyOne(found->second));
  return Match(std::move(source), column);
}

Result<ColumnPlan::Source> ColumnMatcher::Match(Source source, const FileColumn* column) {
  if (column == nullptr || FirstLeaf(*column) < 0) return Missing(std::move(source));
  if (source.target.type.Is(PrimitiveKind::kUnknown)) return source;  // Null, whatever lies there.
  ICEFIELD_TRY(CheckKind(source.target, *column));
  source.stored = true;
  if (source.target.type.primitive() != nullptr) {
    source.form = column->form;
    AddLeaves(*column, leaves_);
    return source;
  }
  return MatchChildren(std::move(source), *column);
}

Result<ColumnPlan::Source> ColumnMatcher::MatchChildren(Source source, const FileColumn& column) {
  const size_t leaves_before = leaves_.size();
  const std::vector<Field>& targets = source.target.type.children();
  const bool by_position = column.kind != FileColumn::Kind::kStruct;
  if (by_position && column.children.size() != targets.size()) {
    return CorruptData(location_, ": column '", source.target.name, "' is a malformed ",
                       source.target.type.ToString());
  }
  for (size_t at = 0; at < targets.size(); ++at) {
    Source child{.target = targets[at]};
    ICEFIELD_ASSIGN(child.type, ToArrowType(child.target.type));
    const FileColumn* found = by_position ? &column.children[at] : nullptr;
    if (!by_position) {
      ICEFIELD_ASSIGN(found, FindById(column.children, child.target));
    }
    ICEFIELD_ASSIGN(source.children.emplace_back(), Match(std::move(child), found));
  }
  // A struct none of whose asked members is in the file still says where it is null.
  if (leaves_.size() == leaves_before) leaves_.push_back(FirstLeaf(column));
  return source;
}

Result<ColumnPlan::Source> ColumnMatcher::MatchMetadata(Source source) {
  const FileTask& task = *facts_.task;
  const Field& target = source.target;
  if (target.id == kPartitionColumn) {
    ICEFIELD_ASSIGN(source.constant, PartitionTuple(target));
    return source;
  }
  if (target.type.primitive() == nullptr) {
    return Internal("'", target.name, "' is no metadata column");
  }
  std::optional<Value> constant;
  if (target.id == kFileColumn) constant = task.file.path;
  if (target.id == kSpecIdColumn) constant = task.spec_id.value;
  if (target.id == kPositionColumn) source.first_number = 0;
  if (target.id == kRowIdColumn || target.id == kLastUpdatedColumn) {
    // Without a first row id there is no lineage, whatever the file stores.
    if (!task.file.first_row_id) return source;
    ICEFIELD_ASSIGN(const FileColumn* column, FindById(columns_, target));
    if (column != nullptr) {
      ICEFIELD_ASSIGN(source, Match(std::move(source), column));
    }
    if (target.id == kRowIdColumn) source.first_number = task.file.first_row_id;
    if (target.id == kLastUpdatedColumn) constant = task.data_sequence_number.value;
  }
  if (!constant) return source;
  ICEFIELD_ASSIGN(source.constant, ConstantOf(*source.target.type.primitive(), constant));
  return source;
}

// The tuple of the file's own spec in the shape of the asked struct; fields of other specs are
// null.
Result<ArrowScalar> ColumnMatcher::PartitionTuple(const Field& target) const {
  if (target.type.structure() == nullptr) return Internal("'_partition' is asked as no struct");
  const std::vector<PartitionField>& fields = facts_.spec->fields;
  const std::vector<std::optional<Value>>& tuple = facts_.task->file.partition.values;
  arrow::ScalarVector members;
  for (const Field& member : target.type.structure()->fields) {
    std::optional<Value> value;
    for (size_t at = 0; at < fields.size() && at < tuple.size(); ++at) {
      if (PartitionMemberId(fields[at].field_id) == member.id) value = tuple[at];
    }
    if (member.type.primitive() == nullptr)
      return Internal("partition field '", member.name, "' is nested");
    Result<ArrowScalar> scalar = ConstantOf(*member.type.primitive(), value);
    if (!scalar.ok()) {
      return std::move(scalar).error().At(
          StrCat(location_, ", partition field '", member.name, "'"));
    }
    members.push_back(*std::move(scalar));
  }
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::DataType> type, ToArrowType(target.type));
  return ArrowScalar(std::make_shared<arrow::StructScalar>(std::move(members), std::move(type)));
}

Result<ColumnPlan::Source> ColumnMatcher::Missing(Source source) const {
  const Field& target = source.target;
  const std::string where = StrCat(location_, ", column '", target.name, "'");
  for (const PartitionConstant& constant : facts_.task->constants) {
    if (constant.source_id != target.id || target.type.primitive() == nullptr) continue;
    if (!constant.value && target.required) continue;
    Result<ArrowScalar> scalar = ConstantOf(*target.type.primitive(), constant.value);
    if (!scalar.ok()) return std::move(scalar).error().At(where);
    source.constant = *std::move(scalar);
    return source;
  }
  if (!columns_.empty() && !AnyFieldId(columns_)) {
    return Unsupported(location_,
                       ": none of its columns has a field id, neither its own nor by the table's "
                       "name mapping (property schema.name-mapping.default)");
  }
  ICEFIELD_TRY(CheckNotCounted(target));
  Result<ArrowScalar> initial = InitialDefaultOf(target);
  if (!initial.ok()) return std::move(initial).error().At(where);
  source.constant = *std::move(initial);
  if (target.required && (source.constant == nullptr || !source.constant->is_valid)) {
    return CorruptData(location_, " lacks the required column '", target.name, "' (field id ",
                       target.id.value, ")");
  }
  return source;
}

// A damaged footer must not turn values into nulls.
Status ColumnMatcher::CheckNotCounted(const Field& target) const {
  // Ids of a name mapping may be others than when the manifest was written.
  if (!facts_.own_field_ids) return {};
  const int64_t* values = FindCount(facts_.task->file.value_counts, target.id);
  const int64_t* nulls = FindCount(facts_.task->file.null_value_counts, target.id);
  if (target.type.primitive() == nullptr || values == nullptr || nulls == nullptr) return {};
  if (*values <= *nulls) return {};
  return CorruptData(location_, " lacks the column '", target.name, "' (field id ", target.id.value,
                     "), of which its manifest counts ", *values - *nulls,
                     " values; the file was replaced or is damaged");
}

Result<const FileColumn*> ColumnMatcher::FindById(const std::vector<FileColumn>& columns,
                                                  const Field& target) const {
  std::vector<const FileColumn*> found;
  for (const FileColumn& column : columns) {
    if (column.id == target.id) found.push_back(&column);
  }
  if (found.empty()) return static_cast<const FileColumn*>(nullptr);
  return OnlyOne(found);
}

Result<const FileColumn*> ColumnMatcher::OnlyOne(
    const std::vector<const FileColumn*>& columns) const {
  if (columns.size() == 1) return columns.front();
  return CorruptData(location_, ": '", columns[0]->name, "' and '", columns[1]->name,
                     "' both have the field id ", columns[0]->id->value);
}

Status ColumnMatcher::CheckKind(const Field& target, const FileColumn& column) const {
  if (KindOf(target.type) != column.kind) {
    return CorruptData(location_, ": column '", target.name, "' is ", target.type.ToString(),
                       " in the table but of another structure in the file");
  }
  // A variant is read with everything below it; any other group member by member.
  const bool alone = column.kind == FileColumn::Kind::kLeaf;
  if (!alone && !target.type.Is(PrimitiveKind::kVariant)) return {};
  const LeafForm* refused = FindUnreadable(column);
  if (refused == nullptr) return {};
  return Unsupported(location_, ", column '", target.name, "': ", refused->reason,
                     "; leave the column out");
}

void SetOrdinals(std::vector<ColumnPlan::Source>& sources, const std::vector<FileColumn>& columns,
                 const std::vector<int>& leaves) {
  SetOrdinalsOf(sources, columns, /*by_position=*/false, leaves);
}

}  // namespace icefield
