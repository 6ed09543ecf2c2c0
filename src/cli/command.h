/// What the commands share: where tables are found, how results are shown.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "icefield/icefield.h"

namespace icefield::cli {

enum class Output : uint8_t { kText, kJson, kArrow };

/// The options by which every command finds its tables.
struct TableSource {
  std::string catalog;                  ///< Name in pyiceberg's configuration; empty: the default.
  std::vector<std::string> properties;  ///< key=value
  std::string uri;
  std::string warehouse;

  void AddTo(CLI::App& command);
  /// The given properties; InvalidArgument for one without "=".
  Result<Properties> Given() const;
  Result<CatalogSession> Open() const;
  /// A table by "namespace.table", or by the path of its metadata file or folder.
  Result<Table> Load(const std::string& name) const;
};

/// Adds --output with the forms that a command has.
void AddOutput(CLI::App& command, Output& output, bool with_arrow);

/// Writes all batches to standard output: aligned columns, a JSON object a line, or an Arrow IPC
/// stream.
Status WriteRows(BatchStream& stream, Output output);

/// Writes `text` to standard output, with the errors of WriteDescriptor.
Status WriteText(std::string_view text);

}  // namespace icefield::cli
