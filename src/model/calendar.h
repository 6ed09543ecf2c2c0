/// The proleptic Gregorian calendar and ISO-8601 texts, beyond the range of std::chrono.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/value.h"

namespace icefield {

inline constexpr int64_t kMicrosPerDay = 86'400'000'000;
inline constexpr int64_t kNanosPerDay = kMicrosPerDay * 1000;

/// A day of the calendar; years before 1 count on through 0.
struct CivilDate {
  int64_t year = 1970;
  int32_t month = 1;  ///< 1 to 12
  int32_t day = 1;    ///< 1 to 31
  bool operator==(const CivilDate&) const = default;
};

/// Days since 1970-01-01 and back; exact for every day that fits an int32.
int64_t DaysFromCivil(const CivilDate& date);
CivilDate CivilFromDays(int64_t days);

/// A point in time as an ISO-8601 text states it.
struct IsoInstant {
  Int128 nanos = 0;       ///< Since 1970-01-01T00:00:00, in UTC where the text has a zone.
  bool has_zone = false;  ///< The text ends in Z or an offset.
  bool has_time = false;  ///< The text holds a time of day, not only a date.
  bool operator==(const IsoInstant&) const = default;
};

/// "2024-01-31", "2024-01-31T12:00:00.123456789+02:00" (a space for T, Z, +0200 and +02 too;
/// seconds may be absent; up to nine digits of a second). Years have four digits, or a sign and
/// four to seven. Nothing for any other text.
std::optional<IsoInstant> ParseIsoInstant(std::string_view text);

/// "12:34", "12:34:56", "12:34:56.123456789" as nanoseconds of the day, or nothing.
std::optional<int64_t> ParseIsoTimeOfDay(std::string_view text);

/// "2024-01-31"
std::string IsoDateText(int64_t days);

/// "12:34:56.123456"; `digits` of a second (6 or 9).
std::string IsoTimeText(int64_t nanos_of_day, int digits);

}  // namespace icefield
