#include "codec/avro/decoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "codec/avro/avro_bytes_test.h"

namespace icefield::avro {
namespace {

TEST(DecoderTest, ReadsEveryLongThatFits) {
  const std::vector<int64_t> values{0,
                                    -1,
                                    1,
                                    63,
                                    -64,
                                    64,
                                    8191,
                                    -8192,
                                    std::numeric_limits<int32_t>::max(),
                                    std::numeric_limits<int32_t>::min(),
                                    std::numeric_limits<int64_t>::max(),
                                    std::numeric_limits<int64_t>::min()};
  AvroBytes bytes;
  for (int64_t value : values) bytes.Long(value);
  Decoder in(bytes.bytes());
  for (int64_t value : values) EXPECT_EQ(in.ReadLong(), value);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0);
}

TEST(DecoderTest, ReadsTheOtherPrimitives) {
  AvroBytes bytes;
  bytes.Boolean(true).Boolean(false).Float(1.5F).Double(-0.1).Text("grün").Text("").Raw("xyz");
  Decoder in(bytes.bytes());
  EXPECT_TRUE(in.ReadBoolean());
  EXPECT_FALSE(in.ReadBoolean());
  EXPECT_EQ(in.ReadFloat(), 1.5F);
  EXPECT_EQ(in.ReadDouble(), -0.1);
  EXPECT_EQ(in.ReadBytes(), "grün");
  EXPECT_EQ(in.ReadBytes(), "");
  EXPECT_EQ(in.ReadFixed(3), "xyz");
  EXPECT_TRUE(in.ok());
}

TEST(DecoderTest, RefusesNumbersThatDoNotFit) {
  struct Case {
    std::string bytes;
    std::string_view fault;
  };
  const std::string nine(9, '\xff');
  for (const Case& wrong : {Case{nine + '\x02', "64 bits"}, Case{nine + "\xff\x01", "64 bits"},
                            Case{nine, "cut off"}, Case{"", "cut off"}, Case{"\x80", "cut off"}}) {
    Decoder in(wrong.bytes);
    EXPECT_EQ(in.ReadLong(), 0);
    EXPECT_FALSE(in.ok());
    EXPECT_NE(in.FaultText().find(wrong.fault), std::string::npos) << in.FaultText();
  }
  const std::string large = AvroBytes().Long(int64_t{1} << 31).bytes();
  Decoder in(large);
  EXPECT_EQ(in.ReadInt(), 0);
  EXPECT_EQ(in.FaultText(), "a number does not fit 32 bits at byte 5");
}

TEST(DecoderTest, RefusesLengthsBeyondItsBytes) {
  for (int64_t length : {int64_t{3}, int64_t{-1}, std::numeric_limits<int64_t>::max(),
                         std::numeric_limits<int64_t>::min()}) {
    const std::string bytes = AvroBytes().Long(length).Raw("ab").bytes();
    Decoder in(bytes);
    EXPECT_EQ(in.ReadBytes(), "");
    EXPECT_FALSE(in.ok()) << length;
  }
  Decoder boolean("\x02");
  boolean.ReadBoolean();
  EXPECT_FALSE(boolean.ok());
}

TEST(DecoderTest, KeepsItsFirstFaultAndReadsNothingAfterIt) {
  Decoder in("\x02\x02\x02");
  in.Fail("first", "part");
  in.Fail("second");
  EXPECT_EQ(in.FaultText(), "first (part) at byte 0");
  EXPECT_EQ(in.remaining(), 0);
  EXPECT_EQ(in.ReadLong(), 0);
  EXPECT_EQ(in.ReadDouble(), 0);
  EXPECT_EQ(in.ReadItemBlock(1).count, 0);
}

std::vector<int64_t> ReadAllItems(Decoder& in) {
  std::vector<int64_t> items;
  ReadItems(in, 1, [&] { items.push_back(in.ReadLong()); });
  return items;
}

TEST(DecoderTest, ReadsItemsInBlocksWithAndWithoutSize) {
  const std::string bytes =
      AvroBytes().Long(2).Long(7).Long(8).Long(-1).Long(2).Long(1000).Long(0).Text("end").bytes();
  Decoder in(bytes);
  EXPECT_EQ(ReadAllItems(in), (std::vector<int64_t>{7, 8, 1000}));
  EXPECT_EQ(in.ReadBytes(), "end");
  EXPECT_TRUE(in.ok());
}

TEST(DecoderTest, RefusesItemBlocksThatLie) {
  const std::vector<std::string> wrong{
      AvroBytes().Long(int64_t{1} << 60).Long(7).Long(0).bytes(),
      AvroBytes().Long(4).Long(7).Long(0).bytes(),
      AvroBytes().Long(std::numeric_limits<int64_t>::min()).Long(1).Long(7).Long(0).bytes(),
      AvroBytes().Long(-1).Long(5).Long(7).Long(0).bytes(),
      AvroBytes().Long(-1).Long(-1).Long(7).Long(0).bytes(),
      AvroBytes().Long(-1).Long(2).Long(7).Long(0).bytes(),
      AvroBytes().Long(1).Long(7).bytes(),
  };
  for (const std::string& bytes : wrong) {
    Decoder in(bytes);
    EXPECT_LE(ReadAllItems(in).size(), bytes.size());
    EXPECT_FALSE(in.ok());
  }
}

TEST(DecoderTest, LimitsItemsWithoutBytes) {
  const std::string many = AvroBytes().Long(int64_t{1} << 40).Long(0).bytes();
  Decoder bomb(many);
  ReadItems(bomb, 0, [] {});
  EXPECT_FALSE(bomb.ok());
  const std::string few = AvroBytes().Long(1000).Long(0).bytes();
  Decoder in(few);
  int items = 0;
  ReadItems(in, 0, [&] { ++items; });
  EXPECT_EQ(items, 1000);
  EXPECT_TRUE(in.ok());
}

}  // namespace
}  // namespace icefield::avro
