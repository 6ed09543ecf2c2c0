#include "codec/yaml/catalog_config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/strings.h"

namespace icefield {
namespace {

using Properties = std::map<std::string, std::string>;

constexpr std::string_view kFileName = ".pyiceberg.yaml";
constexpr std::string_view kPrefix = "pyiceberg_";
constexpr std::string_view kHomeVariable = "PYICEBERG_HOME";
constexpr int64_t kFileBytesMax = int64_t{16} << 20;
constexpr int kNestingMax = 32;

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// "S3__SECRET_KEY" is "s3.secret-key".
std::string PropertyKey(std::string_view variable_part) {
  std::string out;
  for (size_t at = 0; at < variable_part.size(); ++at) {
    if (variable_part.substr(at).starts_with("__")) {
      out += '.';
      ++at;
    } else {
      out += variable_part[at] == '_' ? '-' : variable_part[at];
    }
  }
  return out;
}

Error WrongShape(const YAML::Node& node, std::string_view what) {
  return InvalidArgument("line ", node.Mark().line + 1, ": ", what);
}

// Flattens a mapping into `out`: {s3: {endpoint: x}} is s3.endpoint = x.
Status Flatten(const YAML::Node& mapping, const std::string& prefix, int depth, Properties& out) {
  if (depth > kNestingMax) return WrongShape(mapping, "nested too deep");
  for (const auto& entry : mapping) {
    const YAML::Node& value = entry.second;
    const std::string key = prefix + LowerCase(entry.first.Scalar());
    if (value.IsMap()) {
      ICEFIELD_TRY(Flatten(value, key + ".", depth + 1, out));
    } else if (!value.IsSequence()) {
      const bool added = out.emplace(key, value.IsNull() ? "" : value.Scalar()).second;
      if (!added) return WrongShape(entry.first, StrCat("'", key, "' comes twice"));
    }
  }
  return {};
}

Status AddCatalogs(const YAML::Node& catalogs, CatalogConfig& config) {
  if (catalogs.IsNull()) return {};
  if (!catalogs.IsMap())
    return WrongShape(catalogs, "'catalog' must have names of catalogs below it");
  for (const auto& entry : catalogs) {
    const YAML::Node& properties = entry.second;
    const std::string name = LowerCase(entry.first.Scalar());
    const auto [catalog, added] = config.catalogs.try_emplace(name);
    if (!added) return WrongShape(entry.first, StrCat("catalog '", name, "' comes twice"));
    if (properties.IsNull()) continue;
    if (!properties.IsMap()) {
      return WrongShape(entry.first, StrCat("catalog '", name, "' must have properties below it"));
    }
    ICEFIELD_TRY(Flatten(properties, "", 0, catalog->second));
  }
  return {};
}

// False where the text says nothing.
Result<bool> AddText(const std::string& text, CatalogConfig& config) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return false;
    if (!root.IsMap()) return WrongShape(root, "the file must be a mapping");
    for (const auto& entry : root) {
      const YAML::Node& value = entry.second;
      const std::string key = LowerCase(entry.first.Scalar());
      if (key == "catalog") ICEFIELD_TRY(AddCatalogs(value, config));
      if (key == "default-catalog" && value.IsScalar()) config.default_catalog = value.Scalar();
    }
    return true;
  } catch (const YAML::Exception& failure) {
    return InvalidArgument("not valid YAML: ", failure.what());
  }
}

// Takes the first file that exists and says something.
Status AddFirstFile(const ObjectStore& store, const ConfigSources& sources, CatalogConfig& config) {
  const auto home = sources.environment.find(std::string(kHomeVariable));
  const std::string configured = home == sources.environment.end() ? "" : home->second;
  for (const std::string& folder : {configured, sources.home, sources.working_folder}) {
    if (folder.empty()) continue;
    const std::string path = StrCat(folder, folder.ends_with('/') ? "" : "/", kFileName);
    Result<std::string> text = ReadAll(store, path, kFileBytesMax);
    if (!text.ok() && text.error().code == ErrorCode::kNotFound) continue;
    if (!text.ok()) return std::move(text).error();
    Result<bool> added = AddText(*text, config);
    if (!added.ok()) return std::move(added).error().At(path);
    if (*added) return {};
  }
  return {};
}

void AddVariable(std::string_view variable, const std::string& value, CatalogConfig& config) {
  const std::string lower = LowerCase(variable);
  if (!lower.starts_with(kPrefix)) return;
  const std::string_view rest = std::string_view(lower).substr(kPrefix.size());
  if (rest == "default_catalog" && !value.empty()) config.default_catalog = value;
  constexpr std::string_view kCatalog = "catalog__";
  if (!rest.starts_with(kCatalog)) return;
  const std::string_view named = rest.substr(kCatalog.size());
  const size_t separator = named.find("__");
  if (separator == std::string_view::npos) return;
  const std::string name = PropertyKey(named.substr(0, separator));
  config.catalogs[name][PropertyKey(named.substr(separator + 2))] = value;
}

}  // namespace

ConfigSources ProcessConfigSources() {
  ConfigSources sources;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t separator = text.find('=');
    if (separator == std::string_view::npos) continue;
    sources.environment.emplace(text.substr(0, separator), text.substr(separator + 1));
  }
  const auto home = sources.environment.find("HOME");
  if (home != sources.environment.end()) sources.home = home->second;
  std::error_code ignored;  // A working folder that was removed is none.
  sources.working_folder = std::filesystem::current_path(ignored).string();
  return sources;
}

Properties CatalogConfig::PropertiesOf(std::string_view name) const {
  const auto found = catalogs.find(LowerCase(name));
  return found == catalogs.end() ? Properties() : found->second;
}

Result<CatalogConfig> ReadCatalogConfig(const ObjectStore& store, const ConfigSources& sources) {
  CatalogConfig config;
  ICEFIELD_TRY(AddFirstFile(store, sources, config));
  for (const auto& [variable, value] : sources.environment) AddVariable(variable, value, config);
  return config;
}

}  // namespace icefield
