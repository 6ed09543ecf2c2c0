#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include "catalog/similar_names.h"
#include "catalog/sqlite_writer_test.h"
#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

TEST(TableIdentifierTest, ReadsDottedNames) {
  EXPECT_EQ(*ParseTableIdentifier("ns.t"), (TableIdentifier{{"ns"}, "t"}));
  EXPECT_EQ(*ParseTableIdentifier("a.b.t"), (TableIdentifier{{"a", "b"}, "t"}));
  EXPECT_EQ(ParseTableIdentifier("a.b.t")->ToString(), "a.b.t");
  for (const std::string text : {"", "t", ".t", "ns.", "a..t"}) {
    EXPECT_EQ(ParseTableIdentifier(text).error().code, ErrorCode::kInvalidArgument) << text;
  }
}

TEST(SimilarNamesTest, FindsTypingErrorsCaseAndOtherNamespaces) {
  const std::vector<std::string> names{"weather.hourly", "weather.daily", "flights.planes"};
  EXPECT_EQ(SimilarNames("weather.houly", names), std::vector<std::string>{"weather.hourly"});
  EXPECT_EQ(SimilarNames("Weather.Hourly", names), std::vector<std::string>{"weather.hourly"});
  EXPECT_EQ(SimilarNames("default.planes", names), std::vector<std::string>{"flights.planes"});
  EXPECT_EQ(SimilarNames("nothing.alike", names), std::vector<std::string>{});
  EXPECT_EQ(SimilarNamesHint("x.y", names), "");
}

class CatalogTest : public testing::Test {
 protected:
  Error FailureOf(const Properties& properties) const {
    return OpenCatalog(*store_, "prod", properties).error();
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(CatalogTest, NamesTypesThatAreNotThereAndTheWayOut) {
  for (const std::string type :
       {"rest", "glue", "hive", "dynamodb", "in-memory", "bigquery", "x"}) {
    const Error error = FailureOf({{"type", type}, {"uri", "sqlite:///a.db"}});
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_NE(error.message.find("'prod' has the type " + type), std::string::npos) << error;
    EXPECT_NE(error.message.find("FeatureView(table=...)"), std::string::npos) << error;
  }
  EXPECT_EQ(FailureOf({{"py-catalog-impl", "my.Catalog"}}).code, ErrorCode::kUnsupported);
}

TEST_F(CatalogTest, InfersTheTypeFromTheUri) {
  EXPECT_NE(FailureOf({{"uri", "https://h/"}}).message.find("type rest"), std::string::npos);
  EXPECT_NE(FailureOf({{"uri", "thrift://h:1"}}).message.find("type hive"), std::string::npos);
  const Error postgresql = FailureOf({{"uri", "postgresql+psycopg2://user:secret@h/db"}});
  EXPECT_EQ(postgresql.code, ErrorCode::kUnsupported);
  EXPECT_NE(postgresql.message.find("postgresql"), std::string::npos);
  EXPECT_EQ(postgresql.message.find("secret"), std::string::npos);
  EXPECT_EQ(FailureOf({{"uri", "sqlite://h/nix.db"}}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(FailureOf({{"uri", "ftp://h"}}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(FailureOf({}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(FailureOf({{"type", "SQL"}}).ToString(),
            "InvalidArgument: catalog 'prod' of type sql needs the property uri, such as"
            " sqlite:////absolute/path/catalog.db");
}

TEST_F(CatalogTest, ExplicitPropertiesGoBeforeConfiguration) {
  for (const std::string file : {"of-file.db", "explicit.db"}) {
    SqliteWriter(folder_.At(file)).CreateCatalog();
  }
  folder_.Write(".pyiceberg.yaml", "default-catalog: lake\ncatalog:\n  lake:\n    uri: sqlite:///" +
                                       folder_.At("of-file.db") + "\n    owner: me\n");
  const ConfigSources sources{{}, folder_.path(), ""};
  const auto configured = OpenConfiguredCatalog(*store_, sources, "", {{"owner", ""}});
  ASSERT_TRUE(configured.ok()) << configured.error();
  EXPECT_EQ((*configured)->name(), "lake");
  EXPECT_EQ((*configured)->properties().at("uri"), "sqlite:///" + folder_.At("of-file.db"));
  EXPECT_EQ((*configured)->properties().at("owner"), "me");
  const std::string uri = "sqlite:///" + folder_.At("explicit.db");
  const auto explicit_one = OpenConfiguredCatalog(*store_, sources, "Lake", {{"uri", uri}});
  ASSERT_TRUE(explicit_one.ok()) << explicit_one.error();
  EXPECT_EQ((*explicit_one)->name(), "Lake");
  EXPECT_EQ((*explicit_one)->properties().at("uri"), uri);
  EXPECT_EQ((*explicit_one)->properties().at("owner"), "me");
}

TEST_F(CatalogTest, LoadsTablesByLocation) {
  const std::string file =
      folder_.Write("t/metadata/v3.metadata.json", TestData("metadata/v2-evolved.metadata.json"));
  for (const std::string& location : {file, "file://" + file}) {
    const auto table = LoadTableAt(*store_, location);
    ASSERT_TRUE(table.ok()) << table.error();
    EXPECT_EQ(table->name, location);
    EXPECT_EQ(table->metadata_location, location);
    EXPECT_EQ(table->metadata.snapshots.size(), 4U);
  }
  EXPECT_EQ(LoadTableAt(*store_, folder_.At("t"))->metadata_location, file);
  EXPECT_EQ(LoadTableAt(*store_, folder_.At("t/"))->metadata_location, file);
  EXPECT_EQ(LoadTableAt(*store_, folder_.At("x.metadata.json")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(LoadTableAt(*store_, folder_.At("nix")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(LoadTableAt(*store_, "s3://b/t").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
