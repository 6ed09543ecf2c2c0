#include "batch/keep_runs.h"

#include <arrow/array/array_base.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

using Runs = std::span<const RowRun>;

// With one row in ten removed the runs are some nine rows long: too short for a call to memcpy or a
// loop of unknown length each. Copies of short runs therefore have a fixed length, read and write
// beyond the run, and what they write too much the next run overwrites. Buffers that are written
// end in as much slack; close to the end of a buffer that is read, copies are exact.
constexpr int64_t kBlockRows = 16;
constexpr int64_t kTextBlockBytes = 128;
constexpr int64_t kSlackBytes = 256;

Result<std::shared_ptr<arrow::ResizableBuffer>> AllocateWithSlack(int64_t bytes) {
  ICEFIELD_ARROW_ASSIGN(std::unique_ptr<arrow::ResizableBuffer> buffer,
                        arrow::AllocateResizableBuffer(bytes + kSlackBytes), "copying live rows");
  return std::shared_ptr<arrow::ResizableBuffer>(std::move(buffer));
}

// Gives the slack up; the memory stays where it is.
Result<std::shared_ptr<arrow::Buffer>> WithoutSlack(std::shared_ptr<arrow::ResizableBuffer> buffer,
                                                    int64_t bytes) {
  ICEFIELD_ARROW_TRY(buffer->Resize(bytes, /*shrink_to_fit=*/false), "copying live rows");
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

int64_t RowsOf(Runs runs) {
  int64_t rows = 0;
  for (const RowRun& run : runs) rows += run.count;
  return rows;
}

// ------------------------------------------------------------------------------- fixed width

// The rows of `runs`, of `width` bytes each, after the first `offset` rows of `buffer`. Runs of up
// to kBlock bytes count as short.
template <int64_t kBlock>
Result<std::shared_ptr<arrow::Buffer>> KeepBlocks(const arrow::Buffer& buffer, int64_t offset,
                                                  int64_t width, Runs runs) {
  static_assert(kBlock <= kSlackBytes);
  const int64_t kept_bytes = RowsOf(runs) * width;
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::ResizableBuffer> kept, AllocateWithSlack(kept_bytes));
  const uint8_t* in = buffer.data() + offset * width;
  const int64_t in_bytes = buffer.size() - offset * width;
  uint8_t* out = kept->mutable_data();
  for (const RowRun& run : runs) {
    const int64_t first = run.first * width;
    const int64_t bytes = run.count * width;
    if (bytes <= kBlock && first + kBlock <= in_bytes) {
      std::memcpy(out, in + first, kBlock);
    } else {
      std::memcpy(out, in + first, static_cast<size_t>(bytes));
    }
    out += bytes;
  }
  return WithoutSlack(std::move(kept), kept_bytes);
}

Result<std::shared_ptr<arrow::Buffer>> KeepFixedWidth(const arrow::Buffer& buffer, int64_t offset,
                                                      int64_t width, Runs runs) {
  switch (width) {
    case 1:
      return KeepBlocks<1 * kBlockRows>(buffer, offset, 1, runs);
    case 2:
      return KeepBlocks<2 * kBlockRows>(buffer, offset, 2, runs);
    case 4:
      return KeepBlocks<4 * kBlockRows>(buffer, offset, 4, runs);
    case 8:
      return KeepBlocks<8 * kBlockRows>(buffer, offset, 8, runs);
    default:
      return KeepBlocks<16 * kBlockRows>(buffer, offset, width, runs);
  }
}

// -------------------------------------------------------------------------------------- bits

// Reads up to kStep bits at once from any bit on, never beyond the buffer.
class BitReader {
 public:
  static constexpr int64_t kStep = 56;

  explicit BitReader(const arrow::Buffer& buffer) : data_(buffer.data()), bytes_(buffer.size()) {}

  uint64_t Read(int64_t first, int64_t count) const {
    const int64_t byte = first / 8;
    uint64_t word = 0;
    std::memcpy(&word, data_ + byte,
                byte + 8 <= bytes_ ? size_t{8} : static_cast<size_t>(bytes_ - byte));
    return (word >> (first % 8)) & ((uint64_t{1} << count) - 1);
  }

