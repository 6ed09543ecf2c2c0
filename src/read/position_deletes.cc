#include "read/position_deletes.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "batch/arrow_status.h"
#include "codec/parquet/row_group.h"
#include "codec/puffin/deletion_vector.h"
#include "read/file_check.h"
#include "scan/file_statistics.h"

namespace icefield {
namespace {

constexpr FieldId kPathId{2147483546};
constexpr FieldId kPositionId{2147483545};
constexpr std::string_view kPathName = "file_path";
constexpr std::string_view kPositionName = "pos";
constexpr int64_t kBatchRows = 16384;  // Paths are long, and as many of them lie in memory.

// ------------------------------------------------------------------ position-delete files

struct DeleteColumns {
  int path_leaf = -1;
  int position_leaf = -1;

  std::vector<int> Leaves() const {
    return {std::min(path_leaf, position_leaf), std::max(path_leaf, position_leaf)};
  }
  // Batches have their columns in the file's order.
  int PathColumn() const { return path_leaf < position_leaf ? 0 : 1; }
};

// By id; by name only in files whose columns have no ids at all.
Result<int> FindLeaf(const ParquetFooter& footer, FieldId id, std::string_view name) {
  const std::vector<FileColumn>& columns = footer.columns();
  const bool has_ids =
      std::ranges::any_of(columns, [](const FileColumn& column) { return column.id.has_value(); });
  for (const FileColumn& column : columns) {
    if (has_ids ? column.id != id : column.name != name) continue;
    if (column.kind != FileColumn::Kind::kLeaf) break;
    return column.leaf;
  }
  return CorruptData(footer.location(), ": a position-delete file without the column ", name, " (",
                     id.value, ")");
}

// False only if no path that `positions` has an entry for can be in the row group. Bounds may be
// truncated: a lower one is then a prefix; an upper one should have been incremented, and counts
// for all paths that it is a prefix of where it was not.
bool MayHoldPathOf(const PositionsByFile& positions, const ColumnStatistics& paths) {
  auto first = positions.begin();
  if (paths.lower) {
    if (const auto* lower = std::get_if<std::string>(&*paths.lower)) {
      first = positions.lower_bound(*lower);
    }
  }
  if (first == positions.end()) return false;
  if (!paths.upper) return true;
  const auto* upper = std::get_if<std::string>(&*paths.upper);
  return upper == nullptr || first->first <= *upper || first->first.starts_with(*upper);
}

// What the manifest says of the file's rows. A lower bound of paths may be truncated, an upper one
// should then have been incremented; where it was not, it is a prefix.
struct StatedBounds {
  std::optional<std::string> path_lower;
  std::optional<std::string> path_upper;
  std::optional<int64_t> position_lower;
  std::optional<int64_t> position_upper;

  static StatedBounds Of(const DataFile& file) {
    const FileStatistics statistics(file);
    const ColumnStatistics paths = statistics.Find(kPathId, {PrimitiveKind::kString});
    const ColumnStatistics positions = statistics.Find(kPositionId, {PrimitiveKind::kLong});
    return {As<std::string>(paths.lower), As<std::string>(paths.upper),
            As<int64_t>(positions.lower), As<int64_t>(positions.upper)};
  }

  bool HoldsPath(std::string_view path) const {
    return !(path_lower && path < *path_lower) &&
           !(path_upper && path > *path_upper && !path.starts_with(*path_upper));
  }

  bool HoldsPosition(int64_t position) const {
    return !(position_lower && position < *position_lower) &&
           !(position_upper && position > *position_upper);
  }

 private:
  template <typename T>
  static std::optional<T> As(const std::optional<Value>& bound) {
    const T* value = bound ? std::get_if<T>(&*bound) : nullptr;
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }
};

// Takes (path, position) rows in. Files are sorted by path as a rule, so that the set of the row
// before is mostly that of the next.
class RowSink {
 public:
  RowSink(const DataFile& file, PositionsByFile& positions)
      : file_(file), bounds_(StatedBounds::Of(file)), positions_(positions) {}

  Status Add(const arrow::StringArray& paths, const arrow::Int64Array& positions) {
    for (int64_t row = 0; row < paths.length(); ++row) {
      const std::string_view path = paths.GetView(row);
      if (path != path_ || !started_) ICEFIELD_TRY(MoveTo(path));
      const int64_t position = positions.Value(row);
      if (position < 0) {
        return CorruptData(file_.path, ": deletes the negative position ", position, " of ", path);
      }
      if (!bounds_.HoldsPosition(position)) {
        return CorruptData(file_.path, ": deletes the position ", position, " of ", path,
                           ", which is outside the bounds of its manifest; the file was replaced "
                           "or damaged, or the manifest is wrong");
      }
      if (set_ != nullptr) set_->Add(position);
    }
    return {};
  }

