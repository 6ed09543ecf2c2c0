#include "codec/avro/schema_tree.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/json.h"
#include "codec/avro/decoder.h"

namespace icefield::avro {
namespace {

struct KindName {
  std::string_view name;
  Kind kind;
  size_t bytes_min;
};

constexpr std::array<KindName, 8> kPrimitives{{
    {"null", Kind::kNull, 0},
    {"boolean", Kind::kBoolean, 1},
    {"int", Kind::kInt, 1},
    {"long", Kind::kLong, 1},
    {"float", Kind::kFloat, 4},
    {"double", Kind::kDouble, 8},
    {"bytes", Kind::kBytes, 1},
    {"string", Kind::kString, 1},
}};

constexpr std::array<std::pair<Kind, std::string_view>, 6> kComplexNames{{
    {Kind::kRecord, "record"},
    {Kind::kEnum, "enum"},
    {Kind::kArray, "array"},
    {Kind::kMap, "map"},
    {Kind::kUnion, "union"},
    {Kind::kFixed, "fixed"},
}};

const KindName* FindPrimitive(std::string_view name) {
  for (const KindName& primitive : kPrimitives) {
    if (primitive.name == name) return &primitive;
  }
  return nullptr;
}

// Sums of sums may double at each level of a schema; beyond any file's size the value no longer
// matters.
size_t SaturatingAdd(size_t a, size_t b) {
  constexpr size_t kFar = size_t{1} << 62;
  return std::min(a + b, kFar);
}

class TreeBuilder {
 public:
  Result<SchemaTree> Build(const JsonValue& root) && {
    ICEFIELD_ASSIGN(tree_.root, BuildType(root, "", 1));
    return std::move(tree_);
  }

 private:
  struct Definition {
    NodeId node;
    std::string json;
  };

  Result<NodeId> BuildType(const JsonValue& value, const std::string& space, int depth) {
    if (depth > kDepthMax) {
      return CorruptData(value.Path(), " nests deeper than ", kDepthMax, " levels");
    }
    if (value.IsString()) return BuildName(value, space);
    if (value.IsArray()) return BuildUnion(value, space, depth);
    if (value.IsObject()) return BuildObject(value, space, depth);
    return value.Mismatch("a type: a name, an object or an array");
  }

  Result<NodeId> BuildName(const JsonValue& value, const std::string& space) {
    ICEFIELD_ASSIGN(std::string name, value.As<std::string>());
    if (const KindName* primitive = FindPrimitive(name)) {
      return Add(
          SchemaNode{.kind = primitive->kind, .bytes_min = primitive->bytes_min, .depth = 1});
    }
    auto found = definitions_.find(FullName(name, space));
    if (found == definitions_.end()) found = definitions_.find(name);
    if (found == definitions_.end()) {
      return CorruptData(value.Path(), " names the type '", name, "', which is not defined before");
    }
    return found->second.node;
  }

  Result<NodeId> BuildUnion(const JsonValue& value, const std::string& space, int depth) {
    SchemaNode node{.kind = Kind::kUnion, .bytes_min = 1};
    ICEFIELD_ASSIGN(std::vector<JsonValue> branches, value.Elements());
    for (const JsonValue& branch : branches) {
      ICEFIELD_ASSIGN(NodeId child, BuildType(branch, space, depth + 1));
      if (tree_.at(child).kind == Kind::kUnion) {
        return CorruptData(branch.Path(), " is a union directly inside a union");
      }
      node.children.push_back(child);
    }
    if (node.children.empty()) return CorruptData(value.Path(), " is a union without branches");
    return Complete(Add(std::move(node)), value);
  }

  Result<NodeId> BuildObject(const JsonValue& value, const std::string& space, int depth) {
    ICEFIELD_ASSIGN(JsonValue type, value.Get("type"));
    if (!type.IsString()) return BuildType(type, space, depth + 1);
    ICEFIELD_ASSIGN(std::string name, type.As<std::string>());
    if (name == "record" || name == "error") return BuildRecord(value, space, depth);
    if (name == "enum") return BuildEnum(value, space);
    if (name == "fixed") return BuildFixed(value, space);
    if (name == "array") return BuildArray(value, space, depth);
    if (name == "map") return BuildMap(value, space, depth);
    ICEFIELD_ASSIGN(NodeId id, BuildName(type, space));
    if (FindPrimitive(name) != nullptr) ICEFIELD_TRY(ReadLogicalType(value, id));
    return id;
  }

