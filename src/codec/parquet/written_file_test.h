/// Files written in memory and looked at.
#pragma once

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/arrow/arrow_types.h"
#include "codec/parquet/parquet_bytes_test.h"
#include "codec/parquet/parquet_writer.h"
#include "codec/parquet/row_group.h"

namespace icefield {

/// What became of a file.
struct MemoryOutputState {
  std::string bytes;
  bool closed = false;
  bool dropped = false;
  int writes = 0;
  int fails_at = -1;  ///< The write (from 0) or, after the last, the closing that fails.
};

class MemoryOutput final : public OutputFile {
 public:
  explicit MemoryOutput(std::shared_ptr<MemoryOutputState> state) : state_(std::move(state)) {}
  ~MemoryOutput() override { state_->dropped = true; }
  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(state_->bytes.size()); }
  Status Write(std::string_view bytes) override {
    ICEFIELD_TRY(Count());
    state_->bytes += bytes;
    return {};
  }
  Status Close() override {
    ICEFIELD_TRY(Count());
    state_->closed = true;
    return {};
  }

 private:
  Status Count() {
    if (state_->writes++ == state_->fails_at)
      return Fail(ErrorCode::kResourceExhausted, location_, ": the disk is full");
    return {};
  }

  std::shared_ptr<MemoryOutputState> state_;
  std::string location_ = "memory/f.parquet";
};

inline Field ColumnOf(int id, std::string name, Type type, bool required = false) {
  return {
      .id = FieldId{id}, .name = std::move(name), .type = std::move(type), .required = required};
}

inline Schema SchemaOf(std::vector<Field> columns) {
  return {.id = SchemaId{0}, .columns = StructType{std::move(columns)}};
}

/// The type in which values of `type` lie in memory, without extension types at any depth.
inline std::shared_ptr<arrow::DataType> StorageTypeOf(
    const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::EXTENSION)
    return static_cast<const arrow::ExtensionType&>(*type).storage_type();
  arrow::FieldVector children;
  for (const auto& child : type->fields())
    children.push_back(child->WithType(StorageTypeOf(child->type())));
  if (type->id() == arrow::Type::STRUCT) return arrow::struct_(children);
  if (type->id() == arrow::Type::LIST) return arrow::list(children[0]);
  if (type->id() != arrow::Type::MAP) return type;
  return arrow::map(children[0]->type()->field(0)->type(), children[0]->type()->field(1));
}

inline std::shared_ptr<arrow::ArrayData> WithType(const arrow::ArrayData& data,
                                                  const std::shared_ptr<arrow::DataType>& type) {
  std::shared_ptr<arrow::ArrayData> out = data.Copy();
  out->type = type;
  for (size_t at = 0; at < out->child_data.size(); ++at)
    out->child_data[at] = WithType(*out->child_data[at], type->field(static_cast<int>(at))->type());
  return out;
}

inline std::shared_ptr<arrow::Array> ArrayOf(const Type& type, std::string_view json) {
  const std::shared_ptr<arrow::DataType> arrow_type = *ToArrowType(type);
  const auto values =
      arrow::json::ArrayFromJSONString(StorageTypeOf(arrow_type), json).ValueOrDie();
  return arrow::MakeArray(WithType(*values->data(), arrow_type));
}

inline std::shared_ptr<arrow::RecordBatch> BatchOf(const Schema& schema,
                                                   arrow::ArrayVector columns) {
  arrow::FieldVector fields;
  for (const Field& field : schema.columns.fields) fields.push_back(*ToArrowField(field));
  const int64_t rows = columns.empty() ? 0 : columns.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, std::move(columns));
}

/// A file that was written whole, and what the writer says of it.
struct WrittenFile {
  std::string bytes;
  DataFile described;

  std::unique_ptr<parquet::ParquetFileReader> Open() const {
    return parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
  }
};

inline Result<WrittenFile> TryWriteFile(
    const Schema& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
    const ParquetWriteOptions& options = {}) {
  auto state = std::make_shared<MemoryOutputState>();
  ICEFIELD_ASSIGN(const std::unique_ptr<ParquetWriter> writer,
                  MakeParquetWriter(std::make_unique<MemoryOutput>(state), schema, options));
  for (const auto& batch : batches) ICEFIELD_TRY(writer->Write(*batch));
  ICEFIELD_ASSIGN(DataFile described, writer->Close());
  EXPECT_TRUE(state->closed);
  return WrittenFile{state->bytes, std::move(described)};
}

inline WrittenFile WriteFile(const Schema& schema,
                             const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                             const ParquetWriteOptions& options = {}) {
  Result<WrittenFile> file = TryWriteFile(schema, batches, options);
  EXPECT_TRUE(file.ok()) << file.error();
  return file.ok() ? *std::move(file) : WrittenFile();
}

/// Values without the extension that their type has.
inline std::shared_ptr<arrow::Array> StorageOf(const std::shared_ptr<arrow::Array>& values) {
  if (values->type_id() != arrow::Type::EXTENSION) return values;
  return static_cast<const arrow::ExtensionArray&>(*values).storage();
}

/// One column as a file.
inline WrittenFile WriteColumn(const Field& column, std::string_view json,
                               const ParquetWriteOptions& options = {}) {
  const Schema schema = SchemaOf({column});
  return WriteFile(schema, {BatchOf(schema, {ArrayOf(column.type, json)})}, options);
}

/// All rows of all leaves, by the project's own reader.
inline std::shared_ptr<arrow::Table> ReadBack(const std::string& bytes) {
  const ParquetFooter footer = FooterOf(bytes);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::vector<int> leaves(static_cast<size_t>(footer.metadata()->num_columns()));
  std::iota(leaves.begin(), leaves.end(), 0);
  for (int group = 0; group < static_cast<int>(footer.row_groups().size()); ++group) {
    auto stream = ReadRowGroup(std::make_unique<BytesFile>(bytes), footer,
                               {.row_group = group, .leaves = leaves});
    EXPECT_TRUE(stream.ok()) << stream.error();
    while (stream.ok()) {
      auto batch = (*stream)->Next();
      EXPECT_TRUE(batch.ok()) << batch.error();
      if (!batch.ok() || *batch == nullptr) break;
      batches.push_back(*batch);
    }
  }
  if (batches.empty()) return nullptr;
  return arrow::Table::FromRecordBatches(batches).ValueOrDie();
}

}  // namespace icefield
