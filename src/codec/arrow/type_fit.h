/// Which Arrow types may become which of a table's.
#pragma once

#include <arrow/type.h>

#include <optional>
#include <string>
#include <vector>

#include "codec/arrow/conform.h"
#include "model/type.h"

namespace icefield {

/// The type of the values that an array of `type` stands for: a dictionary's, that under
/// arrow.json; any other type is its own.
std::shared_ptr<arrow::DataType> ValueType(const std::shared_ptr<arrow::DataType>& type);

/// Appends a sentence for each reason why a column of type `given` does not become `field` of a
/// table, at any depth; `path` is the field's dotted name.
void AppendDifferences(const std::shared_ptr<arrow::DataType>& given, const Field& field,
                       const std::string& path, const ConformOptions& options,
                       std::vector<std::string>& differences);

/// The same for all fields of one level, by name.
void AppendMemberDifferences(const arrow::FieldVector& given, const std::vector<Field>& fields,
                             const std::string& path, const ConformOptions& options,
                             std::vector<std::string>& differences);

}  // namespace icefield
