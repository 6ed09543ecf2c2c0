#include "codec/parquet/written_schema.h"

#include <parquet/types.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"
#include "codec/arrow/arrow_types.h"

namespace icefield {
namespace {

using parquet::LogicalType;
using parquet::Repetition;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::NodeVector;
using parquet::schema::PrimitiveNode;
using LogicalTypePtr = std::shared_ptr<const LogicalType>;

bool HasUnknown(const Type& type) {
  return type.Is(PrimitiveKind::kUnknown) ||
         std::ranges::any_of(type.children(),
                             [](const Field& child) { return HasUnknown(child.type); });
}

bool IsLetter(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         byte >= 0x80;
}

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

std::string WrittenName(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char character : name) {
    if (IsLetter(character) || (IsDigit(character) && !out.empty())) {
      out += character;
    } else if (IsDigit(character)) {
      out += StrCat("_", character);
    } else {
      const auto byte = static_cast<unsigned char>(character);
      out += "_x";
      if (byte >= 16) out += kHex[byte / 16];
      out += kHex[byte % 16];
    }
  }
  return out;
}

// How a primitive type is stored.
struct Storage {
  parquet::Type::type physical;
  LogicalTypePtr logical = LogicalType::None();
  int length = -1;
};

// The fewest bytes of two's complement that hold every number of `precision` digits.
int DecimalBytes(int precision) {
  constexpr std::array<int, 38> kBytes{1,  1,  2,  2,  3,  3,  4,  4,  4,  5,  5,  6,  6,
                                       6,  7,  7,  8,  8,  9,  9,  9,  10, 10, 11, 11, 11,
                                       12, 12, 13, 13, 13, 14, 14, 15, 15, 16, 16, 16};
  return kBytes.at(static_cast<size_t>(precision - 1));
}

Storage DecimalStorage(const PrimitiveType& type) {
  constexpr int kInt32Digits = 9;
  constexpr int kInt64Digits = 18;
  const LogicalTypePtr logical = LogicalType::Decimal(type.precision, type.scale);
  if (type.precision <= kInt32Digits) return {parquet::Type::INT32, logical};
  if (type.precision <= kInt64Digits) return {parquet::Type::INT64, logical};
  return {parquet::Type::FIXED_LEN_BYTE_ARRAY, logical, DecimalBytes(type.precision)};
}

Storage TimestampStorage(LogicalType::TimeUnit::unit unit, bool zoned) {
  // The old annotation beside the new one, for readers that know only that. It has no nanoseconds.
  const bool old_too = unit == LogicalType::TimeUnit::MICROS;
  return {parquet::Type::INT64, LogicalType::Timestamp(zoned, unit, false, old_too)};
}

std::optional<LogicalType::EdgeInterpolationAlgorithm> EdgesOf(std::string_view name) {
  using Edges = LogicalType::EdgeInterpolationAlgorithm;
  if (name.empty() || name == "spherical") return Edges::SPHERICAL;
  if (name == "vincenty") return Edges::VINCENTY;
  if (name == "thomas") return Edges::THOMAS;
  if (name == "andoyer") return Edges::ANDOYER;
  if (name == "karney") return Edges::KARNEY;
  return std::nullopt;
}

Result<Storage> GeoStorage(const PrimitiveType& type) {
  const GeoParameters geo = ParseGeoParameters(type);
  if (type.kind == PrimitiveKind::kGeometry)
    return Storage{parquet::Type::BYTE_ARRAY, LogicalType::Geometry(geo.crs)};
  const auto edges = EdgesOf(geo.edges);
  if (!edges) return Unsupported("edges '", geo.edges, "' of a geography are not written");
  return Storage{parquet::Type::BYTE_ARRAY, LogicalType::Geography(geo.crs, *edges)};
}

Result<Storage> StorageOf(const PrimitiveType& type) {
  constexpr int kUuidBytes = 16;
  using Unit = LogicalType::TimeUnit;
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      return Storage{parquet::Type::BOOLEAN};
    case PrimitiveKind::kInt:
      return Storage{parquet::Type::INT32};
    case PrimitiveKind::kLong:
      return Storage{parquet::Type::INT64};
    case PrimitiveKind::kFloat:
      return Storage{parquet::Type::FLOAT};
    case PrimitiveKind::kDouble:
      return Storage{parquet::Type::DOUBLE};
    case PrimitiveKind::kDecimal:
      return DecimalStorage(type);
    case PrimitiveKind::kDate:
      return Storage{parquet::Type::INT32, LogicalType::Date()};
    case PrimitiveKind::kTime:
      return Storage{parquet::Type::INT64, LogicalType::Time(false, Unit::MICROS)};
    case PrimitiveKind::kTimestamp:
      return TimestampStorage(Unit::MICROS, false);
    case PrimitiveKind::kTimestamptz:
      return TimestampStorage(Unit::MICROS, true);
    case PrimitiveKind::kTimestampNs:
      return TimestampStorage(Unit::NANOS, false);
    case PrimitiveKind::kTimestamptzNs:
      return TimestampStorage(Unit::NANOS, true);
    case PrimitiveKind::kString:
      return Storage{parquet::Type::BYTE_ARRAY, LogicalType::String()};
    case PrimitiveKind::kUuid:
      return Storage{parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::UUID(), kUuidBytes};
    case PrimitiveKind::kFixed:
      return Storage{parquet::Type::FIXED_LEN_BYTE_ARRAY, LogicalType::None(), type.length};
    case PrimitiveKind::kBinary:
      return Storage{parquet::Type::BYTE_ARRAY};
    case PrimitiveKind::kGeometry:
    case PrimitiveKind::kGeography:
      return GeoStorage(type);
    case PrimitiveKind::kUnknown:
    case PrimitiveKind::kVariant:
      break;
  }
  return Unsupported("values of type ", PrimitiveTypeText(type), " are not written to Parquet");
}

