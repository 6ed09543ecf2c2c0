#include "codec/avro/container_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/avro/avro_bytes_test.h"
#include "codec/avro/decoder.h"

namespace icefield::avro {
namespace {

constexpr const char* kCodecs[] = {"null", "deflate", "snappy", "zstandard"};

struct Outcome {
  std::vector<std::string> values;
  std::optional<Error> error;
};

// All values of a file of strings.
Outcome ReadStrings(std::string_view bytes, ContainerLimits limits = {}) {
  Outcome outcome;
  Result<ContainerReader> reader = ContainerReader::Make(bytes, limits);
  if (!reader.ok()) return {{}, reader.error()};
  while (true) {
    Result<std::optional<ContainerBlock>> block = reader->NextBlock();
    if (!block.ok()) {
      outcome.error = block.error();
      return outcome;
    }
    if (!*block) return outcome;
    Decoder in((*block)->data);
    for (uint64_t i = 0; i < (*block)->count; ++i) outcome.values.emplace_back(in.ReadBytes());
    EXPECT_TRUE(in.ok());
  }
}

std::string StringsFile(const std::string& codec) {
  return ContainerBytes({R"("string")",
                         codec,
                         {{"key", "value"}},
                         {{2, AvroBytes().Text("first").Text(std::string(100'000, 'x')).bytes()},
                          {0, ""},
                          {1, AvroBytes().Text("last").bytes()}}});
}

TEST(ContainerReaderTest, ReadsEveryCodec) {
  const std::vector<std::string> expected{"first", std::string(100'000, 'x'), "last"};
  for (const char* codec : kCodecs) {
    const Outcome outcome = ReadStrings(StringsFile(codec));
    EXPECT_FALSE(outcome.error) << codec << ": " << *outcome.error;
    EXPECT_EQ(outcome.values, expected) << codec;
  }
  TestContainer without{R"("string")", "", {}, {{1, AvroBytes().Text("a").bytes()}}};
  EXPECT_EQ(ReadStrings(ContainerBytes(without)).values, (std::vector<std::string>{"a"}));
}

TEST(ContainerReaderTest, GivesMetadata) {
  const std::string bytes = StringsFile("null");
  const Result<ContainerReader> reader = ContainerReader::Make(bytes);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->FindMetadata("key"), "value");
  EXPECT_EQ(reader->FindMetadata("other"), std::nullopt);
}

TEST(ContainerReaderTest, RefusesUnknownCodecsByName) {
  const Outcome outcome = ReadStrings(ContainerBytes({R"("string")", "bzip2", {}, {}}));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kUnsupported);
  EXPECT_NE(outcome.error->message.find("'bzip2'"), std::string::npos);
}

TEST(ContainerReaderTest, RefusesWhatIsNoContainer) {
  for (const std::string& bytes : {std::string(), std::string("PAR1"), std::string("Obj\2", 4)}) {
    const Outcome outcome = ReadStrings(bytes);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, ErrorCode::kCorruptData);
  }
}

// A cut is only unseen where a block ends; then the values before it are right.
TEST(ContainerReaderTest, CutAtEveryByteGivesAnErrorOrWholeBlocks) {
  for (const char* codec : kCodecs) {
    const std::string bytes = ContainerBytes(
        {R"("string")",
         codec,
         {},
         {{2, AvroBytes().Text("a").Text("bc").bytes()}, {1, AvroBytes().Text("def").bytes()}}});
    int whole = 0;
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Outcome outcome = ReadStrings(bytes.substr(0, size));
      if (outcome.error) continue;
      ++whole;
      EXPECT_LT(outcome.values.size(), 3) << codec << " " << size;
      if (outcome.values.empty()) continue;
      EXPECT_EQ(outcome.values[1], "bc");
    }
    EXPECT_EQ(whole, 2) << codec;
  }
}

TEST(ContainerReaderTest, EveryChangedByteIsAnErrorOrReads) {
  for (const char* codec : kCodecs) {
    const std::string bytes =
        ContainerBytes({R"("string")", codec, {}, {{2, AvroBytes().Text("a").Text("bc").bytes()}}});
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (char mask : {'\x01', '\x80', '\xff'}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ mask);
        Result<ContainerReader> reader = ContainerReader::Make(changed);
        while (reader.ok()) {
          Result<std::optional<ContainerBlock>> block = reader->NextBlock();
          if (!block.ok() || !*block) break;
        }
      }
    }
  }
}

TEST(ContainerReaderTest, ChecksTheSnappyChecksum) {
  const TestContainer container{
      R"("string")", "snappy", {}, {{1, AvroBytes().Text("abc").bytes()}}};
  std::string bytes = ContainerBytes(container);
  bytes[bytes.size() - 16 - 1] ^= 1;
  const Outcome outcome = ReadStrings(bytes);
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("checksum"), std::string::npos) << *outcome.error;
}

