#include "retrieval/frame_passes.h"

#include <arrow/array/array_dict.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <set>

#include "base/row_order.h"
#include "pit/spine_index.h"

namespace icefield {
namespace {

// What is kept for every row of a frame: its time, and for every view its winner, on request with
// its place.
constexpr int64_t kTimeBytes = 9;
constexpr int64_t kWinnerBytes = 4;
constexpr auto kPlaceBytes = static_cast<int64_t>(sizeof(RowLocator));
// Of an encoding of keys: the id of every row, and of every distinct key and column an entry in a
// dictionary that is at most half full.
constexpr int64_t kIdBytes = 4;
constexpr int64_t kEntryBytes = 48;
// While winners are found, of every probe: the index, the slot with its candidate, its number.
constexpr int64_t kSlotBytes = 112;
// Once: ticks of one probe; rows that may win while they are numbered, which probes mostly share.
constexpr int64_t kHitBytes = 48;

// About the bytes of a value of a column, were it no dictionary.
int64_t ValueBytes(const arrow::ChunkedArray& column) {
  int64_t most = 1;
  for (const std::shared_ptr<arrow::Array>& chunk : column.chunks()) {
    const arrow::Array* values = chunk.get();
    if (values->type_id() == arrow::Type::DICTIONARY)
      values = static_cast<const arrow::DictionaryArray*>(values)->dictionary().get();
    if (values->length() == 0) continue;
    const arrow::Result<int64_t> bytes = arrow::util::ReferencedBufferSize(*values);
    if (bytes.ok()) most = std::max(most, *bytes / values->length());
  }
  return most;
}

}  // namespace

int64_t JoinBytesOfRow(const arrow::Table& frame, const std::vector<PinnedView>& views,
                       int64_t probes) {
  int64_t bytes = kTimeBytes + probes * kSlotBytes + kHitBytes;
  std::set<std::vector<std::string>> encodings;
  for (const PinnedView& pinned : views) {
    // Views that share a scan leave their winners to one another.
    bytes += kWinnerBytes + (pinned.provenance || views.size() > 1 ? kPlaceBytes : 0);
    if (!encodings.insert(pinned.view.frame_keys).second) continue;
    bytes += kIdBytes;
    for (const std::string& name : pinned.view.frame_keys) {
      const std::shared_ptr<arrow::ChunkedArray> column = frame.GetColumnByName(name);
      // The column in the table's type, and what its dictionary keeps of it.
      if (column != nullptr) bytes += 2 * ValueBytes(*column) + kEntryBytes;
    }
  }
  return bytes;
}

int64_t ProbesMax(const arrow::Table& frame, const std::vector<PinnedView>& views,
                  const MemoryBudget& memory) {
  const int64_t rows = std::max<int64_t>(1, frame.num_rows());
  const int64_t spare = memory.frame_bytes() - rows * JoinBytesOfRow(frame, views, 1);
  return 1 + std::max<int64_t>(0, spare / (rows * kSlotBytes));
}

int64_t PassRows(const arrow::Table& frame, const std::vector<PinnedView>& views,
                 const MemoryBudget& memory, int64_t batch_rows) {
  const int64_t fitting = memory.frame_bytes() / JoinBytesOfRow(frame, views, 1);
  const int64_t rows = std::clamp<int64_t>(
      fitting, 1,
      std::min(memory.limits().pass_rows_max.value_or(kNoSlot - 1), int64_t{kNoSlot} - 1));
  return rows < batch_rows ? rows : rows - rows % batch_rows;
}

GivenFrame::GivenFrame(std::shared_ptr<arrow::Table> table, std::string time_column,
                       int64_t pass_rows)
    : table_(std::move(table)), time_column_(std::move(time_column)), pass_rows_(pass_rows) {}

Result<GivenFrame> GivenFrame::Make(std::shared_ptr<arrow::Table> table, std::string time_column,
                                    int64_t pass_rows) {
  GivenFrame frame(std::move(table), std::move(time_column), pass_rows);
  for (int64_t pass = 0; pass < frame.passes(); ++pass) ICEFIELD_TRY(frame.Part(pass));
  return frame;
}

int64_t GivenFrame::passes() const {
  return std::max<int64_t>(1, (table_->num_rows() + pass_rows_ - 1) / pass_rows_);
}

Result<EntityFrame> GivenFrame::Part(int64_t pass) const {
  const int64_t first = pass * pass_rows_;
  return EntityFrame::Make(passes() == 1 ? table_ : table_->Slice(first, pass_rows_), time_column_,
                           first);
}

class GivenPasses final : public FramePasses {
 public:
  explicit GivenPasses(GivenFrame frame) : frame_(std::move(frame)) {}

  Result<std::optional<EntityFrame>> Next() override {
    if (next_ == frame_.passes()) return std::optional<EntityFrame>();
    ICEFIELD_ASSIGN(EntityFrame part, frame_.Part(next_++));
    return std::optional(std::move(part));
  }

 private:
  GivenFrame frame_;
  int64_t next_ = 0;
};

std::unique_ptr<FramePasses> GivenFrame::Passes() const {
  return std::make_unique<GivenPasses>(*this);
}

}  // namespace icefield
