/// Batches of random columns of every kind of type that tables have.
#pragma once

#include <arrow/array/array_nested.h>
#include <arrow/builder.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace icefield {

class RandomBatches {
 public:
  explicit RandomBatches(unsigned seed) : random_(seed) {}

  int64_t Below(int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(random_); }

  std::shared_ptr<arrow::DataType> Type(int depth = 2) {
    const std::vector<std::shared_ptr<arrow::DataType>> leaves{
        arrow::boolean(),
        arrow::int32(),
        arrow::int64(),
        arrow::float32(),
        arrow::float64(),
        arrow::decimal128(20, 3),
        arrow::date32(),
        arrow::time64(arrow::TimeUnit::MICRO),
        arrow::timestamp(arrow::TimeUnit::NANO, "UTC"),
        arrow::utf8(),
        arrow::binary(),
        arrow::fixed_size_binary(5),
        arrow::extension::uuid(),
        arrow::null()};
    const auto chosen = static_cast<size_t>(Below(static_cast<int64_t>(leaves.size()) + 3 * depth));
    if (chosen < leaves.size()) return leaves[chosen];
    if (chosen % 3 == 0) return arrow::list(arrow::field("element", Type(depth - 1)));
    if (chosen % 3 == 1) {
      return arrow::map(arrow::utf8(), arrow::field("value", Type(depth - 1)));
    }
    return arrow::struct_({arrow::field("a", Type(depth - 1)), arrow::field("b", Type(depth - 1))});
  }

  std::shared_ptr<arrow::Schema> Schema(int columns) {
    arrow::FieldVector fields;
    for (int at = 0; at < columns; ++at)
      fields.push_back(arrow::field("c" + std::to_string(at), Type()));
    return arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::RecordBatch> Batch(const std::shared_ptr<arrow::Schema>& schema,
                                            int64_t rows) {
    arrow::ArrayVector columns;
    for (const std::shared_ptr<arrow::Field>& field : schema->fields())
      columns.push_back(Array(field->type(), rows));
    return arrow::RecordBatch::Make(schema, rows, std::move(columns));
  }

  std::shared_ptr<arrow::Array> Array(const std::shared_ptr<arrow::DataType>& type, int64_t rows) {
    if (type->id() == arrow::Type::EXTENSION) {
      const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
      return arrow::ExtensionType::WrapArray(type, Array(extension.storage_type(), rows));
    }
    if (type->id() == arrow::Type::NA) return std::make_shared<arrow::NullArray>(rows);
    if (arrow::is_nested(type->id())) return Nested(type, rows);
    std::unique_ptr<arrow::ArrayBuilder> builder = arrow::MakeBuilder(type).ValueOrDie();
    for (int64_t row = 0; row < rows; ++row) {
      EXPECT_TRUE((Below(5) == 0 ? builder->AppendNull() : Append(*type, *builder)).ok());
    }
    return builder->Finish().ValueOrDie();
  }

 private:
  arrow::Status Append(const arrow::DataType& type, arrow::ArrayBuilder& builder) {
    std::string bytes(8, '\0');
    for (char& byte : bytes) byte = static_cast<char>('a' + Below(26));
    switch (type.id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        bytes.resize(static_cast<size_t>(Below(9)));
        return static_cast<arrow::BinaryBuilder&>(builder).Append(bytes);
      case arrow::Type::FIXED_SIZE_BINARY:
        bytes.resize(static_cast<size_t>(type.byte_width()), 'x');
        return static_cast<arrow::FixedSizeBinaryBuilder&>(builder).Append(bytes);
      case arrow::Type::BOOL:
        return static_cast<arrow::BooleanBuilder&>(builder).Append(Below(2) == 0);
      case arrow::Type::DECIMAL128:
        return static_cast<arrow::Decimal128Builder&>(builder).Append(Below(1'000'000'000'000));
      default:
        break;
    }
    const std::shared_ptr<arrow::Scalar> number =
        arrow::MakeScalar(type.GetSharedPtr(), Below(100'000)).ValueOrDie();
    return builder.AppendScalar(*number);
  }

  // Offsets of lists of up to three elements, a null list now and then.
  std::shared_ptr<arrow::Array> Offsets(int64_t rows) {
    arrow::Int32Builder offsets;
    int32_t end = 0;
    for (int64_t row = 0; row <= rows; ++row) {
      const bool is_null = row < rows && Below(6) == 0;
      EXPECT_TRUE((is_null ? offsets.AppendNull() : offsets.Append(end)).ok());
      if (row < rows && !is_null) end += static_cast<int32_t>(Below(4));
    }
    last_offset_ = end;
    return offsets.Finish().ValueOrDie();
  }

  std::shared_ptr<arrow::Array> Nested(const std::shared_ptr<arrow::DataType>& type, int64_t rows) {
    if (type->id() == arrow::Type::STRUCT) {
      arrow::ArrayVector members;
      for (const std::shared_ptr<arrow::Field>& field : type->fields())
        members.push_back(Array(field->type(), rows));
      return arrow::StructArray::Make(members, type->fields()).ValueOrDie();
    }
    const std::shared_ptr<arrow::Array> offsets = Offsets(rows);
    if (type->id() == arrow::Type::LIST) {
      const std::shared_ptr<arrow::Array> values =
          Array(static_cast<const arrow::ListType&>(*type).value_type(), last_offset_);
      return arrow::ListArray::FromArrays(type, *offsets, *values).ValueOrDie();
    }
    const auto& map = static_cast<const arrow::MapType&>(*type);
    arrow::StringBuilder keys;
    for (int32_t at = 0; at < last_offset_; ++at) EXPECT_TRUE(keys.Append(std::to_string(at)).ok());
    return arrow::MapArray::FromArrays(type, offsets, keys.Finish().ValueOrDie(),
                                       Array(map.item_type(), last_offset_))
        .ValueOrDie();
  }

  std::mt19937 random_;
  int32_t last_offset_ = 0;
};

}  // namespace icefield
