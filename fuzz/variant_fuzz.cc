/// Any bytes as a variant: alone, and as the part of an object that is not shredded. The first byte
/// is the size of the metadata, which follows; the rest is the value. What is read must be JSON.
#include <arrow/array.h>
#include <arrow/builder.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "codec/variant/variant_json.h"

namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

template <typename Builder, typename Value>
ArrayPtr OneRow(const Value& value) {
  Builder builder;
  if (!builder.Append(value).ok()) std::abort();
  return builder.Finish().ValueOrDie();
}

void ExpectJson(std::string_view text) {
  constexpr int kDepthMax = 1001;
  if (!icefield::JsonDocument::Parse(text, kDepthMax).ok()) std::abort();
}

// The value beside a shredded object whose one field is 7.
void ReadAsShredded(std::string_view metadata, std::string_view value) {
  const auto field =
      arrow::StructArray::Make({OneRow<arrow::Int64Builder>(7)}, {std::string("typed_value")});
  const auto typed = arrow::StructArray::Make({field.ValueOrDie()}, {std::string("a")});
  const auto group = arrow::StructArray::Make(
      {OneRow<arrow::BinaryBuilder>(metadata), OneRow<arrow::BinaryBuilder>(value),
       typed.ValueOrDie()},
      {std::string("metadata"), std::string("value"), std::string("typed_value")});
  const auto json = icefield::VariantColumnToJson(*group.ValueOrDie());
  if (json.ok()) ExpectJson(static_cast<const arrow::StringArray&>(**json).GetView(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view metadata = bytes.substr(0, std::min<size_t>(data[0], bytes.size()));
  const std::string_view value = bytes.substr(metadata.size());
  const auto json = icefield::VariantToJson(metadata, value);
  if (json.ok()) ExpectJson(*json);
  ReadAsShredded(metadata, value);
  return 0;
}