 private:
  Status MoveTo(std::string_view path) {
    if (file_.referenced_data_file && path != *file_.referenced_data_file) {
      return CorruptData(file_.path, ": deletes from ", path, ", its manifest says only from ",
                         *file_.referenced_data_file);
    }
    if (!bounds_.HoldsPath(path)) {
      return CorruptData(file_.path, ": deletes from ", path,
                         ", which is outside the bounds of its manifest; the file was replaced or "
                         "damaged, or the manifest is wrong");
    }
    const auto found = positions_.find(path);
    set_ = found == positions_.end() ? nullptr : &found->second;
    path_ = path;
    started_ = true;
    return {};
  }

  const DataFile& file_;
  const StatedBounds bounds_;
  PositionsByFile& positions_;
  bool started_ = false;
  std::string path_;            // Of the row before,
  PositionSet* set_ = nullptr;  // and its set, if anybody asked for it.
};

Status AddBatch(const arrow::RecordBatch& batch, const DeleteColumns& columns,
                const std::string& location, RowSink& sink) {
  const int path_column = columns.PathColumn();
  std::shared_ptr<arrow::Array> paths = batch.column(path_column);
  const std::shared_ptr<arrow::Array> positions = batch.column(1 - path_column);
  const arrow::Type::type type =
      paths->type_id() == arrow::Type::DICTIONARY
          ? static_cast<const arrow::DictionaryType&>(*paths->type()).value_type()->id()
          : paths->type_id();
  if (!arrow::is_string(type) && type != arrow::Type::STRING_VIEW) {
    return CorruptData(location, ": the column ", kPathName, " must be string, it is ",
                       paths->type()->ToString());
  }
  if (positions->type_id() != arrow::Type::INT64) {
    return CorruptData(location, ": the column ", kPositionName, " must be long, it is ",
                       positions->type()->ToString());
  }
  if (paths->null_count() != 0 || positions->null_count() != 0) {
    return CorruptData(location, ": a position delete with a null");
  }
  // A file may remember that its writer had its paths in another Arrow type.
  if (paths->type_id() != arrow::Type::STRING) {
    ICEFIELD_ARROW_ASSIGN(paths, arrow::compute::Cast(*paths, arrow::utf8()), location,
                          ErrorCode::kCorruptData);
  }
  return sink.Add(static_cast<const arrow::StringArray&>(*paths),
                  static_cast<const arrow::Int64Array&>(*positions));
}

Status AddRowGroup(const ObjectStore& store, const ParquetFooter& footer, int row_group,
                   const DeleteColumns& columns, RowSink& sink) {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store.Open(footer.location()));
  ICEFIELD_ASSIGN(
      const std::unique_ptr<BatchStream> batches,
      ReadRowGroup(std::move(file), footer,
                   {.row_group = row_group, .leaves = columns.Leaves(), .batch_rows = kBatchRows}));
  int64_t rows = 0;
  while (true) {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, batches->Next());
    if (batch == nullptr) break;
    ICEFIELD_TRY(AddBatch(*batch, columns, footer.location(), sink));
    rows += batch->num_rows();
  }
  if (rows != footer.row_groups()[static_cast<size_t>(row_group)].rows) {
    return CorruptData(footer.location(),
                       ": a row group holds another number of rows than its footer says");
  }
  return {};
}

// ---------------------------------------------------------------------- deletion vectors

Result<std::unique_ptr<InputFile>> OpenPuffin(const ObjectStore& store, const DataFile& file) {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> opened, store.Open(file.path));
  if (opened->size_bytes() != file.size_bytes) {
    return CorruptData(file.path, " is ", opened->size_bytes(), " bytes long, its manifest says ",
                       file.size_bytes,
                       "; the file was replaced or damaged, or the manifest is wrong");
  }
  return opened;
}