// Writes `packed` as the only block of a file of strings.
std::string PackedFile(const std::string& codec, const std::string& packed) {
  std::string bytes = ContainerBytes({R"("string")", codec, {}, {}});
  const std::string sync = bytes.substr(bytes.size() - 16);
  return bytes + AvroBytes().Long(1).Text(packed).Raw(sync).bytes();
}

TEST(ContainerReaderTest, ToleratesTheRestOfAZlibChecksumAndNoMore) {
  const std::string packed = CompressBlock("deflate", AvroBytes().Text("abc").bytes());
  EXPECT_EQ(ReadStrings(PackedFile("deflate", packed + "123")).values,
            (std::vector<std::string>{"abc"}));
  EXPECT_TRUE(ReadStrings(PackedFile("deflate", packed + "12345")).error);
}

TEST(ContainerReaderTest, ReadsZstandardFramesInARow) {
  const std::string value = AvroBytes().Text("abcdef").bytes();
  const std::string packed =
      CompressBlock("zstandard", value.substr(0, 3)) + CompressBlock("zstandard", value.substr(3));
  EXPECT_EQ(ReadStrings(PackedFile("zstandard", packed)).values,
            (std::vector<std::string>{"abcdef"}));
  EXPECT_TRUE(ReadStrings(PackedFile("zstandard", packed + "x")).error);
}

TEST(ContainerReaderTest, RefusesSnappyLengthsThatNoBlockReaches) {
  const Outcome outcome = ReadStrings(PackedFile("snappy",
                                                 "\xff\xff\xff\xff\x0f"
                                                 "abcdefgh"));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kCorruptData);
}

TEST(ContainerReaderTest, LimitsWhatDecompressionMayMake) {
  for (const char* codec : kCodecs) {
    const std::string bytes = StringsFile(codec);
    const Outcome block = ReadStrings(bytes, {.block_bytes_max = 99'999});
    ASSERT_TRUE(block.error) << codec;
    EXPECT_EQ(block.error->code, ErrorCode::kResourceExhausted) << codec;
    const Outcome total = ReadStrings(bytes, {.total_bytes_max = 100'010});
    ASSERT_TRUE(total.error) << codec;
    EXPECT_EQ(total.error->code, ErrorCode::kResourceExhausted) << codec;
    EXPECT_EQ(total.values.size(), 2) << codec;
    EXPECT_FALSE(ReadStrings(bytes, {.total_bytes_max = 100'014}).error) << codec;
  }
}

TEST(ContainerReaderTest, RefusesCountsBeyondTheirBytes) {
  const std::string one = AvroBytes().Text("a").bytes();
  EXPECT_TRUE(ReadStrings(ContainerBytes({R"("string")", "null", {}, {{3, one}}})).error);
  EXPECT_TRUE(ReadStrings(ContainerBytes({R"("string")", "null", {}, {{-1, one}}})).error);
  const std::string nulls = ContainerBytes({R"("null")", "null", {}, {{int64_t{1} << 60, ""}}});
  Result<ContainerReader> reader = ContainerReader::Make(nulls);
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE(reader->NextBlock().ok());
}

TEST(ContainerReaderTest, RefusesHeadersWithoutASchema) {
  AvroBytes header;
  header.Raw(std::string_view("Obj\1", 4)).Long(0).Raw("0123456789abcdef");
  const Outcome outcome = ReadStrings(header.bytes());
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("avro.schema"), std::string::npos);
}

}  // namespace
}  // namespace icefield::avro
