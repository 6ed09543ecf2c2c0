// Entity rows as a person types them.
#include <arrow/array/array_binary.h>
#include <arrow/array/builder_binary.h>
#include <arrow/table.h>

#include <algorithm>
#include <charconv>

#include "batch/arrow_status.h"
#include "codec/arrow/constant.h"
#include "model/calendar.h"
#include "model/literal.h"
#include "retrieval/why.h"

namespace icefield {
namespace {

template <typename Number>
std::optional<Literal> NumberLiteral(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Literal(number);
}

// The literal that a text stands for; nothing where it stands for none of the type.
std::optional<Literal> LiteralOf(const PrimitiveType& type, const std::string& text) {
  switch (type.kind) {
    case PrimitiveKind::kBoolean:
      if (text == "true" || text == "false") return Literal(text == "true");
      return std::nullopt;
    case PrimitiveKind::kInt:
    case PrimitiveKind::kLong:
      return NumberLiteral<int64_t>(text);
    case PrimitiveKind::kFloat:
    case PrimitiveKind::kDouble:
      return NumberLiteral<double>(text);
    default:
      return Literal(text);
  }
}

Result<std::shared_ptr<arrow::Array>> KeyOf(const Field& key, const std::string& text) {
  const PrimitiveType& type = *key.type.primitive();
  const std::string where = StrCat("key '", key.name, "'");
  const std::optional<Literal> literal = LiteralOf(type, text);
  std::optional<FittedLiteral> fitted;
  if (literal) {
    Result<FittedLiteral> found = FitLiteral(*literal, type);
    if (!found.ok()) return std::move(found).error().At(where);
    fitted = *std::move(found);
  }
  if (!fitted || fitted->fit != LiteralFit::kExact) {
    return InvalidArgument(where, ": '", text, "' is no value of type ", PrimitiveTypeText(type));
  }
  ICEFIELD_ASSIGN(const ArrowScalar value, ConstantOf(type, fitted->value));
  return Repeat(*value, 1, where);
}

}  // namespace

Result<std::shared_ptr<arrow::Table>> EntityRowFromText(
    const ViewRequest& view, const std::vector<std::pair<std::string, std::string>>& keys,
    const std::string& entity_timestamp, const std::string& time) {
  ICEFIELD_ASSIGN(const PinnedView pinned, PinView(view.source, view.spec));
  const BoundView& bound = pinned.view;
  if (!ParseIsoInstant(time)) {
    return InvalidArgument("the entity time '", time,
                           "' is not an ISO-8601 time such as 2024-01-31T12:00:00+00:00 (P10)");
  }
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  std::vector<uint8_t> used(keys.size(), 0);
  for (size_t key = 0; key < bound.keys.size(); ++key) {
    const std::string& column = bound.frame_keys[key];
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& given) {
      return given.first == column || given.first == bound.keys[key].name;
    });
    if (found == keys.end())
      return InvalidArgument("the join key '", column, "' of view '", bound.name, "' is missing");
    used[static_cast<size_t>(found - keys.begin())] = 1;
    if (std::any_of(fields.begin(), fields.end(),
                    [&](const auto& field) { return field->name() == column; }))
      continue;
    ICEFIELD_ASSIGN(columns.emplace_back(), KeyOf(bound.keys[key], found->second));
    fields.push_back(arrow::field(column, columns.back()->type()));
  }
  for (size_t at = 0; at < keys.size(); ++at) {
    if (used[at] != 0) continue;
    return InvalidArgument("view '", bound.name, "' has no join key '", keys[at].first,
                           "'; its keys are ",
                           bound.frame_keys.empty() ? "none" : Join(bound.frame_keys, ", "));
  }
  arrow::StringBuilder texts;
  ICEFIELD_ARROW_TRY(texts.Append(time), "entity time");
  ICEFIELD_ARROW_ASSIGN(columns.emplace_back(), texts.Finish(), "entity time");
  fields.push_back(arrow::field(entity_timestamp, arrow::utf8()));
  return arrow::Table::Make(arrow::schema(std::move(fields)), columns, 1);
}

}  // namespace icefield
