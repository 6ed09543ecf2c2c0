#include "codec/variant/value_decoder.h"

#include <algorithm>
#include <limits>

#include "codec/variant/byte_reader.h"
#include "codec/variant/json_form.h"

namespace icefield::variant {
namespace {

constexpr size_t kTextBytesMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kScaleMax = 38;

enum BasicType : uint8_t { kPrimitive = 0, kShortString = 1, kObject = 2, kArray = 3 };

/// The specification's "Variant primitive types".
enum PrimitiveId : uint8_t {
  kNull = 0,
  kTrue = 1,
  kFalse = 2,
  kInt8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kDecimal4 = 8,
  kDecimal8 = 9,
  kDecimal16 = 10,
  kDate = 11,
  kTimestamptz = 12,
  kTimestamp = 13,
  kFloat = 14,
  kBinary = 15,
  kString = 16,
  kTime = 17,
  kTimestamptzNs = 18,
  kTimestampNs = 19,
  kUuid = 20,
};

// What stands before the values of an object or array, checked as far as it goes without them.
struct ContainerHead {
  uint64_t count = 0;
  size_t id_width = 0;  // 0 for arrays
  size_t offset_width = 0;
  std::string_view ids;
  std::string_view offsets;
  std::string_view values;  // All values, as the last offset states their size.
  size_t size = 0;          // Of head and values.

  uint64_t Id(uint64_t at) const { return LittleEndian(ids.substr(at * id_width, id_width)); }
  uint64_t Offset(uint64_t at) const {
    return LittleEndian(offsets.substr(at * offset_width, offset_width));
  }
};

Error EndsInside(std::string_view what) { return CorruptData("the variant ends inside ", what); }

Result<ContainerHead> ParseHead(std::string_view bytes, BasicType type) {
  ByteReader in(bytes);
  const int header = in.TakeNumber<uint8_t>() >> 2;
  ContainerHead head;
  head.offset_width = static_cast<size_t>(header & 3) + 1;
  const bool is_object = type == kObject;
  if (is_object) head.id_width = static_cast<size_t>(header >> 2 & 3) + 1;
  const bool is_large = (header >> (is_object ? 4 : 2) & 1) != 0;
  head.count = in.TakeUnsigned(is_large ? 4 : 1);
  head.ids = in.Take(head.count * head.id_width);
  head.offsets = in.Take((head.count + 1) * head.offset_width);
  if (in.ok()) head.values = in.Take(head.Offset(head.count));
  head.size = in.position();
  if (!in.ok()) return EndsInside(is_object ? "an object" : "an array");
  return head;
}

// Calls `visit` with the place of each value and the bytes from its start to the end of all values.
// `visit` returns how many of them are the value's own.
template <typename Visit>
Status VisitValues(const ContainerHead& head, Visit visit) {
  size_t seen = 0;
  for (uint64_t at = 0; at < head.count; ++at) {
    const uint64_t offset = head.Offset(at);
    if (offset > head.values.size()) return EndsInside("an offset list");
    ICEFIELD_ASSIGN(const size_t size, visit(at, head.values.substr(offset)));
    seen += size;
    if (seen > head.values.size()) break;
  }
  if (seen != head.values.size()) {
    return CorruptData("the values of an object or array do not fill the ", head.values.size(),
                       " bytes that its offsets state");
  }
  return {};
}

// Fields are ordered by name, but by the order of UTF-16 where Java code wrote them: only names
// that are not in the order of their bytes need a look at all of them.
Result<std::vector<std::string_view>> NamesOf(const Dictionary& dictionary,
                                              const ContainerHead& head) {
  std::vector<std::string_view> names;
  names.reserve(head.count);
  bool ascending = true;
  for (uint64_t at = 0; at < head.count; ++at) {
    ICEFIELD_ASSIGN(const std::string_view name, dictionary.Name(head.Id(at)));
    ascending = ascending && (names.empty() || names.back() < name);
    names.push_back(name);
  }
  if (!ascending) {
    std::vector<std::string_view> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      return CorruptData("an object has two fields of one name");
    }
  }
  return names;
}

class Decoder {
 public:
  Decoder(const Dictionary& dictionary, std::string& out) : dictionary_(dictionary), out_(out) {}

  /// Appends the value at the start of `bytes`; its size.
  Result<size_t> Append(std::string_view bytes, int depth);

 private:
  Result<size_t> AppendPrimitive(std::string_view bytes);
  Status AppendScalar(int id, ByteReader& in);
  Status AppendDecimalOf(int id, ByteReader& in);
  Result<size_t> AppendObject(std::string_view bytes, int depth);
  Result<size_t> AppendArray(std::string_view bytes, int depth);

