#include "codec/puffin/roaring.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace icefield {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint32_t kCookie = 12346;          // No run containers; the number of containers follows.
constexpr uint32_t kCookieWithRuns = 12347;  // In the lower half; the number - 1 in the upper one.
constexpr uint32_t kContainersMax = 65536;
constexpr uint32_t kArrayMax = 4096;
constexpr uint32_t kOffsetsFrom = 4;  // With runs, so many containers have an offset header.
constexpr size_t kBitmapBytes = 8192;
constexpr size_t kKeyAndBitmapBytesMin = 12;  // Of an empty 32-bit bitmap.

template <typename Number>
Number NumberAt(std::string_view bytes, size_t index) {
  Number number;
  std::memcpy(&number, bytes.data() + index * sizeof(Number), sizeof(Number));
  return number;
}

// Bytes taken from the front.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  Result<std::string_view> Take(size_t count) {
    if (count > rest_.size()) {
      return CorruptData("the bitmap is cut short: ", count, " bytes expected, ", rest_.size(),
                         " left");
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  template <typename Number>
  Result<Number> Take() {
    ICEFIELD_ASSIGN(const std::string_view bytes, Take(sizeof(Number)));
    return NumberAt<Number>(bytes, 0);
  }

 private:
  std::string_view rest_;
};

// What a 32-bit bitmap says of its containers before they come.
struct Header {
  uint32_t containers = 0;
  std::string_view run_flags;    // One bit a container; empty: none holds runs.
  std::string_view descriptors;  // Key and number of positions - 1 of each, 16 bits.
  std::string_view offsets;      // Where each starts in the bitmap, 32 bits; may be empty.

  bool HoldsRuns(uint32_t i) const {
    return !run_flags.empty() && (static_cast<uint8_t>(run_flags[i / 8]) >> (i % 8) & 1) != 0;
  }
};

Result<Header> TakeHeader(Input& in) {
  Header header;
  ICEFIELD_ASSIGN(const uint32_t cookie, in.Take<uint32_t>());
  if (cookie == kCookie) {
    ICEFIELD_ASSIGN(header.containers, in.Take<uint32_t>());
    if (header.containers > kContainersMax) {
      return CorruptData("a bitmap claims ", header.containers, " containers");
    }
  } else if ((cookie & 0xffff) == kCookieWithRuns) {
    header.containers = (cookie >> 16) + 1;
    ICEFIELD_ASSIGN(header.run_flags, in.Take((header.containers + 7) / 8));
  } else {
    return CorruptData("a bitmap starts with the unknown cookie ", cookie);
  }
  ICEFIELD_ASSIGN(header.descriptors, in.Take(size_t{4} * header.containers));
  if (header.run_flags.empty() || header.containers >= kOffsetsFrom) {
    ICEFIELD_ASSIGN(header.offsets, in.Take(size_t{4} * header.containers));
  }
  return header;
}

Error WrongCardinality(uint32_t found, uint32_t cardinality) {
  return CorruptData("it holds ", found, " positions, its header says ", cardinality);
}

Status AddRunContainer(Input& in, int64_t chunk, uint32_t cardinality, PositionSet& positions) {
  ICEFIELD_ASSIGN(const uint16_t runs, in.Take<uint16_t>());
  ICEFIELD_ASSIGN(const std::string_view pairs, in.Take(size_t{4} * runs));
  uint32_t found = 0;
  uint32_t free_from = 0;
  for (size_t i = 0; i < runs; ++i) {
    const uint32_t first = NumberAt<uint16_t>(pairs, 2 * i);
    const uint32_t count = uint32_t{NumberAt<uint16_t>(pairs, 2 * i + 1)} + 1;
    if (first < free_from) return CorruptData("its run at ", first, " is not after the one before");
    free_from = first + count;
    if (free_from > PositionSet::kChunkRows) {
      return CorruptData("its run at ", first, " goes beyond the container's end");
    }
    found += count;
    positions.AddRun({.first = chunk * PositionSet::kChunkRows + first, .count = count});
  }
  if (found != cardinality) return WrongCardinality(found, cardinality);
  return {};
}

