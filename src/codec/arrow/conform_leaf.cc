#include "codec/arrow/conform_leaf.h"

#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_run_reader.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/utf8.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "base/strings.h"
#include "batch/arrow_status.h"
#include "codec/arrow/arrow_types.h"
#include "codec/arrow/type_fit.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using BufferPtr = std::shared_ptr<arrow::Buffer>;
using TypePtr = std::shared_ptr<arrow::DataType>;
using TypeId = arrow::Type::type;

Result<ArrayPtr> Cast(const ArrayPtr& values, const TypePtr& type) {
  ICEFIELD_ARROW_ASSIGN(
      const arrow::Datum out, arrow::compute::Cast(values, arrow::compute::CastOptions::Safe(type)),
      StrCat(values->type()->ToString(), " as ", type->ToString()), ErrorCode::kInvalidArgument);
  return out.make_array();
}

ArrayPtr Relabelled(const ArrayPtr& values, const TypePtr& type) {
  std::shared_ptr<arrow::ArrayData> data = values->data()->Copy();
  data->type = type;
  return arrow::MakeArray(data);
}

// What `convert` (From to an optional To) makes of each value; nulls stay.
template <typename From, typename To, typename Convert>
Result<ArrayPtr> Mapped(const arrow::Array& values, const TypePtr& type, Convert convert) {
  const std::string where = type->ToString();
  ICEFIELD_ARROW_ASSIGN(BufferPtr out,
                        arrow::AllocateBuffer(values.length() * static_cast<int64_t>(sizeof(To))),
                        where);
  const auto* from = values.data()->GetValues<From>(1);
  auto* to = reinterpret_cast<To*>(out->mutable_data());
  std::fill_n(to, values.length(), To{});
  std::optional<From> misfit;
  arrow::internal::VisitSetBitRunsVoid(
      values.null_count() == 0 ? nullptr : values.null_bitmap_data(), values.offset(),
      values.length(), [&](int64_t first, int64_t count) {
        for (int64_t row = first; row < first + count; ++row) {
          const std::optional<To> converted = convert(from[row]);
          if (!converted && !misfit) misfit = from[row];
          to[row] = converted.value_or(To{});
        }
      });
  if (misfit) {
    return InvalidArgument(*misfit, " as ", values.type()->ToString(), " does not fit ",
                           type->ToString());
  }
  ICEFIELD_ASSIGN(BufferPtr validity, ValidityOf(values));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, values.length(), {std::move(validity), std::move(out)}, values.null_count()));
}

Result<ArrayPtr> ToMicros(const arrow::Array& values, const TypePtr& type, bool floors) {
  constexpr int64_t kNanosPerMicro = 1000;
  Result<ArrayPtr> micros =
      Mapped<int64_t, int64_t>(values, type, [&](int64_t nanoseconds) -> std::optional<int64_t> {
        if (!floors && nanoseconds % kNanosPerMicro != 0) return std::nullopt;
        return FloorDivide(nanoseconds, kNanosPerMicro);
      });
  if (micros.ok() || micros.error().code != ErrorCode::kInvalidArgument) return micros;
  return InvalidArgument(micros.error().message, "; pass downcast_ns to floor nanoseconds");
}

// Days of instants that are midnights.
Result<ArrayPtr> DaysOf(const arrow::Array& values, int64_t ticks_per_day, const TypePtr& type) {
  return Mapped<int64_t, int32_t>(values, type, [&](int64_t ticks) -> std::optional<int32_t> {
    const int64_t days = FloorDivide(ticks, ticks_per_day);
    const bool fits =
        days >= std::numeric_limits<int32_t>::min() && days <= std::numeric_limits<int32_t>::max();
    if (!fits || days * ticks_per_day != ticks) return std::nullopt;
    return static_cast<int32_t>(days);
  });
}

