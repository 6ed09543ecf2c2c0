#include "codec/json/table_change_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace icefield {
namespace {

using Json = nlohmann::json;

TEST(TableChangeWriter, WritesEveryRequirement) {
  const TableChange change{{AssertCreate{}, AssertTableUuid{"u"},
                            AssertRefSnapshot{"main", SnapshotId{9'007'199'254'740'993}},
                            AssertRefSnapshot{"s\"ide", {}}, AssertLastColumnId{FieldId{3}},
                            AssertCurrentSchema{SchemaId{1}}, AssertLastPartitionId{FieldId{1000}},
                            AssertDefaultSpec{SpecId{2}}, AssertDefaultSortOrder{4}},
                           {}};
  EXPECT_EQ(Json::parse(TableChangeJson(change)), Json::parse(R"({"requirements": [
    {"type": "assert-create"},
    {"type": "assert-table-uuid", "uuid": "u"},
    {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 9007199254740993},
    {"type": "assert-ref-snapshot-id", "ref": "s\"ide", "snapshot-id": null},
    {"type": "assert-last-assigned-field-id", "last-assigned-field-id": 3},
    {"type": "assert-current-schema-id", "current-schema-id": 1},
    {"type": "assert-last-assigned-partition-id", "last-assigned-partition-id": 1000},
    {"type": "assert-default-spec-id", "default-spec-id": 2},
    {"type": "assert-default-sort-order-id", "default-sort-order-id": 4}], "updates": []})"));
}

TEST(TableChangeWriter, WritesEveryUpdate) {
  Snapshot snapshot{SnapshotId{5}, SnapshotId{4}, SequenceNumber{7}, SnapshotTime{1000}};
  snapshot.manifest_list = "/list.avro";
  snapshot.summary = {{"added-records", "3"}, {"operation", "append"}};
  snapshot.schema_id = SchemaId{1};
  const Schema schema{SchemaId{1}, {{{FieldId{1}, "x", PrimitiveKind::kLong, true}}}, {}};
  const PartitionSpec spec{SpecId{1},
                           {{FieldId{1}, FieldId{1000}, "x_bucket", *ParseTransform("bucket[4]")}}};
  const SortOrder order{1, {{FieldId{1}, *ParseTransform("identity"), true, false}}};
  const TableChange change{
      {},
      {AssignUuid{"u"}, UpgradeFormatVersion{3}, AddSchema{schema}, SetCurrentSchema{SchemaId{-1}},
       AddPartitionSpec{spec}, SetDefaultSpec{SpecId{-1}}, AddSortOrder{order},
       SetDefaultSortOrder{}, AddSnapshot{snapshot},
       SetSnapshotRef{"main", {SnapshotId{5}, "branch"}},
       SetSnapshotRef{"side", {SnapshotId{5}, "branch", 2, 3, 4}}, RemoveSnapshotRef{"old"},
       SetLocation{"/t"}, SetProperties{{{"a", "1"}}}, RemoveProperties{{"b", "c"}}}};
  EXPECT_EQ(Json::parse(TableChangeJson(change)), Json::parse(R"({"requirements": [], "updates": [
    {"action": "assign-uuid", "uuid": "u"},
    {"action": "upgrade-format-version", "format-version": 3},
    {"action": "add-schema", "schema": {"type": "struct", "schema-id": 1, "fields": [
      {"id": 1, "name": "x", "required": true, "type": "long"}]}},
    {"action": "set-current-schema", "schema-id": -1},
    {"action": "add-spec", "spec": {"spec-id": 1, "fields": [
      {"source-id": 1, "field-id": 1000, "name": "x_bucket", "transform": "bucket[4]"}]}},
    {"action": "set-default-spec", "spec-id": -1},
    {"action": "add-sort-order", "sort-order": {"order-id": 1, "fields": [
      {"source-id": 1, "transform": "identity", "direction": "asc", "null-order": "nulls-last"}]}},
    {"action": "set-default-sort-order", "sort-order-id": -1},
    {"action": "add-snapshot", "snapshot": {"snapshot-id": 5, "parent-snapshot-id": 4,
      "sequence-number": 7, "timestamp-ms": 1000, "manifest-list": "/list.avro", "schema-id": 1,
      "summary": {"operation": "append", "added-records": "3"}}},
    {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": 5},
    {"action": "set-snapshot-ref", "ref-name": "side", "type": "branch", "snapshot-id": 5,
      "min-snapshots-to-keep": 2, "max-snapshot-age-ms": 3, "max-ref-age-ms": 4},
    {"action": "remove-snapshot-ref", "ref-name": "old"},
    {"action": "set-location", "location": "/t"},
    {"action": "set-properties", "updates": {"a": "1"}},
    {"action": "remove-properties", "removals": ["b", "c"]}]})"));
}

}  // namespace
}  // namespace icefield
