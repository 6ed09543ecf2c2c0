#include "codec/parquet/value_range.h"

#include <arrow/extension_type.h>
#include <arrow/util/bit_run_reader.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "codec/arrow/arrow_types.h"
#include "model/value.h"

namespace icefield {
namespace {

// Calls `visit(first, count)` for each run of rows that are not null.
template <typename Visit>
void VisitValidRuns(const arrow::Array& values, Visit visit) {
  const uint8_t* bitmap = values.null_count() == 0 ? nullptr : values.null_bitmap_data();
  arrow::internal::VisitSetBitRunsVoid(bitmap, values.offset(), values.length(), visit);
}

class BooleanRange final : public ValueRange {
 public:
  void Add(const arrow::Array& values) override {
    const auto& flags = static_cast<const arrow::BooleanArray&>(values);
    has_true_ |= flags.true_count() > 0;
    has_false_ |= flags.false_count() > 0;
  }
  std::optional<std::string> Lower(std::optional<int32_t>) const override {
    if (!has_true_ && !has_false_) return std::nullopt;
    return std::string(1, has_false_ ? '\0' : '\1');
  }
  std::optional<std::string> Upper(std::optional<int32_t>) const override {
    if (!has_true_ && !has_false_) return std::nullopt;
    return std::string(1, has_true_ ? '\1' : '\0');
  }

 private:
  bool has_true_ = false;
  bool has_false_ = false;
};

// Numbers that lie side by side in memory.
template <typename Number>
class NumberRange final : public ValueRange {
 public:
  explicit NumberRange(const PrimitiveType& type) : type_(type) {}

  void Add(const arrow::Array& values) override {
    const auto* numbers = values.data()->GetValues<Number>(1);
    VisitValidRuns(values, [&](int64_t first, int64_t count) { AddRun(numbers + first, count); });
  }

  int64_t nans() const override { return nans_; }

  std::optional<std::string> Lower(std::optional<int32_t>) const override {
    if (count_ == nans_) return std::nullopt;
    return SerializeSingleValue(type_, BoundOf(low_, -0.0));
  }
  std::optional<std::string> Upper(std::optional<int32_t>) const override {
    if (count_ == nans_) return std::nullopt;
    return SerializeSingleValue(type_, BoundOf(high_, 0.0));
  }

 private:
  using Limits = std::numeric_limits<Number>;
  static constexpr bool kFloating = std::is_floating_point_v<Number>;
  static constexpr Number kLeast = kFloating ? -Limits::infinity() : Limits::min();
  static constexpr Number kGreatest = kFloating ? Limits::infinity() : Limits::max();
  static constexpr int64_t kLanes = 8;

  void AddRun(const Number* numbers, int64_t count) {
    count_ += count;
    // Several at once, so that no comparison waits for the one before.
    std::array<Number, kLanes> low;
    std::array<Number, kLanes> high;
    std::array<int64_t, kLanes> nans{};
    low.fill(low_);
    high.fill(high_);
    int64_t at = 0;
    for (; at + kLanes <= count; at += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const Number number = numbers[at + lane];
        // Comparisons with NaN are false.
        low[lane] = number < low[lane] ? number : low[lane];
        high[lane] = number > high[lane] ? number : high[lane];
        if constexpr (kFloating) nans[lane] += static_cast<int64_t>(std::isnan(number));
      }
    }
    for (; at < count; ++at) {
      const Number number = numbers[at];
      low[0] = number < low[0] ? number : low[0];
      high[0] = number > high[0] ? number : high[0];
      if constexpr (kFloating) nans[0] += static_cast<int64_t>(std::isnan(number));
    }
    low_ = *std::min_element(low.begin(), low.end());
    high_ = *std::max_element(high.begin(), high.end());
    for (const int64_t lane : nans) nans_ += lane;
  }

  // -0.0 and +0.0 are one number and two values in the order of bounds.
  static Value BoundOf(Number number, double zero) {
    if constexpr (kFloating) {
      if (number == 0) return Value(static_cast<Number>(zero));
    }
    return Value(number);
  }