// The place of the blob, if it is what the manifest says.
Result<const PuffinBlob*> FindVector(const DataFile& file, const PuffinFooter& footer) {
  if (!file.content_offset || !file.content_size_bytes || !file.referenced_data_file) {
    return CorruptData(file.path,
                       ": its manifest does not say where the deletion vector lies and which data "
                       "file it is for");
  }
  const PuffinBlob* blob = footer.FindAt(*file.content_offset, *file.content_size_bytes);
  if (blob == nullptr) {
    return CorruptData(file.path, ": its manifest says that a deletion vector has ",
                       *file.content_size_bytes, " bytes from ", *file.content_offset,
                       " on, the file has no such blob");
  }
  if (blob->type != "deletion-vector-v1" || blob->compression_codec) {
    return CorruptData(file.path, ": the blob at ", blob->offset, " is ",
                       blob->compression_codec ? "compressed " : "", blob->type,
                       ", no deletion vector");
  }
  const auto referenced = blob->properties.find("referenced-data-file");
  if (referenced == blob->properties.end() || referenced->second != *file.referenced_data_file) {
    return CorruptData(file.path, ": the deletion vector at ", blob->offset, " is for ",
                       referenced == blob->properties.end() ? "no data file" : referenced->second,
                       ", its manifest says for ", *file.referenced_data_file);
  }
  return blob;
}

}  // namespace

Status ReadPositionDeletes(const ObjectStore& store, const DeleteFile& deletes,
                           PositionsByFile& positions) {
  const DataFile& file = deletes.file;
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> opened, store.Open(file.path));
  ICEFIELD_ASSIGN(const ParquetFooter footer, ParquetFooter::Read(*opened));
  ICEFIELD_TRY(CheckSizeAndRows(footer, opened->size_bytes(), file));
  DeleteColumns columns;
  ICEFIELD_ASSIGN(columns.path_leaf, FindLeaf(footer, kPathId, kPathName));
  ICEFIELD_ASSIGN(columns.position_leaf, FindLeaf(footer, kPositionId, kPositionName));
  RowSink sink(file, positions);
  // Of a file's only row group the manifest said already that it is wanted; a footer that says
  // otherwise is damaged, and reading shows it.
  const bool may_skip = footer.row_groups().size() > 1;
  for (size_t i = 0; i < footer.row_groups().size(); ++i) {
    const auto group = static_cast<int>(i);
    const ColumnStatistics paths =
        footer.Statistics(group, columns.path_leaf, {PrimitiveKind::kString});
    if (may_skip && !MayHoldPathOf(positions, paths)) continue;
    ICEFIELD_TRY(AddRowGroup(store, footer, group, columns, sink));
  }
  return {};
}

Result<PuffinFooter> ReadFooterOf(const ObjectStore& store, const DeleteFile& deletes) {
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, OpenPuffin(store, deletes.file));
  return ReadPuffinFooter(*file);
}

Result<PositionSet> ReadDeletionVector(const ObjectStore& store, const DeleteFile& deletes,
                                       const PuffinFooter& footer) {
  const std::string& path = deletes.file.path;
  ICEFIELD_ASSIGN(const PuffinBlob* blob, FindVector(deletes.file, footer));
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, OpenPuffin(store, deletes.file));
  std::string bytes(static_cast<size_t>(blob->length), '\0');
  ICEFIELD_TRY(file->ReadAt(blob->offset, std::as_writable_bytes(std::span(bytes))));
  Result<PositionSet> positions = ParseDeletionVector(bytes, deletes.file.record_count);
  if (!positions.ok()) return std::move(positions).error().At(path);
  return positions;
}

Result<PositionSet> ReadDeletionVector(const ObjectStore& store, const DeleteFile& deletes) {
  ICEFIELD_ASSIGN(const PuffinFooter footer, ReadFooterOf(store, deletes));
  return ReadDeletionVector(store, deletes, footer);
}

Result<std::shared_ptr<const PuffinFooter>> DeletionVectorReader::FooterOf(
    const DeleteFile& deletes) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = footers_.find(deletes.file.path);
    if (found != footers_.end()) return found->second;
  }
  // Two threads may read the same footer; none waits for the footer of another file.
  ICEFIELD_ASSIGN(PuffinFooter footer, ReadFooterOf(store_, deletes));
  auto shared = std::make_shared<const PuffinFooter>(std::move(footer));
  const std::lock_guard lock(mutex_);
  return footers_.try_emplace(deletes.file.path, std::move(shared)).first->second;
}

Result<PositionSet> DeletionVectorReader::Read(const DeleteFile& deletes) {
  ICEFIELD_ASSIGN(const std::shared_ptr<const PuffinFooter> footer, FooterOf(deletes));
  return ReadDeletionVector(store_, deletes, *footer);
}

}  // namespace icefield
