#include "pit/slot_table.h"

#include <algorithm>
#include <limits>

#include "pit/dictionary.h"

namespace icefield {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// Rows are merged by ranges of keys: the slots of one range stay in the cache, and one lock serves
// many rows.
constexpr uint32_t kPartitionsMax = 64;
// Slots under way at once, to hide misses of the cache.
constexpr size_t kAhead = 16;

// Keys with so few slots are searched without a branch that the processor would mispredict.
constexpr uint32_t kFewSlots = 8;

// The number of ascending `times` below `time`.
uint32_t CountBefore(const int64_t* times, uint32_t count, int64_t time) {
  if (count > kFewSlots)
    return static_cast<uint32_t>(std::lower_bound(times, times + count, time) - times);
  uint32_t before = 0;
  for (uint32_t at = 0; at < count; ++at) before += times[at] < time ? 1 : 0;
  return before;
}

}  // namespace

void Candidate::Merge(const Candidate& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  const bool greater = other.order > order;
  if (order.TiesWith(other.order)) {
    tied = true;
  } else if (greater) {
    tied = other.tied;
  }
  if (greater) order = other.order;
}

SlotTable::SlotTable(const SpineIndex& index, bool created_cut)
    : index_(index),
      created_cut_(created_cut),
      slots_(index.slot_times.size()),
      first_event_(index.key_count(), kNever) {
  while ((index.key_count() >> partition_shift_) >= kPartitionsMax) ++partition_shift_;
  partition_count_ = PartitionOf(index.key_count()) + 1;
  partition_locks_ = std::make_unique<std::mutex[]>(partition_count_);
}

void SlotTable::Observe(const ObservedRows& rows, Scratch& scratch) {
  GroupByPartition(rows, scratch);
  for (uint32_t partition = 0; partition < partition_count_; ++partition) {
    const std::span<Scratch::Row> part(scratch.rows.begin() + scratch.starts[partition],
                                       scratch.rows.begin() + scratch.starts[partition + 1]);
    if (part.empty()) continue;
    FindSlots(rows, part);
    const std::lock_guard lock(partition_locks_[partition]);
    Merge(rows, part);
  }
}

void SlotTable::GroupByPartition(const ObservedRows& rows, Scratch& scratch) const {
  scratch.starts.assign(size_t{partition_count_} + 1, 0);
  for (uint32_t key_id : rows.key_ids) {
    if (key_id != kNoId) ++scratch.starts[PartitionOf(key_id) + 1];
  }
  for (uint32_t part = 0; part < partition_count_; ++part)
    scratch.starts[part + 1] += scratch.starts[part];
  scratch.rows.resize(scratch.starts.back());
  scratch.next.assign(scratch.starts.begin(), scratch.starts.end() - 1);
  for (size_t row = 0; row < rows.key_ids.size(); ++row) {
    const uint32_t key_id = rows.key_ids[row];
    if (key_id == kNoId) continue;
    scratch.rows[scratch.next[PartitionOf(key_id)]++] = {key_id, kNoSlot,
                                                         static_cast<uint32_t>(row)};
  }
}

uint32_t SlotTable::SlotFor(const ObservedRows& batch, const Scratch::Row& row) const {
  int64_t visible = batch.event_times[row.row];
  if (created_cut_) {
    const int64_t created =
        batch.created_times.empty() ? kNoCreatedTime : batch.created_times[row.row];
    if (created == kNoCreatedTime) return kNoSlot;
    visible = std::max(visible, created);
  }
  if (!batch.commit_times.empty()) visible = std::max(visible, batch.commit_times[row.row]);
  const uint32_t first = index_.first_slot[row.key_id];
  const uint32_t end = index_.first_slot[row.key_id + 1];
  const uint32_t found =
      first + CountBefore(index_.slot_times.data() + first, end - first, visible);
  return found == end ? kNoSlot : found;
}

void SlotTable::FindSlots(const ObservedRows& batch, std::span<Scratch::Row> rows) const {
  for (size_t at = 0; at < rows.size(); ++at) {
    if (at + 2 * kAhead < rows.size())
      __builtin_prefetch(&index_.first_slot[rows[at + 2 * kAhead].key_id]);
    if (at + kAhead < rows.size()) {
      __builtin_prefetch(index_.slot_times.data() + index_.first_slot[rows[at + kAhead].key_id]);
    }
    rows[at].slot = SlotFor(batch, rows[at]);
  }
}

void SlotTable::Merge(const ObservedRows& batch, std::span<const Scratch::Row> rows) {
  for (size_t at = 0; at < rows.size(); ++at) {
    if (at + kAhead < rows.size()) {
      const Scratch::Row& ahead = rows[at + kAhead];
      __builtin_prefetch(&first_event_[ahead.key_id], 1);
      if (ahead.slot != kNoSlot) __builtin_prefetch(&slots_[ahead.slot], 1);
    }
    const Scratch::Row& row = rows[at];
    int64_t& first_event = first_event_[row.key_id];
    first_event = std::min(first_event, batch.event_times[row.row]);
    if (row.slot != kNoSlot) slots_[row.slot].Merge(Candidate{batch.OrderOf(row.row), false});
  }
}

void SlotTable::Spread() {
  for (uint32_t key = 0; key < index_.key_count(); ++key) {
    for (uint32_t slot = index_.first_slot[key] + 1; slot < index_.first_slot[key + 1]; ++slot) {
      slots_[slot].Merge(slots_[slot - 1]);
    }
  }
}

Outcome SlotTable::MissOf(uint32_t slot) const {
  const auto after = std::upper_bound(index_.first_slot.begin(), index_.first_slot.end(), slot);
  const auto key = static_cast<size_t>(after - index_.first_slot.begin()) - 1;
  if (first_event_[key] == kNever) return Outcome::kKeyAbsent;
  return first_event_[key] > index_.slot_times[slot] ? Outcome::kOnlyLaterRows : Outcome::kCut;
}

SlotTable::Resolved SlotTable::Resolve(size_t row, int64_t oldest_fresh) const {
  const uint32_t slot = index_.slot_of_row[row];
  if (slot == kNoSlot) return {};
  const Candidate& candidate = slots_[slot];
  if (candidate.empty()) return {MissOf(slot), nullptr};
  if (candidate.order.event_time < oldest_fresh) return {Outcome::kExpired, &candidate};
  return {Outcome::kHit, &candidate};
}

}  // namespace icefield