Status AddArrayContainer(Input& in, int64_t chunk, uint32_t cardinality, PositionSet& positions) {
  ICEFIELD_ASSIGN(const std::string_view values, in.Take(size_t{2} * cardinality));
  int64_t previous = -1;
  for (size_t i = 0; i < cardinality; ++i) {
    const uint16_t value = NumberAt<uint16_t>(values, i);
    if (value <= previous) {
      return CorruptData("its entry ", value, " is not after the one before, ", previous);
    }
    previous = value;
    positions.Add(chunk * PositionSet::kChunkRows + value);
  }
  return {};
}

Status AddBitmapContainer(Input& in, int64_t chunk, uint32_t cardinality, PositionSet& positions) {
  ICEFIELD_ASSIGN(const std::string_view bytes, in.Take(kBitmapBytes));
  std::array<uint64_t, PositionSet::kChunkWords> bits;
  static_assert(sizeof(bits) == kBitmapBytes);
  std::memcpy(bits.data(), bytes.data(), kBitmapBytes);
  uint32_t found = 0;
  for (uint64_t word : bits) found += static_cast<uint32_t>(std::popcount(word));
  if (found != cardinality) return WrongCardinality(found, cardinality);
  positions.AddBits(chunk, bits);
  return {};
}

// The 32-bit bitmap of the positions whose upper 32 bits are `high`.
Status AddBitmap(Input& in, uint32_t high, PositionSet& positions) {
  const size_t bytes_before = in.left();
  ICEFIELD_ASSIGN(const Header header, TakeHeader(in));
  int64_t previous = -1;
  for (uint32_t i = 0; i < header.containers; ++i) {
    const auto key = NumberAt<uint16_t>(header.descriptors, size_t{2} * i);
    const uint32_t cardinality =
        uint32_t{NumberAt<uint16_t>(header.descriptors, size_t{2} * i + 1)} + 1;
    if (key <= previous) {
      return CorruptData("the key ", key, " of container ", i, " is not after the one before, ",
                         previous);
    }
    previous = key;
    const size_t at = bytes_before - in.left();
    if (!header.offsets.empty() && NumberAt<uint32_t>(header.offsets, i) != at) {
      return CorruptData("container ", i, " starts at byte ", at, ", its header says ",
                         NumberAt<uint32_t>(header.offsets, i));
    }
    const int64_t chunk = (int64_t{high} << 16) + key;
    auto* const add = header.HoldsRuns(i)        ? AddRunContainer
                      : cardinality <= kArrayMax ? AddArrayContainer
                                                 : AddBitmapContainer;
    if (Status added = add(in, chunk, cardinality, positions); !added.ok()) {
      return std::move(added).error().At(StrCat("container ", i));
    }
  }
  return {};
}

}  // namespace

Result<PositionSet> ParseRoaring64(std::string_view bytes) {
  Input in(bytes);
  ICEFIELD_ASSIGN(const uint64_t bitmaps, in.Take<uint64_t>());
  if (bitmaps > in.left() / kKeyAndBitmapBytesMin) {
    return CorruptData("the bitmap claims ", bitmaps, " parts in ", in.left(), " bytes");
  }
  PositionSet positions;
  int64_t previous = -1;
  for (uint64_t i = 0; i < bitmaps; ++i) {
    ICEFIELD_ASSIGN(const uint32_t high, in.Take<uint32_t>());
    if (high <= previous) {
      return CorruptData("the key ", high, " of a part is not after the one before, ", previous);
    }
    if (high > std::numeric_limits<int32_t>::max()) {
      return CorruptData("the key ", high, " stands for positions beyond 2^63 - 1");
    }
    previous = high;
    if (Status added = AddBitmap(in, high, positions); !added.ok()) {
      return std::move(added).error().At(StrCat("part ", high));
    }
  }
  if (in.left() != 0) return CorruptData(in.left(), " bytes follow the bitmap");
  return positions;
}

}  // namespace icefield
