#include "retrieval/latest_columns.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "pit/key_words.h"
#include "retrieval/provenance.h"
#include "retrieval/winner_features.h"

namespace icefield {
namespace {

// Whether a key's word says its value: those of fractions have one zero, those of bits are no bits.
bool IsExactKey(const Type& type) {
  const Result<std::shared_ptr<arrow::DataType>> arrow_type = ToArrowType(type);
  if (!arrow_type.ok()) return false;
  const arrow::Type::type id = (*arrow_type)->id();
  return IsWordKey(**arrow_type) && !arrow::is_floating(id) && id != arrow::Type::BOOL;
}

// Whether a tick of the view's unit is the value of a time of this type.
bool IsExactTime(const PinnedView& pinned, const Type& type) {
  if (type.Is(PrimitiveKind::kDate)) return false;
  return IsNanosecondType(type) == (pinned.unit == ViewUnit::kNanos);
}

// A column of `known`; with `absent`, null where that is.
template <typename Value, typename Known>
Result<std::shared_ptr<arrow::Array>> MakeColumn(const std::shared_ptr<arrow::DataType>& type,
                                                 std::span<const Known> known,
                                                 std::optional<Known> absent) {
  typename arrow::CTypeTraits<Value>::BuilderType builder;
  const auto rows = static_cast<int64_t>(known.size());
  ICEFIELD_ARROW_TRY(builder.Reserve(rows), "latest");
  for (const Known value : known) {
    if (value == absent) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(static_cast<Value>(value));
    }
  }
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Array> column, builder.Finish(), "latest");
  ICEFIELD_ARROW_ASSIGN(column, column->View(type), "latest");
  return column;
}

template <typename Known>
Status InsertColumn(int number, const arrow::Schema& schema, std::span<const Known> known,
                    std::optional<Known> absent, arrow::ArrayVector& columns) {
  const std::shared_ptr<arrow::DataType>& type = schema.field(number)->type();
  Result<std::shared_ptr<arrow::Array>> column = type->byte_width() == 4
                                                     ? MakeColumn<int32_t>(type, known, absent)
                                                     : MakeColumn<int64_t>(type, known, absent);
  if (!column.ok()) return std::move(column).error();
  columns.insert(columns.begin() + number, *std::move(column));
  return {};
}

template <typename Value>
void Reorder(const std::vector<size_t>& order, std::vector<Value>& values) {
  if (values.empty()) return;
  std::vector<Value> ordered;
  ordered.reserve(values.size());
  for (const size_t at : order) ordered.push_back(values[at]);
  values = std::move(ordered);
}

}  // namespace

ReadSchema LatestColumns(const PinnedView& pinned) {
  ReadSchema read{.schema = *pinned.selected.schema, .columns = {}};
  const auto add = [&](FieldId id, const std::string& name) {
    const ReadColumn column{id, name};
    if (std::find(read.columns.begin(), read.columns.end(), column) == read.columns.end()) {
      read.columns.push_back(column);
    }
  };
  const BoundView& view = pinned.view;
  for (const Field& key : view.keys) add(key.id, key.name);
  for (const BoundView::Feature& feature : view.features) add(feature.field.id, feature.name);
  add(view.event_time.id, view.event_time.name);
  if (view.created_time) add(view.created_time->id, view.created_time->name);
  if (pinned.provenance) {
    for (ReadColumn& time : ProvenanceTimes(pinned)) read.columns.push_back(std::move(time));
  }
  return read;
}

KnownColumns KnownColumns::Of(const PinnedView& pinned) {
  const ReadSchema read = LatestColumns(pinned);
  const BoundView& view = pinned.view;
  KnownColumns known;
  if (view.keys.size() == 1 && IsExactKey(view.keys.front().type))
    known.Add(read, view.keys.front(), What::kKey);
  if (IsExactTime(pinned, view.event_time.type)) known.Add(read, view.event_time, What::kEventTime);
  if (view.created_time && IsExactTime(pinned, view.created_time->type))
    known.Add(read, *view.created_time, What::kCreatedTime);
  std::sort(known.columns_.begin(), known.columns_.end(),
            [](const Known& a, const Known& b) { return a.place < b.place; });
  // Something is read of every winner: what says how many there are.
  if (read.columns.size() <= known.columns_.size()) known.columns_.pop_back();
  return known;
}

