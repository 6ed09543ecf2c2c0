#include "base/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace icefield {
namespace {

// The deepest nesting of brackets outside strings. Counted before parsing, so that no document can
// make the parser build a tree that is dangerous to walk.
int DepthOf(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

std::string Dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string KindOf(const nlohmann::json& value) {
  if (value.is_null()) return "null";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a string";
  return Dump(value);
}

std::string MemberPath(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : StrCat(path, ".", key);
}

}  // namespace

std::string JsonValue::Path() const { return path_.empty() ? "the document" : path_; }

bool JsonValue::IsObject() const { return value_->is_object(); }
bool JsonValue::IsArray() const { return value_->is_array(); }
bool JsonValue::IsString() const { return value_->is_string(); }

Error JsonValue::Mismatch(std::string_view expected) const {
  return CorruptData(Path(), " must be ", expected, ", it is ", KindOf(*value_));
}

template <>
Result<std::string> JsonValue::As<std::string>() const {
  if (!value_->is_string()) return Mismatch("a string");
  return value_->get_ref<const std::string&>();
}

template <>
Result<bool> JsonValue::As<bool>() const {
  if (!value_->is_boolean()) return Mismatch("true or false");
  return value_->get<bool>();
}

template <>
Result<int64_t> JsonValue::As<int64_t>() const {
  if (!value_->is_number_integer()) return Mismatch("a whole number");
  if (value_->is_number_unsigned() &&
      value_->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return CorruptData(Path(), " is ", Text(), ", which does not fit 64 bits");
  }
  return value_->get<int64_t>();
}

template <>
Result<int32_t> JsonValue::As<int32_t>() const {
  ICEFIELD_ASSIGN(const int64_t wide, As<int64_t>());
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
    return CorruptData(Path(), " is ", wide, ", which does not fit 32 bits");
  }
  return static_cast<int32_t>(wide);
}

Result<std::vector<JsonValue>> JsonValue::Elements() const {
  if (!IsArray()) return Mismatch("a list");
  std::vector<JsonValue> out;
  out.reserve(value_->size());
  for (const nlohmann::json& element : *value_) {
    out.emplace_back(element, StrCat(path_, "[", out.size(), "]"));
  }
  return out;
}

Result<std::vector<std::pair<std::string, JsonValue>>> JsonValue::Members() const {
  if (!IsObject()) return Mismatch("an object");
  std::vector<std::pair<std::string, JsonValue>> out;
  out.reserve(value_->size());
  for (const auto& [key, member] : value_->items()) {
    out.emplace_back(key, JsonValue(member, MemberPath(path_, key)));
  }
  return out;
}

Result<std::map<std::string, std::string>> JsonValue::TextMembers() const {
  ICEFIELD_ASSIGN(const auto members, Members());
  std::map<std::string, std::string> out;
  for (const auto& [key, member] : members) {
    if (member.value_->is_structured() || member.value_->is_null()) {
      return member.Mismatch("a string");
    }
    out.emplace(key, member.IsString() ? member.value_->get<std::string>() : member.Text());
  }
  return out;
}

Result<std::optional<JsonValue>> JsonValue::Find(std::string_view key) const {
  if (!IsObject()) return Mismatch("an object");
  const auto found = value_->find(std::string(key));
  if (found == value_->end() || found->is_null()) return std::optional<JsonValue>();
  return std::optional<JsonValue>(JsonValue(*found, MemberPath(path_, key)));
}

Result<JsonValue> JsonValue::Get(std::string_view key) const {
  ICEFIELD_ASSIGN(std::optional<JsonValue> member, Find(key));
  if (!member) return CorruptData(MemberPath(path_, key), " is missing");
  return *std::move(member);
}

std::string JsonValue::Text() const { return Dump(*value_); }

JsonDocument::JsonDocument(std::unique_ptr<nlohmann::json> root) : root_(std::move(root)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonValue JsonDocument::Root() const { return {*root_, ""}; }

Result<JsonDocument> JsonDocument::Parse(std::string_view text, int depth_max) {
  if (DepthOf(text) > depth_max) {
    return CorruptData("the JSON is nested deeper than ", depth_max, " levels");
  }
  try {
    return JsonDocument(std::make_unique<nlohmann::json>(nlohmann::json::parse(text)));
  } catch (const nlohmann::json::parse_error& failure) {
    return CorruptData("not valid JSON: ", failure.what());
  } catch (const nlohmann::json::exception& failure) {  // A number beyond every number type.
    return CorruptData("not usable JSON: ", failure.what());
  }
}

std::string JsonQuote(std::string_view text) { return Dump(nlohmann::json(text)); }

}  // namespace icefield
