#include "codec/arrow/conform.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>

#include <string>
#include <vector>

#include "base/strings.h"
#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "codec/arrow/conform_leaf.h"
#include "codec/arrow/constant.h"
#include "codec/arrow/required_fields.h"
#include "codec/arrow/type_fit.h"

namespace icefield {

struct Conformer::Plan {
  std::shared_ptr<arrow::Schema> given;
  Schema table;
  std::shared_ptr<arrow::Schema> target;
  bool floors = false;       // Nanoseconds lose what microseconds do not hold.
  std::vector<int> sources;  // Where a column of the table stands in the data, or -1.
};

namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

Result<ArrayPtr> ConformField(const ArrayPtr& values, const Field& field, bool floors);

// The values of a field that the data does not have.
Result<ArrayPtr> Missing(const Field& field, int64_t rows) {
  ICEFIELD_ASSIGN(const ArrowScalar value, WriteDefaultOf(field));
  if (value != nullptr) return Repeat(*value, rows, field.name);
  ICEFIELD_ASSIGN(const TypePtr type, ToArrowType(field.type));
  ICEFIELD_ARROW_ASSIGN(ArrayPtr nulls, arrow::MakeArrayOfNull(type, rows), field.name);
  return nulls;
}

Result<ArrayPtr> ConformStruct(const ArrayPtr& values, const StructType& structure,
                               const TypePtr& target, bool floors) {
  const auto& given = static_cast<const arrow::StructArray&>(*values);
  const auto& given_type = static_cast<const arrow::StructType&>(*values->type());
  arrow::ArrayVector members;
  for (const Field& field : structure.fields) {
    const int at = given_type.GetFieldIndex(field.name);
    if (at < 0) {
      ICEFIELD_ASSIGN(members.emplace_back(), Missing(field, values->length()));
      continue;
    }
    // What lies under a null struct is nobody's value.
    ICEFIELD_ARROW_ASSIGN(const ArrayPtr member, given.GetFlattenedField(at), field.name);
    ICEFIELD_ASSIGN(members.emplace_back(), ConformField(member, field, floors));
  }
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Buffer> validity, ValidityOf(*values));
  return ArrayPtr(std::make_shared<arrow::StructArray>(target, values->length(), std::move(members),
                                                       std::move(validity), values->null_count()));
}

// FromListView (Arrow 26) takes the nulls of a slice from the wrong rows.
Result<ArrayPtr> Unsliced(const ArrayPtr& values) {
  if (values->offset() == 0) return values;
  ICEFIELD_ARROW_ASSIGN(ArrayPtr copy, arrow::Concatenate({values}), values->type()->ToString());
  return copy;
}

// Lists of any kind as lists or large lists.
Result<ArrayPtr> WithOffsets(const ArrayPtr& values) {
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  const std::string where = values->type()->ToString();
  switch (values->type_id()) {
    case arrow::Type::LIST_VIEW: {
      ICEFIELD_ASSIGN(const ArrayPtr whole, Unsliced(values));
      const auto& views = static_cast<const arrow::ListViewArray&>(*whole);
      ICEFIELD_ARROW_ASSIGN(ArrayPtr out, arrow::ListArray::FromListView(views, pool), where);
      return out;
    }
    case arrow::Type::LARGE_LIST_VIEW: {
      ICEFIELD_ASSIGN(const ArrayPtr whole, Unsliced(values));
      const auto& views = static_cast<const arrow::LargeListViewArray&>(*whole);
      ICEFIELD_ARROW_ASSIGN(ArrayPtr out, arrow::LargeListArray::FromListView(views, pool), where);
      return out;
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      const TypePtr lists = arrow::list(values->type()->field(0));
      ICEFIELD_ARROW_ASSIGN(const arrow::Datum out, arrow::compute::Cast(values, lists), where);
      return out.make_array();
    }
    default:
      return values;
  }
}

Result<ArrayPtr> ConformEntries(const arrow::Array& entries, const MapType& map,
                                const TypePtr& target, bool floors) {
  const auto& pairs = static_cast<const arrow::StructArray&>(entries);
  arrow::ArrayVector columns;
  for (int at = 0; at < 2; ++at) {
    ICEFIELD_ASSIGN(columns.emplace_back(),
                    ConformField(pairs.field(at), map.key_value[static_cast<size_t>(at)], floors));
  }
  return ArrayPtr(std::make_shared<arrow::StructArray>(
      static_cast<const arrow::MapType&>(*target).value_type(), entries.length(), columns));
}

