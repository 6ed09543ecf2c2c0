/// The user's pyiceberg configuration: .pyiceberg.yaml and PYICEBERG_* environment variables.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/object_store.h"

namespace icefield {

/// Where configuration is looked for; values, so that nothing global is read behind a caller's
/// back.
struct ConfigSources {
  std::map<std::string, std::string> environment;
  std::string home;            ///< The user's home folder; empty: none.
  std::string working_folder;  ///< Empty: none.
};

/// The sources of this process, as they are now.
ConfigSources ProcessConfigSources();

/// What the configuration says of catalogs. Names and property keys are lower case, as pyiceberg
/// reads them.
struct CatalogConfig {
  std::string default_catalog = "default";
  std::map<std::string, std::map<std::string, std::string>> catalogs;

  bool operator==(const CatalogConfig&) const = default;

  /// The properties of the catalog of this name, in any case of letters; empty where there are
  /// none.
  std::map<std::string, std::string> PropertiesOf(std::string_view name) const;
};

/// Reads the first of $PYICEBERG_HOME/.pyiceberg.yaml, ~/.pyiceberg.yaml and ./.pyiceberg.yaml that
/// exists and is not empty, then lays the environment over it: PYICEBERG_CATALOG__NAME__A__B_C sets
/// `a.b-c` of the catalog `name`, PYICEBERG_DEFAULT_CATALOG the default catalog. Nested mappings in
/// the file become dotted keys; lists are left out, as no property of a catalog is one.
/// InvalidArgument names the file and line of a fault.
Result<CatalogConfig> ReadCatalogConfig(const ObjectStore& store, const ConfigSources& sources);

}  // namespace icefield
