/// Parquet files: their schema with field ids, their row groups with statistics. The only folder
/// that sees Parquet's own headers and exceptions.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/object_store.h"
#include "model/predicate.h"

namespace parquet {
class FileMetaData;
}  // namespace parquet

namespace icefield {

/// What the Arrow type of a leaf does not say of its values.
struct LeafForm {
  enum class Kind : uint8_t {
    kPlain,           ///< Nothing: the Arrow type says it all.
    kInt96,           ///< Instants of 96 bits, read in microseconds; no word on a zone.
    kUnzonedInstant,  ///< A timestamp of the old annotation, which has no word on a zone.
    kDecimalBytes,    ///< A decimal that arrives as bytes: unscaled, big-endian two's complement.
    kUnreadable,      ///< A type that is not read; see `reason`.
  };

  Kind kind = Kind::kPlain;
  int32_t precision = 0;  ///< kDecimalBytes
  int32_t scale = 0;      ///< kDecimalBytes
  std::string reason;     ///< kUnreadable
};

/// A node of a file's schema: a leaf with its number, or a struct (its members), a list (its
/// element) or a map (its key and value).
struct FileColumn {
  enum class Kind : uint8_t { kLeaf, kStruct, kList, kMap };

  std::optional<FieldId> id;
  std::string name;
  Kind kind = Kind::kLeaf;
  int leaf = -1;  ///< Leaves count from 0 through the file in schema order; -1 for the other kinds.
  LeafForm form;
  std::vector<FileColumn> children;  ///< May be none for a struct of an odd file.
};

/// What a footer says of one row group.
struct RowGroupExtent {
  int64_t first_row = 0;  ///< Position in the file of its first row.
  int64_t rows = 0;
};

/// A file's parsed footer. A value, cheap to copy; stays valid when the file is closed.
/// Thread-safe.
class ParquetFooter {
 public:
  /// Reads the footer. CorruptData names the file and what is wrong with it; Unsupported an
  /// encrypted one.
  static Result<ParquetFooter> Read(const InputFile& file);

  const std::string& location() const { return location_; }
  const std::vector<FileColumn>& columns() const { return columns_; }
  const std::vector<RowGroupExtent>& row_groups() const { return row_groups_; }

  /// What the row group's statistics say of a leaf, as values of `type` (the column's type in the
  /// table). Unset where the file says nothing, or nothing that holds for `type`.
  ColumnStatistics Statistics(int row_group, int leaf, const PrimitiveType& type) const;

  /// Compressed bytes of these leaves in a row group.
  int64_t BytesOf(int row_group, const std::vector<int>& leaves) const;

  /// About how many bytes these leaves of a row group take in Arrow arrays.
  int64_t DecodedBytesOf(int row_group, const std::vector<int>& leaves) const;

  /// About how many bytes decoding these leaves of a row group keeps, beside its batches: pages and
  /// dictionaries of every column.
  int64_t DecoderBytesOf(int row_group, const std::vector<int>& leaves) const;

  const std::shared_ptr<parquet::FileMetaData>& metadata() const { return metadata_; }

  /// The Arrow type of a leaf that is read value by value (see FlatColumn); null for others.
  const std::shared_ptr<arrow::DataType>& flat_type(int leaf) const {
    return flat_types_[static_cast<size_t>(leaf)];
  }

 private:
  std::string location_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::vector<FileColumn> columns_;
  std::vector<std::shared_ptr<arrow::DataType>> flat_types_;  // By leaf.
  std::vector<RowGroupExtent> row_groups_;
};

}  // namespace icefield
