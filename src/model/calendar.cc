#include "model/calendar.h"

#include <charconv>

#include "base/checked.h"
#include "base/strings.h"

namespace icefield {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kDaysPerEra = 146'097;          // 400 years
constexpr int64_t kDaysToEpochFromEra = 719'468;  // 0000-03-01 to 1970-01-01

int32_t DaysOfMonth(int64_t year, int32_t month) {
  constexpr int32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + static_cast<int32_t>(month == 2 && leap);
}

// Reads a text from its front; every step says whether it found what it wants.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool Take(char wanted) {
    if (Peek() != wanted || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  size_t CountDigits() const {
    size_t count = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
    return count;
  }

  // A number of exactly `digits` digits.
  std::optional<int64_t> Digits(size_t digits) {
    if (CountDigits() < digits || digits == 0) return std::nullopt;
    int64_t number = 0;
    std::from_chars(rest_.data(), rest_.data() + digits, number);
    rest_.remove_prefix(digits);
    return number;
  }

  // Two digits of at most `max`.
  std::optional<int64_t> Pair(int64_t max) {
    std::optional<int64_t> number = Digits(2);
    if (!number || *number > max) return std::nullopt;
    return number;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> ScanDays(Scanner& scanner) {
  const bool negative = scanner.Peek() == '-';
  const bool has_sign = scanner.Take('-') || scanner.Take('+');
  const size_t year_digits = scanner.CountDigits();
  if (year_digits < 4 || year_digits > (has_sign ? 7U : 4U)) return std::nullopt;
  const int64_t year = (negative ? -1 : 1) * scanner.Digits(year_digits).value_or(0);
  if (!scanner.Take('-')) return std::nullopt;
  const std::optional<int64_t> month = scanner.Pair(12);
  if (!month || *month < 1 || !scanner.Take('-')) return std::nullopt;
  const auto month_number = static_cast<int32_t>(*month);
  const std::optional<int64_t> day = scanner.Pair(DaysOfMonth(year, month_number));
  if (!day || *day < 1) return std::nullopt;
  return DaysFromCivil({year, month_number, static_cast<int32_t>(*day)});
}

std::optional<int64_t> ScanFraction(Scanner& scanner) {
  const size_t digits = scanner.CountDigits();
  if (digits < 1 || digits > 9) return std::nullopt;
  int64_t nanos = scanner.Digits(digits).value_or(0);
  for (size_t missing = digits; missing < 9; ++missing) nanos *= 10;
  return nanos;
}

std::optional<int64_t> ScanTimeOfDay(Scanner& scanner) {
  const std::optional<int64_t> hour = scanner.Pair(23);
  if (!hour || !scanner.Take(':')) return std::nullopt;
  const std::optional<int64_t> minute = scanner.Pair(59);
  if (!minute) return std::nullopt;
  int64_t nanos = (*hour * 60 + *minute) * 60 * kNanosPerSecond;
  if (!scanner.Take(':')) return nanos;
  const std::optional<int64_t> second = scanner.Pair(59);
  if (!second) return std::nullopt;
  nanos += *second * kNanosPerSecond;
  if (!scanner.Take('.')) return nanos;
  const std::optional<int64_t> fraction = ScanFraction(scanner);
  if (!fraction) return std::nullopt;
  return nanos + *fraction;
}

// The offset from UTC in nanoseconds, of "Z", "+02:00", "+0200" or "+02".
std::optional<int64_t> ScanZone(Scanner& scanner) {
  if (scanner.Take('Z') || scanner.Take('z')) return 0;
  const int64_t sign = scanner.Peek() == '-' ? -1 : 1;
  if (!scanner.Take('-') && !scanner.Take('+')) return std::nullopt;
  const std::optional<int64_t> hours = scanner.Pair(23);
  if (!hours) return std::nullopt;
  int64_t minutes = *hours * 60;
  if (!scanner.AtEnd()) {
    scanner.Take(':');
    const std::optional<int64_t> more = scanner.Pair(59);
    if (!more) return std::nullopt;
    minutes += *more;
  }
  return sign * minutes * 60 * kNanosPerSecond;
}

std::string Padded(int64_t number, size_t digits) {
  std::string text = std::to_string(number);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

}  // namespace

// Years are counted from March within eras of 400 years, so that the leap day comes last and both
// ways are arithmetic.
int64_t DaysFromCivil(const CivilDate& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = FloorDivide<int64_t>(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t month_from_march = (date.month + 9) % 12;
  const int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysToEpochFromEra;
}

CivilDate CivilFromDays(int64_t days) {
  const int64_t shifted = days + kDaysToEpochFromEra;
  const int64_t era = FloorDivide<int64_t>(shifted, kDaysPerEra);
  const int64_t day_of_era = shifted - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month =
      static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + static_cast<int64_t>(month <= 2), month, day};
}

std::optional<IsoInstant> ParseIsoInstant(std::string_view text) {
  Scanner scanner(text);
  const std::optional<int64_t> days = ScanDays(scanner);
  if (!days) return std::nullopt;
  IsoInstant instant;
  instant.nanos = Int128{*days} * kNanosPerDay;
  if (scanner.AtEnd()) return instant;
  if (!scanner.Take('T') && !scanner.Take('t') && !scanner.Take(' ')) return std::nullopt;
  const std::optional<int64_t> time = ScanTimeOfDay(scanner);
  if (!time) return std::nullopt;
  instant.nanos += *time;
  instant.has_time = true;
  if (scanner.AtEnd()) return instant;
  const std::optional<int64_t> offset = ScanZone(scanner);
  if (!offset || !scanner.AtEnd()) return std::nullopt;
  instant.nanos -= *offset;
  instant.has_zone = true;
  return instant;
}

std::optional<int64_t> ParseIsoTimeOfDay(std::string_view text) {
  Scanner scanner(text);
  const std::optional<int64_t> nanos = ScanTimeOfDay(scanner);
  if (!nanos || !scanner.AtEnd()) return std::nullopt;
  return nanos;
}

std::string IsoDateText(int64_t days) {
  const CivilDate date = CivilFromDays(days);
  const std::string sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : "";
  return StrCat(sign, Padded(date.year < 0 ? -date.year : date.year, 4), "-", Padded(date.month, 2),
                "-", Padded(date.day, 2));
}

std::string IsoTimeText(int64_t nanos_of_day, int digits) {
  const int64_t seconds = nanos_of_day / kNanosPerSecond;
  const int64_t nanos = nanos_of_day % kNanosPerSecond;
  return StrCat(Padded(seconds / 3600, 2), ":", Padded(seconds / 60 % 60, 2), ":",
                Padded(seconds % 60, 2), ".",
                Padded(nanos, 9).substr(0, static_cast<size_t>(digits)));
}

}  // namespace icefield
