#include "foreign_target.h"

#include <nanobind/stl/string.h>

#include <memory>
#include <utility>

#include "bindings.h"

namespace nb = nanobind;

namespace icefield::python {
namespace {

// The code of an exception of icefield.errors; `other` for any other exception.
ErrorCode CodeOf(const nb::python_error& raised, ErrorCode other) {
  const nb::object errors = nb::module_::import_("icefield.errors");
  for (int number = 0; number <= static_cast<int>(ErrorCode::kInternal); ++number) {
    const auto code = static_cast<ErrorCode>(number);
    const std::string name(BorderOf(code).python_exception);
    if (raised.matches(errors.attr(name.c_str()))) return code;
  }
  return other;
}

class ForeignTarget final : public CommitTarget {
 public:
  ForeignTarget(std::string name, nb::object catalog, Properties properties)
      : name_(std::move(name)), catalog_(std::move(catalog)), properties_(std::move(properties)) {}

  ~ForeignTarget() override {
    const nb::gil_scoped_acquire gil;
    catalog_.reset();
  }
  ForeignTarget(const ForeignTarget&) = delete;
  ForeignTarget& operator=(const ForeignTarget&) = delete;

  Result<LoadedTable> Load() const override {
    ICEFIELD_ASSIGN(const std::string location,
                    Ask(ErrorCode::kUnavailable, [this] { return catalog_.attr("load")(); }));
    return LoadAt(location);
  }

  Result<LoadedTable> Commit(const TableChange& change) const override {
    const std::string json = ChangeText(change);
    ICEFIELD_ASSIGN(const std::string location,
                    Ask(ErrorCode::kCommitUnknown, [&] { return catalog_.attr("commit")(json); }));
    Result<LoadedTable> loaded = LoadAt(location);
    if (loaded.ok()) return loaded;
    // It happened: only its result cannot be read.
    return Fail(ErrorCode::kCommitUnknown, "table ", name_,
                " was changed, but not read back: ", loaded.error().message);
  }

 private:
  template <typename Call>
  static Result<std::string> Ask(ErrorCode other, Call call) {
    const nb::gil_scoped_acquire gil;
    try {
      return nb::cast<std::string>(call());
    } catch (nb::python_error& raised) {
      if (raised.matches(PyExc_KeyboardInterrupt)) {
        raised.restore();
        KeepRaised();
        return Fail(other == ErrorCode::kCommitUnknown ? other : ErrorCode::kCancelled,
                    "stopped by the caller");
      }
      return Fail(CodeOf(raised, other), nb::str(raised.value()).c_str());
    } catch (const nb::cast_error&) {
      return Internal("the catalog's answer is no metadata location");
    }
  }

  Result<LoadedTable> LoadAt(const std::string& location) const {
    ICEFIELD_ASSIGN(const Table table, LoadTable(location, properties_));
    LoadedTable loaded = *table.source().table;
    loaded.name = name_;
    return loaded;
  }

  const std::string name_;
  nb::object catalog_;
  const Properties properties_;
};

}  // namespace

Table MakeForeignTable(const std::string& name, const nb::object& catalog,
                       const Properties& properties) {
  auto target = std::make_shared<ForeignTarget>(name, catalog, properties);
  return Unlocked([&]() -> Result<Table> {
    ICEFIELD_ASSIGN(LoadedTable loaded, target->Load());
    ICEFIELD_ASSIGN(const Table table, LoadTable(loaded.metadata_location, properties));
    return Table(table.source().store, std::move(loaded), std::move(target));
  });
}

}  // namespace icefield::python