  Result<NodeId> BuildRecord(const JsonValue& value, const std::string& space, int depth) {
    ICEFIELD_ASSIGN(NodeId id, Define(value, space, SchemaNode{.kind = Kind::kRecord}));
    const std::string& name = tree_.at(id).name;
    const size_t dot = name.rfind('.');
    const std::string inner_space = dot == std::string::npos ? "" : name.substr(0, dot);
    ICEFIELD_ASSIGN(JsonValue members, value.Get("fields"));
    ICEFIELD_ASSIGN(std::vector<JsonValue> elements, members.Elements());
    std::vector<SchemaField> fields;
    std::set<std::string> names;
    for (const JsonValue& element : elements) {
      SchemaField field;
      ICEFIELD_ASSIGN(field.name, element.Get<std::string>("name"));
      ICEFIELD_ASSIGN(field.field_id, element.Find<int32_t>("field-id"));
      ICEFIELD_ASSIGN(JsonValue type, element.Get("type"));
      ICEFIELD_ASSIGN(field.type, BuildType(type, inner_space, depth + 1));
      if (!names.insert(field.name).second) {
        return CorruptData(element.Path(), " is a second field '", field.name, "'");
      }
      fields.push_back(std::move(field));
    }
    for (const SchemaField& field : fields) {
      const SchemaNode& child = tree_.at(field.type);
      // A record that is still being built comes back to itself through a union, array or map, so
      // its values take at least the byte of that one.
      const size_t child_min = child.depth == 0 ? 1 : child.bytes_min;
      tree_.nodes[id].bytes_min = SaturatingAdd(tree_.at(id).bytes_min, child_min);
    }
    tree_.nodes[id].fields = std::move(fields);
    ICEFIELD_TRY(ReadLogicalType(value, id));
    return Complete(id, value);
  }

  Result<NodeId> BuildEnum(const JsonValue& value, const std::string& space) {
    SchemaNode node{.kind = Kind::kEnum, .bytes_min = 1, .depth = 1};
    ICEFIELD_ASSIGN(JsonValue symbols, value.Get("symbols"));
    ICEFIELD_ASSIGN(node.symbols, symbols.ElementsAs<std::string>());
    return Define(value, space, std::move(node));
  }

  Result<NodeId> BuildFixed(const JsonValue& value, const std::string& space) {
    SchemaNode node{.kind = Kind::kFixed, .depth = 1};
    ICEFIELD_ASSIGN(node.size, value.Get<int32_t>("size"));
    if (node.size < 0) return CorruptData(value.Path(), " has the size ", node.size);
    node.bytes_min = static_cast<size_t>(node.size);
    ICEFIELD_ASSIGN(NodeId id, Define(value, space, std::move(node)));
    ICEFIELD_TRY(ReadLogicalType(value, id));
    return id;
  }

  Result<NodeId> BuildArray(const JsonValue& value, const std::string& space, int depth) {
    SchemaNode node{.kind = Kind::kArray, .bytes_min = 1};
    ICEFIELD_ASSIGN(JsonValue items, value.Get("items"));
    ICEFIELD_ASSIGN(NodeId item, BuildType(items, space, depth + 1));
    node.children.push_back(item);
    ICEFIELD_ASSIGN(node.element_id, value.Find<int32_t>("element-id"));
    const NodeId id = Add(std::move(node));
    ICEFIELD_TRY(ReadLogicalType(value, id));
    return Complete(id, value);
  }

  Result<NodeId> BuildMap(const JsonValue& value, const std::string& space, int depth) {
    SchemaNode node{.kind = Kind::kMap, .bytes_min = 1};
    ICEFIELD_ASSIGN(JsonValue values, value.Get("values"));
    ICEFIELD_ASSIGN(NodeId child, BuildType(values, space, depth + 1));
    node.children.push_back(child);
    ICEFIELD_ASSIGN(node.key_id, value.Find<int32_t>("key-id"));
    ICEFIELD_ASSIGN(node.value_id, value.Find<int32_t>("value-id"));
    return Complete(Add(std::move(node)), value);
  }

