#include "read/file_check.h"

#include "model/field_paths.h"
#include "scan/file_statistics.h"

namespace icefield {
namespace {

// So many columns tell two files apart; so many row groups are worth the time.
constexpr int kColumnsMax = 16;
constexpr size_t kRowGroupsMax = 64;

// Types whose bounds are neither truncated nor rounded by any writer.
bool HasExactBounds(const PrimitiveType& type) {
  switch (type.kind) {
    case PrimitiveKind::kInt:
    case PrimitiveKind::kLong:
    case PrimitiveKind::kDate:
    case PrimitiveKind::kTime:
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
      return true;
    default:
      return false;
  }
}

Error Replaced(const DataFile& entry, std::string_view what) {
  return CorruptData(entry.path, " ", what,
                     "; the file was replaced or damaged, or the manifest is wrong");
}

// True if `a` is below `b` by more than the rounding of a finer unit in the file.
bool LiesBelow(const PrimitiveType& type, const std::optional<Value>& a,
               const std::optional<Value>& b) {
  if (!a || !b || CompareValues(*a, *b) != std::partial_ordering::less) return false;
  const auto* low = std::get_if<int64_t>(&*a);
  const auto* high = std::get_if<int64_t>(&*b);
  const bool is_time = type.kind != PrimitiveKind::kLong && low != nullptr && high != nullptr;
  return !is_time || *low + 1 < *high;
}

Status CheckColumn(const ParquetFooter& footer, const FileColumn& column, const Field& field,
                   const DataFile& entry) {
  const PrimitiveType& type = *field.type.primitive();
  const ColumnStatistics stated = FileStatistics(entry).Find(field.id, type);
  int64_t nulls = 0;
  bool nulls_known = stated.null_count.has_value();
  for (size_t group = 0; group < footer.row_groups().size(); ++group) {
    if (footer.row_groups()[group].rows == 0) continue;
    const ColumnStatistics found = footer.Statistics(static_cast<int>(group), column.leaf, type);
    if (LiesBelow(type, found.lower, stated.lower) || LiesBelow(type, stated.upper, found.upper)) {
      return Replaced(entry, StrCat("holds values of column '", field.name,
                                    "' outside the bounds of its manifest"));
    }
    nulls_known = nulls_known && found.null_count.has_value();
    nulls += found.null_count.value_or(0);
  }
  if (nulls_known && nulls != *stated.null_count) {
    return Replaced(entry, StrCat("holds ", nulls, " nulls in column '", field.name,
                                  "', its manifest says ", *stated.null_count));
  }
  return {};
}

}  // namespace

Status CheckSizeAndRows(const ParquetFooter& footer, int64_t size_bytes, const DataFile& entry) {
  if (size_bytes != entry.size_bytes) {
    return Replaced(entry,
                    StrCat("is ", size_bytes, " bytes long, its manifest says ", entry.size_bytes));
  }
  int64_t rows = 0;
  for (const RowGroupExtent& extent : footer.row_groups()) rows += extent.rows;
  if (rows != entry.record_count) {
    return Replaced(entry, StrCat("holds ", rows, " rows, its manifest says ", entry.record_count));
  }
  return {};
}

Status CheckFile(const ParquetFooter& footer, const std::vector<FileColumn>& columns,
                 int64_t size_bytes, const DataFile& entry, const Schema& schema) {
  ICEFIELD_TRY(CheckSizeAndRows(footer, size_bytes, entry));
  if (footer.row_groups().size() > kRowGroupsMax) return {};
  const FieldPaths fields(schema);
  int checked = 0;
  for (const FileColumn& column : columns) {
    if (column.kind != FileColumn::Kind::kLeaf || !column.id) continue;
    const Field* field = fields.FindById(*column.id);
    if (field == nullptr || field->type.primitive() == nullptr) continue;
    if (!HasExactBounds(*field->type.primitive())) continue;
    ICEFIELD_TRY(CheckColumn(footer, column, *field, entry));
    if (++checked == kColumnsMax) break;
  }
  return {};
}

}  // namespace icefield
