#include "retrieval/why.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/table.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/executor.h"
#include "base/progress.h"
#include "codec/json/row_writer.h"
#include "model/value.h"
#include "pit/slot_table.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/duration_text.h"
#include "retrieval/joined_set.h"
#include "retrieval/progress_stages.h"
#include "retrieval/pruning.h"
#include "retrieval/view_join.h"

namespace icefield {
namespace {

std::string TickText(int64_t tick, ViewUnit unit) {
  const PrimitiveKind kind =
      unit == ViewUnit::kNanos ? PrimitiveKind::kTimestamptzNs : PrimitiveKind::kTimestamptz;
  return ValueText({.kind = kind}, Value(tick));
}

// What the real join says.
struct JoinAnswer {
  std::optional<std::pair<std::string, int64_t>> winner;  // File and position.
  std::vector<std::pair<std::string, std::string>> features;
  ViewReport report;
};

// The request as a join whose features go by names that clash with nothing.
JoinRequest JoinOf(const WhyRequest& request, const PinnedView& pinned) {
  JoinRequest join{.frame = request.entity_row,
                   .bounds = {},
                   .views = {request.view},
                   .entity_timestamp = request.entity_timestamp,
                   .created_cut = request.created_cut,
                   .commit_cut = request.commit_cut,
                   .provenance = true,
                   .read = request.read};
  std::vector<FeatureColumn>& features = join.views.front().spec.features.emplace();
  const Schema& schema = *pinned.selected.schema;
  for (const BoundView::Feature& feature : pinned.view.features)
    features.push_back({schema.NameOf(feature.field.id), StrCat("feature ", features.size())});
  return join;
}

// The columns of the frame that the view needs; the join complains of those that are missing.
Result<std::shared_ptr<arrow::Table>> NeededColumns(const WhyRequest& request,
                                                    const PinnedView& pinned) {
  const std::shared_ptr<arrow::Table>& table = request.entity_row;
  if (table->num_rows() != 1)
    return InvalidArgument("the entity row has ", table->num_rows(), " rows; give exactly one");
  std::vector<std::string> wanted = pinned.view.frame_keys;
  wanted.push_back(request.entity_timestamp);
  arrow::FieldVector fields;
  arrow::ChunkedArrayVector columns;
  for (int column = 0; column < table->num_columns(); ++column) {
    const std::shared_ptr<arrow::Field>& field = table->field(column);
    if (std::find(wanted.begin(), wanted.end(), field->name()) == wanted.end()) continue;
    fields.push_back(field);
    columns.push_back(table->column(column));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns), 1);
}

Result<JoinAnswer> RunJoin(const WhyRequest& request, const PinnedView& pinned) {
  ICEFIELD_ASSIGN(std::unique_ptr<TrainingSet> set, MakeTrainingSet(JoinOf(request, pinned)));
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, set->Next());
  if (batch == nullptr || batch->num_rows() != 1) return Internal("the join of one row gave none");
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::RecordBatch> end, set->Next());
  if (end != nullptr) return Internal("the join of one row gave more");
  JoinAnswer answer{.report = set->report()->views.front()};
  const std::string& name = pinned.view.name;
  const std::shared_ptr<arrow::Array> file = batch->GetColumnByName(name + "__file");
  const std::shared_ptr<arrow::Array> position = batch->GetColumnByName(name + "__position");
  if (file == nullptr || position == nullptr)
    return Internal("the join gave no provenance of view '", name, "'");
  if (file->IsNull(0)) return answer;
  answer.winner = {static_cast<const arrow::StringArray&>(*file).GetString(0),
                   static_cast<const arrow::Int64Array&>(*position).Value(0)};
  for (size_t at = 0; at < pinned.view.features.size(); ++at) {
    const std::shared_ptr<arrow::Array> column = batch->GetColumnByName(StrCat("feature ", at));
    if (column == nullptr) return Internal("the join gave no feature ", at);
    std::string json;
    ICEFIELD_TRY(AppendJsonValue(*column, 0, json));
    answer.features.emplace_back(pinned.view.features[at].name, std::move(json));
  }
  return answer;
}

// Lists the rows of the one key.
class RowLister {
 public:
  RowLister(const ViewScan& scan, const EncodedKeys& keys, const WhyTerms& terms, size_t rows_max)
      : scan_(scan), keys_(keys), terms_(terms), rows_(terms, rows_max) {}

