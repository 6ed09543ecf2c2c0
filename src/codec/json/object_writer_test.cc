#include "codec/json/object_writer.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

TEST(JsonObjectWriterTest, WritesMembersInOrder) {
  EXPECT_EQ(JsonObjectWriter().Finish(), "{}");
  EXPECT_EQ(JsonObjectWriter()
                .Text("b", "x\"y")
                .Number("a", -7)
                .Number("n", std::optional<int64_t>())
                .Flag("f", true)
                .Null("z")
                .Texts("t", {"p", "q\\"})
                .RawList("r", {"1", "{}"})
                .Finish(),
            R"({"b":"x\"y","a":-7,"n":null,"f":true,"z":null,"t":["p","q\\"],"r":[1,{}]})");
}

}  // namespace
}  // namespace icefield
