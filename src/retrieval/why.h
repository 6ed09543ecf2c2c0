/// Why an entity row gets the features that it gets: every row of its key with the rule that
/// decided on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pit/slot_table.h"
#include "retrieval/training_set.h"
#include "retrieval/why_rows.h"

namespace icefield {

struct WhyRequest {
  ViewRequest view;
  std::shared_ptr<arrow::Table> entity_row;  ///< One row: the join keys and the entity time.
  std::string entity_timestamp = "event_timestamp";
  CreatedCut created_cut = CreatedCut::kNone;
  bool commit_cut = false;
  int64_t rows_max = 20;  ///< Most rows of the key that are listed; at least 1.
  ReadOptions read;
};

/// A row of the key and what became of it.
struct WhyRow {
  Verdict verdict = Verdict::kWinner;
  std::string reason;  ///< In words, with by how much: "older than the winner by 2h".
  std::string event_time;
  std::optional<std::string> created_time;
  std::optional<std::string> commit_time;  ///< With the commit cut, where it had to be known.
  SnapshotId added_by;                     ///< The snapshot that added its file.
  std::string file;
  int64_t position = 0;
  std::optional<int64_t> row_id;        ///< `_row_id`
  std::optional<int64_t> last_updated;  ///< `_last_updated_sequence_number`
  bool operator==(const WhyRow&) const = default;
};

/// The answer. Rows that deletes removed or the view's row filter does not let pass do not exist.
struct Why {
  std::string view;
  std::string table;
  std::optional<SnapshotId> snapshot_id;
  std::vector<std::pair<std::string, std::string>> keys;  ///< As the frame names them.
  std::optional<std::string> entity_time;  ///< In the unit that times are compared in.
  int64_t ttl_us = 0;
  CutEffect created_cut = CutEffect::kNotAsked;
  bool commit_cut = false;
  Outcome outcome = Outcome::kKeyAbsent;            ///< Of the rows listed, of whatever file.
  int64_t rows_of_key = 0;                          ///< With an event time.
  int64_t rows_without_time = 0;                    ///< Of the key, with none (P2).
  std::vector<WhyRow> rows;                         ///< Newest first.
  std::vector<std::pair<Verdict, int64_t>> others;  ///< As WhyRows::Judged has them.
  /// The winner's features by name, as JSON values; none without a winner.
  std::vector<std::pair<std::string, std::string>> features;
  bool operator==(const Why&) const = default;

  /// For people.
  std::string ToString() const;

  /// One JSON object on one line.
  std::string ToJson() const;
};

/// Joins the one row as MakeTrainingSet does, lists all rows of its key, and checks that both agree
/// on the winner: Internal where they do not. Reads the key's rows of all times. Errors are those
/// of MakeTrainingSet; InvalidArgument for another number of rows than one. request.read's progress
/// counts the join and the listing.
Result<Why> ExplainWhy(WhyRequest request);

/// An entity row as a person types it: the view's keys in the types of the table, the time as text.
/// `keys` are (column of the frame or the table, text). InvalidArgument names a key that is
/// missing, that the view does not have, or whose text is no value of its type.
Result<std::shared_ptr<arrow::Table>> EntityRowFromText(
    const ViewRequest& view, const std::vector<std::pair<std::string, std::string>>& keys,
    const std::string& entity_timestamp, const std::string& time);

}  // namespace icefield
