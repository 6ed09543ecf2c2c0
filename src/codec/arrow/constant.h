/// Values that many rows share, as Arrow scalars.
#pragma once

#include <arrow/scalar.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/schema.h"
#include "model/value.h"

namespace icefield {

using ArrowScalar = std::shared_ptr<arrow::Scalar>;

/// A value of a column (null for none) in the type that the type table gives to `type`; one that
/// was written before its column was promoted is widened. CorruptData where the value is none of
/// the type.
Result<ArrowScalar> ConstantOf(const PrimitiveType& type, const std::optional<Value>& value);

/// The initial default of a field: of a struct that is there, its members' own defaults where its
/// default does not state them (specification: "Default values"). Null pointer for a field without
/// one. CorruptData names the field whose default is no value of its type, and a required member
/// without a value.
Result<ArrowScalar> InitialDefaultOf(const Field& field);

/// The same of its write default, and its members'.
Result<ArrowScalar> WriteDefaultOf(const Field& field);

/// `rows` times the value.
Result<std::shared_ptr<arrow::Array>> Repeat(const arrow::Scalar& value, int64_t rows,
                                             const std::string& where);

}  // namespace icefield
