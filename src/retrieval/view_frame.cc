#include "retrieval/view_frame.h"

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/checked.h"
#include "base/executor.h"
#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "model/calendar.h"
#include "pit/distinct_rows.h"
#include "retrieval/deciding_batches.h"
#include "retrieval/entity_frame.h"
#include "retrieval/frame_rows.h"
#include "retrieval/made_passes.h"
#include "retrieval/progress_stages.h"
#include "retrieval/pruning.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr int64_t kDefaultSpanUs = 30 * kMicrosPerDay;

bool IsInteger(const arrow::DataType& type) {
  return type.id() == arrow::Type::INT32 || type.id() == arrow::Type::INT64;
}

TypePtr CommonDecimal(const arrow::DecimalType& a, const arrow::DecimalType& b) {
  const int32_t scale = std::max(a.scale(), b.scale());
  const int32_t whole = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  if (whole + scale > arrow::Decimal128Type::kMaxPrecision) return nullptr;
  return arrow::decimal128(whole + scale, scale);
}

// The type that holds the keys of both; null where they are of different kinds.
TypePtr CommonKeyType(const TypePtr& a, const TypePtr& b) {
  if (a->Equals(*b)) return a;
  if (IsInteger(*a) && IsInteger(*b)) return arrow::int64();
  if (arrow::is_floating(a->id()) && arrow::is_floating(b->id())) return arrow::float64();
  if (a->id() != b->id()) return nullptr;
  if (a->id() == arrow::Type::DECIMAL128) {
    return CommonDecimal(static_cast<const arrow::DecimalType&>(*a),
                         static_cast<const arrow::DecimalType&>(*b));
  }
  if (a->id() != arrow::Type::TIMESTAMP) return nullptr;
  const auto unit_of = [](const TypePtr& type) {
    return static_cast<const arrow::TimestampType&>(*type).unit();
  };
  return arrow::timestamp(std::max(unit_of(a), unit_of(b)), "UTC");
}

TypePtr StorageType(const TypePtr& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return static_cast<const arrow::ExtensionType&>(*type).storage_type();
}

using KeyTypes = std::map<std::string, TypePtr>;

// A view's keys by their names in the frame.
Result<KeyTypes> KeysOf(const BoundView& view, const std::string& entity_timestamp) {
  KeyTypes keys;
  for (size_t at = 0; at < view.keys.size(); ++at) {
    const std::string& name = view.frame_keys[at];
    ICEFIELD_ASSIGN(TypePtr type, ToArrowType(view.keys[at].type));
    if (!keys.emplace(name, std::move(type)).second) {
      return InvalidArgument("feature view '", view.name, "' maps two join keys to the column '",
                             name, "'; without an entity frame each needs its own (P14)");
    }
    if (name == entity_timestamp) {
      return InvalidArgument("feature view '", view.name, "': the join key '", name,
                             "' is named like the entity timestamp column; name that one otherwise "
                             "with entity_timestamp (P14)");
    }
  }
  return keys;
}

std::string KeysText(const PinnedView& pinned, const KeyTypes& keys) {
  std::vector<std::string> texts;
  for (const std::string& name : pinned.view.frame_keys)
    texts.push_back(StrCat(name, ": ", keys.at(name)->ToString()));
  return StrCat("'", pinned.view.name, "' (", texts.empty() ? "none" : Join(texts, ", "), ")");
}

// The types that hold the keys of all views.
Result<KeyTypes> CommonKeys(const std::vector<PinnedView>& views,
                            const std::string& entity_timestamp) {
  ICEFIELD_ASSIGN(const KeyTypes first, KeysOf(views.front().view, entity_timestamp));
  KeyTypes common = first;
  for (const PinnedView& pinned : views) {
    ICEFIELD_ASSIGN(const KeyTypes keys, KeysOf(pinned.view, entity_timestamp));
    bool same = keys.size() == common.size();
    for (auto key = common.begin(); same && key != common.end(); ++key) {
      const auto found = keys.find(key->first);
      if (found != keys.end()) key->second = CommonKeyType(key->second, found->second);
      same = found != keys.end() && key->second != nullptr;
    }
    if (same) continue;
    return InvalidArgument("without an entity frame all feature views need the same join keys; ",
                           "those of ", KeysText(views.front(), first), " and ",
                           KeysText(pinned, keys),
                           " differ (P14); give an entity frame, or join them one by one");
  }
  return common;
}

// A view reduced to what its rows give to the frame.
PinnedView SourceOf(PinnedView pinned) {
  pinned.view.features.clear();
  pinned.view.created_time.reset();
  pinned.view.ttl_us = 0;
  pinned.commit_times.reset();
  pinned.provenance = false;
  return pinned;
}

