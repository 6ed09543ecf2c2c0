#include "codec/parquet/row_group.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/executor.h"
#include "batch/arrow_status.h"
#include "codec/parquet/flat_column.h"
#include "codec/parquet/guarded.h"
#include "codec/parquet/nested_columns.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Every column has a buffer of its own: many columns get smaller ones.
int64_t PieceBytes(size_t columns) {
  constexpr size_t kBuffersBytes = size_t{8} << 20;
  constexpr size_t kBufferBytesMin = size_t{64} << 10;
  constexpr size_t kBufferBytesMax = size_t{256} << 10;
  return static_cast<int64_t>(
      std::clamp(kBuffersBytes / std::max<size_t>(columns, 1), kBufferBytesMin, kBufferBytesMax));
}

// Where an asked top-level column comes from.
struct ColumnPlace {
  int flat_leaf = -1;      // A leaf that is read value by value,
  int nested_column = -1;  // or a column among the nested ones.
  std::string name;
  std::shared_ptr<arrow::DataType> type;  // Of the former.
};

struct AskedColumns {
  std::vector<ColumnPlace> places;
  std::vector<int> nested_leaves;
};

void AddLeaves(const FileColumn& column, const std::vector<int>& asked, std::vector<int>& out) {
  if (column.kind == FileColumn::Kind::kLeaf && std::ranges::binary_search(asked, column.leaf))
    out.push_back(column.leaf);
  for (const FileColumn& child : column.children) AddLeaves(child, asked, out);
}

AskedColumns PlaceColumns(const ParquetFooter& footer, const std::vector<int>& leaves) {
  AskedColumns asked;
  int nested = 0;
  for (const FileColumn& column : footer.columns()) {
    std::vector<int> own;
    AddLeaves(column, leaves, own);
    if (own.empty()) continue;
    ColumnPlace place;
    place.name = column.name;
    if (column.kind == FileColumn::Kind::kLeaf && footer.flat_type(column.leaf) != nullptr) {
      place.flat_leaf = column.leaf;
      place.type = footer.flat_type(column.leaf);
    } else {
      place.nested_column = nested++;
      asked.nested_leaves.insert(asked.nested_leaves.end(), own.begin(), own.end());
    }
    asked.places.push_back(std::move(place));
  }
  return asked;
}

// Counts the nulls of a row group's flat columns, which its footer may know.
class NullTally {
 public:
  void Expect(const parquet::RowGroupMetaData& group, int leaf) {
    const std::shared_ptr<parquet::EncodedStatistics> known =
        group.ColumnChunk(leaf)->encoded_statistics();
    const bool has_count = known != nullptr && known->has_null_count && known->null_count >= 0;
    left_.push_back(has_count ? std::optional(known->null_count) : std::nullopt);
  }
  void Add(size_t column, int64_t nulls) {
    if (left_[column]) *left_[column] -= nulls;
  }
  bool Holds() const {
    return std::ranges::all_of(
        left_, [](const std::optional<int64_t>& left) { return left.value_or(0) == 0; });
  }

 private:
  std::vector<std::optional<int64_t>> left_;
};

// The columns of a row group, as decoders that borrow from here. All throw what Guarded takes.
class Decoders {
 public:
  Decoders(std::unique_ptr<InputFile> file, const ParquetFooter& footer, RowGroupRead read)
      : file_(std::move(file)),
        location_(footer.location()),
        metadata_(footer.metadata()),
        read_(std::move(read)),
        asked_(PlaceColumns(footer, read_.leaves)),
        nested_bytes_(footer.BytesOf(read_.row_group, asked_.nested_leaves)) {}

  const RowGroupRead& read() const { return read_; }
  const std::string& location() const { return location_; }
  const parquet::FileMetaData& metadata() const { return *metadata_; }
  const std::vector<ColumnPlace>& places() const { return asked_.places; }
  bool has_nested() const { return !asked_.nested_leaves.empty(); }

  std::unique_ptr<FlatColumn> OpenFlat(const ColumnPlace& place) const {
    const auto found = read_.places.find(place.flat_leaf);
    return FlatColumn::Make({.file = file_.get(),
                             .metadata = metadata_,
                             .row_group = read_.row_group,
                             .leaf = place.flat_leaf,
                             .piece_bytes = PieceBytes(read_.leaves.size()),
                             .places = found == read_.places.end() ? nullptr : &found->second,
                             .runs = read_.runs.empty() ? nullptr : &read_.runs},
                            place.type);
  }

  Result<NestedColumns> OpenNested() const {
    RowGroupRead nested = read_;
    nested.leaves = asked_.nested_leaves;
    if (read_.counts != nullptr) read_.counts->bytes += nested_bytes_;
    return NestedColumns::Open(*file_, location_, metadata_, nested);
  }

  void Count(const FlatColumn& column) const {
    if (read_.counts == nullptr) return;
    read_.counts->bytes += column.bytes_read();
    read_.counts->pages += column.pages_read();
  }