  PrimitiveType type_;
  Number low_ = kGreatest;
  Number high_ = kLeast;
  int64_t count_ = 0;
  int64_t nans_ = 0;
};

class DecimalRange final : public ValueRange {
 public:
  explicit DecimalRange(const PrimitiveType& type) : type_(type) {}

  void Add(const arrow::Array& values) override {
    const auto& decimals = static_cast<const arrow::Decimal128Array&>(values);
    VisitValidRuns(values, [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; ++row) {
        Int128 number;
        std::memcpy(&number, decimals.GetValue(row), sizeof(number));
        low_ = std::min(low_, number);
        high_ = std::max(high_, number);
      }
    });
  }
  std::optional<std::string> Lower(std::optional<int32_t>) const override {
    if (low_ > high_) return std::nullopt;
    return SerializeSingleValue(type_, Value(Unscaled{low_}));
  }
  std::optional<std::string> Upper(std::optional<int32_t>) const override {
    if (low_ > high_) return std::nullopt;
    return SerializeSingleValue(type_, Value(Unscaled{high_}));
  }

 private:
  static_assert(std::endian::native == std::endian::little, "Arrow's decimals are native");
  static constexpr Int128 kGreatest = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1);

  PrimitiveType type_;
  Int128 low_ = kGreatest;
  Int128 high_ = -kGreatest - 1;
};

enum class Cut : uint8_t { kText, kBytes, kNever };

// Texts and bytes, in the order of unsigned bytes.
class BytesRange final : public ValueRange {
 public:
  explicit BytesRange(Cut cut) : cut_(cut) {}

  void Add(const arrow::Array& values) override {
    if (values.length() == values.null_count()) return;
    if (values.type_id() == arrow::Type::FIXED_SIZE_BINARY) {
      AddOf(static_cast<const arrow::FixedSizeBinaryArray&>(values));
    } else {
      AddOf(static_cast<const arrow::BinaryArray&>(values));
    }
  }

  std::optional<std::string> Lower(std::optional<int32_t> length_max) const override {
    if (!seen_) return std::nullopt;
    return std::string(Prefix(low_, length_max));
  }

  std::optional<std::string> Upper(std::optional<int32_t> length_max) const override {
    if (!seen_) return std::nullopt;
    const std::string_view prefix = Prefix(high_, length_max);
    if (prefix.size() == high_.size()) return high_;
    return cut_ == Cut::kText ? TextAbove(prefix) : BytesAbove(prefix);
  }

 private:
  // The first bytes as a number of the same order; equal for texts that differ later, or in zeros
  // at their end.
  static uint64_t Head(std::string_view text) {
    uint64_t head = 0;
    if (text.size() >= sizeof(head)) {
      std::memcpy(&head, text.data(), sizeof(head));
    } else if (!text.empty()) {
      std::memcpy(&head, text.data(), text.size());
    }
    return __builtin_bswap64(head);
  }

  template <typename BytesArray>
  void AddOf(const BytesArray& values) {
    std::optional<std::string_view> low;
    std::optional<std::string_view> high;
    if (seen_) low = low_, high = high_;
    uint64_t low_head = low ? Head(*low) : std::numeric_limits<uint64_t>::max();
    uint64_t high_head = high ? Head(*high) : 0;
    VisitValidRuns(values, [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; ++row) {
        const std::string_view value = values.GetView(row);
        const uint64_t head = Head(value);
        if (head <= low_head && (!low || value < *low)) low = value, low_head = head;
        if (head >= high_head && (!high || value > *high)) high = value, high_head = head;
      }
    });
    // Copied once an array; a view of the own bytes stays as it is.
    if (!seen_ || low->data() != low_.data()) low_ = std::string(*low);
    if (!seen_ || high->data() != high_.data()) high_ = std::string(*high);
    seen_ = true;
  }

  std::string_view Prefix(std::string_view value, std::optional<int32_t> length_max) const {
    if (!length_max || cut_ == Cut::kNever) return value;
    if (cut_ == Cut::kText) return TextPrefix(value, *length_max);
    return value.substr(0, static_cast<size_t>(*length_max));
  }

  Cut cut_;
  bool seen_ = false;
  std::string low_;
  std::string high_;
};