bool GiveTheSameRows(const PinnedView& a, const PinnedView& b) {
  BoundView named = b.view;
  named.name = a.view.name;
  const auto snapshot_of = [](const PinnedView& pinned) {
    return pinned.selected.snapshot == nullptr ? SnapshotId{} : pinned.selected.snapshot->id;
  };
  return a.source.table->metadata_location == b.source.table->metadata_location &&
         snapshot_of(a) == snapshot_of(b) && a.view == named;
}

std::string InstantText(int64_t micros) {
  return ValueText({.kind = PrimitiveKind::kTimestamptz}, Value(micros));
}

TimeSpan SpanIn(const ViewFramePlan& plan, ViewUnit unit) {
  return {MicrosToTick(plan.start_us, unit), MicrosToTick(plan.end_us, unit)};
}

struct WorkerScratch {
  std::vector<uint32_t> wanted;
  std::vector<int64_t> times;
  DistinctRows::Scratch rows;
  int64_t dropped = 0;
};

// Feeds the rows of one source to the frame.
class SourceReader {
 public:
  SourceReader(const ViewFramePlan& plan, const PinnedView& source, FrameRows& rows)
      : plan_(plan), source_(source), rows_(rows), span_(SpanIn(plan, source.unit)) {
    const std::vector<std::string>& names = source.view.frame_keys;
    for (int column = 0; column + 1 < plan.schema->num_fields(); ++column) {
      const auto found = std::find(names.begin(), names.end(), plan.schema->field(column)->name());
      order_.push_back(static_cast<size_t>(found - names.begin()));
    }
  }

  Status Take(const DecidingBatch& batch, WorkerScratch& scratch) const {
    ICEFIELD_ASSIGN(const arrow::ArrayVector keys, KeysOf(batch));
    scratch.wanted.assign(static_cast<size_t>(batch.rows), 0);
    scratch.times.resize(scratch.wanted.size());
    for (size_t row = 0; row < scratch.wanted.size(); ++row) {
      const int64_t tick = batch.event_times[row];
      if (batch.no_time[row] != 0) ++scratch.dropped;
      if (batch.no_time[row] != 0 || tick < *span_.first || tick > *span_.last) {
        scratch.wanted[row] = kNoId;
        continue;
      }
      ICEFIELD_ASSIGN(scratch.times[row], ToFrameTick(tick));
    }
    ICEFIELD_ASSIGN(const int64_t keyless,
                    rows_.Observe(keys, scratch.times, scratch.wanted, scratch.rows));
    scratch.dropped += keyless;
    return {};
  }

 private:
  // The key columns in the frame's order and types.
  Result<arrow::ArrayVector> KeysOf(const DecidingBatch& batch) const {
    arrow::ArrayVector keys;
    for (size_t at = 0; at < order_.size(); ++at) {
      ArrayPtr column = batch.keys[order_[at]];
      if (column->type_id() == arrow::Type::EXTENSION)
        column = static_cast<const arrow::ExtensionArray&>(*column).storage();
      const arrow::Field& field = *plan_.schema->field(static_cast<int>(at));
      const std::string& name = source_.view.keys[order_[at]].name;
      ICEFIELD_ASSIGN(ArrayPtr cast,
                      CastKeyColumn(column, StorageType(field.type()), field.name(), name));
      if (cast->null_count() > column->null_count()) {
        return InvalidArgument("feature view '", source_.view.name, "': a value of the join key '",
                               name, "' does not fit ", field.type()->ToString(),
                               ", the type that the other views need (P14); give an entity frame");
      }
      keys.push_back(std::move(cast));
    }
    return keys;
  }

  Result<int64_t> ToFrameTick(int64_t tick) const {
    if (source_.unit == plan_.unit) return tick;
    if (plan_.unit == ViewUnit::kMicros) return tick / 1000;  // Whole: the column is in these.
    if (const std::optional<int64_t> nanos = CheckedMultiply<int64_t>(tick, 1000)) return *nanos;
    return InvalidArgument("feature view '", source_.view.name, "': an event time lies beyond the ",
                           "range of nanoseconds, which another view needs (P14); give a start and "
                           "an end from 1678 to 2262");
  }

  const ViewFramePlan& plan_;
  const PinnedView& source_;
  FrameRows& rows_;
  TimeSpan span_;
  std::vector<size_t> order_;  // Of each key column of the frame in the view.
};

}  // namespace

Result<int64_t> ParseFrameBound(std::string_view text) {
  const std::optional<IsoInstant> instant = ParseIsoInstant(text);
  if (!instant || instant->nanos % 1000 != 0) {
    return InvalidArgument("'", text, "' is not an ISO-8601 time of at most microseconds, such as ",
                           "2024-01-31T12:00:00+00:00");
  }
  return static_cast<int64_t>(instant->nanos / 1000);
}

