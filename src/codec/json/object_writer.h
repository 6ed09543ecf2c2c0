/// Writing JSON objects member by member.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icefield {

/// One JSON object on one line, its members in the order of the calls. Does not: notice a name that
/// comes twice.
class JsonObjectWriter {
 public:
  JsonObjectWriter& Text(std::string_view name, std::string_view value);
  JsonObjectWriter& Flag(std::string_view name, bool value);
  JsonObjectWriter& Texts(std::string_view name, const std::vector<std::string>& values);
  JsonObjectWriter& Null(std::string_view name);

  template <std::integral Integer>
  JsonObjectWriter& Number(std::string_view name, Integer value) {
    return Raw(name, std::to_string(value));
  }

  /// Null where there is none.
  JsonObjectWriter& Number(std::string_view name, std::optional<int64_t> value) {
    return value ? Number(name, *value) : Null(name);
  }

  /// `json` is a JSON value already.
  JsonObjectWriter& Raw(std::string_view name, std::string_view json);

  /// An array of JSON values.
  JsonObjectWriter& RawList(std::string_view name, const std::vector<std::string>& values);

  std::string Finish() const { return members_.empty() ? "{}" : members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace icefield