  Status Take(const DecidingBatch& batch) {
    KeyMatches matches;
    KeyEncoder::Scratch scratch;
    keys_.encoder.FindMatches(batch.keys, batch.rows, matches, scratch);
    for (size_t at = 0; at < matches.rows.size(); ++at) {
      if (matches.ids[at] != keys_.ids.front()) continue;
      const auto row = static_cast<size_t>(matches.rows[at]);
      if (batch.no_time[row] != 0) {
        const std::lock_guard lock(mutex_);
        ++without_time_;
        continue;
      }
      ICEFIELD_ASSIGN(const SeenRow seen, See(batch, row));
      const std::lock_guard lock(mutex_);
      ++count_;
      rows_.Add(seen);
    }
    return {};
  }

  const WhyRows& rows() const { return rows_; }
  int64_t count() const { return count_; }
  int64_t without_time() const { return without_time_; }

 private:
  Result<SeenRow> See(const DecidingBatch& batch, size_t row) const {
    const FileTask& task = scan_.plan.tasks[batch.file];
    SeenRow seen;
    seen.order = batch.Observed().OrderOf(row);
    const int64_t last_updated = batch.LastUpdatedOf(row, task);
    if (last_updated != RowLineage::kNone) seen.last_updated = last_updated;
    if (!batch.lineages.empty()) {
      if (seen.order.lineage.row_id != RowLineage::kNone) seen.row_id = seen.order.lineage.row_id;
    } else if (task.file.first_row_id) {
      seen.row_id = *task.file.first_row_id + seen.order.locator.position;
    }
    if (scan_.pinned.commit_times && IsWithin(terms_, seen.order.event_time)) {
      ICEFIELD_ASSIGN(seen.commit_time, CommitTick(scan_.pinned, task, last_updated));
    }
    return seen;
  }

  const ViewScan& scan_;
  const EncodedKeys& keys_;
  const WhyTerms terms_;
  std::mutex mutex_;
  WhyRows rows_;
  int64_t count_ = 0;
  int64_t without_time_ = 0;
};

std::string TieReason(const SeenRow& row, const SeenRow& winner) {
  if (row.last_updated != winner.last_updated) {
    const auto text = [](std::optional<int64_t> number) {
      return number ? StrCat(*number) : std::string("none");
    };
    return StrCat("a full tie; it was last updated by sequence number ", text(row.last_updated),
                  ", the winner by ", text(winner.last_updated));
  }
  if (row.row_id != winner.row_id && row.row_id && winner.row_id)
    return StrCat("a full tie; the winner has the greater row id, ", *winner.row_id);
  if (row.order.locator.file != winner.order.locator.file)
    return "a full tie; the winner's file comes later by data sequence number and path";
  return StrCat("a full tie; the winner stands behind it in its file, at ",
                winner.order.locator.position);
}

std::string ReasonOf(const JudgedRow& judged, const WhyTerms& terms, const SeenRow* winner,
                     ViewUnit unit) {
  const RowOrder& order = judged.row.order;
  const auto apart = [&](int64_t earlier, int64_t later) {
    return DurationText(earlier, later, TicksPerSecond(unit));
  };
  switch (judged.verdict) {
    case Verdict::kWinner:
      return "the newest that may be seen";
    case Verdict::kLater:
      return StrCat("later than the entity time by ", apart(terms.entity_time, order.event_time));
    case Verdict::kExpired:
      return StrCat("older than the ttl allows by ",
                    apart(order.event_time,
                          terms.oldest_fresh.value_or(std::numeric_limits<int64_t>::max())));
    case Verdict::kOlder:
      return StrCat("older than the winner by ", apart(order.event_time, winner->order.event_time));
    case Verdict::kCreatedEarlier:
      if (order.created_time == kNoCreatedTime) return "as old as the winner, without created time";
      return StrCat("as old as the winner, created before it by ",
                    apart(order.created_time, winner->order.created_time));
    case Verdict::kLostTie:
      return TieReason(judged.row, *winner);
    case Verdict::kCreatedLater:
      if (order.created_time == kNoCreatedTime) return "without a created time it is never seen";
      return StrCat("created after the entity time by ",
                    apart(terms.entity_time, order.created_time));
    case Verdict::kCommittedLater:
      return StrCat("committed after the entity time by ",
                    apart(terms.entity_time, judged.row.commit_time.value_or(terms.entity_time)));
  }
  return "";
}

