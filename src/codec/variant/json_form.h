/// The JSON texts of single values: the one place for both forms in which a variant stores them,
/// encoded and shredded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/value.h"

namespace icefield::variant {

bool IsUtf8(std::string_view text);

/// A string with its quotes. CorruptData where it is not UTF-8.
Status AppendText(std::string_view text, std::string& out);

/// The same of text that is known to be UTF-8.
void AppendUtf8(std::string_view text, std::string& out);

/// Base64 text.
void AppendBinary(std::string_view bytes, std::string& out);

void AppendUuid(std::string_view bytes, std::string& out);

template <typename Number>
void AppendFloating(Number number, std::string& out);

/// `scale` is 0 to 38.
void AppendDecimal(Int128 unscaled, int32_t scale, std::string& out);

void AppendDate(int32_t days, std::string& out);

/// CorruptData where `micros` is no time of a day.
Status AppendTime(int64_t micros, std::string& out);

/// `kind` is that of any timestamp.
void AppendTimestamp(PrimitiveKind kind, int64_t ticks, std::string& out);

}  // namespace icefield::variant