// Lists and maps: maps are lists of pairs.
Result<ArrayPtr> ConformList(const ArrayPtr& given, const Field& field, const TypePtr& target,
                             bool floors) {
  ICEFIELD_ASSIGN(const ArrayPtr lists, WithOffsets(given));
  const bool large = lists->type_id() == arrow::Type::LARGE_LIST;
  ICEFIELD_ASSIGN(const Offsets offsets, SmallOffsets(*lists->data(), large));
  const ArrayPtr all = arrow::MakeArray(lists->data()->child_data[0]);
  ArrayPtr elements = all->Slice(offsets.first, offsets.length);
  if (const MapType* map = field.type.map()) {
    ICEFIELD_ASSIGN(elements, ConformEntries(*elements, *map, target, floors));
  } else {
    ICEFIELD_ASSIGN(elements, ConformField(elements, field.type.children().front(), floors));
  }
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Buffer> validity, ValidityOf(*lists));
  return arrow::MakeArray(arrow::ArrayData::Make(target, lists->length(),
                                                 {std::move(validity), offsets.buffer},
                                                 {elements->data()}, lists->null_count()));
}

Result<ArrayPtr> ConformField(const ArrayPtr& values, const Field& field, bool floors) {
  if (const PrimitiveType* type = field.type.primitive()) return ConformLeaf(values, *type, floors);
  ICEFIELD_ASSIGN(const ArrayPtr plain, Decoded(values));
  if (plain->type_id() == arrow::Type::NA)
    return Missing(Field{.type = field.type}, values->length());
  ICEFIELD_ASSIGN(const TypePtr target, ToArrowType(field.type));
  if (const StructType* structure = field.type.structure())
    return ConformStruct(plain, *structure, target, floors);
  return ConformList(plain, field, target, floors);
}

// The first row that does not conform, by halves; there is one.
Error AtFirstRow(const ArrayPtr& column, const Field& field, Error error, bool floors) {
  int64_t first = 0;
  int64_t length = column->length();
  while (length > 1) {
    const int64_t half = length / 2;
    Result<ArrayPtr> in_first = ConformField(column->Slice(first, half), field, floors);
    if (in_first.ok()) {
      first += half;
      length -= half;
    } else {
      error = std::move(in_first).error();
      length = half;
    }
  }
  const Result<ArrayPtr> alone = ConformField(column->Slice(first, length), field, floors);
  if (!alone.ok()) error = alone.error();
  return std::move(error).At(StrCat("column '", field.name, "', row ", first));
}

Result<ArrayPtr> ConformColumn(const ArrayPtr& column, const Field& field, bool floors) {
  Result<ArrayPtr> out = ConformField(column, field, floors);
  if (out.ok()) return out;
  if (out.error().code == ErrorCode::kInvalidArgument)
    return AtFirstRow(column, field, std::move(out).error(), floors);
  return std::move(out).error().At(StrCat("column '", field.name, "'"));
}

}  // namespace

Conformer::Conformer(std::unique_ptr<const Plan> plan) : plan_(std::move(plan)) {}
Conformer::Conformer(Conformer&&) noexcept = default;
Conformer& Conformer::operator=(Conformer&&) noexcept = default;
Conformer::~Conformer() = default;

Result<Conformer> Conformer::Make(const arrow::Schema& given, const Schema& table,
                                  const ConformOptions& options) {
  std::vector<std::string> differences;
  AppendMemberDifferences(given.fields(), table.columns.fields, "", options, differences);
  if (!differences.empty()) {
    return InvalidArgument("the data does not fit the table: ", Join(differences, "; "),
                           "\ntable:\n", table.ToString(), "data:\n", given.ToString(false));
  }
  auto plan = std::make_unique<Plan>();
  plan->given = arrow::schema(given.fields());
  plan->table = table;
  plan->floors = options.downcast_ns;
  arrow::FieldVector fields;
  for (const Field& field : table.columns.fields) {
    ICEFIELD_ASSIGN(fields.emplace_back(), ToArrowField(field));
    plan->sources.push_back(given.GetFieldIndex(field.name));
  }
  plan->target = arrow::schema(std::move(fields));
  return Conformer(std::move(plan));
}

Result<std::shared_ptr<arrow::RecordBatch>> Conformer::Apply(const arrow::RecordBatch& rows) const {
  if (!rows.schema()->Equals(*plan_->given, false)) {
    return InvalidArgument(
        "a batch has other columns than the data began with: ", rows.schema()->ToString(false),
        " in the place of ", plan_->given->ToString(false));
  }
  ICEFIELD_ARROW_TRY(rows.Validate(), "the data", ErrorCode::kInvalidArgument);
  arrow::ArrayVector columns;
  for (size_t at = 0; at < plan_->sources.size(); ++at) {
    const Field& field = plan_->table.columns.fields[at];
    if (plan_->sources[at] < 0) {
      ICEFIELD_ASSIGN(columns.emplace_back(), Missing(field, rows.num_rows()));
    } else {
      ICEFIELD_ASSIGN(columns.emplace_back(),
                      ConformColumn(rows.column(plan_->sources[at]), field, plan_->floors));
    }
  }
  auto out = arrow::RecordBatch::Make(plan_->target, rows.num_rows(), std::move(columns));
  ICEFIELD_TRY(CheckRequired(*out, plan_->table.columns));
  return out;
}

}  // namespace icefield
