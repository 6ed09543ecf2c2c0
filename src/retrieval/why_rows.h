/// The rows of one key, judged for one entity row: the rules applied one row at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/row_order.h"

namespace icefield {

/// What became of a row. The winner, then why others are not, in the order of the rules.
enum class Verdict : uint8_t {
  kWinner,
  kLater,           ///< Its event time is after the entity time (P2).
  kExpired,         ///< Its event time is older than the TTL allows (P3).
  kOlder,           ///< The winner's event time is newer (P4).
  kCreatedEarlier,  ///< Equal event times, the winner was created later (P5).
  kLostTie,         ///< A full tie (P6).
  kCreatedLater,    ///< Created after the entity time, or never (P8).
  kCommittedLater,  ///< Committed after the entity time (P9).
};

/// "P4"
const char* RuleOf(Verdict verdict);

/// A row of the key: what the rules look at, and its identity in version 3.
struct SeenRow {
  RowOrder order;
  std::optional<int64_t> commit_time;   ///< Ticks; with the commit cut, where it had to be known.
  std::optional<int64_t> row_id;        ///< `_row_id`
  std::optional<int64_t> last_updated;  ///< `_last_updated_sequence_number`
};

/// The entity row, in ticks of the view's unit.
struct WhyTerms {
  int64_t entity_time = 0;  ///< Rounded down.
  /// The least tick that is not expired; the least of all without TTL. None: all are expired.
  std::optional<int64_t> oldest_fresh = 0;
  bool created_cut = false;
};

/// True where a row's commit time matters: P2 and P3 let it pass.
inline bool IsWithin(const WhyTerms& terms, int64_t event_time) {
  return terms.oldest_fresh && event_time >= *terms.oldest_fresh && event_time <= terms.entity_time;
}

struct JudgedRow {
  SeenRow row;
  Verdict verdict = Verdict::kWinner;
};

/// Keeps the rows of one key that say most, in bounded memory, and counts all. Not thread-safe.
class WhyRows {
 public:
  WhyRows(WhyTerms terms, size_t rows_max) : terms_(terms), rows_max_(rows_max) {}

  void Add(const SeenRow& row);

  /// The best of the rows that P2, P3, P8 and P9 let pass (P4 to P6); null: there is none.
  const SeenRow* Winner() const;

  struct Judged {
    std::vector<JudgedRow> rows;  ///< Newest first by P4 to P6, at most `rows_max`.
    std::vector<std::pair<Verdict, int64_t>> others;  ///< How many more, by verdict.
  };

  /// Every kind of verdict has its share of the rows, those next to the winner.
  Judged Judge() const;

  int64_t candidates() const { return groups_[kCandidates].count; }

 private:
  // Rows that compete for room: candidates, rows of each other rule.
  enum Group : size_t { kCandidates, kCreated, kCommitted, kLaterRows, kExpiredRows, kGroups };
  struct Kept {
    std::vector<SeenRow> rows;
    int64_t count = 0;
  };

  Group GroupOf(const SeenRow& row) const;
  void Trim(Group group);
  std::array<size_t, kGroups> Shares() const;
  Verdict VerdictOf(Group group, const SeenRow& row) const;

  WhyTerms terms_;
  size_t rows_max_;
  std::array<Kept, kGroups> groups_;
};

}  // namespace icefield
