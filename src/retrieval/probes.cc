#include "retrieval/probes.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "base/executor.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/pruning.h"
#include "retrieval/settling.h"
#include "retrieval/tied_rows.h"

namespace icefield {
namespace {

// What one thread knows of a batch for one probe.
struct ProbeScratch {
  KeyMatches matches;            // Of the batch's keys; then of those that were read further.
  std::vector<uint32_t> places;  // Of the matches among the rows that were read further.
  DecidingBatch part;            // Those rows, where others were read further too.
  std::vector<int64_t> commit_times;
};

// Working memory of one thread.
struct WorkerScratch {
  std::vector<ProbeScratch> probes;
  KeyEncoder::Scratch encoder;
  std::vector<int32_t> united;
  int64_t dropped = 0;
};

// The commit times of a batch's rows with the commit cut (P9), for those that can matter: their
// event times lie within `span`. No time is asked of the others.
Status ReadCommitTimes(const ViewScan& scan, const TimeSpan& span, const DecidingBatch& batch,
                       std::vector<int64_t>& times) {
  if (!scan.pinned.commit_times) return {};
  const FileTask& task = scan.plan.tasks[batch.file];
  const int64_t first = span.first.value_or(std::numeric_limits<int64_t>::min());
  const int64_t last = span.last.value_or(std::numeric_limits<int64_t>::max());
  times.assign(batch.event_times.size(), std::numeric_limits<int64_t>::min());
  std::optional<int64_t> known;  // The commit whose time `tick` is: rows of one lie together.
  int64_t tick = 0;
  for (size_t row = 0; row < times.size(); ++row) {
    const int64_t event_time = batch.event_times[row];
    if (event_time < first || event_time > last) continue;
    const int64_t commit = batch.LastUpdatedOf(row, task);
    if (commit != known) {
      ICEFIELD_ASSIGN(tick, CommitTick(scan.pinned, task, commit));
      known = commit;
    }
    times[row] = tick;
  }
  return {};
}

// Keeps the entries of the rows that have an event time.
template <typename Value>
void KeepTimed(const std::vector<uint8_t>& no_time, std::vector<Value>& values) {
  if (values.empty()) return;
  size_t kept = 0;
  for (size_t row = 0; row < no_time.size(); ++row) {
    if (no_time[row] == 0) values[kept++] = values[row];
  }
  values.resize(kept);
}

// Leaves the rows without an event time out of a batch, and counts them.
void DropTimeless(DecidingBatch& batch, ChosenRows& chosen, WorkerScratch& own) {
  const auto dropped = std::count(batch.no_time.begin(), batch.no_time.end(), 1);
  if (dropped == 0) return;
  own.dropped += dropped;
  KeepTimed(batch.no_time, chosen.rows);
  KeepTimed(batch.no_time, batch.event_times);
  KeepTimed(batch.no_time, batch.created_times);
  KeepTimed(batch.no_time, batch.lineages);
  KeepTimed(batch.no_time, batch.positions);
}

// Of a probe's matches those that are chosen still, and their places among the chosen.
void KeepChosen(const ChosenRows& chosen, ProbeScratch& own) {
  own.places.clear();
  KeyMatches& matches = own.matches;
  size_t kept = 0;
  size_t at = 0;
  for (size_t place = 0; place < chosen.rows.size(); ++place) {
    while (at < matches.rows.size() && matches.rows[at] < chosen.rows[place]) ++at;
    if (at == matches.rows.size()) break;
    if (matches.rows[at] != chosen.rows[place]) continue;
    matches.ids[kept++] = matches.ids[at];
    own.places.push_back(static_cast<uint32_t>(place));
  }
  matches.ids.resize(kept);
}

template <typename Value>
void Pick(const std::vector<Value>& values, const std::vector<uint32_t>& places,
          std::vector<Value>& picked) {
  picked.clear();
  if (values.empty()) return;
  for (const uint32_t place : places) picked.push_back(values[place]);
}

// The rows of a batch that a probe matches, whose ids are own.matches.ids then: all of it, or a
// copy of theirs.
const DecidingBatch& PartOf(const DecidingBatch& batch, const ChosenRows& chosen,
                            ProbeScratch& own) {
  if (own.matches.rows == chosen.rows) return batch;
  KeepChosen(chosen, own);
  if (own.places.size() == chosen.rows.size()) return batch;
  own.part.file = batch.file;
  Pick(batch.event_times, own.places, own.part.event_times);
  Pick(batch.created_times, own.places, own.part.created_times);
  Pick(batch.lineages, own.places, own.part.lineages);
  Pick(batch.positions, own.places, own.part.positions);
  return own.part;
}

// Fills the slots of all probes from one scan.
class SlotFilling {
 public:
  SlotFilling(ViewScan& scan, const EntityFrame& frame, std::span<const Probe> probes,
              const DecidingTerms& terms)
      : scan_(scan), probes_(probes), terms_(terms) {
    constexpr TimeSpan kNoTime{.first = std::numeric_limits<int64_t>::max(),
                               .last = std::numeric_limits<int64_t>::min()};
    for (const Probe& probe : probes) {
      spans_.push_back(SpanOf(frame, WidestTtl(probe.ttls_us), scan.pinned.unit).value_or(kNoTime));
    }
  }

