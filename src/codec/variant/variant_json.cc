#include "codec/variant/variant_json.h"

#include <arrow/builder.h>

#include <optional>
#include <utility>

#include "batch/arrow_status.h"
#include "codec/variant/dictionary.h"
#include "codec/variant/shredded_group.h"
#include "codec/variant/shredded_scalar.h"
#include "codec/variant/value_decoder.h"

namespace icefield {
namespace {

using variant::Dictionary;
using variant::ShreddedGroup;

// The dictionary of each row in turn. Neighbours mostly have the same metadata: it is parsed once
// for all of them.
class DictionaryColumn {
 public:
  explicit DictionaryColumn(const arrow::Array& metadata) : metadata_(metadata) {}

  /// Valid until the next call.
  Result<const Dictionary*> At(int64_t row) {
    if (metadata_.IsNull(row)) return CorruptData("the variant has no metadata");
    const std::string_view bytes = *variant::BytesAt(metadata_, row);
    if (parsed_ != bytes) {
      parsed_.reset();
      ICEFIELD_ASSIGN(dictionary_, Dictionary::Parse(bytes));
      parsed_ = bytes;
    }
    return &dictionary_;
  }

 private:
  const arrow::Array& metadata_;
  std::optional<std::string_view> parsed_;
  Dictionary dictionary_;
};

Status AppendRow(DictionaryColumn& dictionaries, const ShreddedGroup& group, int64_t row,
                 std::string& json) {
  ICEFIELD_ASSIGN(const Dictionary* dictionary, dictionaries.At(row));
  ICEFIELD_ASSIGN(const bool present, group.Append(*dictionary, row, json));
  if (!present) json += "null";
  return {};
}

}  // namespace

Result<std::string> VariantToJson(std::string_view metadata, std::string_view value) {
  ICEFIELD_ASSIGN(const Dictionary dictionary, Dictionary::Parse(metadata));
  std::string json;
  ICEFIELD_TRY(variant::AppendValue(dictionary, value, 0, json));
  return json;
}

Result<std::shared_ptr<arrow::Array>> VariantColumnToJson(const arrow::Array& group) {
  const std::shared_ptr<arrow::Array> rows = variant::StorageOf(arrow::MakeArray(group.data()));
  if (rows->type_id() != arrow::Type::STRUCT) {
    return InvalidArgument("a variant column must be a struct, it is ", rows->type()->ToString());
  }
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Array> metadata,
                  variant::FindColumn(static_cast<const arrow::StructArray&>(*rows), "metadata"));
  if (metadata == nullptr) return CorruptData("a variant group has no column metadata");
  if (!variant::IsBinary(*metadata->type())) {
    return CorruptData("metadata of a variant must be binary, it is ",
                       metadata->type()->ToString());
  }
  ICEFIELD_ASSIGN(const ShreddedGroup values, ShreddedGroup::Make(rows, "", 0));

  DictionaryColumn dictionaries(*metadata);
  arrow::StringBuilder out;
  ICEFIELD_ARROW_TRY(out.Reserve(rows->length()), "the JSON of a variant column");
  std::string json;
  for (int64_t row = 0; row < rows->length(); ++row) {
    if (rows->IsNull(row)) {
      out.UnsafeAppendNull();
      continue;
    }
    json.clear();
    if (Status status = AppendRow(dictionaries, values, row, json); !status.ok()) {
      return std::move(status).error().At(StrCat("variant in row ", row));
    }
    ICEFIELD_ARROW_TRY(out.Append(json), "the JSON of a variant column");
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> column, out.Finish(),
                        "the JSON of a variant column");
  return column;
}

}  // namespace icefield