WhyRow MakeRow(const JudgedRow& judged, const WhyTerms& terms, const SeenRow* winner,
               const ViewScan& scan) {
  const SeenRow& seen = judged.row;
  const FileTask& task = scan.plan.tasks[seen.order.locator.file];
  const ViewUnit unit = scan.pinned.unit;
  WhyRow row{.verdict = judged.verdict,
             .reason = ReasonOf(judged, terms, winner, unit),
             .event_time = TickText(seen.order.event_time, unit),
             .created_time = {},
             .commit_time = {},
             .added_by = task.added_by,
             .file = task.file.path,
             .position = seen.order.locator.position,
             .row_id = seen.row_id,
             .last_updated = seen.last_updated};
  if (seen.order.created_time != kNoCreatedTime)
    row.created_time = TickText(seen.order.created_time, unit);
  if (seen.commit_time) row.commit_time = TickText(*seen.commit_time, unit);
  return row;
}

// Both ways to the winner must meet.
Status CheckWinner(const WhyRows& rows, const ViewScan& scan, const JoinAnswer& answer) {
  const SeenRow* winner = rows.Winner();
  std::optional<std::pair<std::string, int64_t>> listed;
  if (winner != nullptr) {
    listed = {scan.plan.tasks[winner->order.locator.file].file.path,
              winner->order.locator.position};
  }
  if (listed == answer.winner) return {};
  const auto text = [](const std::optional<std::pair<std::string, int64_t>>& row) {
    return row ? StrCat("position ", row->second, " of ", row->first) : std::string("no row");
  };
  return Internal("feature view '", scan.pinned.view.name, "' of table ", scan.plan.table_name,
                  ": the join answers with ", text(answer.winner), ", its rules one by one with ",
                  text(listed), "; please report it");
}

// What the join counted. It did not look at files without a candidate: the rows listed know more of
// those.
Outcome OutcomeOf(const Why& why, const OutcomeCounts& counted) {
  if (counted.hits > 0) return Outcome::kHit;
  if (counted.cut > 0) return Outcome::kCut;
  const auto any = [&](Verdict verdict) {
    return std::any_of(why.rows.begin(), why.rows.end(),
                       [&](const WhyRow& row) { return row.verdict == verdict; }) ||
           std::any_of(why.others.begin(), why.others.end(),
                       [&](const auto& other) { return other.first == verdict; });
  };
  if (counted.expired > 0 || any(Verdict::kExpired)) return Outcome::kExpired;
  return any(Verdict::kLater) ? Outcome::kOnlyLaterRows : Outcome::kKeyAbsent;
}

Result<std::vector<std::pair<std::string, std::string>>> KeyTexts(const EntityFrame& frame,
                                                                  const BoundView& view) {
  std::vector<std::pair<std::string, std::string>> keys;
  for (const std::string& column : view.frame_keys) {
    ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Array> plain,
                    frame.PlainColumn(column, StrCat("feature view '", view.name, "'")));
    std::string json;
    ICEFIELD_TRY(AppendJsonValue(*plain, 0, json));
    keys.emplace_back(column, std::move(json));
  }
  return keys;
}

// The entity row, and the rows of its key that are to be listed.
class KeyRows {
 public:
  KeyRows(const WhyRequest& request, const PinnedView& pinned, EntityFrame frame)
      : request_(request),
        pinned_(pinned),
        frame_(std::move(frame)),
        encodings_(frame_, request.read),
        work_(request.read.progress, 1) {}