int64_t TicksPerDay(const arrow::DataType& timestamp) {
  constexpr int64_t kSecondsPerDay = 86400;
  switch (static_cast<const arrow::TimestampType&>(timestamp).unit()) {
    case arrow::TimeUnit::SECOND:
      return kSecondsPerDay;
    case arrow::TimeUnit::MILLI:
      return kSecondsPerDay * 1000;
    case arrow::TimeUnit::MICRO:
      return kSecondsPerDay * 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return kSecondsPerDay * 1'000'000'000;
}

Result<ArrayPtr> ToTimestamp(const ArrayPtr& values, const TypePtr& type, bool floors) {
  if (values->type_id() != TypeId::TIMESTAMP) return Cast(values, type);
  const auto from = static_cast<const arrow::TimestampType&>(*values->type()).unit();
  const auto to = static_cast<const arrow::TimestampType&>(*type).unit();
  if (from == to) return Relabelled(values, type);
  if (from == arrow::TimeUnit::NANO) return ToMicros(*values, type, floors);
  return Cast(values, type);
}

Result<ArrayPtr> ToTime(const ArrayPtr& values, const TypePtr& type, bool floors) {
  const bool nanoseconds =
      values->type_id() == TypeId::TIME64 &&
      static_cast<const arrow::Time64Type&>(*values->type()).unit() == arrow::TimeUnit::NANO;
  return nanoseconds ? ToMicros(*values, type, floors) : Cast(values, type);
}

Result<ArrayPtr> ToDate(const ArrayPtr& values, const TypePtr& type) {
  if (values->type_id() == TypeId::DATE64) {
    // Days in milliseconds; the type allows nothing between them.
    constexpr int64_t kMillisPerDay = 86'400'000;
    return DaysOf(*values, kMillisPerDay, type);
  }
  if (values->type_id() == TypeId::TIMESTAMP)
    return DaysOf(*values, TicksPerDay(*values->type()), type);
  return Cast(values, type);
}

Result<ArrayPtr> ToFloating(const ArrayPtr& values, const TypePtr& type) {
  if (type->id() != TypeId::FLOAT || values->type_id() != TypeId::DOUBLE) return Cast(values, type);
  return Mapped<double, float>(*values, type, [](double number) -> std::optional<float> {
    if (!std::isfinite(number)) return static_cast<float>(number);
    if (std::abs(number) > std::numeric_limits<float>::max()) return std::nullopt;
    const auto narrow = static_cast<float>(number);
    if (static_cast<double>(narrow) != number) return std::nullopt;
    return narrow;
  });
}

Result<ArrayPtr> ToDecimal(const ArrayPtr& values, const PrimitiveType& type,
                           const TypePtr& target) {
  if (!arrow::is_integer(values->type_id())) return Cast(values, target);
  // Arrow asks for as many digits as the integer's type may have.
  constexpr int32_t kDigitsMax = 38;
  ICEFIELD_ASSIGN(const ArrayPtr wide, Cast(values, arrow::decimal128(kDigitsMax, type.scale)));
  return Cast(wide, target);
}

// Texts and bytes of 32-bit offsets.
Result<ArrayPtr> ToSmallBytes(const ArrayPtr& values, const TypePtr& type) {
  const TypeId id = values->type_id();
  if (id == TypeId::STRING || id == TypeId::BINARY) return Relabelled(values, type);
  if (id != TypeId::LARGE_STRING && id != TypeId::LARGE_BINARY) return Cast(values, type);
  ICEFIELD_ASSIGN(const Offsets offsets, SmallOffsets(*values->data(), true));
  ICEFIELD_ASSIGN(BufferPtr validity, ValidityOf(*values));
  const BufferPtr& bytes = values->data()->buffers[2];
  const BufferPtr used = bytes == nullptr
                             ? std::make_shared<arrow::Buffer>(nullptr, 0)
                             : arrow::SliceBuffer(bytes, offsets.first, offsets.length);
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, values->length(), {std::move(validity), offsets.buffer, used}, values->null_count()));
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

bool IsText(std::string_view bytes) {
  static std::once_flag ready;
  std::call_once(ready, [] { arrow::util::InitializeUTF8(); });
  return arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(bytes.data()),
                                   static_cast<int64_t>(bytes.size()));
}

// All texts at once: they are UTF-8 if what they make joined is and none begins inside a code
// point.
bool AreTextsTogether(const arrow::BinaryArray& texts) {
  const int64_t rows = texts.length();
  if (rows == 0) return true;
  const int32_t first = texts.value_offset(0);
  const int32_t end = texts.value_offset(rows);
  const std::string_view joined(reinterpret_cast<const char*>(texts.raw_data()) + first,
                                static_cast<size_t>(end - first));
  if (joined.empty()) return true;
  if (!IsText(joined)) return false;
  bool inside = false;
  for (int64_t row = 1; row < rows; ++row) {
    const int32_t start = texts.value_offset(row);
    inside |= start < end && IsContinuation(joined[static_cast<size_t>(start - first)]);
  }
  return !inside;
}

