#include "codec/csv/frame_file.h"

#include <arrow/buffer.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>

#include "batch/arrow_status.h"

namespace icefield {

Result<std::shared_ptr<arrow::Table>> ReadCsvFrame(std::string text, const std::string& location) {
  arrow::csv::ConvertOptions convert = arrow::csv::ConvertOptions::Defaults();
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  convert.null_values = {""};
  const auto input =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(text)));
  arrow::csv::ReadOptions read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  ICEFIELD_ARROW_ASSIGN(
      std::shared_ptr<arrow::csv::TableReader> reader,
      arrow::csv::TableReader::Make(arrow::io::default_io_context(), input, read,
                                    arrow::csv::ParseOptions::Defaults(), convert),
      location, ErrorCode::kInvalidArgument);
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Table> table, reader->Read(), location,
                        ErrorCode::kInvalidArgument);
  return table;
}

}  // namespace icefield
