#include "icefield/files.h"

#include <array>

#include "codec/csv/frame_file.h"
#include "codec/filter/row_filter_parser.h"
#include "codec/parquet/frame_file.h"
#include "io/local_store.h"

namespace icefield {

Result<std::shared_ptr<arrow::Table>> ReadFrameFile(const std::string& path) {
  const std::unique_ptr<ObjectStore> store = MakeLocalStore();
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store->Open(path));
  std::array<char, 4> start{};
  if (file->size_bytes() >= static_cast<int64_t>(start.size())) {
    ICEFIELD_TRY(file->ReadAt(0, std::as_writable_bytes(std::span(start))));
  }
  const std::string_view magic(start.data(), start.size());
  if (magic == "PAR1") return ReadParquetFrame(std::move(file));
  ICEFIELD_ASSIGN(std::string bytes, ReadAll(*store, path));
  if (path.ends_with(".csv")) return ReadCsvFrame(std::move(bytes), path);
  if (magic == "ARRO" || magic == "\xff\xff\xff\xff") return ReadIpcFrame(std::move(bytes), path);
  return InvalidArgument(
      path, " is neither a Parquet nor an Arrow file, and its name does not end in .csv");
}

Result<std::vector<NamedView>> ReadViewsFile(const std::string& path) {
  const std::unique_ptr<ObjectStore> store = MakeLocalStore();
  ICEFIELD_ASSIGN(std::string text, ReadAll(*store, path));
  return ParseViewsFile(text, path, &ParseRowFilter);
}

}  // namespace icefield
