#include "retrieval/column_sizes.h"

#include <algorithm>
#include <set>

namespace icefield {
namespace {

// As the footers' own estimate has it: a text takes so much even where a dictionary makes it small.
constexpr int64_t kTextBytes = 24;
constexpr int64_t kNumberBytes = 8;
// A dictionary and a page of one column, as large as writers make them.
constexpr int64_t kDecoderBytesMax = int64_t{4} << 20;
// Bytes of a decoded column for each compressed one, where nothing better is known.
constexpr int64_t kCompression = 2;

void AddLeaves(const Field& field, std::vector<const Field*>& leaves) {
  const std::vector<Field>& children = field.type.children();
  if (children.empty()) leaves.push_back(&field);
  for (const Field& child : children) AddLeaves(child, leaves);
}

int64_t ValueBytes(const Type& type) {
  const bool text = type.Is(PrimitiveKind::kString) || type.Is(PrimitiveKind::kBinary);
  return text ? kTextBytes : kNumberBytes;
}

// What one manifest entry says of columns.
class FileSizes {
 public:
  FileSizes(const DataFile& file, const std::vector<const Field*>& all) : file_(file) {
    int64_t unaccounted = file.size_bytes;
    int64_t unknown = 0;
    for (const auto& [id, bytes] : file.column_sizes) unaccounted -= bytes;
    for (const Field* leaf : all) unknown += file.column_sizes.contains(leaf->id) ? 0 : 1;
    if (unknown > 0) share_ = std::max<int64_t>(0, unaccounted) / unknown;
  }

  int64_t CompressedOf(const Field& leaf) const {
    const auto found = file_.column_sizes.find(leaf.id);
    return found == file_.column_sizes.end() ? share_ : std::max<int64_t>(0, found->second);
  }

 private:
  const DataFile& file_;
  int64_t share_ = 0;
};

}  // namespace

Result<ColumnSizes> SizesByFooters(const OpenScan& files, const ReadSchema& read,
                                   const ReadOptions& options) {
  ICEFIELD_ASSIGN(std::vector<ColumnPlan> columns, PlanColumnsOfFiles(files, read, options));
  ColumnSizes sizes;
  for (const RowGroupTask& task : files.row_groups) {
    const ParquetFooter& footer = files.files[task.file].footer();
    const std::vector<int>& leaves = columns[task.file].leaves();
    sizes.compressed += footer.BytesOf(task.row_group, leaves);
    sizes.decoded += footer.DecodedBytesOf(task.row_group, leaves);
    sizes.decoder = std::max(sizes.decoder, footer.DecoderBytesOf(task.row_group, leaves));
  }
  return sizes;
}

ColumnSizes SizesByManifests(const ScanPlan& plan, const ReadSchema& read) {
  std::vector<const Field*> all;
  for (const Field& field : plan.schema.columns.fields) AddLeaves(field, all);
  std::vector<const Field*> asked;
  for (const ReadColumn& column : read.columns) {
    if (const Field* field = read.schema.FindById(column.field_id)) AddLeaves(*field, asked);
  }
  std::set<FieldId> seen;  // A column that is asked for twice is read once.
  std::erase_if(asked, [&](const Field* leaf) { return !seen.insert(leaf->id).second; });
  ColumnSizes sizes;
  for (const FileTask& task : plan.tasks) {
    const FileSizes file(task.file, all);
    const auto groups = static_cast<int64_t>(std::max<size_t>(1, task.file.split_offsets.size()));
    int64_t decoder = 0;
    for (const Field* leaf : asked) {
      const int64_t compressed = file.CompressedOf(*leaf);
      const int64_t plain = compressed * kCompression;
      sizes.compressed += compressed;
      sizes.decoded += std::max(plain, task.file.record_count * ValueBytes(leaf->type));
      decoder += std::min(plain / groups, kDecoderBytesMax);
    }
    sizes.decoder = std::max(sizes.decoder, decoder);
  }
  return sizes;
}

}  // namespace icefield