Status CheckTexts(const arrow::BinaryArray& texts) {
  if (AreTextsTogether(texts)) return {};
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row) || IsText(texts.GetView(row))) continue;
    return InvalidArgument("a text is not valid UTF-8; a column of type binary holds any bytes");
  }
  return {};
}

// Bytes of one length each.
template <typename Append>
Result<ArrayPtr> ToFixed(const arrow::BinaryArray& values, const TypePtr& type, Append append) {
  arrow::FixedSizeBinaryBuilder builder(type);
  ICEFIELD_ARROW_TRY(builder.Reserve(values.length()), type->ToString());
  for (int64_t row = 0; row < values.length(); ++row) {
    if (values.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      ICEFIELD_TRY(append(values.GetView(row), builder));
    }
  }
  ICEFIELD_ARROW_ASSIGN(ArrayPtr out, builder.Finish(), type->ToString());
  return out;
}

Result<ArrayPtr> BytesToFixed(const ArrayPtr& values, const TypePtr& type) {
  ICEFIELD_ASSIGN(const ArrayPtr bytes, ToSmallBytes(values, arrow::binary()));
  const int32_t length = static_cast<const arrow::FixedSizeBinaryType&>(*type).byte_width();
  const auto append = [&](std::string_view value, arrow::FixedSizeBinaryBuilder& out) -> Status {
    if (value.size() != static_cast<size_t>(length)) {
      return InvalidArgument("a value of ", value.size(), " bytes does not fit ", length, " bytes");
    }
    out.UnsafeAppend(value);
    return {};
  };
  return ToFixed(static_cast<const arrow::BinaryArray&>(*bytes), type, append);
}

