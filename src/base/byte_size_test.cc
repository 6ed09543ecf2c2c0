#include "base/byte_size.h"

#include <gtest/gtest.h>

#include <string>

namespace icefield {
namespace {

TEST(ByteSizeTest, KnowsTheUnitsOfPeople) {
  const auto bytes = [](std::string_view text) { return ParseByteSize(text).value_or(-1); };
  EXPECT_EQ(bytes("0"), 0);
  EXPECT_EQ(bytes("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(bytes("7B"), 7);
  EXPECT_EQ(bytes("2GiB"), int64_t{2} << 30);
  EXPECT_EQ(bytes(" 2 gib "), int64_t{2} << 30);
  EXPECT_EQ(bytes("2Gi"), int64_t{2} << 30);
  EXPECT_EQ(bytes("2GB"), 2'000'000'000);
  EXPECT_EQ(bytes("2g"), 2'000'000'000);
  EXPECT_EQ(bytes("64MiB"), 64 << 20);
  EXPECT_EQ(bytes("3k"), 3'000);
  EXPECT_EQ(bytes("3KiB"), 3'072);
  EXPECT_EQ(bytes("1.5GiB"), int64_t{3} << 29);
  EXPECT_EQ(bytes("0.0015k"), 1);
  EXPECT_EQ(bytes("1TiB"), int64_t{1} << 40);
  EXPECT_EQ(bytes("1PB"), 1'000'000'000'000'000);
}

TEST(ByteSizeTest, RefusesEverythingElseInWords) {
  for (const std::string text : {"", " ", "GiB", "-1", "+1", "1e9", "2 G B", "2GG", "2iB", "2x",
                                 "1.2.3", ".", "0x10", "9223372036854775808", "8192PiB",
                                 "8192.0PiB", "99999999999999999999.0", "2GiB2", "1,5GB"}) {
    const Result<int64_t> size = ParseByteSize(text);
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_EQ(size.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(size.error().message.starts_with("'" + text + "' is no number of bytes")) << text;
  }
}

}  // namespace
}  // namespace icefield
