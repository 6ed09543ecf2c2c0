/// Any bytes as a Parquet file of equality deletes, with all key columns that it has. Reading it
/// twice must give the same keys.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/parquet/parquet_file.h"
#include "io/memory_store_test.h"
#include "read/equality_deletes.h"

namespace {

using icefield::DeleteFile;
using icefield::EqualityKeys;
using icefield::Field;
using icefield::FieldId;
using icefield::PrimitiveKind;
using icefield::PrimitiveType;

// Few bytes may stand for any number of rows; more of them find no more faults.
constexpr int64_t kRowsMax = 4096;

// One column of every type, two of them in a struct.
icefield::Schema MakeTableFields() {
  const std::vector<PrimitiveType> types{
      {PrimitiveKind::kBoolean},        {PrimitiveKind::kInt},
      {PrimitiveKind::kLong},           {PrimitiveKind::kFloat},
      {PrimitiveKind::kDouble},         {PrimitiveKind::kDecimal, 18, 2},
      {PrimitiveKind::kDate},           {PrimitiveKind::kTime},
      {PrimitiveKind::kTimestamp},      {PrimitiveKind::kTimestamptz},
      {PrimitiveKind::kTimestampNs},    {PrimitiveKind::kTimestamptzNs},
      {PrimitiveKind::kString},         {PrimitiveKind::kUuid},
      {PrimitiveKind::kFixed, 0, 0, 3}, {PrimitiveKind::kBinary},
  };
  icefield::Schema schema;
  int32_t id = 0;
  for (const PrimitiveType& type : types) {
    schema.columns.fields.push_back(
        {.id = FieldId{++id}, .name = "c" + std::to_string(id), .type = type});
  }
  const icefield::StructType members{
      {{.id = FieldId{18}, .name = "a", .type = PrimitiveKind::kLong},
       {.id = FieldId{19}, .name = "b", .type = PrimitiveKind::kString}}};
  schema.columns.fields.push_back({.id = FieldId{17}, .name = "c17", .type = members});
  return schema;
}

void AddKeyIds(const std::vector<icefield::FileColumn>& columns, std::vector<FieldId>& ids) {
  for (const icefield::FileColumn& column : columns) {
    if (column.kind == icefield::FileColumn::Kind::kStruct) AddKeyIds(column.children, ids);
    if (column.kind == icefield::FileColumn::Kind::kLeaf && column.id && column.id->value >= 1 &&
        column.id->value <= 19 && column.id->value != 17) {
      ids.push_back(*column.id);
    }
  }
}

void ReadTwice(const icefield::ObjectStore& store, const DeleteFile& deletes) {
  static const icefield::Schema kTableFields = MakeTableFields();
  auto columns = icefield::EqualityKeyColumns(kTableFields, deletes);
  if (!columns.ok()) return;
  auto keys = icefield::MakeEqualityKeys(*columns);
  if (!keys.ok() || !icefield::ReadEqualityDeletes(store, deletes, *columns, *keys).ok()) return;
  const int64_t size = keys->size();
  if (size > deletes.file.record_count) std::abort();
  if (!icefield::ReadEqualityDeletes(store, deletes, *columns, *keys).ok()) std::abort();
  if (keys->size() != size) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto footer = icefield::ParquetFooter::Read(icefield::MemoryFile(bytes));
  if (!footer.ok()) return 0;
  DeleteFile deletes{.data_sequence_number = {1}};
  deletes.file.path = "fuzz";
  deletes.file.size_bytes = static_cast<int64_t>(size);
  for (const icefield::RowGroupExtent& extent : footer->row_groups()) {
    if (extent.rows > kRowsMax) return 0;
    deletes.file.record_count += extent.rows;
  }
  if (deletes.file.record_count > kRowsMax) return 0;
  AddKeyIds(footer->columns(), deletes.file.equality_ids);
  ReadTwice(icefield::OneFileStore(bytes), deletes);
  return 0;
}
