#include "model/predicate.h"

#include <algorithm>
#include <cctype>

namespace icefield {
namespace {

void CollectFields(const Predicate& predicate, std::vector<FieldId>& fields) {
  for (const Predicate& child : predicate.children) CollectFields(child, fields);
  if (OpShape(predicate.op) != PredicateShape::kBranch) fields.push_back(predicate.field_id);
}

// Joins two sides under `op`; `neutral` leaves the other side as it is, `absorbing` decides the
// whole.
Predicate Combine(PredicateOp op, PredicateOp neutral, PredicateOp absorbing, Predicate a,
                  Predicate b) {
  if (a.op == absorbing || b.op == neutral) return a;
  if (b.op == absorbing || a.op == neutral) return b;
  if (a.op != op) {
    Predicate joined{.op = op};
    joined.children.push_back(std::move(a));
    a = std::move(joined);
  }
  if (b.op == op) {
    std::move(b.children.begin(), b.children.end(), std::back_inserter(a.children));
  } else {
    a.children.push_back(std::move(b));
  }
  return a;
}

bool IsPlainName(std::string_view name) {
  const auto starts = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  const auto goes_on = [&](char c) {
    return starts(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
  };
  return !name.empty() && starts(name.front()) && std::all_of(name.begin(), name.end(), goes_on) &&
         !IsFilterKeyword(name);
}

std::string ColumnText(const std::string& column) {
  const std::vector<std::string> parts = Split(column, '.');
  if (std::all_of(parts.begin(), parts.end(), IsPlainName)) return column;
  std::string out = "\"";
  for (const char byte : column) {
    if (byte == '"' || byte == '\\') out.push_back('\\');
    out.push_back(byte);
  }
  return out + "\"";
}

// "column op literals" of a leaf, whose texts are already made.
std::string LeafText(PredicateOp op, const std::string& column,
                     const std::vector<std::string>& literals) {
  std::string head = StrCat(column, " ", OpText(op));
  switch (OpShape(op)) {
    case PredicateShape::kComparison:
      return StrCat(head, " ", Join(literals, ", "));
    case PredicateShape::kMembership:
      return StrCat(head, " (", Join(literals, ", "), ")");
    default:
      return head;
  }
}

std::string BranchText(PredicateOp op, const std::vector<std::string>& children) {
  if (op == PredicateOp::kTrue) return "true";
  if (op == PredicateOp::kFalse) return "false";
  if (op == PredicateOp::kNot) return StrCat("not (", Join(children, ""), ")");
  return StrCat("(", Join(children, op == PredicateOp::kAnd ? " and " : " or "), ")");
}

}  // namespace

PredicateShape OpShape(PredicateOp op) {
  switch (op) {
    case PredicateOp::kTrue:
    case PredicateOp::kFalse:
    case PredicateOp::kAnd:
    case PredicateOp::kOr:
    case PredicateOp::kNot:
      return PredicateShape::kBranch;
    case PredicateOp::kIn:
    case PredicateOp::kNotIn:
      return PredicateShape::kMembership;
    case PredicateOp::kIsNull:
    case PredicateOp::kNotNull:
    case PredicateOp::kIsNan:
    case PredicateOp::kNotNan:
      return PredicateShape::kTest;
    default:
      return PredicateShape::kComparison;
  }
}

std::string_view OpText(PredicateOp op) {
  switch (op) {
    case PredicateOp::kTrue:
      return "true";
    case PredicateOp::kFalse:
      return "false";
    case PredicateOp::kAnd:
      return "and";
    case PredicateOp::kOr:
      return "or";
    case PredicateOp::kNot:
      return "not";
    case PredicateOp::kEqual:
      return "=";
    case PredicateOp::kNotEqual:
      return "!=";
    case PredicateOp::kLess:
      return "<";
    case PredicateOp::kLessOrEqual:
      return "<=";
    case PredicateOp::kGreater:
      return ">";
    case PredicateOp::kGreaterOrEqual:
      return ">=";
    case PredicateOp::kIn:
      return "in";
    case PredicateOp::kNotIn:
      return "not in";
    case PredicateOp::kIsNull:
      return "is null";
    case PredicateOp::kNotNull:
      return "is not null";
    case PredicateOp::kIsNan:
      return "is nan";
    case PredicateOp::kNotNan:
      return "is not nan";
    case PredicateOp::kStartsWith:
      return "starts with";
    case PredicateOp::kNotStartsWith:
      return "not starts with";
  }
  return "";
}

bool IsFilterKeyword(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kWords[] = {"and",  "or",      "not",    "is",   "in",   "null", "nan",
                                         "like", "between", "starts", "with", "true", "false"};
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

std::string LiteralText(const Literal& literal) {
  if (const auto* flag = std::get_if<bool>(&literal)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&literal)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&literal)) return QuotedText(*text);
  const std::string text = FloatingText(std::get<double>(literal));
  const bool is_word =
      text.find_first_of("ain") != std::string::npos;  // inf, nan: not numerals of the grammar
  return is_word ? QuotedText(text) : text;
}

std::string RowFilter::ToString() const {
  std::vector<std::string> parts;
  if (OpShape(op) == PredicateShape::kBranch) {
    for (const RowFilter& child : children) parts.push_back(child.ToString());
    return BranchText(op, parts);
  }
  for (const Literal& literal : literals) parts.push_back(LiteralText(literal));
  return LeafText(op, ColumnText(column), parts);
}

// Frames of entities have thousands of keys.
constexpr size_t kValuesShownMax = 20;

std::string Predicate::ToString(const Schema& schema) const {
  std::vector<std::string> parts;
  if (OpShape(op) == PredicateShape::kBranch) {
    for (const Predicate& child : children) parts.push_back(child.ToString(schema));
    return BranchText(op, parts);
  }
  for (const Value& value : values) {
    if (parts.size() == kValuesShownMax) break;
    parts.push_back(ValueText(type, value));
  }
  if (values.size() > parts.size())
    parts.push_back(StrCat("... ", values.size() - parts.size(), " more"));
  return LeafText(op, schema.NameOf(field_id), parts);
}

Predicate And(Predicate a, Predicate b) {
  return Combine(PredicateOp::kAnd, PredicateOp::kTrue, PredicateOp::kFalse, std::move(a),
                 std::move(b));
}

Predicate Or(Predicate a, Predicate b) {
  return Combine(PredicateOp::kOr, PredicateOp::kFalse, PredicateOp::kTrue, std::move(a),
                 std::move(b));
}

Predicate Compare(PredicateOp op, const Field& field, Value value) {
  return Predicate{.op = op,
                   .field_id = field.id,
                   .type = *field.type.primitive(),
                   .values = {std::move(value)}};
}

std::vector<FieldId> FieldsOf(const Predicate& predicate) {
  std::vector<FieldId> fields;
  CollectFields(predicate, fields);
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

}  // namespace icefield
