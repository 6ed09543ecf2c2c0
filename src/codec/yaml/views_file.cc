#include "codec/yaml/views_file.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <set>

#include "base/checked.h"
#include "model/snapshot.h"

namespace icefield {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

// Every entry of a mapping is known, and there once.
Status CheckEntries(const YAML::Node& node, const std::string& where,
                    const std::set<std::string>& known) {
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    if (!known.contains(name))
      return InvalidArgument(where, ": the entry '", name, "' is not known; remove it");
    if (!seen.insert(name).second)
      return InvalidArgument(where, ": the entry '", name, "' is there twice; remove one");
  }
  return {};
}

// Reads the entries of one view, with errors that name it.
class ViewReader {
 public:
  ViewReader(const YAML::Node& node, std::string where) : node_(node), where_(std::move(where)) {}

  Status CheckAll() const {
    static const std::set<std::string> kKnown{
        "name",     "table",      "join_keys",   "timestamp_field",
        "features", "row_filter", "snapshot_id", "created_timestamp_column",
        "ttl",      "ref",        "as_of"};
    if (!node_.IsMap())
      return InvalidArgument(where_, " is not a mapping of entries such as 'name: drivers'");
    return CheckEntries(node_, where_, kKnown);
  }

  Result<std::optional<std::string>> Text(const std::string& entry) const {
    const YAML::Node value = node_[entry];
    if (!value || value.IsNull()) return std::optional<std::string>();
    if (!value.IsScalar()) return InvalidArgument(where_, ": '", entry, "' must be a single text");
    return std::optional(value.Scalar());
  }

  Result<std::string> Required(const std::string& entry) const {
    ICEFIELD_ASSIGN(std::optional<std::string> text, Text(entry));
    if (!text || text->empty()) return InvalidArgument(where_, " has no '", entry, "'");
    return *std::move(text);
  }

  bool Has(const std::string& entry) const {
    const YAML::Node value = node_[entry];
    return value && !value.IsNull();
  }

  // A list of columns, each alone or with a second name.
  Result<std::vector<std::pair<std::string, std::string>>> Columns(const std::string& entry) const {
    std::vector<std::pair<std::string, std::string>> columns;
    const YAML::Node list = node_[entry];
    if (!list || list.IsNull()) return columns;
    if (!list.IsSequence())
      return InvalidArgument(where_, ": '", entry, "' must be a list of columns");
    for (const YAML::Node& item : list) {
      if (item.IsScalar()) {
        columns.emplace_back(item.Scalar(), item.Scalar());
      } else if (item.IsMap() && item.size() == 1 && item.begin()->second.IsScalar()) {
        columns.emplace_back(item.begin()->first.Scalar(), item.begin()->second.Scalar());
      } else {
        return InvalidArgument(where_, ": an item of '", entry,
                               "' is neither a column nor 'column: name'");
      }
    }
    return columns;
  }

  Result<int64_t> TtlMicros() const {
    ICEFIELD_ASSIGN(std::optional<std::string> text, Text("ttl"));
    if (!text) return int64_t{0};
    Result<int64_t> micros = ParseTtl(*text);
    if (!micros.ok()) return std::move(micros).error().At(where_);
    return *micros;
  }

  Result<SnapshotSelector> Selector() const {
    SnapshotSelector selector;
    ICEFIELD_ASSIGN(selector.ref, Text("ref"));
    ICEFIELD_ASSIGN(std::optional<std::string> id, Text("snapshot_id"));
    if (id) {
      int64_t number = 0;
      const auto [end, failure] = std::from_chars(id->data(), id->data() + id->size(), number);
      if (failure != std::errc() || end != id->data() + id->size()) {
        return InvalidArgument(where_, ": snapshot_id '", *id, "' is not a number");
      }
      selector.snapshot_id = SnapshotId{number};
    }
    ICEFIELD_ASSIGN(std::optional<std::string> as_of, Text("as_of"));
    if (as_of) {
      Result<SnapshotTime> time = ParseSnapshotTime(*as_of);
      if (!time.ok()) return std::move(time).error().At(where_);
      selector.as_of = *time;
    }
    return selector;
  }

  const std::string& where() const { return where_; }

 private:
  const YAML::Node& node_;
  std::string where_;
};

Result<NamedView> ReadView(const ViewReader& reader,
                           Result<RowFilter> (*parse_filter)(std::string_view)) {
  ICEFIELD_TRY(reader.CheckAll());
  NamedView view;
  ICEFIELD_ASSIGN(view.spec.name, reader.Required("name"));
  ICEFIELD_ASSIGN(view.table, reader.Required("table"));
  ICEFIELD_ASSIGN(view.spec.timestamp_field, reader.Required("timestamp_field"));
  ICEFIELD_ASSIGN(view.spec.created_timestamp_column, reader.Text("created_timestamp_column"));
  ICEFIELD_ASSIGN(view.spec.ttl_us, reader.TtlMicros());
  ICEFIELD_ASSIGN(view.spec.snapshot, reader.Selector());
  ICEFIELD_ASSIGN(auto keys, reader.Columns("join_keys"));
  for (auto& [column, frame] : keys) view.spec.join_keys.push_back({column, frame});
  ICEFIELD_ASSIGN(auto features, reader.Columns("features"));
  if (reader.Has("features")) view.spec.features.emplace();
  for (auto& [column, name] : features) view.spec.features->push_back({column, name});
  ICEFIELD_ASSIGN(std::optional<std::string> filter, reader.Text("row_filter"));
  if (filter) {
    Result<RowFilter> parsed = parse_filter(*filter);
    if (!parsed.ok()) return std::move(parsed).error().At(StrCat(reader.where(), ", row_filter"));
    view.spec.row_filter = *std::move(parsed);
  }
  return view;
}

}  // namespace

Result<int64_t> ParseTtl(std::string_view text) {
  constexpr std::array<std::pair<char, int64_t>, 4> kUnits{
      {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}}};
  std::string_view digits = text;
  int64_t seconds_per_unit = 1;
  for (const auto& [letter, seconds] : kUnits) {
    if (!digits.ends_with(letter)) continue;
    digits.remove_suffix(1);
    seconds_per_unit = seconds;
    break;
  }
  int64_t count = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const std::optional<int64_t> micros = CheckedMultiply(count, seconds_per_unit * kMicrosPerSecond);
  if (failure != std::errc() || end != digits.data() + digits.size() || !micros) {
    return InvalidArgument("ttl '", text,
                           "' is not a number of seconds or a text such as 90s, 15m, 3h, 2d");
  }
  return *micros;
}

Result<std::vector<NamedView>> ParseViewsFile(std::string_view text, const std::string& location,
                                              Result<RowFilter> (*parse_filter)(std::string_view)) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(text));
  } catch (const YAML::Exception& failure) {
    return InvalidArgument(location, " is not YAML: line ", failure.mark.line + 1, ": ",
                           failure.msg);
  }
  if (root.IsMap()) ICEFIELD_TRY(CheckEntries(root, location, {"views"}));
  const YAML::Node list = root.IsMap() ? root["views"] : YAML::Node();
  if (!list || !list.IsSequence() || list.size() == 0) {
    return InvalidArgument(location, " has no list 'views'; see `icefield features get --help`");
  }
  std::vector<NamedView> views;
  for (size_t at = 0; at < list.size(); ++at) {
    const YAML::Node node = list[at];
    ICEFIELD_ASSIGN(views.emplace_back(),
                    ReadView(ViewReader(node, StrCat(location, ", view ", at + 1)), parse_filter));
  }
  return views;
}

}  // namespace icefield
