#include "codec/parquet/readable_schema.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <charconv>

#include "batch/arrow_status.h"
#include "codec/parquet/flat_column.h"

namespace icefield {
namespace {

using parquet::LogicalType;
using parquet::schema::GroupNode;
using parquet::schema::Node;
using parquet::schema::NodePtr;
using parquet::schema::PrimitiveNode;
using LogicalTypePtr = std::shared_ptr<const LogicalType>;

// The one place where a Parquet column gets its field id.
std::optional<FieldId> FieldIdOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return std::nullopt;
  arrow::Result<std::string> text = field.metadata()->Get("PARQUET:field_id");
  if (!text.ok()) return std::nullopt;
  int32_t number = -1;
  std::from_chars(text->data(), text->data() + text->size(), number);
  if (number < 0) return std::nullopt;
  return FieldId{number};
}

FileColumn ToFileColumn(const parquet::arrow::SchemaField& node,
                        const std::vector<LeafForm>& forms) {
  FileColumn column;
  column.id = FieldIdOf(*node.field);
  column.name = node.field->name();
  const std::vector<parquet::arrow::SchemaField>* children = &node.children;
  switch (node.field->type()->id()) {
    case arrow::Type::STRUCT:
      column.kind = FileColumn::Kind::kStruct;
      break;
    case arrow::Type::MAP:
      column.kind = FileColumn::Kind::kMap;
      children = &node.children.at(0).children;
      break;
    case arrow::Type::LIST:
      column.kind = FileColumn::Kind::kList;
      break;
    default:
      column.leaf = node.column_index;
      column.form = forms.at(static_cast<size_t>(node.column_index));
  }
  for (const parquet::arrow::SchemaField& child : *children) {
    column.children.push_back(ToFileColumn(child, forms));
  }
  return column;
}

// What Arrow says of a schema of these columns.
arrow::Status TryColumns(const parquet::schema::NodeVector& columns) {
  parquet::SchemaDescriptor schema;
  schema.Init(GroupNode::Make("schema", parquet::Repetition::REQUIRED, columns));
  parquet::arrow::SchemaManifest manifest;
  return parquet::arrow::SchemaManifest::Make(&schema, nullptr, parquet::ArrowReaderProperties(),
                                              &manifest);
}

LeafForm FormOf(const PrimitiveNode& leaf) {
  constexpr int kDecimalBytesMax = 16;
  constexpr int kPrecisionMax = 38;
  if (leaf.physical_type() == parquet::Type::INT96) return {.kind = LeafForm::Kind::kInt96};
  const LogicalType& logical = *leaf.logical_type();
  if (logical.is_timestamp()) {
    const auto& timestamp = static_cast<const parquet::TimestampLogicalType&>(logical);
    if (timestamp.is_from_converted_type()) return {.kind = LeafForm::Kind::kUnzonedInstant};
  }
  if (logical.is_decimal()) {
    const auto& decimal = static_cast<const parquet::DecimalLogicalType&>(logical);
    const bool any_width = leaf.physical_type() == parquet::Type::BYTE_ARRAY ||
                           (leaf.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY &&
                            leaf.type_length() > kDecimalBytesMax);
    if (any_width && decimal.precision() <= kPrecisionMax) {
      return {.kind = LeafForm::Kind::kDecimalBytes,
              .precision = decimal.precision(),
              .scale = decimal.scale()};
    }
  }
  return {};
}

// Not every writer annotates one; these two members make it.
bool IsBytes(const parquet::schema::Node& node) {
  return node.is_primitive() &&
         static_cast<const PrimitiveNode&>(node).physical_type() == parquet::Type::BYTE_ARRAY;
}

bool IsVariant(const GroupNode& group) {
  if (group.logical_type() != nullptr && group.logical_type()->is_variant()) return true;
  const int metadata = group.FieldIndex("metadata");
  const int value = group.FieldIndex("value");
  return metadata >= 0 && value >= 0 && group.field(metadata)->field_id() < 0 &&
         IsBytes(*group.field(metadata)) && IsBytes(*group.field(value));
}

// Only lists, maps and the like may be an annotation of a group.
NodePtr WithChildren(const GroupNode& group, const parquet::schema::NodeVector& children,
                     const LogicalTypePtr& type) {
  const bool is_shape = type != nullptr && type->is_nested();
  return GroupNode::Make(group.name(), group.repetition(), children, is_shape ? type : nullptr,
                         group.field_id());
}

// Copies a schema as it is to be. Visits the leaves in their order.
class Rewriter {
 public:
  /// `arrow_refuses`: Arrow does not get through the schema, so each leaf is tried alone.
  explicit Rewriter(bool arrow_refuses) : arrow_refuses_(arrow_refuses) {}

  /// Null for a group without leaves. `in_variant`: inside a variant, whose leaves are read by
  /// Arrow's types alone.
  NodePtr Copy(const Node& node, bool in_variant = false) {
    if (node.is_primitive()) return CopyLeaf(static_cast<const PrimitiveNode&>(node), in_variant);
    const auto& group = static_cast<const GroupNode&>(node);
    in_variant = in_variant || IsVariant(group);
    parquet::schema::NodeVector children;
    for (int at = 0; at < group.field_count(); ++at) {
      if (NodePtr child = Copy(*group.field(at), in_variant)) children.push_back(std::move(child));
    }
    changed_ |= children.size() != static_cast<size_t>(group.field_count()) || children.empty();
    if (children.empty()) return nullptr;
    return WithChildren(group, children, group.logical_type());
  }

