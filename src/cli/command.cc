#include "cli/command.h"

#include <unistd.h>

#include "cli/text_table.h"
#include "icefield/files.h"

namespace icefield::cli {
namespace {

constexpr std::string_view kStandardOutput = "standard output";

Status WriteJsonStream(BatchStream& stream) {
  std::string lines;
  while (true) {
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::RecordBatch> batch, stream.Next());
    if (batch == nullptr) return {};
    lines.clear();
    ICEFIELD_TRY(AppendJsonRows(*batch, lines));
    ICEFIELD_TRY(WriteText(lines));
  }
}

bool IsPath(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".json");
}

}  // namespace

void TableSource::AddTo(CLI::App& command) {
  const std::string group = "Where tables are";
  command
      .add_option("--catalog", catalog,
                  "Catalog name in .pyiceberg.yaml (default: its default catalog)")
      ->group(group);
  command.add_option("--uri", uri, "Catalog URI, such as sqlite:////data/catalog.db")->group(group);
  command.add_option("--warehouse", warehouse, "Warehouse location; alone: a folder of tables")
      ->group(group);
  command.add_option("--property", properties, "Further catalog property, as key=value")
      ->group(group);
}

Result<Properties> TableSource::Given() const {
  Properties given;
  for (const std::string& property : properties) {
    const size_t at = property.find('=');
    if (at == std::string::npos)
      return InvalidArgument("--property ", property, " is not of the form key=value");
    given[property.substr(0, at)] = property.substr(at + 1);
  }
  return given;
}

Result<CatalogSession> TableSource::Open() const {
  ICEFIELD_ASSIGN(Properties given, Given());
  if (!uri.empty()) given["uri"] = uri;
  if (!warehouse.empty()) given["warehouse"] = warehouse;
  if (uri.empty() && !warehouse.empty() && catalog.empty()) given.emplace("type", "none");
  return CatalogSession::Open(catalog, given);
}

Result<Table> TableSource::Load(const std::string& name) const {
  if (IsPath(name)) {
    ICEFIELD_ASSIGN(const Properties given, Given());
    return LoadTable(name, given);
  }
  ICEFIELD_ASSIGN(CatalogSession session, Open());
  return session.LoadTable(name);
}

void AddOutput(CLI::App& command, Output& output, bool with_arrow) {
  std::map<std::string, Output> forms{{"text", Output::kText}, {"json", Output::kJson}};
  if (with_arrow) forms.emplace("arrow", Output::kArrow);
  const auto set = [forms, &output](const std::string& text) {
    const auto form = forms.find(CLI::detail::to_lower(text));
    if (form == forms.end()) {
      throw CLI::ValidationError(
          "--output", StrCat("'", text, "' is no form of output; give ",
                             forms.contains("arrow") ? "text, json or arrow" : "text or json"));
    }
    output = form->second;
  };
  command
      .add_option_function<std::string>(
          "-o,--output", set,
          with_arrow ? "text, json (an object a line) or arrow (an IPC stream)" : "text or json")
      ->option_text("FORM [text]");
}

Status WriteText(std::string_view text) {
  return WriteDescriptor(STDOUT_FILENO, text, kStandardOutput);
}

Status WriteRows(BatchStream& stream, Output output) {
  switch (output) {
    case Output::kJson:
      return WriteJsonStream(stream);
    case Output::kArrow:
      if (::isatty(STDOUT_FILENO) == 1) {
        return InvalidArgument(
            "an Arrow stream is not for a terminal; send it to a file or a pipe");
      }
      return WriteIpcStream(stream, STDOUT_FILENO, kStandardOutput);
    case Output::kText:
      break;
  }
  return WriteTextTable(stream);
}

}  // namespace icefield::cli
