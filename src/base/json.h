/// Reading JSON documents: typed access whose errors name the place inside the document.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace icefield {

/// Documents nested deeper than this are refused: readers of recursive structures use the stack.
inline constexpr int kJsonDepthMax = 256;

/// One value inside a JsonDocument, and the path that leads to it. A view: valid while the document
/// lives. Every error is CorruptData with the path in it, such as "snapshots[3].snapshot-id is
/// missing"; who knows the document's name adds it with Error::At.
/// Does not: tell a member that is null from one that is missing.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  /// "schemas[0].fields[2].type"; "the document" for the root.
  std::string Path() const;

  bool IsObject() const;
  bool IsArray() const;
  bool IsString() const;

  /// The value as T: std::string, bool, int32_t or int64_t. A number with a fraction or an exponent
  /// is no integer, and one that does not fit is an error.
  template <typename T>
  Result<T> As() const;

  /// The elements of an array.
  Result<std::vector<JsonValue>> Elements() const;

  /// The elements of an array as T.
  template <typename T>
  Result<std::vector<T>> ElementsAs() const {
    ICEFIELD_ASSIGN(std::vector<JsonValue> elements, Elements());
    std::vector<T> out;
    for (const JsonValue& element : elements) {
      ICEFIELD_ASSIGN(T value, element.As<T>());
      out.push_back(std::move(value));
    }
    return out;
  }

  /// The members of an object, ordered by name.
  Result<std::vector<std::pair<std::string, JsonValue>>> Members() const;

  /// The members of an object as text; numbers and truth values in their JSON form.
  Result<std::map<std::string, std::string>> TextMembers() const;

  /// The member `key` of an object; nothing where it is missing or null.
  Result<std::optional<JsonValue>> Find(std::string_view key) const;

  /// The member `key` of an object; an error where it is missing or null.
  Result<JsonValue> Get(std::string_view key) const;

  template <typename T>
  Result<std::optional<T>> Find(std::string_view key) const {
    ICEFIELD_ASSIGN(std::optional<JsonValue> member, Find(key));
    if (!member) return std::optional<T>();
    ICEFIELD_ASSIGN(T value, member->As<T>());
    return std::optional<T>(std::move(value));
  }

  template <typename T>
  Result<T> Get(std::string_view key) const {
    ICEFIELD_ASSIGN(JsonValue member, Get(key));
    return member.As<T>();
  }

  /// The value as compact JSON.
  std::string Text() const;

  /// "`path` must be `expected`, it is a string"
  Error Mismatch(std::string_view expected) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

template <>
Result<std::string> JsonValue::As<std::string>() const;
template <>
Result<bool> JsonValue::As<bool>() const;
template <>
Result<int32_t> JsonValue::As<int32_t>() const;
template <>
Result<int64_t> JsonValue::As<int64_t>() const;

/// A parsed document. Move-only; owns everything that its values show.
class JsonDocument {
 public:
  /// CorruptData says at which byte `text` stops being JSON (UTF-8), or that it is nested too deep.
  /// Where a name comes twice in one object the last one counts.
  static Result<JsonDocument> Parse(std::string_view text, int depth_max = kJsonDepthMax);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue Root() const;

 private:
  explicit JsonDocument(std::unique_ptr<nlohmann::json> root);

  std::unique_ptr<nlohmann::json> root_;
};

/// `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace icefield
