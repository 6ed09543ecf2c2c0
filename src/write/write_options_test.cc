#include "write/write_options.h"

#include <gtest/gtest.h>

namespace icefield {
namespace {

TableMetadata TableWith(std::map<std::string, std::string> properties) {
  TableMetadata metadata;
  metadata.location = "file:///wh/t/";
  metadata.schemas.push_back(
      {.id = {0},
       .columns = {{{.id = {1}, .name = "id", .type = PrimitiveKind::kLong},
                    {.id = {2}, .name = "name", .type = PrimitiveKind::kString}}},
       .identifier_field_ids = {}});
  metadata.properties = std::move(properties);
  return metadata;
}

TEST(WriteOptions, DefaultsAreIcebergs) {
  const TableMetadata metadata = TableWith({});
  const Result<WriteOptions> options = ReadWriteOptions(metadata, metadata.CurrentSchema());
  ASSERT_TRUE(options.ok()) << options.error();
  EXPECT_EQ(options->data_location, "file:///wh/t/data");
  EXPECT_EQ(options->metadata_location, "file:///wh/t/metadata");
  EXPECT_EQ(options->parquet.page_rows_max, 20'000);
  EXPECT_EQ(options->parquet.metrics, (MetricsMode{MetricsMode::Kind::kTruncate, 16}));
}

TEST(WriteOptions, PropertiesAreTaken) {
  const TableMetadata metadata =
      TableWith({{"write.target-file-size-bytes", "1000"},
                 {"write.data.path", "file:///elsewhere/"},
                 {"write.parquet.bloom-filter-enabled.column.id", "true"},
                 {"write.parquet.bloom-filter-enabled.column.name", "false"},
                 {"write.metadata.metrics.column.name", "counts"},
                 {"write.metadata.metrics.default", "full"}});
  const Result<WriteOptions> options = ReadWriteOptions(metadata, metadata.CurrentSchema());
  ASSERT_TRUE(options.ok()) << options.error();
  EXPECT_EQ(options->target_file_bytes, 1000);
  EXPECT_EQ(options->data_location, "file:///elsewhere");
  EXPECT_EQ(options->parquet.bloom_filters, std::vector<FieldId>{FieldId{1}});
  EXPECT_EQ(options->parquet.metrics.kind, MetricsMode::Kind::kFull);
  EXPECT_EQ(options->parquet.column_metrics.at(FieldId{2}).kind, MetricsMode::Kind::kCounts);
}

TEST(WriteOptions, WrongValuesAreNamed) {
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"write.target-file-size-bytes", "0"},
           {"write.parquet.page-row-limit", "many"},
           {"write.metadata.metrics.default", "truncate(0)"},
           {"write.metadata.metrics.column.id", "some"},
           {"write.parquet.bloom-filter-enabled.column.id", "yes"}}) {
    const TableMetadata metadata = TableWith({{name, value}});
    const Result<WriteOptions> options = ReadWriteOptions(metadata, metadata.CurrentSchema());
    ASSERT_FALSE(options.ok()) << name;
    EXPECT_EQ(options.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(options.error().message.find(name), std::string::npos) << options.error();
  }
  const TableMetadata avro = TableWith({{"write.format.default", "avro"}});
  EXPECT_EQ(ReadWriteOptions(avro, avro.CurrentSchema()).error().code, ErrorCode::kUnsupported);
}

TEST(Isolation, IsThatOfTheChange) {
  const auto read = [](std::map<std::string, std::string> properties, IsolatedChange change) {
    return ReadIsolation(TableWith(std::move(properties)), change);
  };
  const std::map<std::string, std::string> given{{"write.delete.isolation-level", "Snapshot"},
                                                 {"write.update.isolation-level", "none"}};
  EXPECT_EQ(*read({}, IsolatedChange::kDelete), Isolation::kSerializable);
  EXPECT_EQ(*read({}, IsolatedChange::kOverwrite), Isolation::kSerializable);
  EXPECT_EQ(*read(given, IsolatedChange::kDelete), Isolation::kSnapshot);
  EXPECT_EQ(*read({{"write.update.isolation-level", "serializable"}}, IsolatedChange::kOverwrite),
            Isolation::kSerializable);
  EXPECT_EQ(read(given, IsolatedChange::kOverwrite).error().message,
            "table property write.update.isolation-level is 'none'; it must be serializable or "
            "snapshot");
}

TEST(CommitOptions, AreRead) {
  const Result<CommitOptions> options = ReadCommitOptions(
      TableWith({{"commit.retry.num-retries", "9"}, {"commit.manifest-merge.enabled", "false"}}));
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->retries, 9);
  EXPECT_FALSE(options->merge_manifests);
  EXPECT_FALSE(ReadCommitOptions(TableWith({{"commit.retry.num-retries", "-1"}})).ok());
}

}  // namespace
}  // namespace icefield
