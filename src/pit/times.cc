#include "pit/times.h"

#include <arrow/array/array_primitive.h>

#include <algorithm>
#include <limits>

#include "base/checked.h"

namespace icefield {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kTickMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTickMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kSecondsPerDay = 86400;

struct Rate {
  int64_t ticks;
  int64_t seconds;
};

std::optional<Rate> RateOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::DATE32:
      return Rate{1, kSecondsPerDay};
    case arrow::Type::DATE64:
      return Rate{1000, 1};
    case arrow::Type::TIMESTAMP: {
      constexpr int64_t kTicks[] = {1, 1000, 1'000'000, 1'000'000'000};
      return Rate{kTicks[static_cast<const arrow::TimestampType&>(type).unit()], 1};
    }
    default:
      return std::nullopt;
  }
}

template <typename ArrayType>
void CopyValues(const arrow::Array& column, std::vector<int64_t>& values) {
  const auto* raw = static_cast<const ArrayType&>(column).raw_values();
  values.assign(raw, raw + column.length());
}

void CopyTimes(const arrow::Array& column, std::vector<int64_t>& values) {
  switch (column.type_id()) {
    case arrow::Type::DATE32:
      return CopyValues<arrow::Date32Array>(column, values);
    case arrow::Type::DATE64:
      return CopyValues<arrow::Date64Array>(column, values);
    default:
      return CopyValues<arrow::TimestampArray>(column, values);
  }
}

// Nanoseconds hold every input exactly: 64 bits of days in nanoseconds fit 128 bits.
Wide NanosOf(const Times& times, size_t row) {
  return Wide{times.values[row]} * times.seconds * (1'000'000'000 / times.ticks);
}

}  // namespace

int64_t MicrosToTick(int64_t micros, ViewUnit unit) {
  const int64_t factor = TicksPerSecond(unit) / 1'000'000;
  return CheckedMultiply(micros, factor).value_or(micros < 0 ? kTickMin : kTickMax);
}

Result<Times> ReadTimes(const arrow::Array& column) {
  const std::optional<Rate> rate = RateOf(*column.type());
  if (!rate)
    return InvalidArgument("type ", column.type()->ToString(), " is not a date or a timestamp");
  Times times{.values = {}, .valid = {}, .ticks = rate->ticks, .seconds = rate->seconds};
  CopyTimes(column, times.values);
  times.valid.resize(times.values.size(), 1);
  for (int64_t row = 0; column.null_count() > 0 && row < column.length(); ++row) {
    if (column.IsNull(row)) times.valid[static_cast<size_t>(row)] = 0;
  }
  return times;
}

Status ReadViewTimes(const arrow::Array& column, ViewUnit unit, std::vector<int64_t>& values,
                     std::vector<uint8_t>& no_time) {
  const std::optional<Rate> rate = RateOf(*column.type());
  if (!rate)
    return InvalidArgument("type ", column.type()->ToString(), " is not a date or a timestamp");
  CopyTimes(column, values);
  no_time.assign(values.size(), 0);
  for (int64_t row = 0; column.null_count() > 0 && row < column.length(); ++row) {
    if (column.IsNull(row)) no_time[static_cast<size_t>(row)] = 1;
  }
  const int64_t factor = TicksPerSecond(unit) * rate->seconds / rate->ticks;
  if (factor == 1) return {};
  for (size_t row = 0; row < values.size(); ++row) {
    if (no_time[row] != 0) continue;
    const std::optional<int64_t> scaled = CheckedMultiply(values[row], factor);
    if (!scaled) return CorruptData("a time of row ", row, " lies beyond the range of timestamps");
    values[row] = *scaled;
  }
  return {};
}

std::optional<int64_t> FloorToUnit(const Times& times, size_t row, ViewUnit unit) {
  const Wide nanos_per_tick = 1'000'000'000 / TicksPerSecond(unit);
  const Wide tick = FloorDivide(NanosOf(times, row), nanos_per_tick);
  if (tick < kTickMin) return std::nullopt;
  return static_cast<int64_t>(std::min(tick, Wide{kTickMax}));
}

std::optional<int64_t> OldestFresh(const Times& times, size_t row, int64_t ttl_us, ViewUnit unit) {
  const Wide nanos_per_tick = 1'000'000'000 / TicksPerSecond(unit);
  const Wide tick = CeilDivide(NanosOf(times, row) - Wide{ttl_us} * 1000, nanos_per_tick);
  if (tick > Wide{kTickMax}) return std::nullopt;
  return static_cast<int64_t>(std::max(tick, Wide{kTickMin}));
}

int64_t TtlTicks(int64_t ttl_us, ViewUnit unit) {
  const Wide ticks = Wide{ttl_us} * (TicksPerSecond(unit) / 1'000'000);
  return ticks > Wide{kTickMax} ? 0 : static_cast<int64_t>(ticks);
}

}  // namespace icefield