  bool changed() const { return changed_; }
  std::vector<LeafForm> TakeForms() { return std::move(forms_); }

 private:
  NodePtr CopyLeaf(const PrimitiveNode& leaf, bool in_variant) {
    LeafForm form = in_variant ? LeafForm{} : FormOf(leaf);
    NodePtr copy = WithType(leaf, leaf.logical_type());
    if (arrow_refuses_ && form.kind == LeafForm::Kind::kPlain) {
      const arrow::Status tried = TryColumns({WithType(leaf, leaf.logical_type())});
      if (!tried.ok()) {
        form = {.kind = LeafForm::Kind::kUnreadable,
                .reason = StrCat("Parquet type ", leaf.logical_type()->ToString(), " is not read (",
                                 tried.message(), ")")};
      }
    }
    if (form.kind == LeafForm::Kind::kDecimalBytes || form.kind == LeafForm::Kind::kUnreadable) {
      changed_ = true;
      copy = WithType(leaf, LogicalType::None());
    }
    forms_.push_back(std::move(form));
    return copy;
  }

  static NodePtr WithType(const PrimitiveNode& leaf, const LogicalTypePtr& type) {
    NodePtr copy = PrimitiveNode::Make(leaf.name(), leaf.repetition(), type, leaf.physical_type(),
                                       leaf.type_length(), leaf.field_id());
    static_cast<PrimitiveNode&>(*copy).SetColumnOrder(leaf.column_order());
    return copy;
  }

  bool arrow_refuses_;
  bool changed_ = false;
  std::vector<LeafForm> forms_;
};

// A column with all its groups as plain structs.
NodePtr WithoutShapes(const NodePtr& node) {
  if (node->is_primitive()) return node;
  const auto& group = static_cast<const GroupNode&>(*node);
  parquet::schema::NodeVector children;
  for (int at = 0; at < group.field_count(); ++at)
    children.push_back(WithoutShapes(group.field(at)));
  return WithChildren(group, children, nullptr);
}

void DropArrowSchema(const parquet::FileMetaData& metadata) {
  const std::shared_ptr<const arrow::KeyValueMetadata>& pairs = metadata.key_value_metadata();
  if (pairs == nullptr || !pairs->Contains("ARROW:schema")) return;
  // The footer's parser made it, as its own; it is only handed out as const.
  // Fails for a missing key alone.
  (void)const_cast<arrow::KeyValueMetadata&>(*pairs).Delete("ARROW:schema");
}

// The form of each leaf.
Result<std::vector<LeafForm>> Rewrite(const parquet::FileMetaData& metadata,
                                      const std::string& location) {
  const parquet::SchemaDescriptor& schema = *metadata.schema();
  parquet::arrow::SchemaManifest manifest;
  const arrow::Status whole = parquet::arrow::SchemaManifest::Make(
      &schema, nullptr, parquet::ArrowReaderProperties(), &manifest);
  Rewriter rewriter(!whole.ok());
  parquet::schema::NodeVector columns;
  bool changed = !whole.ok();
  for (int at = 0; at < schema.group_node()->field_count(); ++at) {
    NodePtr column = rewriter.Copy(*schema.group_node()->field(at));
    if (column == nullptr) continue;
    if (!whole.ok() && !TryColumns({column}).ok()) column = WithoutShapes(column);
    columns.push_back(std::move(column));
  }
  changed |= rewriter.changed();
  if (!changed) return rewriter.TakeForms();
  ICEFIELD_ARROW_TRY(TryColumns(columns), location, ErrorCode::kUnsupported);
  // After the trials: a node belongs to the last group that was made of it.
  parquet::SchemaDescriptor readable;
  readable.Init(WithChildren(*schema.group_node(), columns, nullptr));
  // As with the pairs above: the descriptor is the footer's own, and everything that reads columns
  // later asks it.
  const_cast<parquet::SchemaDescriptor&>(schema) = readable;
  return rewriter.TakeForms();
}

}  // namespace

Result<ReadableSchema> MakeReadable(parquet::FileMetaData& metadata, const std::string& location) {
  DropArrowSchema(metadata);
  ICEFIELD_ASSIGN(const std::vector<LeafForm> forms, Rewrite(metadata, location));
  parquet::arrow::SchemaManifest manifest;
  ICEFIELD_ARROW_TRY(parquet::arrow::SchemaManifest::Make(
                         metadata.schema(), nullptr, parquet::ArrowReaderProperties(), &manifest),
                     location, ErrorCode::kCorruptData);
  ReadableSchema schema;
  schema.flat_types.resize(static_cast<size_t>(metadata.num_columns()));
  for (const parquet::arrow::SchemaField& node : manifest.schema_fields) {
    schema.columns.push_back(ToFileColumn(node, forms));
    if (schema.columns.back().kind != FileColumn::Kind::kLeaf) continue;
    const std::shared_ptr<arrow::DataType>& type = node.field->type();
    if (IsFlat(*metadata.schema()->Column(node.column_index), *type))
      schema.flat_types[static_cast<size_t>(node.column_index)] = type;
  }
  return schema;
}

}  // namespace icefield