// Drops unknown members from `type`.
Result<Type> PrunedType(const Type& type) {
  if (!HasUnknown(type)) return type;
  if (type.structure() == nullptr) {
    return Unsupported("a list or map of values of type unknown is not written to Parquet; give ",
                       "them a type first");
  }
  StructType kept;
  for (const Field& member : type.structure()->fields) {
    if (member.type.Is(PrimitiveKind::kUnknown)) continue;
    Field& copy = kept.fields.emplace_back(member);
    Result<Type> pruned = PrunedType(member.type);
    if (!pruned.ok()) return std::move(pruned).error().At(member.name);
    copy.type = *std::move(pruned);
  }
  return Type(std::move(kept));
}

// Builds the nodes and notes the leaves on the way.
class NodeBuilder {
 public:
  explicit NodeBuilder(std::vector<WrittenLeaf>& leaves) : leaves_(leaves) {}

  Result<NodePtr> Build(const Field& field, const std::string& name, const std::string& above,
                        bool repeated) {
    const std::string path = above.empty() ? name : StrCat(above, ".", name);
    Result<NodePtr> node = BuildAt(field, name, path, repeated);
    if (!node.ok()) return std::move(node).error().At(StrCat("column '", field.name, "'"));
    return node;
  }

  Result<NodeVector> BuildMembers(const std::vector<Field>& fields, const std::string& above,
                                  bool repeated) {
    NodeVector nodes;
    std::set<std::string> taken;
    for (const Field& field : fields) {
      std::string name = WrittenName(field.name);
      if (!taken.insert(name).second) taken.insert(name = StrCat(name, "_", field.id.value));
      ICEFIELD_ASSIGN(nodes.emplace_back(), Build(field, name, above, repeated));
    }
    return nodes;
  }

