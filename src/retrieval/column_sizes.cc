#include "retrieval/column_sizes.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/checked.h"
#include "base/executor.h"
#include "model/field_paths.h"

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

// The leaves of all `columns` of one file, each once.
std::vector<int> LeavesOfAll(const std::vector<std::vector<ColumnPlan>>& columns, size_t file) {
  std::set<int> leaves;
  for (const std::vector<ColumnPlan>& read : columns)
    leaves.insert(read[file].leaves().begin(), read[file].leaves().end());
  return {leaves.begin(), leaves.end()};
}

// By leaf, of all that is read of one row group; none where the footer says enough.
using GroupReads = std::optional<std::map<int, ChunkRead>>;

// One row group's part of the sizes of `leaves`.
ColumnSizes SizesOfGroup(const ParquetFooter& footer, int row_group, const std::vector<int>& leaves,
                         const GroupReads& chunks) {
  ColumnSizes sizes{.decoded = footer.DecodedBytesOf(row_group, leaves),
                    .decoder = footer.DecoderBytesOf(row_group, leaves)};
  if (!chunks) {
    sizes.compressed = footer.BytesOf(row_group, leaves);
    return sizes;
  }
  sizes.pages = 0;
  for (const int leaf : leaves) {
    const ChunkRead& chunk = chunks->at(leaf);
    sizes.compressed += chunk.bytes;
    AddKnown(sizes.pages, chunk.pages);
    if (footer.flat_type(leaf) != nullptr) ++sizes.row_pages;
  }
  return sizes;
}

void AddGroup(const ColumnSizes& group, ColumnSizes& total) {
  total.compressed += group.compressed;
  total.decoded += group.decoded;
  total.decoder = std::max(total.decoder, group.decoder);
  total.row_pages = std::max(total.row_pages, group.row_pages);
  AddKnown(total.pages, group.pages);
}

// By row group: what the page index says of those that it left rows out of, or of all.
Result<std::vector<GroupReads>> ReadsByIndex(const OpenScan& files,
                                             const std::vector<std::vector<ColumnPlan>>& columns,
                                             const ReadOptions& options, PageCount pages) {
  const std::vector<RowGroupTask>& tasks = files.row_groups;
  const auto is_asked = [&](const RowGroupTask& task) {
    return pages == PageCount::kByIndex || !task.runs.empty();
  };
  std::vector<GroupReads> reads(tasks.size());
  if (std::ranges::none_of(tasks, is_asked)) return reads;
  ICEFIELD_TRY(ParallelFor(
      tasks.size(), ThreadCount(options.threads),
      [&](size_t at, int worker) -> Status {
        const RowGroupTask& task = tasks[at];
        if (!is_asked(task)) return {};
        ICEFIELD_TRY(CheckInterrupted(options, worker));
        const std::vector<int> leaves = LeavesOfAll(columns, task.file);
        ICEFIELD_ASSIGN(const std::vector<ChunkRead> chunks,
                        files.files[task.file].PlanReads(task.row_group, leaves, task.runs));
        reads[at].emplace();
        for (size_t leaf = 0; leaf < leaves.size(); ++leaf)
          reads[at]->emplace(leaves[leaf], chunks[leaf]);
        return {};
      },
      options.interrupted));
  return reads;
}

}  // namespace

ColumnSizes Together(const ColumnSizes& a, const ColumnSizes& b) {
  ColumnSizes both{.compressed = a.compressed + b.compressed,
                   .decoded = a.decoded + b.decoded,
                   .decoder = a.decoder + b.decoder,
                   .pages = a.pages,
                   .row_pages = a.row_pages + b.row_pages};
  AddKnown(both.pages, b.pages);
  return both;
}

Result<std::vector<ColumnSizes>> SizesByFooters(const OpenScan& files,
                                                std::span<const ReadSchema> reads,
                                                const ReadOptions& options, PageCount pages) {
  std::vector<std::vector<ColumnPlan>> columns;  // By read, by file.
  for (const ReadSchema& read : reads) {
    ICEFIELD_ASSIGN(columns.emplace_back(), PlanColumnsOfFiles(files, read, options));
  }
  ICEFIELD_ASSIGN(const std::vector<GroupReads> chunks,
                  ReadsByIndex(files, columns, options, pages));
  std::vector<ColumnSizes> sizes(reads.size());
  for (size_t read = 0; read < reads.size(); ++read) {
    if (pages == PageCount::kByIndex) sizes[read].pages = 0;
    for (size_t at = 0; at < files.row_groups.size(); ++at) {
      const RowGroupTask& task = files.row_groups[at];
      AddGroup(SizesOfGroup(files.files[task.file].footer(), task.row_group,
                            columns[read][task.file].leaves(), chunks[at]),
               sizes[read]);
    }
  }
  return sizes;
}

ColumnSizes SizesByManifests(const ScanPlan& plan, const ReadSchema& read) {
  std::vector<const Field*> all;
  for (const Field& field : plan.schema.columns.fields) AddLeaves(field, all);
  std::vector<const Field*> asked;
  const FieldPaths fields(read.schema);
  for (const ReadColumn& column : read.columns) {
    if (const Field* field = fields.FindById(column.field_id)) AddLeaves(*field, asked);
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