 private:
  std::unique_ptr<InputFile> file_;
  std::string location_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  RowGroupRead read_;
  AskedColumns asked_;
  int64_t nested_bytes_;
};

// All decoders of a row group at once.
class OpenColumns {
 public:
  static Result<std::unique_ptr<OpenColumns>> Open(std::unique_ptr<InputFile> file,
                                                   const ParquetFooter& footer,
                                                   const RowGroupRead& read) {
    auto open =
        std::unique_ptr<OpenColumns>(new OpenColumns(Decoders(std::move(file), footer, read)));
    arrow::FieldVector fields;
    for (const ColumnPlace& place : open->decoders_.places()) {
      open->flats_.push_back(place.flat_leaf < 0 ? nullptr : open->decoders_.OpenFlat(place));
    }
    if (open->decoders_.has_nested()) {
      ICEFIELD_ASSIGN(NestedColumns nested, open->decoders_.OpenNested());
      open->nested_.emplace(std::move(nested));
    }
    for (const ColumnPlace& place : open->decoders_.places()) {
      fields.push_back(place.flat_leaf < 0 ? open->nested_->schema()->field(place.nested_column)
                                           : arrow::field(place.name, place.type));
    }
    open->schema_ = arrow::schema(std::move(fields));
    return open;
  }

