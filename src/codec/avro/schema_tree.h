/// Avro schemas as plain values, with the attributes that Iceberg adds to them (Iceberg
/// specification, appendix A).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefield::avro {

enum class Kind : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,
};

/// Position of a node in its tree.
using NodeId = uint32_t;

struct SchemaField {
  std::string name;
  NodeId type = 0;
  std::optional<int32_t> field_id;
  bool operator==(const SchemaField&) const = default;
};

/// One type. Members that its kind does not use are empty.
struct SchemaNode {
  Kind kind = Kind::kNull;
  std::string name;                   ///< record, enum, fixed: the full name.
  std::string logical_type;           ///< As written; also where Avro would ignore it.
  int32_t precision = 0;              ///< logical decimal
  int32_t scale = 0;                  ///< logical decimal
  bool adjust_to_utc = false;         ///< logical timestamps (Iceberg)
  int32_t size = 0;                   ///< fixed: bytes
  std::vector<SchemaField> fields;    ///< record
  std::vector<NodeId> children;       ///< array: item; map: value; union: branches
  std::vector<std::string> symbols;   ///< enum
  std::optional<int32_t> element_id;  ///< array (Iceberg)
  std::optional<int32_t> key_id;      ///< map (Iceberg)
  std::optional<int32_t> value_id;    ///< map (Iceberg)
  /// The fewest bytes that a value takes. 0 only where every value takes none.
  size_t bytes_min = 0;
  int depth = 0;  ///< Nesting below and with this node; at most kDepthMax.

  bool operator==(const SchemaNode&) const = default;
};

/// A whole schema. Named references point at their definition, so that the tree may hold cycles,
/// which only go through records.
struct SchemaTree {
  std::vector<SchemaNode> nodes;
  NodeId root = 0;

  bool operator==(const SchemaTree&) const = default;

  const SchemaNode& at(NodeId id) const { return nodes[id]; }
  const SchemaNode& top() const { return nodes[root]; }
};

/// From the JSON of a schema. CorruptData names the place in it. A name may be defined twice if
/// both definitions are equal: writers repeat fixed types.
Result<SchemaTree> ParseSchemaTree(std::string_view json);

/// What is left of a type when its optionality is taken off.
struct NullableType {
  NodeId type = 0;
  int null_branch = -1;  ///< Index of null in the union; -1: never null.
};

/// `type` itself, or the other branch of a union of null and one type. CorruptData for any other
/// union: Iceberg has none.
Result<NullableType> SplitNullable(const SchemaTree& tree, NodeId type);

/// The field of `record` with this id, or null. CorruptData where two have it.
Result<const SchemaField*> FindField(const SchemaNode& record, int32_t field_id);

/// "record r102", "array"; for messages.
std::string TypeText(const SchemaNode& node);

}  // namespace icefield::avro
