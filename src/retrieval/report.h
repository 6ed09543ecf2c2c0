/// What a retrieval read and found.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "scan/scan_plan.h"

namespace icefield {

/// How the created cut (P8) bore on a view.
enum class CutEffect : uint8_t { kNotAsked, kApplied, kNoCreatedColumn };

/// Which created times (P5) and stored lineages (P6) were read to decide between rows of one key
/// and event time: none; created times of the rows that may win and lineages of those that tie; or
/// those of all rows.
enum class TieReading : uint8_t { kNone, kAside, kAllRows };

/// "none", "aside" or "with created times".
std::string_view TieReadingText(TieReading ties);

/// Counts of entity rows by what became of them; see Outcome for the meaning of each.
struct OutcomeCounts {
  int64_t hits = 0;
  int64_t key_absent = 0;
  int64_t only_later_rows = 0;
  int64_t expired = 0;
  int64_t cut = 0;
  bool operator==(const OutcomeCounts&) const = default;

  void Add(const OutcomeCounts& other);
};

/// One view's part of a report. Files that planning left out cannot hold a candidate, but may hold
/// rows of a key: a miss counts as key_absent where no row of the key was in what was read. Of a
/// join in several passes all counts are sums: a file that two passes read counts twice.
struct ViewReport {
  std::string view;
  std::string table;
  std::optional<SnapshotId> snapshot_id;
  std::optional<SnapshotTime> snapshot_time;
  std::optional<SnapshotId> appended_since;  ///< Only rows that were appended after it were read.
  int64_t files_planned = 0;
  int64_t files_read = 0;
  ScanCounts pruned;
  int64_t row_groups_read = 0;
  int64_t row_groups_pruned = 0;
  int64_t rows_pruned = 0;  ///< Of the row groups to read, left out by their page indexes.
  /// Compressed bytes of the needed columns of the row groups that were planned, without pages
  /// that their indexes left out: a column that decides winners and is a feature is read twice.
  /// Rows that tie are not known yet.
  int64_t bytes_planned = 0;
  int64_t bytes_read = 0;                ///< Of those that were read.
  int64_t pages_read = 0;                ///< Data pages that were decompressed, of flat columns.
  int64_t delete_bytes = 0;              ///< Of the delete files that apply, beside the others.
  int64_t rows_seen = 0;                 ///< Live feature rows whose keys and times were read.
  int64_t rows_deleted_by_position = 0;  ///< Not seen: position deletes, deletion vectors (P12).
  int64_t rows_deleted_by_equality = 0;  ///< Not seen: equality deletes (P12).
  int64_t rows_dropped = 0;              ///< Of those, without a key or an event time.
  OutcomeCounts outcomes;
  std::map<std::string, int64_t> null_values;   ///< Per feature: hits whose value is null (P7).
  int64_t full_ties = 0;                        ///< Hits that P6 decided.
  std::optional<int64_t> hits_not_yet_created;  ///< Hits created after their entity time; none
                                                ///< without a created column.
  TieReading ties = TieReading::kNone;
  /// The view over the same table whose keys and times were read for this one too; what was read
  /// for both is counted there, and the files planned are those that either needs.
  std::optional<std::string> decided_with;
  CutEffect cut = CutEffect::kNotAsked;
  bool commit_cut = false;    ///< Rows were dated by their commits (P9).
  int64_t bytes_spilled = 0;  ///< Features that were written to a temporary file.
  bool operator==(const ViewReport&) const = default;

  /// Adds the counts of another pass over the same view.
  void AddPass(const ViewReport& pass);
};

/// The entity frame that views made (P14): its event times, both inclusive, and what was read.
struct MadeFrame {
  int64_t start_us = 0;
  int64_t end_us = 0;
  std::vector<ViewReport> scans;
  int64_t bytes_spilled = 0;  ///< Of the frame's rows.
};

/// Wall seconds by stage.
struct StageSeconds {
  double frame = 0;  ///< Making the entity frame, where none was given.
  double plan = 0;
  double encode = 0;
  double winners = 0;
  double gather = 0;
};

struct RetrievalReport {
  int64_t rows = 0;
  std::vector<ViewReport> views;
  std::optional<MadeFrame> frame;  ///< Where none was given.
  StageSeconds seconds;
  int64_t process_peak_bytes = 0;  ///< Of the process, when the last row was given.
  int64_t passes = 1;              ///< Parts of the frame that were joined one after the other.

  /// Adds another pass, over the next rows of the frame.
  void AddPass(const RetrievalReport& pass);

  /// A table for people.
  std::string ToString() const;
};

}  // namespace icefield