  OpenColumns(const OpenColumns&) = delete;
  OpenColumns& operator=(const OpenColumns&) = delete;
  ~OpenColumns() {
    for (const std::unique_ptr<FlatColumn>& flat : flats_) {
      if (flat != nullptr) decoders_.Count(*flat);
    }
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  const Decoders& decoders() const { return decoders_; }

  // The first rows of `run`, at least one.
  Result<BatchPtr> Read(RowRun run) {
    BatchPtr nested;
    if (nested_) {
      ICEFIELD_ASSIGN(nested, nested_->Read(run));
      run.count = nested->num_rows();
    }
    return Combine(nested, run.count, [&](FlatColumn& flat) { return flat.Read(run); });
  }

  Result<BatchPtr> Pick(std::span<const int64_t> rows) {
    BatchPtr nested;
    if (nested_) {
      ICEFIELD_ASSIGN(nested, nested_->Pick(rows));
    }
    return Combine(nested, static_cast<int64_t>(rows.size()),
                   [&](FlatColumn& flat) { return flat.Pick(rows); });
  }

 private:
  explicit OpenColumns(Decoders decoders) : decoders_(std::move(decoders)) {}

  template <typename ReadFlat>
  BatchPtr Combine(const BatchPtr& nested, int64_t rows, const ReadFlat& read_flat) {
    arrow::ArrayVector columns;
    for (size_t at = 0; at < flats_.size(); ++at) {
      columns.push_back(flats_[at] != nullptr
                            ? read_flat(*flats_[at])
                            : nested->column(decoders_.places()[at].nested_column));
    }
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

  Decoders decoders_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<FlatColumn>> flats_;  // By column; null for nested ones.
  std::optional<NestedColumns> nested_;
};

class RowGroupStream final : public BatchStream {
 public:
  explicit RowGroupStream(std::unique_ptr<OpenColumns> columns) : columns_(std::move(columns)) {
    const Decoders& decoders = columns_->decoders();
    const std::unique_ptr<parquet::RowGroupMetaData> group =
        decoders.metadata().RowGroup(decoders.read().row_group);
    runs_ = decoders.read().runs;
    is_whole_ = runs_.empty();
    if (is_whole_) runs_.push_back({0, group->num_rows()});
    for (const ColumnPlace& place : decoders.places()) {
      if (place.flat_leaf >= 0) tally_.Expect(*group, place.flat_leaf);
    }
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return columns_->schema(); }

  Result<BatchPtr> Next() override {
    while (at_ < runs_.size() && runs_[at_].count == 0) ++at_;
    if (at_ == runs_.size()) return BatchPtr();
    RowRun& run = runs_[at_];
    const std::string& location = columns_->decoders().location();
    const int64_t rows = std::min(run.count, columns_->decoders().read().batch_rows);
    Result<BatchPtr> batch =
        Guarded(location, [&]() -> Result<BatchPtr> { return columns_->Read({run.first, rows}); });
    if (!batch.ok()) return batch;
    run.first += (*batch)->num_rows();
    run.count -= (*batch)->num_rows();
    if (is_whole_ && !NullsHold(**batch, run.count == 0)) {
      return CorruptData(location, ": row group ", columns_->decoders().read().row_group,
                         " holds another number of nulls than its footer says");
    }
    return batch;
  }

 private:
  bool NullsHold(const arrow::RecordBatch& batch, bool at_end) {
    size_t flat = 0;
    const std::vector<ColumnPlace>& places = columns_->decoders().places();
    for (size_t at = 0; at < places.size(); ++at) {
      if (places[at].flat_leaf < 0) continue;
      tally_.Add(flat++, batch.column(static_cast<int>(at))->null_count());
    }
    return !at_end || tally_.Holds();
  }

  std::unique_ptr<OpenColumns> columns_;
  NullTally tally_;
  std::vector<RowRun> runs_;  // What is left of them.
  size_t at_ = 0;
  bool is_whole_ = false;
};

class ColumnsPicker final : public RowPicker {
 public:
  explicit ColumnsPicker(std::unique_ptr<OpenColumns> columns) : columns_(std::move(columns)) {}

  Result<BatchPtr> Pick(std::span<const int64_t> rows) override {
    return Guarded(columns_->decoders().location(),
                   [&]() -> Result<BatchPtr> { return columns_->Pick(rows); });
  }

 private:
  std::unique_ptr<OpenColumns> columns_;
};

// One column of each slice of `rows`.
arrow::ArrayVector PickSlices(FlatColumn& column, std::span<const int64_t> rows, size_t slice) {
  arrow::ArrayVector arrays;
  for (size_t at = 0; at < rows.size(); at += slice)
    arrays.push_back(column.Pick(rows.subspan(at, std::min(slice, rows.size() - at))));
  return arrays;
}

Result<std::vector<arrow::ArrayVector>> PickColumns(const Decoders& decoders,
                                                    std::span<const int64_t> rows, size_t slice,
                                                    arrow::FieldVector& fields) {
  std::vector<BatchPtr> nested;
  if (decoders.has_nested()) {
    ICEFIELD_ASSIGN(NestedColumns columns, decoders.OpenNested());
    for (size_t at = 0; at < rows.size(); at += slice) {
      ICEFIELD_ASSIGN(nested.emplace_back(),
                      columns.Pick(rows.subspan(at, std::min(slice, rows.size() - at))));
    }
  }
  std::vector<arrow::ArrayVector> columns;
  for (const ColumnPlace& place : decoders.places()) {
    ICEFIELD_TRY(CheckStopped());
    if (place.flat_leaf < 0) {
      arrow::ArrayVector& arrays = columns.emplace_back();
      for (const BatchPtr& batch : nested) arrays.push_back(batch->column(place.nested_column));
      fields.push_back(nested.front()->schema()->field(place.nested_column));
      continue;
    }
    const std::unique_ptr<FlatColumn> flat = decoders.OpenFlat(place);
    columns.push_back(PickSlices(*flat, rows, slice));
    fields.push_back(arrow::field(place.name, place.type));
    decoders.Count(*flat);
  }
  return columns;
}

}  // namespace

Result<std::unique_ptr<BatchStream>> ReadRowGroup(std::unique_ptr<InputFile> file,
                                                  const ParquetFooter& footer,
                                                  const RowGroupRead& read) {
  return Guarded(footer.location(), [&]() -> Result<std::unique_ptr<BatchStream>> {
    ICEFIELD_ASSIGN(std::unique_ptr<OpenColumns> columns,
                    OpenColumns::Open(std::move(file), footer, read));
    return std::unique_ptr<BatchStream>(std::make_unique<RowGroupStream>(std::move(columns)));
  });
}

Result<std::unique_ptr<RowPicker>> OpenPicker(std::unique_ptr<InputFile> file,
                                              const ParquetFooter& footer,
                                              const RowGroupRead& read) {
  return Guarded(footer.location(), [&]() -> Result<std::unique_ptr<RowPicker>> {
    ICEFIELD_ASSIGN(std::unique_ptr<OpenColumns> columns,
                    OpenColumns::Open(std::move(file), footer, read));
    return std::unique_ptr<RowPicker>(std::make_unique<ColumnsPicker>(std::move(columns)));
  });
}

Result<std::vector<BatchPtr>> PickRows(std::unique_ptr<InputFile> file, const ParquetFooter& footer,
                                       const RowGroupRead& read, std::span<const int64_t> rows) {
  if (rows.empty()) return std::vector<BatchPtr>();
  return Guarded(footer.location(), [&]() -> Result<std::vector<BatchPtr>> {
    const Decoders decoders(std::move(file), footer, read);
    const auto slice = static_cast<size_t>(read.batch_rows);
    arrow::FieldVector fields;
    ICEFIELD_ASSIGN(std::vector<arrow::ArrayVector> columns,
                    PickColumns(decoders, rows, slice, fields));
    const auto schema = arrow::schema(std::move(fields));
    std::vector<BatchPtr> batches;
    for (size_t at = 0; at < rows.size(); at += slice) {
      arrow::ArrayVector arrays;
      for (arrow::ArrayVector& column : columns) arrays.push_back(std::move(column[at / slice]));
      const auto count = static_cast<int64_t>(std::min(slice, rows.size() - at));
      batches.push_back(arrow::RecordBatch::Make(schema, count, std::move(arrays)));
    }
    return batches;
  });
}

}  // namespace icefield
