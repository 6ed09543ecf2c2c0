// Catalogs.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "schema_argument.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

void BindNewTable(nb::module_& module) {
  nb::class_<NewTable>(module, "NativeNewTable")
      .def_static(
          "make",
          [](std::vector<std::string> partition_terms, std::string partition_spec_json,
             std::vector<std::string> sort_terms, std::string sort_order_json,
             Properties properties, std::string location) {
            return NewTable{.partition_terms = std::move(partition_terms),
                            .sort_terms = std::move(sort_terms),
                            .partition_spec_json = std::move(partition_spec_json),
                            .sort_order_json = std::move(sort_order_json),
                            .properties = std::move(properties),
                            .location = std::move(location)};
          },
          nb::arg("partition_terms"), nb::arg("partition_spec_json"), nb::arg("sort_terms"),
          nb::arg("sort_order_json"), nb::arg("properties"), nb::arg("location"));
}

void BindChanges(nb::class_<CatalogSession>& catalog) {
  catalog
      .def(
          "create_namespace",
          [](const CatalogSession& session, const std::vector<std::string>& levels,
             const Properties& properties) {
            Unlocked([&] { return session.catalog().CreateNamespace(levels, properties); });
          },
          nb::arg("namespace"), nb::arg("properties"))
      .def(
          "create_table",
          [](const CatalogSession& session, const std::string& identifier, const nb::object& schema,
             NewTable table) {
            const auto version = table.properties.find("format-version");
            const bool is_v3 = version != table.properties.end() && version->second == "3";
            table.schema = SchemaArgument(schema, {.format_version = is_v3 ? 3 : 2});
            return Unlocked([&] { return session.CreateTable(identifier, table); });
          },
          nb::arg("identifier"), nb::arg("schema"), nb::arg("table"))
      .def(
          "drop_namespace",
          [](const CatalogSession& session, const std::vector<std::string>& levels) {
            Unlocked([&] { return session.catalog().DropNamespace(levels); });
          },
          nb::arg("namespace"))
      .def(
          "drop_table",
          [](const CatalogSession& session, const std::string& identifier) {
            Unlocked([&]() -> Status {
              ICEFIELD_ASSIGN(const TableIdentifier table, ParseTableIdentifier(identifier));
              return session.catalog().DropTable(table);
            });
          },
          nb::arg("identifier"));
}

}  // namespace

void BindCatalogs(nb::module_& module) {
  BindNewTable(module);
  nb::class_<CatalogSession> catalog(module, "NativeCatalog");
  catalog
      .def_static(
          "open",
          [](const std::string& name, const Properties& properties) {
            return Unlocked([&] { return CatalogSession::Open(name, properties); });
          },
          nb::arg("name"), nb::arg("properties"))
      .def_prop_ro("name", [](const CatalogSession& session) { return session.catalog().name(); })
      .def_prop_ro("properties",
                   [](const CatalogSession& session) { return session.catalog().properties(); })
      .def("list_namespaces",
           [](const CatalogSession& session) {
             return Unlocked([&] { return session.catalog().ListNamespaces(); });
           })
      .def(
          "list_tables",
          [](const CatalogSession& session, const std::vector<std::string>& levels) {
            std::vector<std::pair<std::vector<std::string>, std::string>> tables;
            for (TableIdentifier& table :
                 Unlocked([&] { return session.catalog().ListTables(levels); })) {
              tables.emplace_back(std::move(table.namespace_levels), std::move(table.name));
            }
            return tables;
          },
          nb::arg("namespace"))
      .def(
          "table_exists",
          [](const CatalogSession& session, const std::string& identifier) {
            return Unlocked([&]() -> Result<bool> {
              ICEFIELD_ASSIGN(TableIdentifier table, ParseTableIdentifier(identifier));
              return session.catalog().TableExists(table);
            });
          },
          nb::arg("identifier"))
      .def(
          "load_table",
          [](const CatalogSession& session, const std::string& identifier) {
            return Unlocked([&] { return session.LoadTable(identifier); });
          },
          nb::arg("identifier"));
  BindChanges(catalog);
}

}  // namespace icefield::python
