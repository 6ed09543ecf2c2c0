/// Parquet files of any schema in memory, as no single writer of tables makes them.
#pragma once

#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/parquet/row_group.h"
#include "io/object_store.h"

namespace icefield {

using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::PrimitiveNode;

/// Bytes as an open file.
class BytesFile final : public InputFile {
 public:
  explicit BytesFile(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
    if (offset < 0 || static_cast<size_t>(offset) + out.size() > bytes_.size())
      return CorruptData(location_, " was cut short");
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::string bytes_;
  std::string location_ = "file.parquet";
};

/// The levels of one leaf's slots; empty where the schema needs none.
struct Levels {
  std::vector<int16_t> definition;
  std::vector<int16_t> repetition;
};

/// A leaf of a schema.
inline NodePtr Leaf(const std::string& name, int field_id, parquet::Type::type physical,
                    std::shared_ptr<const parquet::LogicalType> logical,
                    parquet::Repetition::type repetition = parquet::Repetition::OPTIONAL,
                    int length = -1) {
  return PrimitiveNode::Make(name, repetition, std::move(logical), physical, length, field_id);
}

/// A group of a schema; `logical` may say that it is a list, a map, a variant.
inline NodePtr Group(const std::string& name, int field_id, parquet::schema::NodeVector children,
                     parquet::Repetition::type repetition = parquet::Repetition::OPTIONAL,
                     std::shared_ptr<const parquet::LogicalType> logical = nullptr) {
  return GroupNode::Make(name, repetition, children, std::move(logical), field_id);
}

/// One row group, written leaf by leaf; no row group where no leaf is added.
class ParquetBytes {
 public:
  explicit ParquetBytes(parquet::schema::NodeVector columns) {
    sink_ = arrow::io::BufferOutputStream::Create().ValueOrDie();
    const NodePtr root = GroupNode::Make("schema", parquet::Repetition::REQUIRED, columns);
    writer_ = parquet::ParquetFileWriter::Open(sink_, std::static_pointer_cast<GroupNode>(root));
  }

  /// The next leaf in schema order. Without levels every value is there.
  template <typename Physical>
  ParquetBytes& Add(const std::vector<typename Physical::c_type>& values, Levels levels = {}) {
    if (group_ == nullptr) group_ = writer_->AppendRowGroup();
    auto* column = static_cast<parquet::TypedColumnWriter<Physical>*>(group_->NextColumn());
    const bool optional = column->descr()->max_definition_level() > 0;
    if (levels.definition.empty() && optional)
      levels.definition.assign(values.size(), column->descr()->max_definition_level());
    const size_t slots = optional ? levels.definition.size() : values.size();
    column->WriteBatch(static_cast<int64_t>(slots), optional ? levels.definition.data() : nullptr,
                       levels.repetition.empty() ? nullptr : levels.repetition.data(),
                       Data(values));
    return *this;
  }

  /// Values of a leaf of bytes, with or without a fixed length.
  template <typename Physical>
  ParquetBytes& AddBytes(const std::vector<std::string>& values, Levels levels = {}) {
    kept_.push_back(std::make_unique<std::vector<std::string>>(values));
    std::vector<typename Physical::c_type> views;
    for (const std::string& value : *kept_.back()) {
      const auto* data = reinterpret_cast<const uint8_t*>(value.data());
      if constexpr (std::is_same_v<Physical, parquet::FLBAType>) {
        views.emplace_back(data);
      } else {
        views.emplace_back(static_cast<uint32_t>(value.size()), data);
      }
    }
    return Add<Physical>(views, std::move(levels));
  }

  std::string Finish() {
    writer_->Close();
    return sink_->Finish().ValueOrDie()->ToString();
  }

 private:
  template <typename Value>
  const Value* Data(const std::vector<Value>& values) {
    if constexpr (std::is_same_v<Value, bool>) {
      flags_ = std::make_unique<bool[]>(values.size());
      std::copy(values.begin(), values.end(), flags_.get());
      return flags_.get();
    } else {
      return values.data();
    }
  }

  std::shared_ptr<arrow::io::BufferOutputStream> sink_;
  std::unique_ptr<parquet::ParquetFileWriter> writer_;
  parquet::RowGroupWriter* group_ = nullptr;
  std::vector<std::unique_ptr<std::vector<std::string>>> kept_;
  std::unique_ptr<bool[]> flags_;
};

/// A footer that must be readable.
inline ParquetFooter FooterOf(const std::string& bytes) {
  Result<ParquetFooter> footer = ParquetFooter::Read(BytesFile(bytes));
  EXPECT_TRUE(footer.ok()) << footer.error();
  return footer.ok() ? *std::move(footer) : ParquetFooter();
}

/// The first batch of the first row group.
inline Result<std::shared_ptr<arrow::RecordBatch>> FirstBatch(const std::string& bytes,
                                                              std::vector<int> leaves) {
  ICEFIELD_ASSIGN(const ParquetFooter footer, ParquetFooter::Read(BytesFile(bytes)));
  ICEFIELD_ASSIGN(
      const std::unique_ptr<BatchStream> stream,
      ReadRowGroup(std::make_unique<BytesFile>(bytes), footer, {.leaves = std::move(leaves)}));
  return stream->Next();
}

}  // namespace icefield
