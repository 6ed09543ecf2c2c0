#include "codec/puffin/deletion_vector.h"

#include <limits>

#include "codec/puffin/roaring.h"
#include "codec/puffin/roaring_bytes_test.h"

namespace icefield {
namespace {

std::vector<int64_t> PositionsOf(const PositionSet& set, int64_t end) {
  std::vector<int64_t> positions;
  for (int64_t position = 0; position < end; ++position) {
    if (set.Contains(position)) positions.push_back(position);
  }
  return positions;
}

void ExpectCorrupt(const Result<PositionSet>& result, std::string_view piece) {
  ASSERT_FALSE(result.ok()) << piece;
  EXPECT_EQ(result.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(result.error().message.find(piece), std::string::npos) << result.error();
}

void ExpectBadBitmap(const std::vector<Container>& containers, std::string_view piece) {
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0, Bitmap32(containers)}})), piece);
}

// One of each form, in two parts.
std::string EveryForm() {
  return Bitmap64({{0, Bitmap32({ArrayContainer(0, {1, 5, 65535}), BitmapContainer(2, 3),
                                 RunContainer(3, {{0, 9}, {10, 0}, {65000, 535}}),
                                 ArrayContainer(65535, {7})})},
                   {2, Bitmap32({})},
                   {5, Bitmap32({RunContainer(1, {{4, 1}})})}});
}
constexpr int64_t kEveryFormSize = 3 + 21846 + 547 + 1 + 2;

TEST(DeletionVector, HoldsThePositionsOfEveryForm) {
  const auto set = ParseDeletionVector(VectorBlob(EveryForm()), kEveryFormSize);
  ASSERT_TRUE(set.ok()) << set.error();
  EXPECT_EQ(PositionsOf(*set, 2 * 65536), (std::vector<int64_t>{1, 5, 65535}));
  EXPECT_EQ(set->CountIn({2 * 65536, 65536}), 21846);
  EXPECT_TRUE(set->Contains(2 * 65536 + 65535));
  EXPECT_FALSE(set->Contains(2 * 65536 + 65534));
  std::vector<RowRun> gaps;
  set->AppendGaps({3 * 65536, 65536}, gaps);
  EXPECT_EQ(gaps, (std::vector<RowRun>{{11, 64989}}));
  EXPECT_TRUE(set->Contains(int64_t{65535} * 65536 + 7));
  EXPECT_EQ(set->CountIn({(int64_t{5} << 32) + 65536, 65536}), 2);
  EXPECT_TRUE(set->Contains((int64_t{5} << 32) + 65536 + 5));
}

TEST(DeletionVector, MayBeEmpty) {
  const auto set = ParseDeletionVector(VectorBlob(Bitmap64({})), 0);
  ASSERT_TRUE(set.ok()) << set.error();
  EXPECT_TRUE(set->empty());
}

TEST(DeletionVector, HoldsTheGreatestPosition) {
  const std::string bytes =
      VectorBlob(Bitmap64({{0x7fffffff, Bitmap32({ArrayContainer(65535, {65535})})}}));
  const auto set = ParseDeletionVector(bytes, 1);
  ASSERT_TRUE(set.ok()) << set.error();
  EXPECT_TRUE(set->Contains(std::numeric_limits<int64_t>::max()));
}

// Written by Iceberg's Java library 1.12.0.
TEST(DeletionVector, IsReadAsJavaWritesIt) {
  constexpr unsigned char kBlob[] = {
      0x00, 0x00, 0x00, 0x22, 0xd1, 0xd3, 0x39, 0x64, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x30, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0xee, 0xbd, 0x85, 0xf4};
  const auto set = ParseDeletionVector({reinterpret_cast<const char*>(kBlob), sizeof(kBlob)}, 1);
  ASSERT_TRUE(set.ok()) << set.error();
  EXPECT_EQ(PositionsOf(*set, 100), (std::vector<int64_t>{1}));
}

TEST(DeletionVector, RefusesAnotherNumberOfPositionsThanTheManifestSays) {
  const std::string blob = VectorBlob(EveryForm());
  ExpectCorrupt(ParseDeletionVector(blob, kEveryFormSize + 1), "its manifest says 22400");
}

TEST(DeletionVector, RefusesEveryChangedByteAndEveryCut) {
  const std::string blob =
      VectorBlob(Bitmap64({{0, Bitmap32({ArrayContainer(0, {1, 5}), RunContainer(3, {{0, 9}})})}}));
  ASSERT_TRUE(ParseDeletionVector(blob, 12).ok());
  for (size_t i = 0; i < blob.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = blob;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      EXPECT_FALSE(ParseDeletionVector(changed, 12).ok()) << i;
    }
    EXPECT_FALSE(ParseDeletionVector(blob.substr(0, i), 12).ok()) << i;
  }
  EXPECT_FALSE(ParseDeletionVector(blob + '\0', 12).ok());
}

