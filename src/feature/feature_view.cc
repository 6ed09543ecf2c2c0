#include "feature/feature_view.h"

#include <algorithm>
#include <set>

namespace icefield {
namespace {

bool IsKeyable(const Type& type) {
  if (type.primitive() == nullptr) return false;
  switch (type.primitive()->kind) {
    case PrimitiveKind::kUnknown:
    case PrimitiveKind::kVariant:
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return false;
    default:
      return true;
  }
}

// Looks columns up for one view, with errors that name it.
class Binder {
 public:
  Binder(const FeatureViewSpec& spec, const Schema& schema, std::string_view table_name)
      : spec_(spec), schema_(schema), where_(StrCat("table ", table_name)) {}

  Result<Field> Find(std::string_view column, std::string_view role) const {
    const Field* field = schema_.FindByName(column);
    if (field == nullptr) {
      return UnknownColumn(schema_, column, where_)
          .At(StrCat("feature view '", spec_.name, "', ", role));
    }
    const std::vector<const Field*> path = schema_.PathTo(field->id);
    for (size_t depth = 0; depth + 1 < path.size(); ++depth) {
      if (path[depth]->type.structure() != nullptr) continue;
      return InvalidArgument("feature view '", spec_.name, "': ", role, " '", column, "' of ",
                             where_, " lies inside a list or map; use '", path.front()->name,
                             "' whole");
    }
    Field found = *field;
    found.name = column;  // As it was stated: dotted for a nested one.
    return found;
  }

  Result<Field> FindTime(std::string_view column, std::string_view role) const {
    ICEFIELD_ASSIGN(Field field, Find(column, role));
    if (IsTimeType(field.type)) return field;
    return Wrong(column, role, field, "a date or a timestamp");
  }

  Result<Field> FindKey(const JoinKey& key) const {
    ICEFIELD_ASSIGN(Field field, Find(key.table_column, "join key"));
    if (IsKeyable(field.type)) return field;
    return Wrong(key.table_column, "join key", field, "a scalar type with equality");
  }

  Error Wrong(std::string_view column, std::string_view role, const Field& field,
              std::string_view wanted) const {
    return InvalidArgument("feature view '", spec_.name, "': ", role, " '", column, "' of ", where_,
                           " has type ", field.type.ToString(), "; it must be ", wanted);
  }

 private:
  const FeatureViewSpec& spec_;
  const Schema& schema_;
  const std::string where_;
};

// Arrow hands names on as texts that end at their first zero byte: two could become one.
Status CheckName(std::string_view what, std::string_view name) {
  const size_t zero = name.find('\0');
  if (zero == std::string_view::npos) return {};
  return InvalidArgument(what, " holds a zero byte after '", name.substr(0, zero),
                         "'; give it a name without (P13)");
}

// Every column that is neither key nor time, under its own name.
std::vector<FeatureColumn> AllFeatures(const FeatureViewSpec& spec, const Schema& schema) {
  std::set<std::string> taken{spec.timestamp_field, spec.created_timestamp_column.value_or("")};
  for (const JoinKey& key : spec.join_keys) taken.insert(key.table_column);
  std::vector<FeatureColumn> features;
  for (const Field& field : schema.columns.fields) {
    if (!taken.contains(field.name)) features.push_back({field.name, field.name});
  }
  return features;
}

}  // namespace

bool IsTimeType(const Type& type) {
  if (type.primitive() == nullptr) return false;
  switch (type.primitive()->kind) {
    case PrimitiveKind::kDate:
    case PrimitiveKind::kTimestamp:
    case PrimitiveKind::kTimestamptz:
    case PrimitiveKind::kTimestampNs:
    case PrimitiveKind::kTimestamptzNs:
      return true;
    default:
      return false;
  }
}

bool IsNanosecondType(const Type& type) {
  return type.Is(PrimitiveKind::kTimestampNs) || type.Is(PrimitiveKind::kTimestamptzNs);
}

Result<BoundView> BindView(const FeatureViewSpec& spec, const Schema& schema,
                           std::string_view table_name) {
  if (spec.name.empty())
    return InvalidArgument("a feature view over table ", table_name, " has no name");
  ICEFIELD_TRY(CheckName("the name of a feature view", spec.name));
  if (spec.ttl_us < 0) {
    return InvalidArgument("feature view '", spec.name,
                           "': the ttl is negative; give a positive one, or none (P3)");
  }
  const Binder binder(spec, schema, table_name);
  BoundView view{.name = spec.name, .ttl_us = spec.ttl_us};
  std::set<std::string> keys;
  for (const JoinKey& key : spec.join_keys) {
    if (!keys.insert(key.table_column).second) {
      return InvalidArgument("feature view '", spec.name, "' names the join key '",
                             key.table_column, "' twice");
    }
    ICEFIELD_ASSIGN(view.keys.emplace_back(), binder.FindKey(key));
    view.frame_keys.push_back(key.frame_column);
  }
  ICEFIELD_ASSIGN(view.event_time, binder.FindTime(spec.timestamp_field, "timestamp field"));
  if (spec.created_timestamp_column) {
    ICEFIELD_ASSIGN(view.created_time,
                    binder.FindTime(*spec.created_timestamp_column, "created timestamp column"));
  }
  std::set<std::string> names;
  for (const FeatureColumn& feature : spec.features.value_or(AllFeatures(spec, schema))) {
    ICEFIELD_TRY(
        CheckName(StrCat("feature view '", spec.name, "': a feature's name"), feature.name));
    if (!names.insert(feature.name).second) {
      return InvalidArgument("feature view '", spec.name, "' gives two features the name '",
                             feature.name, "' (P13)");
    }
    ICEFIELD_ASSIGN(Field field, binder.Find(feature.table_column, "feature"));
    view.features.push_back({std::move(field), feature.name});
  }
  if (spec.row_filter) {
    Result<Predicate> filter = BindFilter(*spec.row_filter, schema);
    if (!filter.ok())
      return std::move(filter).error().At(StrCat("feature view '", spec.name, "', row filter"));
    view.row_filter = *std::move(filter);
  }
  return view;
}

}  // namespace icefield
