/// The columns of a shredded variant: a group of value and typed_value, and the groups inside.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/variant/dictionary.h"
#include "codec/variant/value_decoder.h"

namespace icefield::variant {

/// What an extension type stores; any other column as it is.
std::shared_ptr<arrow::Array> StorageOf(const std::shared_ptr<arrow::Array>& column);

/// The column `name` of `group`, without extension types; null where there is none. CorruptData
/// where there are several.
Result<std::shared_ptr<arrow::Array>> FindColumn(const arrow::StructArray& group,
                                                 const std::string& name);

/// One value of each row, from the column value, the column typed_value, or both. Owns a share of
/// the columns. All that the types decide is decided once, by Make.
class ShreddedGroup {
 public:
  /// Unsupported where typed_value, or one inside of it, has a type to which variants are not
  /// shredded; CorruptData where the columns are no such group. `path` leads to the group in
  /// messages: "" or "typed_value.a."; `depth` counts the groups around this one.
  static Result<ShreddedGroup> Make(const std::shared_ptr<arrow::Array>& rows, std::string path,
                                    int depth);

  /// Appends the JSON of a row's value; false, and nothing appended, where it is missing. After an
  /// error a part of the text may stand at the end of `out`.
  Result<bool> Append(const Dictionary& dictionary, int64_t row, std::string& out) const;

 private:
  enum class Shape : uint8_t { kScalar, kObject, kArray };
  struct Field;

  ShreddedGroup(std::shared_ptr<arrow::Array> rows, std::string path, int depth);

  Status SetTypedValue(std::shared_ptr<arrow::Array> column);
  Status AddFields(const arrow::StructArray& columns);
  Status AppendTyped(const Dictionary& dictionary, int64_t row, std::string& out) const;
  Status AppendObject(const Dictionary& dictionary, int64_t row, std::string& out) const;
  Status AppendArray(const Dictionary& dictionary, int64_t row, std::string& out) const;
  Result<std::vector<JsonField>> OtherFields(const Dictionary& dictionary, int64_t row) const;
  bool HasField(std::string_view name) const;

  std::shared_ptr<arrow::Array> rows_;
  std::string path_;
  int depth_;
  std::shared_ptr<arrow::Array> value_;        // null: no such column
  std::shared_ptr<arrow::Array> typed_value_;  // null: no such column
  Shape shape_ = Shape::kScalar;               // of typed_value_
  std::vector<Field> fields_;                  // of kObject, ordered by name
  std::vector<ShreddedGroup> element_;         // of kArray: exactly one
};

struct ShreddedGroup::Field {
  std::string name;
  ShreddedGroup group;
};

}  // namespace icefield::variant