 private:
  const uint8_t* data_;
  int64_t bytes_;
};

class BitWriter {
 public:
  explicit BitWriter(uint8_t* out) : out_(out) {}

  // The lowest `count` (at most kStep) bits of `bits`; the others are 0.
  void Append(uint64_t bits, int64_t count) {
    ones_ += std::popcount(bits);
    pending_ |= bits << used_;
    used_ += count;
    if (used_ < 64) return;
    std::memcpy(out_, &pending_, 8);
    out_ += 8;
    used_ -= 64;
    pending_ = bits >> (count - used_);
  }

  // Up to seven bytes of slack are written.
  void Finish() { std::memcpy(out_, &pending_, 8); }

  int64_t ones() const { return ones_; }

 private:
  uint8_t* out_;
  uint64_t pending_ = 0;
  int64_t used_ = 0;
  int64_t ones_ = 0;
};

struct KeptBits {
  std::shared_ptr<arrow::Buffer> buffer;
  int64_t ones = 0;
};

Result<KeptBits> KeepBits(const arrow::Buffer& buffer, int64_t offset, Runs runs) {
  const int64_t kept_bytes = (RowsOf(runs) + 7) / 8;
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::ResizableBuffer> out, AllocateWithSlack(kept_bytes));
  const BitReader reader(buffer);
  BitWriter writer(out->mutable_data());
  for (const RowRun& run : runs) {
    int64_t first = offset + run.first;
    int64_t left = run.count;
    for (; left > BitReader::kStep; left -= BitReader::kStep, first += BitReader::kStep) {
      writer.Append(reader.Read(first, BitReader::kStep), BitReader::kStep);
    }
    if (left > 0) writer.Append(reader.Read(first, left), left);
  }
  writer.Finish();
  KeptBits kept{.ones = writer.ones()};
  ICEFIELD_ASSIGN(kept.buffer, WithoutSlack(std::move(out), kept_bytes));
  return kept;
}

// ------------------------------------------------------------------------- variable length

// The bytes or elements that follow the offsets of kept rows, as runs; neighbours are one.
template <typename Offset>
std::vector<RowRun> RunsBehind(const Offset* offsets, Runs runs) {
  std::vector<RowRun> behind;
  behind.reserve(runs.size());
  for (const RowRun& run : runs) {
    const RowRun next{.first = offsets[run.first],
                      .count = offsets[run.first + run.count] - offsets[run.first]};
    if (next.count == 0) continue;
    if (!behind.empty() && behind.back().first + behind.back().count == next.first) {
      behind.back().count += next.count;
    } else {
      behind.push_back(next);
    }
  }
  return behind;
}

// The offsets of the kept rows, from 0 on. `rows` is how many rows `offsets` has; one more offset.
template <typename Offset>
Result<std::shared_ptr<arrow::Buffer>> KeepOffsets(const Offset* offsets, int64_t rows, Runs runs) {
  const auto kept_bytes = (RowsOf(runs) + 1) * static_cast<int64_t>(sizeof(Offset));
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::ResizableBuffer> buffer, AllocateWithSlack(kept_bytes));
  auto* out = reinterpret_cast<Offset*>(buffer->mutable_data());
  Offset end = 0;
  for (const RowRun& run : runs) {
    const Offset* in = offsets + run.first;
    const Offset moved = static_cast<Offset>(end - in[0]);
    end = static_cast<Offset>(in[run.count] + moved);
    if (run.count <= kBlockRows && run.first + kBlockRows <= rows) {
      for (int64_t i = 0; i < kBlockRows; ++i) out[i] = static_cast<Offset>(in[i] + moved);
    } else {
      for (int64_t i = 0; i < run.count; ++i) out[i] = static_cast<Offset>(in[i] + moved);
    }
    out += run.count;
  }
  *out = end;
  return WithoutSlack(std::move(buffer), kept_bytes);
}

// ------------------------------------------------------------------------------------- types