  const Dictionary& dictionary_;
  std::string& out_;
};

Result<size_t> Decoder::Append(std::string_view bytes, int depth) {
  if (bytes.empty()) return EndsInside("a value");
  if (depth > kDepthMax) {
    return Unsupported("the variant is nested deeper than ", kDepthMax, " levels");
  }
  if (out_.size() > kTextBytesMax) {
    return Fail(ErrorCode::kResourceExhausted, "the JSON of a variant exceeds ", kTextBytesMax,
                " bytes");
  }
  const int header = static_cast<uint8_t>(bytes[0]) >> 2;
  switch (bytes[0] & 3) {
    case kObject:
      return AppendObject(bytes, depth);
    case kArray:
      return AppendArray(bytes, depth);
    case kShortString: {
      const auto length = static_cast<size_t>(header);
      if (length > bytes.size() - 1) return EndsInside("a string");
      ICEFIELD_TRY(AppendText(bytes.substr(1, length), out_));
      return 1 + length;
    }
    default:
      return AppendPrimitive(bytes);
  }
}

Result<size_t> Decoder::AppendPrimitive(std::string_view bytes) {
  const size_t mark = out_.size();
  ByteReader in(bytes);
  const int id = in.TakeNumber<uint8_t>() >> 2;
  Status status = AppendScalar(id, in);
  if (!in.ok()) {
    out_.resize(mark);
    return EndsInside(StrCat("a value of type ", id));
  }
  if (!status.ok()) return std::move(status).error();
  return in.position();
}

// What is appended, or returned, for bytes that end too early does not count.
Status Decoder::AppendScalar(int id, ByteReader& in) {
  switch (id) {
    case kNull:
      out_ += "null";
      return {};
    case kTrue:
      out_ += "true";
      return {};
    case kFalse:
      out_ += "false";
      return {};
    case kInt8:
      AppendPiece(out_, static_cast<int>(in.TakeNumber<int8_t>()));
      return {};
    case kInt16:
      AppendPiece(out_, in.TakeNumber<int16_t>());
      return {};
    case kInt32:
      AppendPiece(out_, in.TakeNumber<int32_t>());
      return {};
    case kInt64:
      AppendPiece(out_, in.TakeNumber<int64_t>());
      return {};
    case kFloat:
      AppendFloating(in.TakeNumber<float>(), out_);
      return {};
    case kDouble:
      AppendFloating(in.TakeNumber<double>(), out_);
      return {};
    case kDecimal4:
    case kDecimal8:
    case kDecimal16:
      return AppendDecimalOf(id, in);
    case kDate:
      AppendDate(in.TakeNumber<int32_t>(), out_);
      return {};
    case kTime:
      return AppendTime(in.TakeNumber<int64_t>(), out_);
    case kTimestamptz:
      AppendTimestamp(PrimitiveKind::kTimestamptz, in.TakeNumber<int64_t>(), out_);
      return {};
    case kTimestamp:
      AppendTimestamp(PrimitiveKind::kTimestamp, in.TakeNumber<int64_t>(), out_);
      return {};
    case kTimestamptzNs:
      AppendTimestamp(PrimitiveKind::kTimestamptzNs, in.TakeNumber<int64_t>(), out_);
      return {};
    case kTimestampNs:
      AppendTimestamp(PrimitiveKind::kTimestampNs, in.TakeNumber<int64_t>(), out_);
      return {};
    case kBinary:
      AppendBinary(in.Take(in.TakeUnsigned(4)), out_);
      return {};
    case kString:
      return AppendText(in.Take(in.TakeUnsigned(4)), out_);
    case kUuid:
      AppendUuid(in.Take(16), out_);
      return {};
    default:
      return Unsupported("variant type ", id, " is not known");
  }
}

Status Decoder::AppendDecimalOf(int id, ByteReader& in) {
  const int32_t scale = in.TakeNumber<uint8_t>();
  if (scale > kScaleMax) {
    return CorruptData("a decimal's scale is ", scale, ", above ", kScaleMax);
  }
  const Int128 unscaled = id == kDecimal4   ? Int128{in.TakeNumber<int32_t>()}
                          : id == kDecimal8 ? Int128{in.TakeNumber<int64_t>()}
                                            : in.TakeNumber<Int128>();
  AppendDecimal(unscaled, scale, out_);
  return {};
}

Result<size_t> Decoder::AppendObject(std::string_view bytes, int depth) {
  ICEFIELD_ASSIGN(const ContainerHead head, ParseHead(bytes, kObject));
  ICEFIELD_ASSIGN(const auto names, NamesOf(dictionary_, head));
  out_ += '{';
  ICEFIELD_TRY(VisitValues(head, [&](uint64_t at, std::string_view rest) {
    if (at > 0) out_ += ',';
    AppendUtf8(names[at], out_);
    out_ += ':';
    return Append(rest, depth + 1);
  }));
  out_ += '}';
  return head.size;
}

Result<size_t> Decoder::AppendArray(std::string_view bytes, int depth) {
  ICEFIELD_ASSIGN(const ContainerHead head, ParseHead(bytes, kArray));
  out_ += '[';
  ICEFIELD_TRY(VisitValues(head, [&](uint64_t at, std::string_view rest) {
    if (at > 0) out_ += ',';
    return Append(rest, depth + 1);
  }));
  out_ += ']';
  return head.size;
}

Status CheckWhole(size_t size, std::string_view bytes) {
  if (size == bytes.size()) return {};
  return CorruptData("the variant's value ends after ", size, " of ", bytes.size(), " bytes");
}

}  // namespace

Status AppendValue(const Dictionary& dictionary, std::string_view bytes, int depth,
                   std::string& out) {
  ICEFIELD_ASSIGN(const size_t size, Decoder(dictionary, out).Append(bytes, depth));
  return CheckWhole(size, bytes);
}

Result<std::vector<JsonField>> DecodeObject(const Dictionary& dictionary, std::string_view bytes,
                                            int depth) {
  if (bytes.empty() || (bytes[0] & 3) != kObject) {
    return CorruptData("a variant that is no object has shredded fields");
  }
  ICEFIELD_ASSIGN(const ContainerHead head, ParseHead(bytes, kObject));
  ICEFIELD_TRY(CheckWhole(head.size, bytes));
  ICEFIELD_ASSIGN(const auto names, NamesOf(dictionary, head));
  std::vector<JsonField> fields;
  fields.reserve(names.size());
  ICEFIELD_TRY(VisitValues(head, [&](uint64_t at, std::string_view rest) {
    JsonField& field = fields.emplace_back(JsonField{names[at], {}});
    return Decoder(dictionary, field.json).Append(rest, depth + 1);
  }));
  return fields;
}

}  // namespace icefield::variant