 private:
  Result<NodePtr> BuildAt(const Field& field, const std::string& name, const std::string& path,
                          bool repeated) {
    const auto repetition = field.required ? Repetition::REQUIRED : Repetition::OPTIONAL;
    const int id = field.id.value;
    if (const PrimitiveType* type = field.type.primitive()) {
      ICEFIELD_ASSIGN(const Storage storage, StorageOf(*type));
      leaves_.push_back({.id = field.id, .type = *type, .repeated = repeated, .path = path});
      return PrimitiveNode::Make(name, repetition, storage.logical, storage.physical,
                                 storage.length, id);
    }
    if (field.type.structure() != nullptr) {
      const std::vector<Field>& members = field.type.children();
      if (members.empty()) return Unsupported("a struct without members is not written to Parquet");
      ICEFIELD_ASSIGN(const NodeVector nodes, BuildMembers(members, path, repeated));
      return GroupNode::Make(name, repetition, nodes, nullptr, id);
    }
    const bool is_list = field.type.list() != nullptr;
    const std::string middle = is_list ? "list" : "key_value";
    ICEFIELD_ASSIGN(const NodeVector nodes, BuildEntries(field.type, StrCat(path, ".", middle)));
    return GroupNode::Make(name, repetition, {GroupNode::Make(middle, Repetition::REPEATED, nodes)},
                           is_list ? LogicalType::List() : LogicalType::Map(), id);
  }

  Result<NodeVector> BuildEntries(const Type& type, const std::string& path) {
    if (const ListType* list = type.list()) {
      ICEFIELD_ASSIGN(NodePtr element, Build(list->element.front(), "element", path, true));
      return NodeVector{std::move(element)};
    }
    Field key = type.children().front();
    key.required = true;
    ICEFIELD_ASSIGN(NodePtr key_node, Build(key, "key", path, true));
    ICEFIELD_ASSIGN(NodePtr value_node, Build(type.children().back(), "value", path, true));
    return NodeVector{std::move(key_node), std::move(value_node)};
  }

  std::vector<WrittenLeaf>& leaves_;
};

}  // namespace

Result<WrittenSchema> MakeWrittenSchema(const Schema& schema) {
  WrittenSchema out;
  arrow::FieldVector arrow_fields;
  for (size_t at = 0; at < schema.columns.fields.size(); ++at) {
    const Field& column = schema.columns.fields[at];
    if (column.type.Is(PrimitiveKind::kUnknown)) continue;
    Field& field = out.fields.emplace_back(column);
    Result<Type> type = PrunedType(column.type);
    if (!type.ok()) return std::move(type).error().At(StrCat("column '", column.name, "'"));
    field.type = *std::move(type);
    ICEFIELD_ASSIGN(arrow_fields.emplace_back(), ToArrowField(field));
    out.columns.push_back(static_cast<int>(at));
  }
  if (out.fields.empty())
    return Unsupported("a table without columns that have a type is not written to Parquet");
  NodeBuilder builder(out.leaves);
  ICEFIELD_ASSIGN(const NodeVector nodes, builder.BuildMembers(out.fields, "", false));
  out.root =
      std::static_pointer_cast<GroupNode>(GroupNode::Make("table", Repetition::REQUIRED, nodes));
  out.arrow = arrow::schema(arrow_fields);
  return out;
}

std::shared_ptr<arrow::Array> WithoutUnknown(const std::shared_ptr<arrow::Array>& values,
                                             const Field& field) {
  if (!HasUnknown(field.type)) return values;
  const std::vector<Field>& members = field.type.children();
  const std::shared_ptr<arrow::ArrayData> data = values->data()->Copy();
  data->child_data.clear();
  arrow::FieldVector kept;
  for (size_t at = 0; at < members.size(); ++at) {
    if (members[at].type.Is(PrimitiveKind::kUnknown)) continue;
    const std::shared_ptr<arrow::Array> member =
        WithoutUnknown(arrow::MakeArray(values->data()->child_data[at]), members[at]);
    data->child_data.push_back(member->data());
    kept.push_back(values->type()->field(static_cast<int>(at))->WithType(member->type()));
  }
  data->type = arrow::struct_(kept);
  return arrow::MakeArray(data);
}

}  // namespace icefield
