#include "cli/text_table.h"

#include <algorithm>

#include "cli/command.h"
#include "icefield/files.h"

namespace icefield::cli {
namespace {

constexpr size_t kCellWidthMax = 60;

// Characters, not bytes: continuation bytes of UTF-8 take no room.
size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char letter) {
    return (static_cast<uint8_t>(letter) & 0xC0) != 0x80;
  }));
}

using Cells = std::vector<std::vector<std::string>>;

Result<Cells> CellsOf(const arrow::RecordBatch& batch) {
  Cells columns(static_cast<size_t>(batch.num_columns()));
  for (size_t at = 0; at < columns.size(); ++at) {
    const arrow::Array& column = *batch.column(static_cast<int>(at));
    for (int64_t row = 0; row < column.length(); ++row) {
      ICEFIELD_ASSIGN(std::string text, PlainText(column, row));
      std::replace(text.begin(), text.end(), '\n', ' ');
      columns[at].push_back(std::move(text));
    }
  }
  return columns;
}

void AppendRow(const std::vector<std::string>& cells, const std::vector<size_t>& widths,
               std::string& out) {
  for (size_t at = 0; at < cells.size(); ++at) {
    out += cells[at];
    if (at + 1 == cells.size()) break;
    out.append(widths[at] + 2 - std::min(widths[at] + 1, WidthOf(cells[at])), ' ');
  }
  out += '\n';
}

}  // namespace

Status WriteTextTable(BatchStream& stream) {
  std::vector<std::string> header = stream.schema()->field_names();
  std::vector<size_t> widths;
  for (const std::string& name : header) widths.push_back(WidthOf(name));
  bool first = true;
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream.Next());
    Cells cells;
    if (batch != nullptr) {
      ICEFIELD_ASSIGN(cells, CellsOf(*batch));
    }
    std::string out;
    if (std::exchange(first, false)) {
      for (size_t at = 0; at < cells.size(); ++at) {
        for (const std::string& cell : cells[at]) {
          widths[at] = std::max(widths[at], std::min(WidthOf(cell), kCellWidthMax));
        }
      }
      AppendRow(header, widths, out);
    }
    for (int64_t row = 0; batch != nullptr && row < batch->num_rows(); ++row) {
      std::vector<std::string> line;
      for (std::vector<std::string>& column : cells)
        line.push_back(std::move(column[static_cast<size_t>(row)]));
      AppendRow(line, widths, out);
    }
    ICEFIELD_TRY(WriteText(out));
    if (batch == nullptr) return {};
  }
}

}  // namespace icefield::cli
