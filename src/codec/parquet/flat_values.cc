#include "codec/parquet/flat_values.h"

#include <arrow/extension_type.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "codec/parquet/flat_column.h"
#include "codec/parquet/hybrid_runs.h"

namespace icefield {
namespace {

using parquet::Encoding;

constexpr size_t kBlock = 1024;

[[noreturn]] void FailShort() {
  throw parquet::ParquetException("a page holds fewer values than its header says");
}

bool IsDictionaryIndex(Encoding::type encoding) {
  return encoding == Encoding::PLAIN_DICTIONARY || encoding == Encoding::RLE_DICTIONARY;
}

// The runs of a page of dictionary indices: their width, then themselves.
template <typename PageValues>
HybridRuns IndexRuns(const PageValues& values) {
  if (values.count == 0) return {};
  if (values.bytes < 1) FailShort();
  return {values.data + 1, values.bytes - 1, values.data[0], values.count};
}

[[noreturn]] void FailIndex() {
  throw parquet::ParquetException("a page refers to an entry that its dictionary does not have");
}

// Values of `width` bytes that are copied as they are; kWidth 0: of any width.
template <size_t kWidth>
class FixedColumn final : public FlatColumn {
 public:
  FixedColumn(const ChunkSource& source, std::shared_ptr<arrow::DataType> type)
      : FlatColumn(source, std::move(type)),
        width_(kWidth > 0 ? kWidth : static_cast<size_t>(column().type_length())) {
    if (column().type_length() < 1 && kWidth == 0)
      throw parquet::ParquetException("a column's values have no length");
  }

 protected:
  void Begin(int64_t rows) override {
    arrow::Result<std::unique_ptr<arrow::Buffer>> buffer =
        arrow::AllocateBuffer(rows * static_cast<int64_t>(width_));
    PARQUET_THROW_NOT_OK(buffer.status());
    out_ = *std::move(buffer);
    next_ = out_->mutable_data();
  }

  void StartPage(const PageValues& values) override {
    runs_.reset();
    if (IsDictionaryIndex(values.encoding)) {
      const parquet::DictionaryPage& entries = dictionary();
      entries_ = entries.data();
      entry_count_ = static_cast<uint32_t>(
          std::min<int64_t>(entries.num_values(), entries.size() / static_cast<int64_t>(width_)));
      runs_ = IndexRuns(values);
      return;
    }
    plain_ = values.data;
    int64_t bytes = values.bytes;
    if (values.encoding != Encoding::PLAIN) {
      DecodeWhole(values);
      plain_ = decoded_.data();
      bytes = static_cast<int64_t>(decoded_.size());
    }
    if (bytes / static_cast<int64_t>(width_) < values.count) FailShort();
  }

  void AppendRun(int64_t first, int64_t count) override {
    if (!runs_) {
      const size_t bytes = static_cast<size_t>(count) * width();
      std::memcpy(next_, plain_ + static_cast<size_t>(first) * width(), bytes);
      next_ += bytes;
      return;
    }
    std::array<uint32_t, kBlock> indices;
    while (count > 0) {
      const auto block = std::min<int64_t>(count, kBlock);
      runs_->Read(first, block, indices.data());
      for (int64_t at = 0; at < block; ++at) AppendEntry(indices[static_cast<size_t>(at)]);
      first += block;
      count -= block;
    }
  }

  void AppendEach(std::span<const int32_t> numbers) override {
    if (!runs_) {
      for (const int32_t number : numbers) {
        if (number == kNoValue) {
          std::memset(next_, 0, width());
        } else {
          std::memcpy(next_, plain_ + static_cast<size_t>(number) * width(), width());
        }
        next_ += width();
      }
      return;
    }
    for (const int32_t number : numbers) {
      if (number == kNoValue) {
        std::memset(next_, 0, width());
        next_ += width();
      } else {
        AppendEntry(runs_->At(number));
      }
    }
  }

  arrow::BufferVector Finish() override { return {std::move(out_)}; }

 private:
  // A constant wherever the compiler may know it.
  size_t width() const { return kWidth > 0 ? kWidth : width_; }

  void AppendEntry(uint32_t index) {
    if (index >= entry_count_) FailIndex();
    std::memcpy(next_, entries_ + size_t{index} * width(), width());
    next_ += width();
  }

  template <typename DType>
  void DecodeAs(const PageValues& values) {
    auto decoder = parquet::MakeTypedDecoder<DType>(values.encoding, &column());
    decoder->SetData(static_cast<int>(values.count), values.data, static_cast<int>(values.bytes));
    decoded_.resize(static_cast<size_t>(values.count) * sizeof(typename DType::c_type));
    const int decoded = decoder->Decode(reinterpret_cast<typename DType::c_type*>(decoded_.data()),
                                        static_cast<int>(values.count));
    if (decoded != values.count) FailShort();
  }