  // Where somebody looks: how much will be read, by manifests.
  Status GuessWork() {
    ICEFIELD_ASSIGN(keys_, encodings_.For(pinned_.view));
    if (request_.read.progress == nullptr || !CanMatch()) return {};
    ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(PlanDepth::kManifests));
    work_.Set(0, DecidingWork(*scan));
    return {};
  }

  // Lists the rows beside what the join said.
  Status List(const JoinAnswer& answer, Why& why) {
    ICEFIELD_ASSIGN(why.keys, KeyTexts(frame_, pinned_.view));
    const Times& times = frame_.times();
    const std::optional<int64_t> entity_time = EntityTime();
    if (entity_time) why.entity_time = TickText(*entity_time, pinned_.unit);
    if (!CanMatch()) return {};
    WhyTerms terms{.entity_time = *entity_time,
                   .oldest_fresh = std::numeric_limits<int64_t>::min(),
                   .created_cut = answer.report.cut == CutEffect::kApplied};
    if (pinned_.view.ttl_us > 0)
      terms.oldest_fresh = OldestFresh(times, 0, pinned_.view.ttl_us, pinned_.unit);
    ICEFIELD_ASSIGN(const std::unique_ptr<ViewScan> scan, Open(PlanDepth::kFooters));
    ICEFIELD_TRY(PlannedBytes(request_.read).Add(scan->report));
    work_.Set(0, DecidingWork(*scan));
    EnterStage(request_.read, "listing", pinned_.view.name);
    RowLister lister(*scan, *keys_, terms, static_cast<size_t>(request_.rows_max));
    ICEFIELD_TRY(
        ForEachDecidingBatch(*scan, TieOrder::kRead, request_.read,
                             [&](DecidingBatch& batch, int) { return lister.Take(batch); }));
    ICEFIELD_TRY(CheckWinner(lister.rows(), *scan, answer));
    WhyRows::Judged judged = lister.rows().Judge();
    for (const JudgedRow& row : judged.rows)
      why.rows.push_back(MakeRow(row, terms, lister.rows().Winner(), *scan));
    why.others = std::move(judged.others);
    why.rows_of_key = lister.count();
    why.rows_without_time = lister.without_time();
    return {};
  }

 private:
  std::optional<int64_t> EntityTime() const {
    if (frame_.times().valid.front() == 0) return std::nullopt;
    return FloorToUnit(frame_.times(), 0, pinned_.unit);
  }

  // Nothing matches a row without a time or a key (P2).
  bool CanMatch() const { return EntityTime() && keys_->ids.front() != kNoId; }

  Result<std::unique_ptr<ViewScan>> Open(PlanDepth depth) const {
    ViewNeed need{
        .span = {}, .keys = {}, .gathered = {.schema = *pinned_.selected.schema, .columns = {}}};
    ICEFIELD_ASSIGN(need.keys, AmongKeys(pinned_, {&keys_->columns, 1}, request_.read));
    return OpenView(pinned_, std::move(need), request_.read, depth);
  }

  const WhyRequest& request_;
  const PinnedView& pinned_;
  const EntityFrame frame_;
  KeyEncodings encodings_;
  const EncodedKeys* keys_ = nullptr;
  ExpectedParts work_;
};

}  // namespace

Result<Why> ExplainWhy(WhyRequest request) {
  ICEFIELD_TRY(CheckReadOptions(request.read));
  if (request.rows_max < 1)
    return InvalidArgument("rows is ", request.rows_max, "; give 1 or more");
  request.read.threads = ThreadCount(request.read.threads);
  ICEFIELD_ASSIGN(PinnedView pinned, PinView(request.view.source, request.view.spec));
  ICEFIELD_ASSIGN(request.entity_row, NeededColumns(request, pinned));
  if (request.commit_cut) {
    ICEFIELD_ASSIGN(pinned.commit_times,
                    CommitTimes::Make(request.view.source.table->metadata, pinned.selected.snapshot,
                                      request.view.source.table->name));
  }
  ICEFIELD_ASSIGN(EntityFrame frame,
                  EntityFrame::Make(request.entity_row, request.entity_timestamp));
  KeyRows rows(request, pinned, std::move(frame));
  ICEFIELD_TRY(rows.GuessWork());
  ICEFIELD_ASSIGN(JoinAnswer answer, RunJoin(request, pinned));
  Why why{.view = pinned.view.name, .table = request.view.source.table->name};
  why.snapshot_id = answer.report.snapshot_id;
  why.ttl_us = pinned.view.ttl_us;
  why.created_cut = answer.report.cut;
  why.commit_cut = request.commit_cut;
  ICEFIELD_TRY(rows.List(answer, why));
  why.outcome = OutcomeOf(why, answer.report.outcomes);
  why.features = std::move(answer.features);
  return why;
}

}  // namespace icefield