  Status ReadLogicalType(const JsonValue& value, NodeId id) {
    SchemaNode& node = tree_.nodes[id];
    ICEFIELD_ASSIGN(std::optional<std::string> logical, value.Find<std::string>("logicalType"));
    if (!logical) return {};
    node.logical_type = *std::move(logical);
    if (node.logical_type == "decimal") {
      ICEFIELD_ASSIGN(node.precision, value.Get<int32_t>("precision"));
      ICEFIELD_ASSIGN(std::optional<int32_t> scale, value.Find<int32_t>("scale"));
      node.scale = scale.value_or(0);
    }
    ICEFIELD_ASSIGN(std::optional<bool> adjust, value.Find<bool>("adjust-to-utc"));
    node.adjust_to_utc = adjust.value_or(false);
    return {};
  }

  // Adds a named type and makes its name known. A record is known before its fields are built.
  Result<NodeId> Define(const JsonValue& value, const std::string& space, SchemaNode node) {
    ICEFIELD_ASSIGN(std::string name, value.Get<std::string>("name"));
    ICEFIELD_ASSIGN(std::optional<std::string> own_space, value.Find<std::string>("namespace"));
    node.name = FullName(name, own_space.value_or(space));
    std::string json = value.Text();
    auto [found, is_new] = definitions_.try_emplace(node.name, Definition{0, json});
    if (!is_new && found->second.json != json) {
      return CorruptData(value.Path(), " defines the type '", node.name, "' a second time");
    }
    const NodeId id = Add(std::move(node));
    found->second.node = id;
    return id;
  }

  // Sets the depth of a node whose children are complete (but for records that contain it).
  Result<NodeId> Complete(NodeId id, const JsonValue& value) {
    SchemaNode& node = tree_.nodes[id];
    int below = 0;
    for (NodeId child : node.children) below = std::max(below, tree_.at(child).depth);
    for (const SchemaField& field : node.fields)
      below = std::max(below, tree_.at(field.type).depth);
    node.depth = below + 1;
    if (node.depth <= kDepthMax) return id;
    return CorruptData(value.Path(), " nests deeper than ", kDepthMax, " levels");
  }

  NodeId Add(SchemaNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(tree_.nodes.size() - 1);
  }

  static std::string FullName(const std::string& name, const std::string& space) {
    if (space.empty() || name.find('.') != std::string::npos) return name;
    return space + "." + name;
  }

  SchemaTree tree_;
  std::map<std::string, Definition> definitions_;
};

}  // namespace

Result<SchemaTree> ParseSchemaTree(std::string_view json) {
  ICEFIELD_ASSIGN(JsonDocument document, JsonDocument::Parse(json));
  return TreeBuilder().Build(document.Root());
}

Result<NullableType> SplitNullable(const SchemaTree& tree, NodeId type) {
  const SchemaNode& node = tree.at(type);
  if (node.kind != Kind::kUnion) return NullableType{type};
  if (node.children.size() == 2) {
    for (int branch : {0, 1}) {
      const NodeId other = node.children[1 - branch];
      if (tree.at(node.children[branch]).kind == Kind::kNull &&
          tree.at(other).kind != Kind::kNull) {
        return NullableType{other, branch};
      }
    }
  }
  return CorruptData("a union of other than null and one type");
}

Result<const SchemaField*> FindField(const SchemaNode& record, int32_t field_id) {
  const SchemaField* found = nullptr;
  for (const SchemaField& field : record.fields) {
    if (field.field_id != field_id) continue;
    if (found != nullptr) return CorruptData("two fields have the field id ", field_id);
    found = &field;
  }
  return found;
}

std::string TypeText(const SchemaNode& node) {
  for (const KindName& primitive : kPrimitives) {
    if (primitive.kind == node.kind) return std::string(primitive.name);
  }
  for (const auto& [kind, name] : kComplexNames) {
    if (kind == node.kind)
      return node.name.empty() ? std::string(name) : StrCat(name, " ", node.name);
  }
  return "?";
}

}  // namespace icefield::avro