  void DecodeBytes(const PageValues& values) {
    auto decoder = parquet::MakeTypedDecoder<parquet::FLBAType>(values.encoding, &column());
    decoder->SetData(static_cast<int>(values.count), values.data, static_cast<int>(values.bytes));
    std::vector<parquet::FixedLenByteArray> views(static_cast<size_t>(values.count));
    if (decoder->Decode(views.data(), static_cast<int>(values.count)) != values.count) FailShort();
    decoded_.resize(views.size() * width_);
    for (size_t at = 0; at < views.size(); ++at)
      std::memcpy(decoded_.data() + at * width_, views[at].ptr, width_);
  }

  // Encodings that have no places to jump to are decoded page by page, by Arrow.
  void DecodeWhole(const PageValues& values) {
    switch (column().physical_type()) {
      case parquet::Type::INT32:
        return DecodeAs<parquet::Int32Type>(values);
      case parquet::Type::INT64:
        return DecodeAs<parquet::Int64Type>(values);
      case parquet::Type::FLOAT:
        return DecodeAs<parquet::FloatType>(values);
      case parquet::Type::DOUBLE:
        return DecodeAs<parquet::DoubleType>(values);
      default:
        return DecodeBytes(values);
    }
  }

  size_t width_;
  std::shared_ptr<arrow::Buffer> out_;
  uint8_t* next_ = nullptr;
  const uint8_t* plain_ = nullptr;
  std::vector<uint8_t> decoded_;
  const uint8_t* entries_ = nullptr;
  uint32_t entry_count_ = 0;
  std::optional<HybridRuns> runs_;
};

class BooleanColumn final : public FlatColumn {
 public:
  BooleanColumn(const ChunkSource& source, std::shared_ptr<arrow::DataType> type)
      : FlatColumn(source, std::move(type)) {}

 protected:
  void Begin(int64_t rows) override { PARQUET_THROW_NOT_OK(out_.Reserve(rows)); }

  void StartPage(const PageValues& values) override {
    runs_.reset();
    if (values.encoding == Encoding::PLAIN) {
      if (values.bytes < (values.count + 7) / 8) FailShort();
      plain_ = values.data;
      return;
    }
    if (values.encoding != Encoding::RLE)
      throw parquet::ParquetException("booleans in an encoding that they do not have");
    uint32_t bytes = 0;
    if (values.bytes < static_cast<int64_t>(sizeof(bytes))) FailShort();
    std::memcpy(&bytes, values.data, sizeof(bytes));
    if (bytes > values.bytes - static_cast<int64_t>(sizeof(bytes))) FailShort();
    runs_ = HybridRuns(values.data + sizeof(bytes), bytes, 1, values.count);
  }

  void AppendRun(int64_t first, int64_t count) override {
    if (!runs_) return out_.UnsafeAppend(plain_, first, count);
    for (int64_t at = first; at < first + count; ++at) out_.UnsafeAppend(runs_->At(at) != 0);
  }

  void AppendEach(std::span<const int32_t> numbers) override {
    for (const int32_t number : numbers) {
      if (number == kNoValue) {
        out_.UnsafeAppend(false);
      } else if (runs_) {
        out_.UnsafeAppend(runs_->At(number) != 0);
      } else {
        out_.UnsafeAppend(((plain_[number >> 3] >> (number & 7)) & 1) != 0);
      }
    }
  }

  arrow::BufferVector Finish() override {
    std::shared_ptr<arrow::Buffer> bits;
    PARQUET_THROW_NOT_OK(out_.Finish(&bits));
    return {std::move(bits)};
  }

 private:
  const uint8_t* plain_ = nullptr;
  std::optional<HybridRuns> runs_;
  arrow::TypedBufferBuilder<bool> out_;
};

// Texts and binaries, each after its length, walked through from the first on.
class LengthsWalk {
 public:
  LengthsWalk() = default;
  LengthsWalk(const uint8_t* data, int64_t bytes) : at_(data), end_(data + bytes) {}

  // The value of a number, not below any asked before.
  std::string_view At(int64_t number) {
    while (next_ < number) {
      (void)Step();
      ++next_;
    }
    ++next_;
    return Step();
  }

 private:
  std::string_view Step() {
    uint32_t length = 0;
    if (end_ - at_ < static_cast<int64_t>(sizeof(length))) FailShort();
    std::memcpy(&length, at_, sizeof(length));
    at_ += sizeof(length);
    if (end_ - at_ < int64_t{length}) FailShort();
    const std::string_view value(reinterpret_cast<const char*>(at_), length);
    at_ += length;
    return value;
  }

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  int64_t next_ = 0;
};

class BytesOfColumn final : public FlatColumn {
 public:
  BytesOfColumn(const ChunkSource& source, std::shared_ptr<arrow::DataType> type)
      : FlatColumn(source, std::move(type)) {}

 protected:
  void Begin(int64_t rows) override {
    PARQUET_THROW_NOT_OK(offsets_.Reserve(rows + 1));
    offsets_.UnsafeAppend(0);
  }

  void StartPage(const PageValues& values) override {
    runs_.reset();
    views_.clear();
    if (IsDictionaryIndex(values.encoding)) {
      ReadEntries();
      runs_ = IndexRuns(values);
    } else if (values.encoding == Encoding::PLAIN) {
      plain_ = LengthsWalk(values.data, values.bytes);
    } else {
      DecodeWhole(values);
    }
  }

