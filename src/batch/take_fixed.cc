#include "batch/take_fixed.h"

#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstdint>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

using BufferPtr = std::shared_ptr<arrow::Buffer>;

struct Word128 {
  uint64_t low;
  uint64_t high;
};

// Of a null index nothing is said but that it may be any number.
class Rows {
 public:
  Rows(const arrow::Array& column, const arrow::Array& indices)
      : indices_(indices.data()->GetValues<uint32_t>(1)),
        count_(indices.length()),
        last_(static_cast<uint32_t>(column.length() - 1)) {}

  int64_t count() const { return count_; }
  uint32_t operator[](int64_t at) const { return std::min(indices_[at], last_); }

 private:
  const uint32_t* indices_;
  int64_t count_;
  uint32_t last_;
};

template <typename Value>
void TakeWidth(const arrow::ArrayData& column, const Rows& rows, uint8_t* out) {
  const Value* const values = column.GetValues<Value>(1);
  auto* const taken = reinterpret_cast<Value*>(out);
  for (int64_t at = 0; at < rows.count(); ++at) taken[at] = values[rows[at]];
}

Result<BufferPtr> TakeBytes(const arrow::Array& column, const Rows& rows) {
  const int width = column.type()->byte_width();
  ICEFIELD_ARROW_ASSIGN(BufferPtr buffer, arrow::AllocateBuffer(rows.count() * width),
                        "choosing rows");
  uint8_t* const out = buffer->mutable_data();
  const arrow::ArrayData& data = *column.data();
  if (width == 1) TakeWidth<uint8_t>(data, rows, out);
  if (width == 2) TakeWidth<uint16_t>(data, rows, out);
  if (width == 4) TakeWidth<uint32_t>(data, rows, out);
  if (width == 8) TakeWidth<uint64_t>(data, rows, out);
  if (width == 16) TakeWidth<Word128>(data, rows, out);
  return buffer;
}

// Bits of the validity of `column` at the rows; those of null indices mean nothing.
Result<BufferPtr> TakeValidity(const arrow::Array& column, const Rows& rows) {
  ICEFIELD_ARROW_ASSIGN(BufferPtr buffer, arrow::AllocateEmptyBitmap(rows.count()),
                        "choosing rows");
  const uint8_t* const valid = column.null_bitmap_data();
  uint8_t* const out = buffer->mutable_data();
  for (int64_t at = 0; at < rows.count(); ++at) {
    const auto bit =
        static_cast<uint8_t>(arrow::bit_util::GetBit(valid, column.offset() + rows[at]));
    out[at / 8] = static_cast<uint8_t>(out[at / 8] | bit << (at % 8));
  }
  return buffer;
}

// Null: all are valid.
Result<BufferPtr> ValidityOf(const arrow::Array& column, const arrow::Array& indices,
                             const Rows& rows) {
  const bool nulls_asked = indices.null_count() > 0;
  BufferPtr taken;
  if (column.null_count() > 0) {
    ICEFIELD_ASSIGN(taken, TakeValidity(column, rows));
    if (!nulls_asked) return taken;
  }
  if (!nulls_asked) return taken;
  if (taken == nullptr) {
    if (indices.offset() == 0) return indices.null_bitmap();
    ICEFIELD_ARROW_ASSIGN(
        taken,
        arrow::internal::CopyBitmap(arrow::default_memory_pool(), indices.null_bitmap_data(),
                                    indices.offset(), indices.length()),
        "choosing rows");
    return taken;
  }
  arrow::internal::BitmapAnd(taken->data(), 0, indices.null_bitmap_data(), indices.offset(),
                             rows.count(), 0, taken->mutable_data());
  return taken;
}

}  // namespace

bool IsTakenFixed(const arrow::DataType& type) {
  if (!arrow::is_fixed_width(type.id()) || arrow::is_dictionary(type.id())) return false;
  const int width = type.byte_width();  // Less than 1 for bits.
  return width == 1 || width == 2 || width == 4 || width == 8 || width == 16;
}

Result<std::shared_ptr<arrow::Array>> TakeFixed(const arrow::Array& column,
                                                const arrow::Array& indices) {
  const Rows rows(column, indices);
  ICEFIELD_ASSIGN(BufferPtr values, TakeBytes(column, rows));
  ICEFIELD_ASSIGN(BufferPtr valid, ValidityOf(column, indices, rows));
  return arrow::MakeArray(
      arrow::ArrayData::Make(column.type(), rows.count(), {std::move(valid), std::move(values)}));
}

}  // namespace icefield
