/// One pass over a view's files for several ways to match the frame with its rows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "pit/slot_table.h"
#include "pit/spine_index.h"
#include "retrieval/entity_frame.h"
#include "retrieval/key_encodings.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// The frame's keys by some of its columns, and their slots, as a scan's rows are matched with
/// them. Borrows both.
struct Probe {
  const EncodedKeys* keys = nullptr;
  const SpineIndex* index = nullptr;  ///< Of these keys, in the view's unit.
  std::vector<int64_t> ttls_us;       ///< Of the views that it is for, each once; at least one.
};

/// Of TTLs, at least one, that which lets most through (0: no limit).
int64_t WidestTtl(std::span<const int64_t> ttls_us);

/// How the first pass reads.
struct DecidingTerms {
  int64_t thread_bytes = 0;  ///< What a thread may hold of rows that may win.
  ReadOptions read;
};

/// The slots of each probe.
using ProbeSlots = std::vector<std::unique_ptr<SlotTable>>;

/// Slots that have observed a scan.
struct FilledSlots {
  ProbeSlots slots;
  std::vector<RowLocator> contenders;  ///< The rows that they hold, by number.
};

/// Streams keys and times of an opened view, with the cuts that scan.report names, once to the
/// slots of all probes, and settles ties; Spread is the caller's. Where too many rows tie to be set
/// aside, all are read once more, with what decides between them. Fills what the report says of
/// reading: a row that several probes match is counted once.
Result<FilledSlots> FillSlots(ViewScan& scan, const EntityFrame& frame,
                              std::span<const Probe> probes, const DecidingTerms& terms);

}  // namespace icefield