constexpr char32_t kCodePointLast = 0x10FFFF;
constexpr char32_t kSurrogateFirst = 0xD800;
constexpr char32_t kSurrogateLast = 0xDFFF;

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Bytes of a code point by its first byte; 1 for a byte that begins none.
size_t LengthOf(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0U) return 4;
  if (byte >= 0xE0U) return 3;
  return byte >= 0xC0U ? 2 : 1;
}

std::string Encode(char32_t code_point) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80U | ((code_point >> static_cast<unsigned>(shift)) & 0x3FU));
  };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xC0U | (code_point >> 6U)), tail(0)};
  if (code_point < 0x10000)
    return {static_cast<char>(0xE0U | (code_point >> 12U)), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | (code_point >> 18U)), tail(12), tail(6), tail(0)};
}

// The code point that `bytes` is as a whole, if it is one in its only form.
std::optional<char32_t> Decode(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  constexpr std::array<unsigned, 5> kLeadBits{0, 0x7F, 0x1F, 0x0F, 0x07};
  if (bytes.size() != LengthOf(bytes.front())) return std::nullopt;
  char32_t code_point = lead & kLeadBits.at(bytes.size());
  for (const char byte : bytes.substr(1))
    code_point = (code_point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  const bool whole =
      code_point <= kCodePointLast && (code_point < kSurrogateFirst || code_point > kSurrogateLast);
  if (!whole || Encode(code_point) != bytes) return std::nullopt;
  return code_point;
}

}  // namespace

std::string_view TextPrefix(std::string_view text, int32_t length_max) {
  size_t end = 0;
  for (int32_t taken = 0; taken < length_max && end < text.size(); ++taken) {
    const size_t code_point_end = std::min(text.size(), end + LengthOf(text[end]));
    ++end;
    while (end < code_point_end && IsContinuation(text[end])) ++end;
  }
  return text.substr(0, end);
}

std::optional<std::string> TextAbove(std::string_view prefix) {
  while (!prefix.empty()) {
    size_t start = prefix.size() - 1;
    while (start > 0 && IsContinuation(prefix[start])) --start;
    const std::optional<char32_t> last = Decode(prefix.substr(start));
    if (!last) return std::nullopt;
    prefix = prefix.substr(0, start);
    if (*last == kCodePointLast) continue;
    const char32_t next = *last + 1 == kSurrogateFirst ? kSurrogateLast + 1 : *last + 1;
    return std::string(prefix) + Encode(next);
  }
  return std::nullopt;
}

std::optional<std::string> BytesAbove(std::string_view prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.remove_suffix(1);
  if (prefix.empty()) return std::nullopt;
  std::string above(prefix);
  above.back() = static_cast<char>(static_cast<unsigned char>(above.back()) + 1);
  return above;
}

std::unique_ptr<ValueRange> MakeValueRange(const PrimitiveType& type) {
  switch (StorageTypeId(type)) {
    case arrow::Type::BOOL:
      return std::make_unique<BooleanRange>();
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return std::make_unique<NumberRange<int32_t>>(type);
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      return std::make_unique<NumberRange<int64_t>>(type);
    case arrow::Type::FLOAT:
      return std::make_unique<NumberRange<float>>(type);
    case arrow::Type::DOUBLE:
      return std::make_unique<NumberRange<double>>(type);
    case arrow::Type::DECIMAL128:
      return std::make_unique<DecimalRange>(type);
    default:
      break;
  }
  switch (type.kind) {
    case PrimitiveKind::kString:
      return std::make_unique<BytesRange>(Cut::kText);
    case PrimitiveKind::kBinary:
    case PrimitiveKind::kFixed:
      return std::make_unique<BytesRange>(Cut::kBytes);
    case PrimitiveKind::kUuid:
      return std::make_unique<BytesRange>(Cut::kNever);
    default:
      return nullptr;
  }
}

}  // namespace icefield
