// Any text is either a row filter, whose own text reads back as the same filter, or
// InvalidArgument; it never crashes, hangs or recurses without limit. The same for partition and
// sort terms, which have no text of their own.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/filter/row_filter_parser.h"
#include "codec/filter/table_term_parser.h"

namespace {

icefield::Schema SchemaToBind() {
  icefield::Schema schema;
  int32_t id = 0;
  for (const auto& [name, kind] : {std::pair{"a", icefield::PrimitiveKind::kLong},
                                   {"b", icefield::PrimitiveKind::kString},
                                   {"c", icefield::PrimitiveKind::kDouble},
                                   {"d", icefield::PrimitiveKind::kTimestamptz},
                                   {"e", icefield::PrimitiveKind::kUuid}}) {
    schema.columns.fields.push_back({.id = {++id}, .name = name, .type = kind});
  }
  return schema;
}

template <typename Parsed>
void CheckRefusal(const Parsed& parsed) {
  if (!parsed.ok() && parsed.error().code != icefield::ErrorCode::kInvalidArgument) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const icefield::Schema kSchema = SchemaToBind();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckRefusal(icefield::ParsePartitionTerm(text));
  CheckRefusal(icefield::ParseSortTerm(text));
  const auto filter = icefield::ParseRowFilter(text);
  if (!filter.ok()) {
    if (filter.error().code != icefield::ErrorCode::kInvalidArgument) std::abort();
    return 0;
  }
  // Writing a filter adds parentheses, so one at the limit of nesting may exceed it.
  const auto again = icefield::ParseRowFilter(filter->ToString());
  if (again.ok() ? *again != *filter
                 : again.error().message.find("nested deeper") == std::string::npos)
    std::abort();
  const auto bound = icefield::BindFilter(*filter, kSchema);
  if (bound.ok()) (void)bound->ToString(kSchema);
  return 0;
}