int DigitOf(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

// "f79c3e09-677c-4bbd-a479-3f349cb785e7", the hyphens as there or all left out.
std::optional<std::string> ParseUuid(std::string_view text) {
  constexpr size_t kHyphenated = 36;
  constexpr size_t kDigits = 32;
  std::string digits;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool is_hyphen =
        text.size() == kHyphenated && (at == 8 || at == 13 || at == 18 || at == 23);
    if (is_hyphen && text[at] != '-') return std::nullopt;
    if (!is_hyphen) digits += text[at];
  }
  if (digits.size() != kDigits) return std::nullopt;
  std::string bytes;
  for (size_t at = 0; at < kDigits; at += 2) {
    const int high = DigitOf(digits[at]);
    const int low = DigitOf(digits[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool HoldsText(TypeId id) {
  return id == TypeId::STRING || id == TypeId::LARGE_STRING || id == TypeId::STRING_VIEW;
}

Result<ArrayPtr> ToUuid(const ArrayPtr& values, const TypePtr& type) {
  const TypePtr storage = static_cast<const arrow::ExtensionType&>(*type).storage_type();
  ArrayPtr bytes = values;
  if (HoldsText(values->type_id())) {
    ICEFIELD_ASSIGN(const ArrayPtr texts, ToSmallBytes(values, arrow::binary()));
    const auto append = [](std::string_view text, arrow::FixedSizeBinaryBuilder& out) -> Status {
      const std::optional<std::string> uuid = ParseUuid(text);
      if (!uuid) return InvalidArgument("'", text, "' is no UUID");
      out.UnsafeAppend(*uuid);
      return {};
    };
    ICEFIELD_ASSIGN(bytes,
                    ToFixed(static_cast<const arrow::BinaryArray&>(*texts), storage, append));
  } else if (values->type_id() == TypeId::EXTENSION) {
    bytes = static_cast<const arrow::ExtensionArray&>(*values).storage();
  } else if (values->type_id() != TypeId::FIXED_SIZE_BINARY) {
    ICEFIELD_ASSIGN(bytes, BytesToFixed(values, storage));
  }
  return arrow::ExtensionType::WrapArray(type, bytes);
}

Result<ArrayPtr> ToBytes(const ArrayPtr& values, const TypePtr& type) {
  if (values->type_id() == TypeId::FIXED_SIZE_BINARY) return Cast(values, type);
  return ToSmallBytes(values, type);
}

Result<ArrayPtr> Converted(const ArrayPtr& values, const PrimitiveType& type, const TypePtr& target,
                           bool floors) {
  if (type.kind == PrimitiveKind::kUuid) return ToUuid(values, target);
  switch (target->id()) {
    case TypeId::FLOAT:
    case TypeId::DOUBLE:
      return ToFloating(values, target);
    case TypeId::DECIMAL128:
      return ToDecimal(values, type, target);
    case TypeId::DATE32:
      return ToDate(values, target);
    case TypeId::TIME64:
      return ToTime(values, target, floors);
    case TypeId::TIMESTAMP:
      return ToTimestamp(values, target, floors);
    case TypeId::STRING:
      return ToSmallBytes(values, target);
    case TypeId::FIXED_SIZE_BINARY:
      return BytesToFixed(values, target);
    case TypeId::BINARY:
      return ToBytes(values, target);
    default:
      return Cast(values, target);
  }
}

template <typename Offset>
Result<Offsets> RebasedOffsets(const arrow::ArrayData& data) {
  const auto* given = data.GetValues<Offset>(1);
  const Offset first = given[0];
  const Offset length = given[data.length] - first;
  if (static_cast<int64_t>(length) > std::numeric_limits<int32_t>::max()) {
    return Fail(ErrorCode::kResourceExhausted, length,
                " bytes or elements in one batch of a column ", "of ", data.type->ToString(),
                "; give smaller batches");
  }
  ICEFIELD_ARROW_ASSIGN(
      BufferPtr buffer,
      arrow::AllocateBuffer((data.length + 1) * static_cast<int64_t>(sizeof(int32_t))),
      data.type->ToString());
  auto* out = reinterpret_cast<int32_t*>(buffer->mutable_data());
  for (int64_t row = 0; row <= data.length; ++row)
    out[row] = static_cast<int32_t>(given[row] - first);
  return Offsets{std::move(buffer), static_cast<int64_t>(first), static_cast<int64_t>(length)};
}

}  // namespace

Result<ArrayPtr> Decoded(const ArrayPtr& values) {
  ArrayPtr plain = values;
  while (plain->type_id() == TypeId::DICTIONARY || plain->type_id() == TypeId::EXTENSION) {
    if (plain->type_id() == TypeId::DICTIONARY) {
      ICEFIELD_ASSIGN(
          plain,
          Cast(plain, static_cast<const arrow::DictionaryType&>(*plain->type()).value_type()));
      continue;
    }
    if (ValueType(plain->type()) == plain->type()) break;
    plain = static_cast<const arrow::ExtensionArray&>(*plain).storage();
  }
  return plain;
}

Result<Offsets> SmallOffsets(const arrow::ArrayData& data, bool large) {
  if (data.length > 0) return large ? RebasedOffsets<int64_t>(data) : RebasedOffsets<int32_t>(data);
  // An empty array may have no offsets at all.
  return Offsets{arrow::Buffer::FromString(std::string(sizeof(int32_t), '\0'))};
}

Result<BufferPtr> ValidityOf(const arrow::Array& values) {
  if (values.null_count() == 0 || values.null_bitmap() == nullptr) return BufferPtr();
  if (values.offset() == 0) return values.null_bitmap();
  ICEFIELD_ARROW_ASSIGN(
      BufferPtr bits,
      arrow::internal::CopyBitmap(arrow::default_memory_pool(), values.null_bitmap_data(),
                                  values.offset(), values.length()),
      values.type()->ToString());
  return bits;
}

Result<ArrayPtr> ConformLeaf(const ArrayPtr& values, const PrimitiveType& type, bool floors) {
  ICEFIELD_ASSIGN(const TypePtr target, ToArrowType(type));
  ICEFIELD_ASSIGN(ArrayPtr out, Decoded(values));
  if (out->type_id() == TypeId::NA && target->id() != TypeId::NA) {
    ICEFIELD_ARROW_ASSIGN(out, arrow::MakeArrayOfNull(target, values->length()),
                          target->ToString());
    return out;
  }
  if (!out->type()->Equals(*target)) {
    ICEFIELD_ASSIGN(out, Converted(out, type, target, floors));
  }
  if (target->id() == TypeId::STRING)
    ICEFIELD_TRY(CheckTexts(static_cast<const arrow::BinaryArray&>(*out)));
  return out;
}

}  // namespace icefield
