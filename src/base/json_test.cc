#include "base/json.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

JsonDocument MustParse(std::string_view text) {
  Result<JsonDocument> document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << document.error();
  return *std::move(document);
}

template <typename T>
std::string MessageOf(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().ToString();
}

TEST(JsonTest, ReadsTypedMembers) {
  const JsonDocument document =
      MustParse(R"({"s": "text", "n": -7, "b": true, "l": [1, 2], "none": null})");
  const JsonValue root = document.Root();
  EXPECT_EQ(*root.Get<std::string>("s"), "text");
  EXPECT_EQ(*root.Get<int64_t>("n"), -7);
  EXPECT_EQ(*root.Get<int32_t>("n"), -7);
  EXPECT_EQ(*root.Get<bool>("b"), true);
  EXPECT_EQ(*root.Get("l")->ElementsAs<int32_t>(), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(*root.Find<int64_t>("absent"), std::nullopt);
  EXPECT_EQ(*root.Find<int64_t>("none"), std::nullopt);
  EXPECT_EQ(root.Get("l")->Text(), "[1,2]");
}

TEST(JsonTest, ErrorsNameThePathInsideTheDocument) {
  const JsonDocument document =
      MustParse(R"({"a": [{"b": {"c": "x"}}, {}], "n": 1.5, "big": 5000000000, "none": null})");
  const JsonValue root = document.Root();
  const JsonValue a = *root.Get("a");
  const JsonValue b = *(*a.Elements())[0].Get("b");
  EXPECT_EQ(MessageOf(b.Get<int64_t>("c")),
            "CorruptData: a[0].b.c must be a whole number, it is a string");
  EXPECT_EQ(MessageOf((*a.Elements())[1].Get("b")), "CorruptData: a[1].b is missing");
  EXPECT_EQ(MessageOf(root.Get<int64_t>("n")), "CorruptData: n must be a whole number, it is 1.5");
  EXPECT_EQ(MessageOf(root.Get<int32_t>("big")),
            "CorruptData: big is 5000000000, which does not fit 32 bits");
  EXPECT_EQ(MessageOf(root.Get<std::string>("none")), "CorruptData: none is missing");
  EXPECT_EQ(MessageOf(a.Get("b")), "CorruptData: a must be an object, it is a list");
  EXPECT_EQ(MessageOf(root.Elements()),
            "CorruptData: the document must be a list, it is an object");
}

TEST(JsonTest, IntegersStopAtSixtyFourBits) {
  const JsonDocument document = MustParse(
      R"({"max": 9223372036854775807, "min": -9223372036854775808, "over": 9223372036854775808})");
  EXPECT_EQ(*document.Root().Get<int64_t>("max"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*document.Root().Get<int64_t>("min"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(MessageOf(document.Root().Get<int64_t>("over")),
            "CorruptData: over is 9223372036854775808, which does not fit 64 bits");
}

TEST(JsonTest, TextMembersTakeScalarsOnly) {
  const JsonDocument document =
      MustParse(R"({"good": {"a": "1", "b": 2, "c": true}, "bad": {"a": []}})");
  const auto good = document.Root().Get("good")->TextMembers();
  EXPECT_EQ(*good, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "true"}}));
  EXPECT_EQ(MessageOf(document.Root().Get("bad")->TextMembers()),
            "CorruptData: bad.a must be a string, it is a list");
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (std::string_view text : {"", "{", "{\"a\":}", "nul", "[1,]", "\"\xff\"", "{} {}", "1e999"}) {
    const Result<JsonDocument> document = JsonDocument::Parse(text);
    ASSERT_FALSE(document.ok()) << text;
    EXPECT_EQ(document.error().code, ErrorCode::kCorruptData) << text;
  }
}

TEST(JsonTest, RefusesDeepNesting) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_TRUE(JsonDocument::Parse(nested(kJsonDepthMax)).ok());
  EXPECT_EQ(MessageOf(JsonDocument::Parse(nested(kJsonDepthMax + 1))),
            "CorruptData: the JSON is nested deeper than 256 levels");
  EXPECT_FALSE(JsonDocument::Parse(nested(1'000'000)).ok());
  const std::string brackets_in_text = "\"" + std::string(1000, '[') + "\\\"" + "\"";
  EXPECT_TRUE(JsonDocument::Parse(brackets_in_text).ok());
}

TEST(JsonTest, QuotesText) {
  EXPECT_EQ(JsonQuote("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(JsonQuote("\xff"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace icefield
