/// Times of feature rows and entity rows as numbers, compared as instants (P10).
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"

namespace icefield {

/// The unit in which one view's event and created times are compared: exact for both of its
/// columns.
enum class ViewUnit : uint8_t { kMicros, kNanos };

/// Ticks of a unit in a second.
constexpr int64_t TicksPerSecond(ViewUnit unit) {
  return unit == ViewUnit::kMicros ? 1'000'000 : 1'000'000'000;
}

/// Microseconds since the epoch as ticks of a unit. Saturates at the ends of the range.
int64_t MicrosToTick(int64_t micros, ViewUnit unit);

/// Values of a time column with the rate of their clock; a date is a tick a day.
struct Times {
  std::vector<int64_t> values;
  std::vector<uint8_t> valid;  ///< 0 where the value is null.
  int64_t ticks = 1'000'000;   ///< Ticks ...
  int64_t seconds =
      1;  ///< ... in so many seconds: (1000, 1) for milliseconds, (1, 86400) for days.
};

/// The values of a date32, date64 or timestamp column of any unit. A zone-less value is UTC.
/// InvalidArgument for any other type.
Result<Times> ReadTimes(const arrow::Array& column);

/// The same for a feature batch: ticks of `unit` in `values`, `no_time` set where null. CorruptData
/// where a time does not fit the unit.
Status ReadViewTimes(const arrow::Array& column, ViewUnit unit, std::vector<int64_t>& values,
                     std::vector<uint8_t>& no_time);

/// An instant of `times` in ticks of `unit`, rounded down: what an event time <= it compares with.
/// Saturates where the instant lies beyond all ticks: greatest tick; nothing where it lies before
/// all.
std::optional<int64_t> FloorToUnit(const Times& times, size_t row, ViewUnit unit);

/// The first tick of `unit` at or after the instant minus `ttl_us`: the least event time that is
/// not expired (P3). Saturates where that lies before all ticks; nothing where it lies beyond all:
/// every row is expired.
std::optional<int64_t> OldestFresh(const Times& times, size_t row, int64_t ttl_us, ViewUnit unit);

/// A TTL as ticks of a unit; 0 where it is longer than 64 bits of them.
int64_t TtlTicks(int64_t ttl_us, ViewUnit unit);

}  // namespace icefield
