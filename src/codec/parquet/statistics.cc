#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <exception>

#include "codec/parquet/parquet_file.h"
#include "codec/parquet/value_bound.h"

namespace icefield {

ColumnStatistics ParquetFooter::Statistics(int row_group, int leaf,
                                           const PrimitiveType& type) const {
  ColumnStatistics out;
  try {
    std::unique_ptr<parquet::ColumnChunkMetaData> chunk =
        metadata_->RowGroup(row_group)->ColumnChunk(leaf);
    std::shared_ptr<parquet::Statistics> statistics = chunk->statistics();
    if (statistics == nullptr) return out;
    out.value_count = chunk->num_values();
    if (statistics->HasNullCount()) out.null_count = statistics->null_count();
    if (statistics->HasMinMax()) {
      out.lower = BoundOf(statistics->EncodeMin(), *metadata_->schema()->Column(leaf), type,
                          /*lower=*/true);
      out.upper = BoundOf(statistics->EncodeMax(), *metadata_->schema()->Column(leaf), type,
                          /*lower=*/false);
    }
  } catch (const std::exception&) {
    return {};  // Statistics that cannot be read prune nothing.
  }
  return out;
}

}  // namespace icefield