  Result<FilledSlots> Fill() && {
    ICEFIELD_TRY(Observe());
    std::vector<Contenders*> holders;
    for (const std::unique_ptr<SlotTable>& slots : slots_) holders.push_back(slots.get());
    FilledSlots filled;
    ICEFIELD_ASSIGN(filled.contenders,
                    SettleContenders(scan_, holders, terms_.thread_bytes, terms_.read));
    filled.slots = std::move(slots_);
    return filled;
  }

 private:
  Status Observe() {
    scan_.report.ties = PlannedTies(scan_);
    MakeSlots();
    if (scan_.report.ties != TieReading::kAside) return ObserveAll(TieOrder::kRead);
    Status observed = ObserveAll(TieOrder::kLeftOut);
    const bool too_many = std::any_of(slots_.begin(), slots_.end(),
                                      [](const auto& slots) { return slots->too_many_ties(); });
    if (!too_many) return observed;
    slots_.clear();
    ICEFIELD_TRY(ReadAllOnceMore(scan_, terms_.read));
    MakeSlots();
    return ObserveAll(TieOrder::kRead);
  }

  void MakeSlots() {
    const PinnedView& pinned = scan_.pinned;
    for (const Probe& probe : probes_) {
      SlotTable::Options options{.created_cut = scan_.report.cut == CutEffect::kApplied,
                                 .commit_cut = pinned.commit_times.has_value(),
                                 .ttl = TtlTicks(WidestTtl(probe.ttls_us), pinned.unit),
                                 .files = static_cast<uint32_t>(scan_.plan.tasks.size())};
      if (scan_.report.ties == TieReading::kAside)
        options.ties_max = TiesMax(probe.index->slot_times.size()) / probes_.size();
      slots_.push_back(std::make_unique<SlotTable>(*probe.index, options));
    }
  }

  // Feeds all rows of the frame's keys to the slots.
  Status ObserveAll(TieOrder order) {
    std::vector<WorkerScratch> scratch(static_cast<size_t>(ThreadCount(terms_.read.threads)));
    for (WorkerScratch& own : scratch) own.probes.resize(probes_.size());
    ICEFIELD_TRY(ForEachChosenBatch(
        scan_, order, terms_.read,
        [&](const arrow::ArrayVector& columns, int64_t rows, ChosenRows& chosen, int worker) {
          Choose(columns, rows, scratch[static_cast<size_t>(worker)], chosen);
          return Status();
        },
        [&](DecidingBatch& batch, ChosenRows& chosen, int worker) {
          return ObserveBatch(batch, chosen, scratch[static_cast<size_t>(worker)]);
        }));
    for (const WorkerScratch& own : scratch) scan_.report.rows_dropped += own.dropped;
    return {};
  }

  // The rows whose keys any probe knows.
  void Choose(const arrow::ArrayVector& columns, int64_t rows, WorkerScratch& own,
              ChosenRows& chosen) const {
    chosen.rows.clear();
    for (size_t probe = 0; probe < probes_.size(); ++probe) {
      KeyMatches& matches = own.probes[probe].matches;
      probes_[probe].keys->encoder.FindMatches(columns, rows, matches, own.encoder);
      if (chosen.rows.empty()) {
        chosen.rows = matches.rows;
      } else if (chosen.rows != matches.rows) {
        own.united.clear();
        std::set_union(chosen.rows.begin(), chosen.rows.end(), matches.rows.begin(),
                       matches.rows.end(), std::back_inserter(own.united));
        std::swap(chosen.rows, own.united);
      }
    }
  }

  Status ObserveBatch(DecidingBatch& batch, ChosenRows& chosen, WorkerScratch& own) {
    DropTimeless(batch, chosen, own);
    for (size_t probe = 0; probe < probes_.size(); ++probe) {
      ProbeScratch& of_probe = own.probes[probe];
      const DecidingBatch& part = PartOf(batch, chosen, of_probe);
      ICEFIELD_TRY(ReadCommitTimes(scan_, spans_[probe], part, of_probe.commit_times));
      ObservedRows rows = part.Observed();
      rows.key_ids = of_probe.matches.ids;
      rows.commit_times = of_probe.commit_times;
      ICEFIELD_TRY(slots_[probe]->Observe(rows));
    }
    return {};
  }

  ViewScan& scan_;
  const std::span<const Probe> probes_;
  const DecidingTerms& terms_;
  std::vector<TimeSpan> spans_;  // By probe.
  ProbeSlots slots_;
};

}  // namespace

int64_t WidestTtl(std::span<const int64_t> ttls_us) {
  const auto [least, greatest] = std::minmax_element(ttls_us.begin(), ttls_us.end());
  return *least == 0 ? 0 : *greatest;
}

Result<FilledSlots> FillSlots(ViewScan& scan, const EntityFrame& frame,
                              std::span<const Probe> probes, const DecidingTerms& terms) {
  return SlotFilling(scan, frame, probes, terms).Fill();
}

}  // namespace icefield
