#include "codec/json/gzip.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

namespace icefield {
namespace {

std::string Gzip(std::string_view text) {
  const auto codec = *arrow::util::Codec::Create(arrow::Compression::GZIP);
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, bytes)), '\0');
  const int64_t length = *codec->Compress(size, bytes, static_cast<int64_t>(out.size()),
                                          reinterpret_cast<uint8_t*>(out.data()));
  out.resize(static_cast<size_t>(length));
  return out;
}

TEST(GzipTest, GivesBackWhatWasCompressed) {
  const std::string long_text(5'000'000, 'x');
  for (const std::string& text : {std::string(), std::string("abc"), long_text}) {
    const std::string compressed = Gzip(text);
    EXPECT_TRUE(IsGzip(compressed));
    EXPECT_EQ(*Gunzip(compressed, 5'000'000), text);
  }
  EXPECT_FALSE(IsGzip("{}"));
  EXPECT_FALSE(IsGzip("\x1f"));
}

TEST(GzipTest, JoinsStreamsThatFollowOneAnother) {
  EXPECT_EQ(*Gunzip(Gzip("abc") + Gzip("def"), 100), "abcdef");
}

TEST(GzipTest, StopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(8'000'000, '\0'));
  ASSERT_LT(bomb.size(), 100'000U);
  const Result<std::string> content = Gunzip(bomb, 10'000);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, ErrorCode::kResourceExhausted);
}

TEST(GzipTest, RefusesDamage) {
  const std::string good = Gzip("some text that is long enough to be worth it");
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