TEST(DeletionVector, SaysWhichPartOfTheFrameIsWrong) {
  std::string blob = VectorBlob(EveryForm());
  ExpectCorrupt(ParseDeletionVector(blob.substr(0, 11), 0), "too short");
  ExpectCorrupt(ParseDeletionVector(blob.substr(0, 50), 0), "it has 42");
  blob[4] = 'x';
  ExpectCorrupt(ParseDeletionVector(blob, 0), "mark");
  blob = VectorBlob(EveryForm());
  blob[30] = static_cast<char>(blob[30] ^ 1);
  ExpectCorrupt(ParseDeletionVector(blob, 0), "checksum");
}

// Without a checksum around it nothing but the bitmap's own rules holds.
TEST(Roaring, SurvivesEveryChangedByte) {
  const std::string bitmap = EveryForm();
  for (size_t i = 0; i < bitmap.size(); ++i) {
    if (i > 400 && i % 97 != 0 && i + 400 < bitmap.size())
      continue;  // Inside the bitmap container.
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bitmap;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      const auto set = ParseRoaring64(changed);
      EXPECT_TRUE(set.ok() || set.error().code == ErrorCode::kCorruptData);
    }
    ExpectCorrupt(ParseRoaring64(std::string_view(bitmap).substr(0, i)), "");
  }
  ExpectCorrupt(ParseRoaring64(bitmap + "x"), "1 bytes follow the bitmap");
}

TEST(Roaring, RefusesContainersThatBreakTheirOrder) {
  ExpectBadBitmap({ArrayContainer(1, {1, 1})}, "container 0: its entry 1");
  ExpectBadBitmap({ArrayContainer(1, {2, 1})}, "container 0: its entry 1");
  ExpectBadBitmap({ArrayContainer(1, {1}), ArrayContainer(1, {2})}, "the key 1 of container 1");
  ExpectBadBitmap({ArrayContainer(2, {1}), ArrayContainer(1, {2})}, "the key 1 of container 1");
  ExpectBadBitmap({RunContainer(0, {{5, 5}, {10, 1}})}, "its run at 10 is not after");
  ExpectBadBitmap({RunContainer(0, {{5, 5}, {1, 1}})}, "its run at 1 is not after");
  ExpectBadBitmap({RunContainer(0, {{65535, 1}})}, "beyond the container's end");
}

TEST(Roaring, RefusesContainersWithAnotherNumberOfPositions) {
  Container runs = RunContainer(0, {{5, 5}});
  runs.cardinality = 7;
  ExpectBadBitmap({runs}, "it holds 6 positions, its header says 7");
  Container bits = BitmapContainer(0, 2);
  bits.cardinality = 5000;
  ExpectBadBitmap({bits}, "it holds 32768 positions, its header says 5000");
  Container none{.key = 0, .cardinality = 1, .has_runs = true, .body = std::string(2, '\0')};
  ExpectBadBitmap({none}, "it holds 0 positions, its header says 1");
}

TEST(Roaring, RefusesContainersElsewhere) {
  std::string bitmap = Bitmap32({ArrayContainer(0, {1}), ArrayContainer(1, {1})});
  bitmap[20] = static_cast<char>(bitmap[20] + 2);
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0, bitmap}})), "container 1 starts at byte 26");
}

TEST(Roaring, RefusesPartsOutOfOrderAndOutOfRange) {
  const std::string one = Bitmap32({ArrayContainer(0, {1})});
  ExpectCorrupt(ParseRoaring64(Bitmap64({{1, one}, {1, one}})), "the key 1 of a part");
  ExpectCorrupt(ParseRoaring64(Bitmap64({{2, one}, {1, one}})), "the key 1 of a part");
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0x80000000, one}})), "beyond 2^63 - 1");
}

TEST(Roaring, TakesNoMemoryForCountsThatCannotBe) {
  ExpectCorrupt(ParseRoaring64(LittleEndian(~uint64_t{0})), "parts in 0 bytes");
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0, LittleEndian(12346U) + LittleEndian(0x7fffffffU)}})),
                "claims 2147483647 containers");
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0, LittleEndian(12346U) + LittleEndian(65536U)}})),
                "262144 bytes expected, 0 left");
  ExpectCorrupt(ParseRoaring64(Bitmap64({{0, LittleEndian(99U) + LittleEndian(0U)}})),
                "unknown cookie 99");
}

// The most runs that a container can have.
TEST(Roaring, TakesRunsThatWouldBeSmallerAsBits) {
  std::vector<std::pair<uint16_t, uint16_t>> runs;
  for (uint32_t first = 0; first < 65536; first += 4) {
    runs.emplace_back(static_cast<uint16_t>(first), uint16_t{2});
  }
  const auto set = ParseRoaring64(Bitmap64({{0, Bitmap32({RunContainer(0, runs)})}}));
  ASSERT_TRUE(set.ok()) << set.error();
  EXPECT_EQ(set->size(), 49152);
  EXPECT_TRUE(set->Contains(65534));
  EXPECT_FALSE(set->Contains(65535));
}

}  // namespace
}  // namespace icefield
