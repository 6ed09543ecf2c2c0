#include "codec/json/object_writer.h"

#include "base/json.h"
#include "base/strings.h"

namespace icefield {

JsonObjectWriter& JsonObjectWriter::Raw(std::string_view name, std::string_view json) {
  members_ += members_.empty() ? '{' : ',';
  members_ += StrCat(JsonQuote(name), ":", json);
  return *this;
}

JsonObjectWriter& JsonObjectWriter::Text(std::string_view name, std::string_view value) {
  return Raw(name, JsonQuote(value));
}

JsonObjectWriter& JsonObjectWriter::Flag(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

JsonObjectWriter& JsonObjectWriter::Null(std::string_view name) { return Raw(name, "null"); }

JsonObjectWriter& JsonObjectWriter::RawList(std::string_view name,
                                            const std::vector<std::string>& values) {
  return Raw(name, StrCat("[", Join(values, ","), "]"));
}

JsonObjectWriter& JsonObjectWriter::Texts(std::string_view name,
                                          const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(JsonQuote(value));
  return RawList(name, quoted);
}

}  // namespace icefield
