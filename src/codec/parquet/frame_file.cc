#include "codec/parquet/frame_file.h"

#include <parquet/arrow/reader.h>

#include "batch/arrow_status.h"
#include "codec/parquet/guarded.h"
#include "codec/parquet/input_adapter.h"

namespace icefield {

Result<std::shared_ptr<arrow::Table>> ReadParquetFrame(std::unique_ptr<InputFile> file) {
  const std::string location = file->location();
  return Guarded(location, [&]() -> Result<std::shared_ptr<arrow::Table>> {
    ICEFIELD_ARROW_ASSIGN(std::unique_ptr<parquet::arrow::FileReader> reader,
                          parquet::arrow::FileReader::Make(
                              arrow::default_memory_pool(),
                              parquet::ParquetFileReader::Open(AdaptInput(std::move(file)))),
                          location, ErrorCode::kCorruptData);
    ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table, reader->ReadTable(), location,
                          ErrorCode::kCorruptData);
    return table;
  });
}

}  // namespace icefield