// The rows of `runs` of an array that has rows, as an array of the same type. Row numbers are those
// of the array, behind its offset.
Result<std::shared_ptr<arrow::ArrayData>> KeepArray(const arrow::ArrayData& in, Runs runs);

// As KeepArray, without a copy where there is at most one run.
Result<std::shared_ptr<arrow::ArrayData>> KeepChild(const arrow::ArrayData& in, Runs runs) {
  if (runs.empty()) return in.Slice(0, 0);
  if (runs.size() == 1) return in.Slice(runs[0].first, runs[0].count);
  return KeepArray(in, runs);
}

template <typename Offset>
Status KeepBytes(const arrow::ArrayData& in, Runs runs, arrow::ArrayData& out) {
  const auto* offsets = in.GetValues<Offset>(1);
  ICEFIELD_ASSIGN(out.buffers[1], KeepOffsets(offsets, in.length, runs));
  const std::vector<RowRun> bytes = RunsBehind(offsets, runs);
  if (bytes.empty()) {
    out.buffers[2] = std::make_shared<arrow::Buffer>(nullptr, 0);
    return {};
  }
  ICEFIELD_ASSIGN(out.buffers[2], KeepBlocks<kTextBlockBytes>(*in.buffers[2], 0, 1, bytes));
  return {};
}

template <typename Offset>
Status KeepLists(const arrow::ArrayData& in, Runs runs, arrow::ArrayData& out) {
  const auto* offsets = in.GetValues<Offset>(1);
  ICEFIELD_ASSIGN(out.buffers[1], KeepOffsets(offsets, in.length, runs));
  ICEFIELD_ASSIGN(out.child_data[0], KeepChild(*in.child_data[0], RunsBehind(offsets, runs)));
  return {};
}

// Arrow's maps look at the keys and values behind their entries without the offset of the entries:
// these start at 0.
Status KeepMaps(const arrow::ArrayData& in, Runs runs, arrow::ArrayData& out) {
  ICEFIELD_TRY(KeepLists<int32_t>(in, runs, out));
  const arrow::ArrayData& entries = *out.child_data[0];
  std::shared_ptr<arrow::ArrayData> from_zero = entries.Copy();
  from_zero->offset = 0;
  from_zero->buffers[0] = nullptr;  // Entries are never null.
  from_zero->null_count = 0;
  for (std::shared_ptr<arrow::ArrayData>& child : from_zero->child_data)
    child = child->Slice(entries.offset, entries.length);
  out.child_data[0] = std::move(from_zero);
  return {};
}

Status KeepFixedSizeLists(const arrow::ArrayData& in, int64_t list_size, Runs runs,
                          arrow::ArrayData& out) {
  std::vector<RowRun> elements;
  if (list_size > 0) {
    elements.reserve(runs.size());
    for (const RowRun& run : runs) {
      elements.push_back({(in.offset + run.first) * list_size, run.count * list_size});
    }
  }
  ICEFIELD_ASSIGN(out.child_data[0], KeepChild(*in.child_data[0], elements));
  return {};
}

Status KeepMembers(const arrow::ArrayData& in, Runs runs, arrow::ArrayData& out) {
  for (size_t i = 0; i < in.child_data.size(); ++i) {
    // The offset of a struct counts for its members, too.
    const std::shared_ptr<arrow::ArrayData> member = in.child_data[i]->Slice(in.offset, in.length);
    ICEFIELD_ASSIGN(out.child_data[i], KeepChild(*member, runs));
  }
  return {};
}

// Types of rare layouts: as slow as any choice of rows.
Result<std::shared_ptr<arrow::ArrayData>> TakeRuns(const arrow::ArrayData& in, Runs runs) {
  std::vector<int64_t> chosen;
  chosen.reserve(static_cast<size_t>(RowsOf(runs)));
  for (const RowRun& run : runs) {
    for (int64_t row = run.first; row < run.first + run.count; ++row) chosen.push_back(row);
  }
  const arrow::Int64Array indices(static_cast<int64_t>(chosen.size()), arrow::Buffer::Wrap(chosen));
  ICEFIELD_ARROW_ASSIGN(arrow::Datum taken,
                        arrow::compute::Take(arrow::Datum(in.Copy()), arrow::Datum(indices.data()),
                                             arrow::compute::TakeOptions::NoBoundsCheck()),
                        "choosing live rows");
  return taken.array();
}

