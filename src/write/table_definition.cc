#include "write/table_definition.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "write/schema_rules.h"

namespace icefield {
namespace {

constexpr int32_t kPartitionIdBefore = 999;
constexpr const char* kFormatVersionProperty = "format-version";

// Names by which catalogs and engines show metadata as properties.
constexpr std::array<std::string_view, 8> kReservedProperties{"uuid",
                                                              "snapshot-count",
                                                              "current-snapshot-summary",
                                                              "current-schema",
                                                              "current-snapshot-id",
                                                              "current-snapshot-timestamp-ms",
                                                              "default-partition-spec",
                                                              "default-sort-order"};

// From a column's id in the definition to its own.
using IdMap = std::map<FieldId, FieldId>;

void PairIds(const std::vector<Field>& given, const std::vector<Field>& fresh, IdMap& ids) {
  for (size_t at = 0; at < given.size(); ++at) {
    ids.emplace(given[at].id, fresh[at].id);
    PairIds(given[at].type.children(), fresh[at].type.children(), ids);
  }
}

Result<FieldId> FreshId(const IdMap& ids, FieldId given, std::string_view user) {
  const auto found = ids.find(given);
  if (found == ids.end())
    return InvalidArgument(user, " refers to column id ", given.value,
                           ", which is not in the schema");
  return found->second;
}

struct FreshSchema {
  Schema schema;
  IdMap ids;
};

Result<FreshSchema> MakeFreshSchema(const Schema& given) {
  FreshSchema out;
  int32_t last_id = 0;
  out.schema.columns = *WithFreshIds(Type(given.columns), last_id).structure();
  PairIds(given.columns.fields, out.schema.columns.fields, out.ids);
  for (const FieldId id : given.identifier_field_ids) {
    ICEFIELD_ASSIGN(const FieldId fresh, FreshId(out.ids, id, "the identifier"));
    out.schema.identifier_field_ids.push_back(fresh);
  }
  return out;
}

// That a transform applies to a column, and that the column has one value a row.
Status CheckSource(const Schema& schema, FieldId id, const Transform& transform,
                   std::string_view user) {
  const std::vector<const Field*> path = schema.PathTo(id);
  const std::string name = schema.NameOf(id);
  const PrimitiveType* type = path.back()->type.primitive();
  if (type == nullptr || type->kind == PrimitiveKind::kVariant) {
    return InvalidArgument(user, " cannot be made of column '", name, "', which is of type ",
                           path.back()->type.ToString());
  }
  for (const Field* step : path) {
    if (step->type.list() != nullptr || step->type.map() != nullptr)
      return InvalidArgument(user, " cannot be made of column '", name, "', which lies in a ",
                             step->type.list() != nullptr ? "list" : "map");
  }
  const Result<PrimitiveType> result = TransformResultType(transform, *type);
  if (!result.ok())
    return InvalidArgument(user, " cannot be made of column '", name,
                           "': ", result.error().message);
  return {};
}

bool IsTime(const Transform& transform) {
  return transform.kind == TransformKind::kYear || transform.kind == TransformKind::kMonth ||
         transform.kind == TransformKind::kDay || transform.kind == TransformKind::kHour;
}

Status CheckSpec(const Schema& schema, const PartitionSpec& spec) {
  for (const PartitionField& field : spec.fields) {
    const std::string user = StrCat("partition field '", field.name, "'");
    ICEFIELD_TRY(CheckSource(schema, field.source_id, field.transform, user));
    for (const PartitionField& other : spec.fields) {
      if (&other == &field) break;
      const bool is_redundant = other.source_id == field.source_id &&
                                (other.transform == field.transform ||
                                 (IsTime(other.transform) && IsTime(field.transform)));
      if (is_redundant)
        return InvalidArgument(user, " adds nothing to partition field '", other.name,
                               "' of the same column; leave one of them out");
    }
  }
  return CheckPartitionNames(spec, FullNames(schema));
}

Status CheckOrder(const Schema& schema, const SortOrder& order) {
  for (const SortField& field : order.fields) {
    if (field.transform.kind == TransformKind::kVoid)
      return InvalidArgument("a sort field cannot be void");
    ICEFIELD_TRY(CheckSource(schema, field.source_id, field.transform, "a sort field"));
  }
  return {};
}

std::string DefaultName(const std::string& column, const Transform& transform) {
  switch (transform.kind) {
    case TransformKind::kBucket:
      return column + "_bucket";
    case TransformKind::kTruncate:
      return column + "_trunc";
    case TransformKind::kVoid:
      return column + "_null";
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
    case TransformKind::kHour:
      return StrCat(column, "_", TransformText(transform));
    default:
      return column;
  }
}

Result<PartitionSpec> MakeSpec(const TableDefinition& definition, const FreshSchema& fresh) {
  if (const auto* terms = std::get_if<std::vector<PartitionTerm>>(&definition.partitioning))
    return SpecOfTerms(fresh.schema, *terms);
  PartitionSpec spec = std::get<PartitionSpec>(definition.partitioning);
  spec.id = SpecId{0};
  int32_t last_id = kPartitionIdBefore;
  for (PartitionField& field : spec.fields) {
    const std::string user = StrCat("partition field '", field.name, "'");
    ICEFIELD_ASSIGN(field.source_id, FreshId(fresh.ids, field.source_id, user));
    field.field_id = FieldId{++last_id};
  }
  ICEFIELD_TRY(CheckSpec(fresh.schema, spec));
  return spec;
}

Result<SortOrder> MakeOrder(const TableDefinition& definition, const FreshSchema& fresh) {
  if (const auto* terms = std::get_if<std::vector<SortTerm>>(&definition.sorting))
    return OrderOfTerms(fresh.schema, *terms);
  SortOrder order = std::get<SortOrder>(definition.sorting);
  order.id = order.fields.empty() ? 0 : 1;
  for (SortField& field : order.fields) {
    ICEFIELD_ASSIGN(field.source_id, FreshId(fresh.ids, field.source_id, "a sort field"));
  }
  ICEFIELD_TRY(CheckOrder(fresh.schema, order));
  return order;
}

// Takes the format version out of the properties.
Result<int32_t> TakeFormatVersion(std::map<std::string, std::string>& properties) {
  constexpr int32_t kDefaultVersion = 2;
  const auto found = properties.find(kFormatVersionProperty);
  if (found == properties.end()) return kDefaultVersion;
  const std::string text = found->second;
  properties.erase(found);
  if (text == "2") return 2;
  if (text == "3") return 3;
  return Unsupported("format-version '", text, "' is not written; 2 and 3 are");
}

Status CheckProperties(const std::map<std::string, std::string>& properties) {
  for (const std::string_view name : kReservedProperties) {
    if (properties.contains(std::string(name)))
      return InvalidArgument("property '", name, "' is reserved; leave it out");
  }
  return {};
}

Result<TableChange> Define(const TableDefinition& definition, const TablePlace& place) {
  if (place.location.empty()) return InvalidArgument("it has no location");
  std::map<std::string, std::string> properties = definition.properties;
  ICEFIELD_ASSIGN(const int32_t format_version, TakeFormatVersion(properties));
  ICEFIELD_TRY(CheckProperties(properties));
  ICEFIELD_ASSIGN(FreshSchema fresh, MakeFreshSchema(definition.schema));
  ICEFIELD_TRY(CheckColumns(fresh.schema, format_version));
  ICEFIELD_TRY(CheckIdentifiers(fresh.schema));
  ICEFIELD_ASSIGN(PartitionSpec spec, MakeSpec(definition, fresh));
  ICEFIELD_ASSIGN(SortOrder order, MakeOrder(definition, fresh));
  TableChange change;
  change.requirements.emplace_back(AssertCreate{});
  change.updates.emplace_back(AssignUuid{place.uuid});
  change.updates.emplace_back(UpgradeFormatVersion{format_version});
  change.updates.emplace_back(AddSchema{std::move(fresh.schema)});
  change.updates.emplace_back(SetCurrentSchema{SchemaId{-1}});
  change.updates.emplace_back(AddPartitionSpec{std::move(spec)});
  change.updates.emplace_back(SetDefaultSpec{SpecId{-1}});
  change.updates.emplace_back(AddSortOrder{std::move(order)});
  change.updates.emplace_back(SetDefaultSortOrder{-1});
  change.updates.emplace_back(SetLocation{place.location});
  if (!properties.empty()) change.updates.emplace_back(SetProperties{std::move(properties)});
  return change;
}

}  // namespace

Result<PartitionSpec> SpecOfTerms(const Schema& schema, const std::vector<PartitionTerm>& terms) {
  PartitionSpec spec;
  int32_t last_id = kPartitionIdBefore;
  for (const PartitionTerm& term : terms) {
    const Field* column = schema.FindByName(term.column);
    if (column == nullptr) return UnknownColumn(schema, term.column, "the schema");
    const std::string name =
        term.name.empty() ? DefaultName(schema.NameOf(column->id), term.transform) : term.name;
    spec.fields.push_back({column->id, FieldId{++last_id}, name, term.transform});
  }
  ICEFIELD_TRY(CheckSpec(schema, spec));
  return spec;
}

Result<SortOrder> OrderOfTerms(const Schema& schema, const std::vector<SortTerm>& terms) {
  SortOrder order;
  order.id = terms.empty() ? 0 : 1;
  for (const SortTerm& term : terms) {
    const Field* column = schema.FindByName(term.column);
    if (column == nullptr) return UnknownColumn(schema, term.column, "the schema");
    order.fields.push_back({column->id, term.transform, term.ascending, term.nulls_first});
  }
  ICEFIELD_TRY(CheckOrder(schema, order));
  return order;
}

Result<TableChange> DefineTable(const TableDefinition& definition, const TablePlace& place) {
  Result<TableChange> change = Define(definition, place);
  if (!change.ok()) return std::move(change).error().At(StrCat("table ", place.name));
  return change;
}

}  // namespace icefield
