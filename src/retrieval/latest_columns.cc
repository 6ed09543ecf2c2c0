#include "retrieval/latest_columns.h"

#include <arrow/array/util.h>
#include <arrow/buffer.h>
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

// Whether a tick of the view's unit is the event time's value.
bool IsExactTime(const PinnedView& pinned) {
  const Type& type = pinned.view.event_time.type;
  if (type.Is(PrimitiveKind::kDate)) return false;
  return IsNanosecondType(type) == (pinned.unit == ViewUnit::kNanos);
}

std::optional<int> NumberOf(const ReadSchema& read, const Field& field) {
  const auto found =
      std::find(read.columns.begin(), read.columns.end(), ReadColumn{field.id, field.name});
  if (found == read.columns.end()) return std::nullopt;
  return static_cast<int>(found - read.columns.begin());
}

template <typename Value, typename Known>
Result<std::shared_ptr<arrow::Array>> MakeColumn(const std::shared_ptr<arrow::DataType>& type,
                                                 std::span<const Known> known) {
  const auto rows = static_cast<int64_t>(known.size());
  ICEFIELD_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(rows * static_cast<int64_t>(sizeof(Value))),
                        "latest");
  auto* const values = reinterpret_cast<Value*>(buffer->mutable_data());
  std::transform(known.begin(), known.end(), values,
                 [](Known value) { return static_cast<Value>(value); });
  return arrow::MakeArray(arrow::ArrayData::Make(type, rows, {nullptr, std::move(buffer)}, 0));
}

template <typename Known>
Status InsertColumn(int number, const arrow::Schema& schema, std::span<const Known> known,
                    arrow::ArrayVector& columns) {
  const std::shared_ptr<arrow::DataType>& type = schema.field(number)->type();
  Result<std::shared_ptr<arrow::Array>> column =
      type->byte_width() == 4 ? MakeColumn<int32_t>(type, known) : MakeColumn<int64_t>(type, known);
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
    known.key_ = NumberOf(read, view.keys.front());
  if (IsExactTime(pinned)) known.event_time_ = NumberOf(read, view.event_time);
  if (known.key_ == known.event_time_) known.event_time_.reset();  // One column is both.
  // Something is read of every winner: what says how many there are.
  if (read.columns.size() <= 2) known = {};
  return known;
}

ReadSchema KnownColumns::WithoutThem(const PinnedView& pinned) const {
  ReadSchema read = LatestColumns(pinned);
  if (event_time_) read.columns.erase(read.columns.begin() + *event_time_);
  if (key_) read.columns.erase(read.columns.begin() + *key_);
  return read;
}

void KnownColumns::Trim(LatestTable::Winners& winners) const {
  if (!key_) std::vector<uint64_t>().swap(winners.words);
  if (!event_time_) std::vector<int64_t>().swap(winners.event_times);
}

Status KnownColumns::Insert(const LatestTable::Winners& winners, size_t first, int64_t rows,
                            const arrow::Schema& schema, arrow::ArrayVector& columns) const {
  const auto count = static_cast<size_t>(rows);
  if (key_)
    ICEFIELD_TRY(
        InsertColumn(*key_, schema, std::span(winners.words).subspan(first, count), columns));
  if (event_time_) {
    ICEFIELD_TRY(InsertColumn(*event_time_, schema,
                              std::span(winners.event_times).subspan(first, count), columns));
  }
  return {};
}

void AppendWinners(const LatestTable::Winners& from, LatestTable::Winners& to) {
  to.locators.insert(to.locators.end(), from.locators.begin(), from.locators.end());
  to.event_times.insert(to.event_times.end(), from.event_times.begin(), from.event_times.end());
  to.words.insert(to.words.end(), from.words.begin(), from.words.end());
}

void SortByLocator(LatestTable::Winners& winners) {
  std::vector<size_t> order(winners.locators.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return winners.locators[a] < winners.locators[b]; });
  Reorder(order, winners.locators);
  Reorder(order, winners.event_times);
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