const arrow::DataType& StorageType(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return StorageType(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

bool HasRareLayout(const arrow::DataType& storage) {
  switch (storage.id()) {
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
    case arrow::Type::RUN_END_ENCODED:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
      return true;
    default:
      return false;
  }
}

// All but validity.
Status KeepValues(const arrow::ArrayData& in, const arrow::DataType& storage, Runs runs,
                  arrow::ArrayData& out) {
  switch (storage.id()) {
    case arrow::Type::NA:
      return {};
    case arrow::Type::BOOL: {
      ICEFIELD_ASSIGN(KeptBits kept, KeepBits(*in.buffers[1], in.offset, runs));
      out.buffers[1] = std::move(kept.buffer);
      return {};
    }
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return KeepBytes<int32_t>(in, runs, out);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return KeepBytes<int64_t>(in, runs, out);
    case arrow::Type::LIST:
      return KeepLists<int32_t>(in, runs, out);
    case arrow::Type::MAP:
      return KeepMaps(in, runs, out);
    case arrow::Type::LARGE_LIST:
      return KeepLists<int64_t>(in, runs, out);
    case arrow::Type::FIXED_SIZE_LIST:
      return KeepFixedSizeLists(
          in, static_cast<const arrow::FixedSizeListType&>(storage).list_size(), runs, out);
    case arrow::Type::STRUCT:
      return KeepMembers(in, runs, out);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: {
      // Views go on showing into the same buffers.
      constexpr int64_t kViewBytes = 16;
      ICEFIELD_ASSIGN(out.buffers[1], KeepFixedWidth(*in.buffers[1], in.offset, kViewBytes, runs));
      return {};
    }
    default:
      // Numbers, times, decimals, fixed bytes, and the indices of a dictionary.
      if (storage.byte_width() == 0) return {};
      ICEFIELD_ASSIGN(out.buffers[1],
                      KeepFixedWidth(*in.buffers[1], in.offset, storage.byte_width(), runs));
      return {};
  }
}

Result<std::shared_ptr<arrow::ArrayData>> KeepArray(const arrow::ArrayData& in, Runs runs) {
  const arrow::DataType& storage = StorageType(*in.type);
  if (HasRareLayout(storage)) return TakeRuns(in, runs);

  // Whatever is not replaced is shared: a dictionary, the buffers behind views.
  std::shared_ptr<arrow::ArrayData> out = in.Copy();
  out->length = RowsOf(runs);
  out->offset = 0;
  if (storage.id() == arrow::Type::NA) {
    out->null_count = out->length;
  } else if (in.GetNullCount() == 0) {
    out->buffers[0] = nullptr;
    out->null_count = 0;
  } else {
    ICEFIELD_ASSIGN(KeptBits validity, KeepBits(*in.buffers[0], in.offset, runs));
    out->null_count = out->length - validity.ones;
    out->buffers[0] = std::move(validity.buffer);
  }
  ICEFIELD_TRY(KeepValues(in, storage, runs, *out));
  return out;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> KeepRuns(
    const std::shared_ptr<arrow::RecordBatch>& rows, Runs runs) {
  const int64_t kept = RowsOf(runs);
  if (kept == rows->num_rows()) return rows;
  if (kept == 0) return rows->Slice(0, 0);
  if (runs.size() == 1) return rows->Slice(runs[0].first, runs[0].count);
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  columns.reserve(static_cast<size_t>(rows->num_columns()));
  for (const std::shared_ptr<arrow::ArrayData>& column : rows->column_data()) {
    ICEFIELD_ASSIGN(columns.emplace_back(), KeepArray(*column, runs));
  }
  return arrow::RecordBatch::Make(rows->schema(), kept, std::move(columns));
}

}  // namespace icefield
