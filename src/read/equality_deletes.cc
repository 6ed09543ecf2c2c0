#include "read/equality_deletes.h"

#include <algorithm>
#include <span>

#include "codec/parquet/row_group.h"

namespace icefield {
namespace {

constexpr int64_t kBatchRows = 65536;

std::vector<FieldId> IdsOf(const DeleteFile& deletes) {
  std::vector<FieldId> ids = deletes.file.equality_ids;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Status CheckKeyColumn(const Schema& every_field, const std::vector<const Field*>& path, FieldId id,
                      const std::string& location) {
  if (path.empty()) {
    return CorruptData(location, ": equality id ", id.value,
                       " is a field of none of the table's schemas");
  }
  const auto not_a_struct = [](const Field* step) { return step->type.structure() == nullptr; };
  const PrimitiveType* type = path.back()->type.primitive();
  if (type == nullptr || std::any_of(path.begin(), path.end() - 1, not_a_struct)) {
    return CorruptData(location, ": equality id ", id.value, " is '", every_field.NameOf(id),
                       "' of type ", path.back()->type.ToString(),
                       "; only primitive columns outside lists and maps can be keys");
  }
  switch (type->kind) {
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return Unsupported(location, ": column '", every_field.NameOf(id), "' of type ",
                         PrimitiveTypeText(*type), " cannot be an equality-delete key");
    default:
      return {};
  }
}

// The column and the structs on the way to a key, with nothing else in them.
void AddOptionalPath(std::span<const Field* const> path, std::vector<Field>& siblings) {
  auto found = std::find_if(siblings.begin(), siblings.end(),
                            [&](const Field& field) { return field.id == path.front()->id; });
  if (found == siblings.end()) {
    Field& added = siblings.emplace_back(*path.front());
    added.required = false;
    if (path.size() > 1) added.type = StructType{};
    found = siblings.end() - 1;
  }
  if (path.size() == 1) return;
  StructType members = *found->type.structure();
  AddOptionalPath(path.subspan(1), members.fields);
  found->type = std::move(members);
}

const FileColumn* Descend(const std::vector<FileColumn>& columns,
                          std::span<const Field* const> path) {
  for (const FileColumn& column : columns) {
    if (column.id != path.front()->id) continue;
    return path.size() == 1 ? &column : Descend(column.children, path.subspan(1));
  }
  return nullptr;
}

Status CheckFileHoldsKeys(const ParquetFooter& footer, const ReadSchema& columns) {
  for (const ReadColumn& column : columns.columns) {
    const std::vector<const Field*> path = columns.schema.PathTo(column.field_id);
    if (path.empty()) return Internal("field ", column.field_id.value, " is not in the key schema");
    if (path.back()->type.Is(PrimitiveKind::kUnknown)) continue;
    if (Descend(footer.columns(), path) != nullptr) continue;
    return CorruptData(footer.location(), " lacks the column '", column.name, "' (field id ",
                       column.field_id.value, ") of its equality ids");
  }
  return {};
}

Status CheckRows(const ParquetFooter& footer, int64_t record_count) {
  int64_t rows = 0;
  for (const RowGroupExtent& extent : footer.row_groups()) rows += extent.rows;
  if (rows == record_count) return {};
  return CorruptData(footer.location(), " holds ", rows, " rows, its manifest says ", record_count,
                     "; the file was replaced or the manifest is wrong");
}

Status AddRowGroup(const ObjectStore& store, const ParquetFooter& footer, const ColumnPlan& plan,
                   const RowGroupRead& read, SequenceNumber sequence_number, EqualityKeys& keys) {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store.Open(footer.location()));
  const RowGroupExtent extent = footer.row_groups()[static_cast<size_t>(read.row_group)];
  ICEFIELD_ASSIGN(std::unique_ptr<BatchStream> stream, ReadRowGroup(std::move(file), footer, read));
  int64_t seen = 0;
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> stored, stream->Next());
    if (stored == nullptr) break;
    const int64_t rows = stored->num_rows();
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch,
                    plan.Assemble(stored, rows, extent.first_row + seen));
    ICEFIELD_TRY(keys.Insert(batch->columns(), rows, sequence_number));
    seen += rows;
  }
  if (seen == extent.rows) return {};
  return CorruptData(footer.location(),
                     ": a row group holds another number of rows than its footer says");
}

}  // namespace

Result<ReadSchema> EqualityKeyColumns(const Schema& every_field, const DeleteFile& deletes) {
  const std::string& location = deletes.file.path;
  if (deletes.file.equality_ids.empty())
    return CorruptData(location, " is an equality-delete file without equality ids");
  ReadSchema read;
  read.schema.id = every_field.id;
  for (const FieldId id : IdsOf(deletes)) {
    const std::vector<const Field*> path = every_field.PathTo(id);
    ICEFIELD_TRY(CheckKeyColumn(every_field, path, id, location));
    AddOptionalPath(path, read.schema.columns.fields);
    read.columns.push_back({.field_id = id, .name = every_field.NameOf(id)});
  }
  return read;
}

Result<EqualityKeys> MakeEqualityKeys(const ReadSchema& columns) {
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Schema> schema, OutputSchema(columns));
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const std::shared_ptr<arrow::Field>& field : schema->fields())
    types.push_back(field->type());
  return EqualityKeys::Make(std::move(types));
}

Status ReadEqualityDeletes(const ObjectStore& store, const DeleteFile& deletes,
                           const ReadSchema& columns, EqualityKeys& keys) {
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, store.Open(deletes.file.path));
  if (file->size_bytes() != deletes.file.size_bytes) {
    return CorruptData(deletes.file.path, " has ", file->size_bytes(), " bytes, its manifest says ",
                       deletes.file.size_bytes,
                       "; the file was replaced or cut short, or the manifest is wrong");
  }
  ICEFIELD_ASSIGN(const ParquetFooter footer, ParquetFooter::Read(*file));
  ICEFIELD_TRY(CheckRows(footer, deletes.file.record_count));
  // Without partition constants: a delete file stores its keys.
  const FileTask task{.file = deletes.file,
                      .spec_id = deletes.spec_id,
                      .data_sequence_number = deletes.data_sequence_number};
  const PartitionSpec unpartitioned;
  ICEFIELD_ASSIGN(const ColumnPlan plan,
                  ColumnPlan::Make(columns, footer.columns(), {&task, &unpartitioned}));
  ICEFIELD_TRY(CheckFileHoldsKeys(footer, columns));
  if (plan.leaves().empty()) {
    // Only columns of type unknown: every row has the one key of nulls.
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> nulls, plan.Assemble(nullptr, 1, 0));
    const int64_t rows = deletes.file.record_count == 0 ? 0 : 1;
    return keys.Insert(nulls->Slice(0, rows)->columns(), rows, deletes.data_sequence_number);
  }
  for (size_t group = 0; group < footer.row_groups().size(); ++group) {
    if (footer.row_groups()[group].rows == 0) continue;
    ICEFIELD_TRY(AddRowGroup(
        store, footer, plan,
        {.row_group = static_cast<int>(group), .leaves = plan.leaves(), .batch_rows = kBatchRows},
        deletes.data_sequence_number, keys));
  }
  return {};
}

}  // namespace icefield
