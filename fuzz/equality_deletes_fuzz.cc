/// Any bytes as a Parquet file of equality deletes, with all key columns that it has. Reading it
/// twice must give the same keys.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "codec/parquet/parquet_file.h"
#include "read/equality_deletes.h"

namespace {

using icefield::DeleteFile;
using icefield::EqualityKeys;
using icefield::Field;
using icefield::FieldId;
using icefield::InputFile;
using icefield::PrimitiveKind;
using icefield::PrimitiveType;
using icefield::Result;
using icefield::Status;

// Few bytes may stand for any number of rows; more of them find no more faults.
constexpr int64_t kRowsMax = 4096;

class BytesFile final : public InputFile {
 public:
  explicit BytesFile(std::string_view bytes) : bytes_(bytes) {}
  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
    if (offset < 0 || static_cast<uint64_t>(offset) > bytes_.size() ||
        out.size() > bytes_.size() - static_cast<uint64_t>(offset)) {
      return icefield::CorruptData(location_, " ends too early");
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::string_view bytes_;
  std::string location_ = "fuzz";
};

class BytesStore final : public icefield::ObjectStore {
 public:
  explicit BytesStore(std::string_view bytes) : bytes_(bytes) {}
  Result<std::unique_ptr<InputFile>> Open(std::string_view) const override {
    return std::unique_ptr<InputFile>(std::make_unique<BytesFile>(bytes_));
  }
  Result<std::vector<std::string>> List(std::string_view) const override {
    return std::vector<std::string>{};
  }

 private:
  std::string_view bytes_;
};

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
  const auto footer = icefield::ParquetFooter::Read(BytesFile(bytes));
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
  ReadTwice(BytesStore(bytes), deletes);
  return 0;
}
