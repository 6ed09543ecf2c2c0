#include "codec/filter/table_term_parser.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

PartitionTerm Partition(std::string_view text) {
  const Result<PartitionTerm> term = ParsePartitionTerm(text);
  EXPECT_TRUE(term.ok()) << term.error();
  return term.ok() ? *term : PartitionTerm();
}

SortTerm Sort(std::string_view text) {
  const Result<SortTerm> term = ParseSortTerm(text);
  EXPECT_TRUE(term.ok()) << term.error();
  return term.ok() ? *term : SortTerm();
}

std::string PartitionFailure(std::string_view text) {
  const Result<PartitionTerm> term = ParsePartitionTerm(text);
  return term.ok() ? "no error" : term.error().ToString();
}

std::string SortFailure(std::string_view text) {
  const Result<SortTerm> term = ParseSortTerm(text);
  return term.ok() ? "no error" : term.error().ToString();
}

Transform Made(std::string_view text) { return *ParseTransform(text); }

TEST(ParsePartitionTerm, ReadsEveryTransform) {
  EXPECT_EQ(Partition("region"), (PartitionTerm{"region", Made("identity"), ""}));
  EXPECT_EQ(Partition("identity(region)"), (PartitionTerm{"region", Made("identity"), ""}));
  EXPECT_EQ(Partition("bucket(16, driver_id)"),
            (PartitionTerm{"driver_id", Made("bucket[16]"), ""}));
  EXPECT_EQ(Partition("BUCKET(id,8)"), (PartitionTerm{"id", Made("bucket[8]"), ""}));
  EXPECT_EQ(Partition("truncate(4, a.b)"), (PartitionTerm{"a.b", Made("truncate[4]"), ""}));
  EXPECT_EQ(Partition("year(ts)"), (PartitionTerm{"ts", Made("year"), ""}));
  EXPECT_EQ(Partition("months(ts)"), (PartitionTerm{"ts", Made("month"), ""}));
  EXPECT_EQ(Partition(" days ( ts ) "), (PartitionTerm{"ts", Made("day"), ""}));
  EXPECT_EQ(Partition("hours(ts)"), (PartitionTerm{"ts", Made("hour"), ""}));
  EXPECT_EQ(Partition("void(x)"), (PartitionTerm{"x", Made("void"), ""}));
}

TEST(ParsePartitionTerm, ReadsNames) {
  EXPECT_EQ(Partition("day(ts) as d"), (PartitionTerm{"ts", Made("day"), "d"}));
  EXPECT_EQ(Partition("\"my col\" AS \"its name\""),
            (PartitionTerm{"my col", Made("identity"), "its name"}));
  EXPECT_EQ(Partition("bucket(2, \"a\\\"b\")").column, "a\"b");
  EXPECT_EQ(Partition("day").column, "day");
  EXPECT_EQ(Partition("day(day)"), (PartitionTerm{"day", Made("day"), ""}));
}

TEST(ParsePartitionTerm, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(PartitionFailure("bucket(id)"),
            "InvalidArgument: partition term 'bucket(id)', position 10: expected ',', found ')'");
  EXPECT_EQ(PartitionFailure("zorder(a, b)"),
            "InvalidArgument: partition term 'zorder(a, b)', position 1: 'zorder' is no transform; "
            "identity, bucket, truncate, year, month, day, hour and void are");
  EXPECT_EQ(PartitionFailure("bucket(0, id)"),
            "InvalidArgument: partition term 'bucket(0, id)', position 8: expected a positive "
            "number, found '0'");
  for (const std::string_view text :
       {"", "(", "day(", "day(ts", "day()", "day(5, ts)", "bucket(1.5, id)", "bucket(-2, id)",
        "bucket(99999999999, id)", "bucket(id, x)", "bucket(2, 3)", "region asc", "day(ts) as",
        "day(ts) as d e", "day(ts))", "a-b", "'region'", "day(ts) as 5", "\"open"}) {
    EXPECT_NE(PartitionFailure(text).find(", position "), std::string::npos) << text;
  }
}

TEST(ParseSortTerm, ReadsDirectionsAndNulls) {
  EXPECT_EQ(Sort("driver_id"), (SortTerm{"driver_id", Made("identity"), true, true}));
  EXPECT_EQ(Sort("ts desc"), (SortTerm{"ts", Made("identity"), false, false}));
  EXPECT_EQ(Sort("ts DESC NULLS FIRST"), (SortTerm{"ts", Made("identity"), false, true}));
  EXPECT_EQ(Sort("ts desc nulls last"), (SortTerm{"ts", Made("identity"), false, false}));
  EXPECT_EQ(Sort("bucket(16, id) asc"), (SortTerm{"id", Made("bucket[16]"), true, true}));
  EXPECT_EQ(Sort("days(ts) nulls last"), (SortTerm{"ts", Made("day"), true, false}));
  EXPECT_EQ(
      SortFailure("ts up"),
      "InvalidArgument: sort term 'ts up', position 4: expected 'asc', 'desc', 'nulls' or the "
      "end, found 'up'");
  for (const std::string_view text : {"", "ts desc asc", "ts nulls", "ts nulls 5", "ts as t"})
    EXPECT_NE(SortFailure(text).find(", position "), std::string::npos) << text;
}

}  // namespace
}  // namespace icefield