// A column that is several of these is the first of them.
void KnownColumns::Add(const ReadSchema& read, const Field& field, What what) {
  const auto found =
      std::find(read.columns.begin(), read.columns.end(), ReadColumn{field.id, field.name});
  const auto place = static_cast<int>(found - read.columns.begin());
  const bool is_known = std::any_of(columns_.begin(), columns_.end(),
                                    [&](const Known& known) { return known.place == place; });
  if (found != read.columns.end() && !is_known) columns_.push_back({place, what});
}

bool KnownColumns::Has(What what) const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [&](const Known& known) { return known.what == what; });
}

ReadSchema KnownColumns::WithoutThem(const PinnedView& pinned) const {
  ReadSchema read = LatestColumns(pinned);
  for (auto known = columns_.rbegin(); known != columns_.rend(); ++known)
    read.columns.erase(read.columns.begin() + known->place);
  return read;
}

void KnownColumns::Trim(LatestTable::Winners& winners) const {
  if (!Has(What::kKey)) std::vector<uint64_t>().swap(winners.words);
  if (!Has(What::kEventTime)) std::vector<int64_t>().swap(winners.event_times);
  if (!Has(What::kCreatedTime)) std::vector<int64_t>().swap(winners.created_times);
}

Status KnownColumns::Insert(const LatestTable::Winners& winners, size_t first, int64_t rows,
                            const arrow::Schema& schema, arrow::ArrayVector& columns) const {
  const auto part = [&](const auto& values) {
    return std::span(values).subspan(first, static_cast<size_t>(rows));
  };
  for (const Known& known : columns_) {
    switch (known.what) {
      case What::kKey:
        ICEFIELD_TRY(InsertColumn<uint64_t>(known.place, schema, part(winners.words), {}, columns));
        break;
      case What::kEventTime:
        ICEFIELD_TRY(
            InsertColumn<int64_t>(known.place, schema, part(winners.event_times), {}, columns));
        break;
      case What::kCreatedTime:
        ICEFIELD_TRY(InsertColumn<int64_t>(known.place, schema, part(winners.created_times),
                                           kNoCreatedTime, columns));
        break;
    }
  }
  return {};
}

void AppendWinners(const LatestTable::Winners& from, LatestTable::Winners& to) {
  to.locators.insert(to.locators.end(), from.locators.begin(), from.locators.end());
  to.event_times.insert(to.event_times.end(), from.event_times.begin(), from.event_times.end());
  to.created_times.insert(to.created_times.end(), from.created_times.begin(),
                          from.created_times.end());
  to.words.insert(to.words.end(), from.words.begin(), from.words.end());
}

void SortByLocator(LatestTable::Winners& winners) {
  std::vector<size_t> order(winners.locators.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return winners.locators[a] < winners.locators[b]; });
  Reorder(order, winners.locators);
  Reorder(order, winners.event_times);
  Reorder(order, winners.created_times);
  Reorder(order, winners.words);
}

Result<std::shared_ptr<arrow::Schema>> LatestSchema(const PinnedView& pinned) {
  ReadSchema read = LatestColumns(pinned);
  if (pinned.provenance) read.columns.resize(read.columns.size() - ProvenanceTimes(pinned).size());
  ICEFIELD_ASSIGN(const std::shared_ptr<arrow::Schema> columns, OutputSchema(read));
  arrow::FieldVector fields = Nullable(*columns)->fields();
  std::map<std::string, std::string> owners;
  const auto own = [&](const std::string& name, const std::string& owner) -> Status {
    const auto [found, added] = owners.emplace(name, owner);
    if (added) return {};
    return InvalidArgument("latest of view '", pinned.view.name, "': ", found->second, " and ",
                           owner, " would both be named '", name, "' (P13); rename one");
  };
  for (const ReadColumn& column : read.columns)
    ICEFIELD_TRY(own(column.name, StrCat("column '", read.schema.NameOf(column.field_id), "'")));
  if (!pinned.provenance) return arrow::schema(std::move(fields));
  ICEFIELD_ASSIGN(const arrow::FieldVector provenance, ProvenanceFields(pinned));
  for (const std::shared_ptr<arrow::Field>& field : provenance) {
    ICEFIELD_TRY(own(field->name(), StrCat("provenance column '", field->name(), "'")));
    fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

}  // namespace icefield
