#include "pit/slot_table.h"

#include <algorithm>
#include <thread>

namespace icefield {
namespace {

// Rows of a run on average from which on a block is taken run by run.
constexpr size_t kRunRows = 4;
// Slots passed one by one before the rest is searched.
constexpr uint32_t kStepsMax = 8;

// The first of the slots [slot, end) at or after `time`.
uint32_t Advance(const std::vector<int64_t>& times, uint32_t slot, uint32_t end, int64_t time) {
  for (uint32_t step = 0; step < kStepsMax; ++step, ++slot) {
    if (slot == end || times[slot] >= time) return slot;
  }
  return static_cast<uint32_t>(std::lower_bound(times.begin() + slot, times.begin() + end, time) -
                               times.begin());
}

}  // namespace

SlotTable::SlotTable(const SpineIndex& index, const Options& options)
    : index_(index),
      options_(options),
      packing_(options.files),
      finder_(index, options.ttl),
      best_(index.slot_times.size()),
      ties_looked_through_at_(options.ties_max / 16),
      passed_(finder_.places()),
      events_(options.created_cut || options.commit_cut ? finder_.places() : 0) {}

Status SlotTable::Observe(const ObservedRows& rows) {
  const size_t count = rows.key_ids.size();
  if (count == 0) return {};
  // Positions grow within a batch.
  ICEFIELD_TRY(packing_.Check({rows.file, rows.PositionOf(count - 1)}));
  MakeDetails(rows);
  const bool cut = options_.created_cut || options_.commit_cut;
  std::vector<Tie> ties;
  Block block{.rows = rows, .ties = ties};
  for (size_t first = 0; first < count; first += SlotFinder::kBlock) {
    const size_t size = std::min(SlotFinder::kBlock, count - first);
    if (!cut && LiesInRuns(rows.key_ids.subspan(first, size))) {
      ObserveRuns(rows, first, size, ties);
      continue;
    }
    block.first = first;
    block.count = size;
    ObserveScattered(block);
  }
  return ties.empty() ? Status() : SetAside(ties);
}

void SlotTable::MakeDetails(const ObservedRows& rows) {
  if (rows.created_times.empty() && rows.lineages.empty()) return;
  std::call_once(details_made_, [&] {
    if (!rows.created_times.empty()) created_times_.assign(best_.size(), kNoCreatedTime);
    if (!rows.lineages.empty()) lineages_.assign(best_.size(), RowLineage{});
  });
}

bool SlotTable::LiesInRuns(std::span<const uint32_t> keys) const {
  size_t runs = 1;
  for (size_t row = 1; row < keys.size(); ++row) runs += keys[row] != keys[row - 1] ? 1 : 0;
  return runs * kRunRows <= keys.size();
}

void SlotTable::ObserveRuns(const ObservedRows& rows, size_t first, size_t count,
                            std::vector<Tie>& ties) {
  const std::span<const uint32_t> keys = rows.key_ids.subspan(first, count);
  std::array<uint32_t, SlotFinder::kBlock> runs;
  size_t run_count = 0;
  for (size_t row = 0; row < count; ++row) {
    if (row > 0 && keys[row] == keys[row - 1]) continue;
    runs[run_count++] = keys[row];
    __builtin_prefetch(&index_.first_slot[keys[row]]);
  }
  for (size_t run = 0; run < run_count; ++run) {
    const uint32_t slot = index_.first_slot[runs[run]];
    __builtin_prefetch(index_.slot_times.data() + slot);
    __builtin_prefetch(best_.data() + slot);
    if (!created_times_.empty()) __builtin_prefetch(created_times_.data() + slot);
  }
  for (size_t row = first; row < first + count;) row = ObserveRun(rows, row, first + count, ties);
}

// Neighbouring rows of one key, mostly in the order of time: the slot follows the rows, and only
// the best of a slot's neighbours goes there.
size_t SlotTable::ObserveRun(const ObservedRows& rows, size_t first, size_t end,
                             std::vector<Tie>& ties) {
  const uint32_t key = rows.key_ids[first];
  const uint32_t first_slot = index_.first_slot[key];
  const uint32_t end_slot = index_.first_slot[key + 1];
  const uint64_t ttl = options_.ttl > 0 ? static_cast<uint64_t>(options_.ttl) : UINT64_MAX;
  uint32_t slot = first_slot;
  int64_t time_before = INT64_MIN;
  uint32_t best_slot = kNoSlot;  // The slot that `best` is for.
  size_t best = first;
  size_t row = first;
  for (; row < end && rows.key_ids[row] == key; ++row) {
    const int64_t time = rows.event_times[row];
    slot = Advance(index_.slot_times, time < time_before ? first_slot : slot, end_slot, time);
    time_before = time;
    if (slot == end_slot ||
        static_cast<uint64_t>(index_.slot_times[slot]) - static_cast<uint64_t>(time) > ttl) {
      passed_.Set(size_t{slot} + key);
      continue;
    }
    if (slot == best_slot && time < rows.event_times[best]) continue;
    // Of two rows of one time both go there: they tie.
    if (best_slot != kNoSlot && (slot != best_slot || time == rows.event_times[best]))
      Update(best_slot, rows, best, ties);
    best_slot = slot;
    best = row;
  }
  if (best_slot != kNoSlot) Update(best_slot, rows, best, ties);
  return row;
}

void SlotTable::ObserveScattered(Block& block) {
  const ObservedRows& rows = block.rows;
  const std::span<const uint32_t> keys = rows.key_ids.subspan(block.first, block.count);
  const size_t next = block.first + block.count;
  finder_.Prefetch(
      rows.key_ids.subspan(next, std::min(SlotFinder::kBlock, rows.key_ids.size() - next)));
  finder_.Coarsen(rows.event_times.subspan(block.first, block.count), block.coarse_events.data());
  finder_.Find(keys, rows.event_times.data() + block.first, block.coarse_events.data(),
               block.places.data());
  if (options_.created_cut || options_.commit_cut) FindVisible(block);

  // Rows that matter are told from the others without a branch.
  std::array<uint32_t, SlotFinder::kBlock> useful;
  std::array<Place, SlotFinder::kBlock> passed;
  size_t useful_count = 0;
  size_t passed_count = 0;
  for (size_t row = 0; row < block.count; ++row) {
    const Place place = block.places[row];
    const bool useless = finder_.IsUseless(place, block.coarse_events[row]);
    useful[useful_count] = static_cast<uint32_t>(row);
    passed[passed_count] = place;
    useful_count += useless ? 0 : 1;
    passed_count += useless ? 1 : 0;
  }
  for (size_t at = 0; at < useful_count; ++at)
    __builtin_prefetch(&best_[block.places[useful[at]] - keys[useful[at]]]);
  for (size_t at = 0; at < passed_count; ++at) passed_.Set(passed[at]);
  for (size_t at = 0; at < useful_count; ++at) {
    const size_t row = block.first + useful[at];
    const uint32_t slot = block.places[useful[at]] - rows.key_ids[row];
    if (rows.event_times[row] >= best_[slot].event_time.load(std::memory_order_relaxed))
      Update(slot, rows, row, block.ties);
  }
}

// With cuts: notes where events lie, and finds the places from which on rows are visible.
void SlotTable::FindVisible(Block& block) {
  const ObservedRows& rows = block.rows;
  std::array<int64_t, SlotFinder::kBlock> visible;
  std::array<int32_t, SlotFinder::kBlock> coarse;
  for (size_t at = 0; at < block.count; ++at) {
    events_.Set(block.places[at]);
    const size_t row = block.first + at;
    visible[at] = rows.event_times[row];
    if (options_.created_cut) visible[at] = std::max(visible[at], rows.CreatedTimeOf(row));
    if (options_.commit_cut) visible[at] = std::max(visible[at], rows.commit_times[row]);
  }
  const std::span<const uint32_t> keys = rows.key_ids.subspan(block.first, block.count);
  finder_.Coarsen({visible.data(), block.count}, coarse.data());
  finder_.Find(keys, visible.data(), coarse.data(), block.places.data());
  if (!options_.created_cut) return;
  for (size_t at = 0; at < block.count; ++at) {
    if (rows.CreatedTimeOf(block.first + at) != kNoCreatedTime) continue;
    block.places[at] = index_.first_slot[keys[at] + 1] + keys[at];  // Never visible.
  }
}

uint64_t SlotTable::Lock(Best& best) const {
  while (true) {
    uint64_t row = best.row.load(std::memory_order_relaxed);
    if ((row & kLocked) == 0 &&
        best.row.compare_exchange_weak(row, row | kLocked, std::memory_order_acquire))
      return row;
    if ((row & kLocked) != 0) std::this_thread::yield();
  }
}

void SlotTable::Update(uint32_t slot, const ObservedRows& rows, size_t row,
                       std::vector<Tie>& ties) {
  Best& best = best_[slot];
  const int64_t event_time = rows.event_times[row];
  const uint64_t held = Lock(best);
  const int64_t held_time = best.event_time.load(std::memory_order_relaxed);
  if (held != kNoRow && event_time < held_time) {
    best.row.store(held, std::memory_order_release);
    return;
  }
  Candidate candidate{rows.OrderOf(row), false};
  const bool ties_with_held = held != kNoRow && event_time == held_time;
  if (ties_with_held && options_.ties_max > 0) {
    if ((held & kTied) == 0) ties.push_back({event_time, held, slot});
    ties.push_back({event_time, packing_.Pack(candidate.order.locator), slot});
    best.row.store(held | kTied, std::memory_order_release);
    return;
  }
  if (ties_with_held) {
    // P5 and P6 decide.
    Candidate merged = CandidateOf(slot);
    merged.Merge(candidate);
    candidate = merged;
  }
  Put(slot, candidate);
}

// The candidate of a slot; whoever calls holds its lock, or is alone.
Candidate SlotTable::CandidateOf(uint32_t slot) const {
  const Best& best = best_[slot];
  const uint64_t row = best.row.load(std::memory_order_relaxed) & ~kLocked;
  if (row == kNoRow) return {};
  return {.order = {.event_time = best.event_time.load(std::memory_order_relaxed),
                    .created_time = created_times_.empty() ? kNoCreatedTime : created_times_[slot],
                    .lineage = lineages_.empty() ? RowLineage{} : lineages_[slot],
                    .locator = packing_.Unpack(row & kRowBits)},
          .tied = (row & kTied) != 0};
}

// Writes a candidate and gives the lock back.
void SlotTable::Put(uint32_t slot, const Candidate& candidate) {
  Best& best = best_[slot];
  best.event_time.store(candidate.order.event_time, std::memory_order_relaxed);
  if (!created_times_.empty()) created_times_[slot] = candidate.order.created_time;
  if (!lineages_.empty()) lineages_[slot] = candidate.order.lineage;
  best.row.store(packing_.Pack(candidate.order.locator) | (candidate.tied ? kTied : 0),
                 std::memory_order_release);
}

// Takes the ties of a call. The list is looked through whenever it has doubled, so that it stays
// short where better rows come later; it never has more than ties_max.
Status SlotTable::SetAside(const std::vector<Tie>& ties) {
  const std::lock_guard lock(ties_lock_);
  if (!too_many_ties_ && ties_.size() + ties.size() > ties_looked_through_at_) {
    DropStaleTies();
    ties_looked_through_at_ = std::max(options_.ties_max / 16, 2 * ties_.size());
    too_many_ties_ = ties_.size() > options_.ties_max / 2;
  }
  if (!too_many_ties_ && ties_.size() + ties.size() <= options_.ties_max) {
    ties_.insert(ties_.end(), ties.begin(), ties.end());
    return {};
  }
  too_many_ties_ = true;
  ties_ = {};
  return Fail(ErrorCode::kResourceExhausted, "more than ", options_.ties_max / 2,
              " rows of one key and event time");
}

// A slot's event time only grows, so that what is stale once stays so.
void SlotTable::DropStaleTies() {
  std::erase_if(ties_, [&](const Tie& tie) {
    return tie.event_time < best_[tie.slot].event_time.load(std::memory_order_relaxed);
  });
}

size_t SlotTable::CountContenders() {
  DropStaleTies();
  return best_.size() + ties_.size();
}

void SlotTable::GetContenders(size_t first, std::span<uint64_t> rows) const {
  for (size_t at = 0; at < rows.size(); ++at) {
    const size_t number = first + at;
    rows[at] = number < best_.size() ? best_[number].row.load(std::memory_order_relaxed) & kRowBits
                                     : ties_[number - best_.size()].row;
  }
}

Status SlotTable::Settle(const FoundRows& found, const Workers& workers) {
  packing_ = RowPacking(1);  // Of numbers.
  if (!found.created_times.empty()) created_times_.assign(best_.size(), kNoCreatedTime);
  if (!found.lineages.empty()) lineages_.assign(best_.size(), RowLineage{});
  const Ranges slots(best_.size(), workers.threads);
  ICEFIELD_TRY(ParallelForRanges(slots, workers, [&](size_t, size_t first, size_t end) -> Status {
    for (size_t slot = first; slot < end; ++slot) {
      const uint64_t row = best_[slot].row.load(std::memory_order_relaxed);
      if (row == kNoRow) continue;
      const uint32_t number = found.numbers[slot];
      best_[slot].row.store((row & ~kRowBits) | number, std::memory_order_relaxed);
      if (!found.created_times.empty()) created_times_[slot] = found.created_times[number];
    }
    return {};
  }));
  const auto order_of = [&](size_t at) {
    return OrderOfTie(ties_[at], found.numbers[best_.size() + at], found);
  };
  DecideTies(ties_, order_of,
             [&](uint64_t slot, const Candidate& best) { Put(static_cast<uint32_t>(slot), best); });
  ties_ = {};
  return {};
}

Status SlotTable::Spread(const Workers& workers) {
  const Ranges keys(index_.key_count(), workers.threads);
  return ParallelForRanges(keys, workers, [&](size_t, size_t first, size_t end) -> Status {
    for (size_t key = first; key < end; ++key) SpreadKey(static_cast<uint32_t>(key));
    return {};
  });
}

// Candidates and marks go to the later slots; the last place of a key gets to know of any.
void SlotTable::SpreadKey(uint32_t key) {
  const bool cut = options_.created_cut || options_.commit_cut;
  Candidate best;
  bool passed = false;
  bool event = false;
  const uint32_t end = index_.first_slot[key + 1];
  for (uint32_t slot = index_.first_slot[key]; slot < end; ++slot) {
    const size_t place = size_t{slot} + key;
    const Candidate own = CandidateOf(slot);
    best.Merge(own);
    if (!best.empty() && best != own) Put(slot, best);
    passed |= passed_[place] || !best.empty();
    if (passed) passed_.Set(place);
    event |= cut && events_[place];
    if (event) events_.Set(place);
  }
  const size_t last = size_t{end} + key;
  if (passed) passed_.Set(last);
  if (event) events_.Set(last);
}

// Why a slot without a candidate has none.
Outcome SlotTable::MissOf(uint32_t slot) const {
  const auto after = std::upper_bound(index_.first_slot.begin(), index_.first_slot.end(), slot);
  const auto key = static_cast<size_t>(after - index_.first_slot.begin()) - 1;
  const size_t place = slot + key;
  const size_t last = index_.first_slot[key + 1] + key;
  if (passed_[place]) return Outcome::kExpired;
  if (options_.created_cut || options_.commit_cut) {
    if (events_[place]) return Outcome::kCut;
    return events_[last] ? Outcome::kOnlyLaterRows : Outcome::kKeyAbsent;
  }
  return passed_[last] ? Outcome::kOnlyLaterRows : Outcome::kKeyAbsent;
}

SlotTable::Resolved SlotTable::Resolve(size_t row, int64_t oldest_fresh) const {
  const uint32_t slot = index_.slot_of_row[row];
  if (slot == kNoSlot) return {};
  const Candidate candidate = CandidateOf(slot);
  if (candidate.empty()) return {MissOf(slot), {}};
  if (candidate.order.event_time < oldest_fresh) return {Outcome::kExpired, {}};
  return {Outcome::kHit, candidate};
}

}  // namespace icefield
