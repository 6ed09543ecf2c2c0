// Changing a table's columns.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "schema_argument.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

using Step = std::function<Status(SchemaUpdate&)>;

// The steps of one update, in order; played again on newer columns where a commit came between.
class SchemaChanges {
 public:
  explicit SchemaChanges(int format_version) : format_version_(format_version) {}

  void AddColumn(std::string parent, std::string name, const nb::object& type, bool required,
                 std::string doc, std::string default_json) {
    NewColumn column{.parent = std::move(parent),
                     .name = std::move(name),
                     .type = TypeOf(type),
                     .required = required,
                     .doc = std::move(doc),
                     .default_json = std::move(default_json)};
    Add([column = std::move(column)](SchemaUpdate& update) { return update.AddColumn(column); });
  }

  void ChangeType(std::string name, const nb::object& type) {
    const Type changed = TypeOf(type);
    if (changed.primitive() == nullptr) {
      RaiseError(InvalidArgument("column '", name, "' cannot become a ", changed.ToString(),
                                 "; only primitive types widen"));
    }
    Add([name = std::move(name), changed](SchemaUpdate& update) {
      return update.ChangeType(name, *changed.primitive());
    });
  }

  // A step of one name.
  void AddNamed(const std::string& step, std::string name, std::string value) {
    Add([step, name = std::move(name), value = std::move(value)](SchemaUpdate& update) -> Status {
      if (step == "delete") return update.DeleteColumn(name);
      if (step == "rename") return update.RenameColumn(name, value);
      if (step == "doc") return update.ChangeDoc(name, value);
      if (step == "default") return update.ChangeDefault(name, value);
      if (step == "optional") return update.MakeOptional(name);
      if (step == "required") return update.MakeRequired(name);
      if (step == "first") return update.MoveFirst(name);
      if (step == "before") return update.MoveBefore(name, value);
      if (step == "after") return update.MoveAfter(name, value);
      return Internal("'", step, "' is no change of a schema");
    });
  }

  void UnionByName(const nb::object& schema) {
    Schema other = SchemaArgument(schema, Options());
    Add([other = std::move(other)](SchemaUpdate& update) { return update.UnionByName(other); });
  }

  void SetIdentifierFields(std::vector<std::string> names) {
    Add([names = std::move(names)](SchemaUpdate& update) {
      return update.SetIdentifierFields(names);
    });
  }

  Table Commit(const Table& table, bool allow_incompatible) const {
    return Unlocked([&] {
      return table.UpdateSchema(
          [this](SchemaUpdate& update) -> Status {
            for (const Step& step : steps_) ICEFIELD_TRY(step(update));
            return {};
          },
          {.allow_incompatible = allow_incompatible});
    });
  }

 private:
  ArrowSchemaOptions Options() const { return {.format_version = format_version_}; }

  // The type of the one column of a schema.
  Type TypeOf(const nb::object& type) const {
    Schema schema = SchemaArgument(type, Options());
    if (schema.columns.fields.size() != 1) RaiseError(Internal("a type is a schema of one column"));
    return std::move(schema.columns.fields.front().type);
  }

  void Add(Step step) { steps_.push_back(std::move(step)); }

  int format_version_;
  std::vector<Step> steps_;
};

}  // namespace

void BindSchemaChanges(nb::module_& module) {
  nb::class_<SchemaChanges>(module, "NativeSchemaChanges")
      .def(nb::init<int>(), nb::arg("format_version"))
      .def("add_column", &SchemaChanges::AddColumn, nb::arg("parent"), nb::arg("name"),
           nb::arg("type"), nb::arg("required"), nb::arg("doc"), nb::arg("default_json"))
      .def("change_type", &SchemaChanges::ChangeType, nb::arg("name"), nb::arg("type"))
      .def("add_named", &SchemaChanges::AddNamed, nb::arg("step"), nb::arg("name"),
           nb::arg("value"))
      .def("union_by_name", &SchemaChanges::UnionByName, nb::arg("schema"))
      .def("set_identifier_fields", &SchemaChanges::SetIdentifierFields, nb::arg("names"))
      .def("commit", &SchemaChanges::Commit, nb::arg("table"), nb::arg("allow_incompatible"));
}

}  // namespace icefield::python
