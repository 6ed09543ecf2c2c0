#include "codec/json/gzip.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

TEST(GzipTest, GivesBackWhatWasCompressed) {
  const std::string long_text(5'000'000, 'x');
  for (const std::string& text : {std::string(), std::string("abc"), long_text}) {
    const std::string compressed = *Gzip(text);
    EXPECT_TRUE(IsGzip(compressed));
    EXPECT_EQ(*Gunzip(compressed, 5'000'000), text);
  }
  EXPECT_FALSE(IsGzip("{}"));
  EXPECT_FALSE(IsGzip("\x1f"));
}

TEST(GzipTest, JoinsStreamsThatFollowOneAnother) {
  EXPECT_EQ(*Gunzip(*Gzip("abc") + *Gzip("def"), 100), "abcdef");
}

TEST(GzipTest, StopsAtTheLimit) {
  const std::string bomb = *Gzip(std::string(8'000'000, '\0'));
  ASSERT_LT(bomb.size(), 100'000U);
  const Result<std::string> content = Gunzip(bomb, 10'000);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, ErrorCode::kResourceExhausted);
}

TEST(GzipTest, RefusesDamage) {
  const std::string good = *Gzip("some text that is long enough to be worth it");
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Gunzip(good.substr(0, size), 1000).ok()) << size;
  }
  EXPECT_FALSE(Gunzip(good + "tail", 1000).ok());
  std::string wrong_checksum = good;
  wrong_checksum[good.size() - 8] ^= 1;
  EXPECT_EQ(Gunzip(wrong_checksum, 1000).error().code, ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace icefield