Result<ViewFramePlan> PlanViewFrame(const std::vector<PinnedView>& views,
                                    const std::string& entity_timestamp, const FrameBounds& bounds,
                                    int64_t now_us) {
  if (views.empty()) {
    return InvalidArgument("no entity frame and no feature view; without a frame the views' keys ",
                           "and event times are it (P14)");
  }
  ViewFramePlan plan;
  int64_t longest_ttl = 0;
  for (const PinnedView& pinned : views) {
    longest_ttl = std::max(longest_ttl, pinned.view.ttl_us);
    if (IsNanosecondType(pinned.view.event_time.type)) plan.unit = ViewUnit::kNanos;
    PinnedView source = SourceOf(pinned);
    const auto same = [&](const PinnedView& other) { return GiveTheSameRows(other, source); };
    if (std::none_of(plan.sources.begin(), plan.sources.end(), same))
      plan.sources.push_back(std::move(source));
  }
  plan.end_us = bounds.end_us.value_or(now_us);
  const int64_t length = longest_ttl > 0 ? longest_ttl : kDefaultSpanUs;
  plan.start_us = bounds.start_us.value_or(
      CheckedAdd<int64_t>(plan.end_us, -length).value_or(std::numeric_limits<int64_t>::min()));
  if (plan.start_us > plan.end_us) {
    return InvalidArgument("the start of the entity frame, ", InstantText(plan.start_us),
                           ", lies after its end, ", InstantText(plan.end_us), " (P14)");
  }
  ICEFIELD_ASSIGN(const KeyTypes keys, CommonKeys(views, entity_timestamp));
  arrow::FieldVector fields;
  for (const std::string& name : views.front().view.frame_keys)
    fields.push_back(arrow::field(name, keys.at(name)));
  const auto unit = plan.unit == ViewUnit::kNanos ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO;
  fields.push_back(arrow::field(entity_timestamp, arrow::timestamp(unit, "UTC")));
  plan.schema = arrow::schema(std::move(fields));
  return plan;
}

Result<std::unique_ptr<FramePasses>> ReadViewFrame(const ViewFramePlan& plan,
                                                   const std::vector<PinnedView>& views,
                                                   const ReadOptions& options,
                                                   const MemoryBudget& memory, ExpectedParts& work,
                                                   MadeFrame& made) {
  std::vector<TypePtr> types;
  for (int column = 0; column + 1 < plan.schema->num_fields(); ++column)
    types.push_back(StorageType(plan.schema->field(column)->type()));
  ICEFIELD_ASSIGN(std::unique_ptr<FrameRows> rows,
                  FrameRows::Make(types, {.bytes_max = std::min(
                                              memory.frame_bytes(),
                                              memory.limits().held_bytes_max.value_or(INT64_MAX)),
                                          .spill_directory = memory.limits().spill_directory}));
  for (const PinnedView& source : plan.sources) {
    ICEFIELD_ASSIGN(std::unique_ptr<ViewScan> scan, OpenFrameSource(plan, source, options));
    work.Set(made.scans.size(), DecidingWork(*scan));
    EnterStage(options, "making the entity frame of", source.view.name);
    const SourceReader reader(plan, source, *rows);
    std::vector<WorkerScratch> scratch(static_cast<size_t>(ThreadCount(options.threads)));
    ICEFIELD_TRY(ForEachDecidingBatch(
        *scan, TieOrder::kLeftOut, options, [&](DecidingBatch& batch, int worker) {
          return reader.Take(batch, scratch[static_cast<size_t>(worker)]);
        }));
    for (const WorkerScratch& worker : scratch) scan->report.rows_dropped += worker.dropped;
    made.scans.push_back(std::move(scan->report));
  }
  ICEFIELD_TRY(rows->Finish());
  made.bytes_spilled = rows->bytes_spilled();
  return MakeMadePasses(
      plan.schema, std::move(rows),
      [&views, &memory, batch_rows = options.batch_rows](const arrow::Table& part) {
        return PassRows(part, views, memory, batch_rows);
      });
}

Result<std::unique_ptr<ViewScan>> OpenFrameSource(const ViewFramePlan& plan,
                                                  const PinnedView& source,
                                                  const ReadOptions& options, PlanDepth depth) {
  ViewNeed need{.span = WithinSpan(source, SpanIn(plan, source.unit)),
                .keys = {},
                .gathered = {.schema = *source.selected.schema, .columns = {}}};
  return OpenView(source, std::move(need), options, depth);
}

}  // namespace icefield