  void AppendRun(int64_t first, int64_t count) override {
    for (int64_t number = first; number < first + count; ++number) Append(ValueAt(number));
  }

  void AppendEach(std::span<const int32_t> numbers) override {
    for (const int32_t number : numbers)
      Append(number == kNoValue ? std::string_view() : ValueAt(number));
  }

  arrow::BufferVector Finish() override {
    std::shared_ptr<arrow::Buffer> offsets;
    std::shared_ptr<arrow::Buffer> bytes;
    PARQUET_THROW_NOT_OK(offsets_.Finish(&offsets));
    PARQUET_THROW_NOT_OK(bytes_.Finish(&bytes));
    return {std::move(offsets), std::move(bytes)};
  }

 private:
  std::string_view ValueAt(int64_t number) {
    if (runs_) {
      const uint32_t index = runs_->At(number);
      if (index >= entries_.size()) FailIndex();
      return entries_[index];
    }
    return views_.empty() ? plain_.At(number) : views_[static_cast<size_t>(number)];
  }

  void Append(std::string_view value) {
    if (static_cast<int64_t>(value.size()) > std::numeric_limits<int32_t>::max() - bytes_.length())
      throw parquet::ParquetStatusException(
          arrow::Status::CapacityError("more than 2 GiB of texts in one batch"));
    if (!value.empty()) {
      PARQUET_THROW_NOT_OK(bytes_.Append(value.data(), static_cast<int64_t>(value.size())));
    }
    offsets_.UnsafeAppend(static_cast<int32_t>(bytes_.length()));
  }

  void ReadEntries() {
    if (entries_read_) return;
    entries_read_ = true;
    const parquet::DictionaryPage& page = dictionary();
    LengthsWalk walk(page.data(), page.size());
    for (int32_t entry = 0; entry < page.num_values(); ++entry) entries_.push_back(walk.At(entry));
  }

  void DecodeWhole(const PageValues& values) {
    decoder_ = parquet::MakeTypedDecoder<parquet::ByteArrayType>(values.encoding, &column());
    decoder_->SetData(static_cast<int>(values.count), values.data, static_cast<int>(values.bytes));
    std::vector<parquet::ByteArray> decoded(static_cast<size_t>(values.count));
    if (decoder_->Decode(decoded.data(), static_cast<int>(values.count)) != values.count)
      FailShort();
    for (const parquet::ByteArray& value : decoded)
      views_.emplace_back(reinterpret_cast<const char*>(value.ptr), value.len);
  }

  LengthsWalk plain_;
  std::vector<std::string_view> views_;  // Into the page, or what the decoder keeps.
  std::unique_ptr<parquet::ByteArrayDecoder> decoder_;
  std::vector<std::string_view> entries_;  // Into the dictionary page.
  bool entries_read_ = false;
  std::optional<HybridRuns> runs_;
  arrow::TypedBufferBuilder<int32_t> offsets_;
  arrow::BufferBuilder bytes_;
};

}  // namespace

bool HasFlatValues(parquet::Type::type physical, const arrow::DataType& type) {
  const arrow::Type::type id = type.id();
  switch (physical) {
    case parquet::Type::BOOLEAN:
      return id == arrow::Type::BOOL;
    case parquet::Type::INT32:
      return id == arrow::Type::INT32 || id == arrow::Type::DATE32 || id == arrow::Type::TIME32;
    case parquet::Type::INT64:
      return id == arrow::Type::INT64 || id == arrow::Type::TIMESTAMP || id == arrow::Type::TIME64;
    case parquet::Type::FLOAT:
      return id == arrow::Type::FLOAT;
    case parquet::Type::DOUBLE:
      return id == arrow::Type::DOUBLE;
    case parquet::Type::BYTE_ARRAY:
      return id == arrow::Type::STRING || id == arrow::Type::BINARY;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      if (id == arrow::Type::EXTENSION) {
        return static_cast<const arrow::ExtensionType&>(type).storage_type()->id() ==
               arrow::Type::FIXED_SIZE_BINARY;
      }
      return id == arrow::Type::FIXED_SIZE_BINARY;
    default:
      return false;
  }
}

std::unique_ptr<FlatColumn> FlatColumn::Make(const ChunkSource& source,
                                             std::shared_ptr<arrow::DataType> type) {
  switch (source.metadata->schema()->Column(source.leaf)->physical_type()) {
    case parquet::Type::BOOLEAN:
      return std::make_unique<BooleanColumn>(source, std::move(type));
    case parquet::Type::INT32:
    case parquet::Type::FLOAT:
      return std::make_unique<FixedColumn<4>>(source, std::move(type));
    case parquet::Type::INT64:
    case parquet::Type::DOUBLE:
      return std::make_unique<FixedColumn<8>>(source, std::move(type));
    case parquet::Type::BYTE_ARRAY:
      return std::make_unique<BytesOfColumn>(source, std::move(type));
    default:
      return std::make_unique<FixedColumn<0>>(source, std::move(type));
  }
}

}  // namespace icefield
