#include "model/table_update.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

TableMetadata Table() {
  TableMetadata table;
  table.table_uuid = "u1";
  table.location = "/t";
  table.last_column_id = FieldId{3};
  table.last_partition_id = FieldId{1000};
  table.refs = {{"main", {SnapshotId{7}, "branch"}}, {"old", {SnapshotId{5}, "tag"}}};
  return table;
}

std::string Checked(const TableRequirement& requirement) {
  const TableMetadata table = Table();
  const Status status = CheckRequirements({requirement}, &table, "ns.t");
  return status.ok() ? "ok" : status.error().ToString();
}

TEST(CheckRequirements, HoldWhereTheTableIsAsExpected) {
  const TableMetadata table = Table();
  EXPECT_TRUE(
      CheckRequirements({AssertTableUuid{"u1"}, AssertRefSnapshot{"main", SnapshotId{7}},
                         AssertRefSnapshot{"side", {}}, AssertLastColumnId{FieldId{3}},
                         AssertCurrentSchema{SchemaId{0}}, AssertLastPartitionId{FieldId{1000}},
                         AssertDefaultSpec{SpecId{0}}, AssertDefaultSortOrder{0}},
                        &table, "ns.t")
          .ok());
  EXPECT_TRUE(CheckRequirements({AssertCreate{}}, nullptr, "ns.t").ok());
}

TEST(CheckRequirements, NameWhatChanged) {
  constexpr std::string_view kChanged = "Conflict: table ns.t was changed by another writer: ";
  const auto changed = [&](std::string_view how) { return StrCat(kChanged, how); };
  EXPECT_EQ(Checked(AssertTableUuid{"u0"}),
            changed("it was dropped and made anew; its UUID was u0 and is now u1"));
  EXPECT_EQ(Checked(AssertRefSnapshot{"main", SnapshotId{6}}),
            changed("branch main was at snapshot 6 and is now at 7"));
  EXPECT_EQ(Checked(AssertRefSnapshot{"old", {}}),
            changed("tag old did not exist and is now at 5"));
  EXPECT_EQ(Checked(AssertRefSnapshot{"side", SnapshotId{6}}),
            changed("the ref side was at snapshot 6 and is gone"));
  EXPECT_EQ(Checked(AssertLastColumnId{FieldId{2}}),
            changed("the last column id was 2 and is now 3"));
  EXPECT_EQ(Checked(AssertCurrentSchema{SchemaId{1}}),
            changed("the current schema was 1 and is now 0"));
  EXPECT_EQ(Checked(AssertLastPartitionId{FieldId{999}}),
            changed("the last partition field id was 999 and is now 1000"));
  EXPECT_EQ(Checked(AssertDefaultSpec{SpecId{1}}),
            changed("the default partition spec was 1 and is now 0"));
  EXPECT_EQ(Checked(AssertDefaultSortOrder{1}),
            changed("the default sort order was 1 and is now 0"));
  EXPECT_EQ(Checked(AssertCreate{}), "AlreadyExists: table ns.t exists already, at /t");
}

TEST(CheckRequirements, OfATableThatDoesNotExist) {
  EXPECT_EQ(CheckRequirements({AssertTableUuid{"u1"}}, nullptr, "ns.t").error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefield
