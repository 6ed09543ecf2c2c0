#include "catalog/path_catalog.h"

#include <gtest/gtest.h>

#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Levels = std::vector<std::string>;

class PathCatalogTest : public testing::Test {
 protected:
  PathCatalogTest() {
    const std::string metadata = TestData("metadata/v2-evolved.metadata.json");
    folder_.Write("ns/t/metadata/v1.metadata.json", TestData("metadata/v2-empty.metadata.json"));
    folder_.Write("ns/t/metadata/v2.metadata.json", metadata);
    folder_.Write("ns/t/data/part.parquet", "");
    folder_.Write("ns/gz/metadata/v1.gz.metadata.json",
                  TestData("metadata/v2-evolved.metadata.json.gz"));
    folder_.Write("a/b/deep/metadata/v1.metadata.json", metadata);
    folder_.Write("_temporary/x", "");
    folder_.Write(".hidden/x", "");
    folder_.Write("file.txt", "");
  }

  std::unique_ptr<Catalog> MustOpen() const {
    auto catalog = OpenCatalog(*store_, "lake", {{"type", "none"}, {"warehouse", folder_.path()}});
    EXPECT_TRUE(catalog.ok()) << catalog.error();
    return *std::move(catalog);
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(PathCatalogTest, FoldersAreNamespacesAndTables) {
  const auto catalog = MustOpen();
  EXPECT_EQ(catalog->name(), "lake");
  EXPECT_EQ(*catalog->ListNamespaces(), (std::vector<Levels>{{"a"}, {"ns"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"a"}), (std::vector<Levels>{{"a", "b"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"ns"}), std::vector<Levels>{});
  EXPECT_EQ(*catalog->ListTables({"ns"}),
            (std::vector<TableIdentifier>{{{"ns"}, "gz"}, {{"ns"}, "t"}}));
  EXPECT_EQ(*catalog->ListTables({"a"}), std::vector<TableIdentifier>{});
  EXPECT_TRUE(*catalog->TableExists({{"a", "b"}, "deep"}));
  EXPECT_FALSE(*catalog->TableExists({{"a"}, "b"}));
}

TEST_F(PathCatalogTest, LoadsTheNewestMetadata) {
  const auto catalog = MustOpen();
  const LoadedTable table = *catalog->LoadTable({{"ns"}, "t"});
  EXPECT_EQ(table.name, "ns.t");
  EXPECT_EQ(table.metadata_location, folder_.At("ns/t/metadata/v2.metadata.json"));
  EXPECT_EQ(table.metadata.snapshots.size(), 4U);
  EXPECT_EQ(catalog->LoadTable({{"ns"}, "gz"})->metadata, table.metadata);
}

TEST_F(PathCatalogTest, SaysWhatDoesNotExist) {
  const auto catalog = MustOpen();
  const Error table = catalog->LoadTable({{"ns"}, "tt"}).error();
  EXPECT_EQ(table.code, ErrorCode::kNotFound);
  EXPECT_TRUE(table.message.starts_with("table ns.tt does not exist in catalog 'lake' (" +
                                        folder_.path() + "); similar: ns.t"))
      << table;
  EXPECT_EQ(catalog->ListTables({"nix"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->LoadTable({{"nix"}, "t"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->ListNamespaces({"file.txt"}).error().code, ErrorCode::kNotFound);
}

TEST_F(PathCatalogTest, StaysInsideTheWarehouse) {
  const auto catalog = MustOpen();
  for (const std::string level : {"..", ".", "", "a/b"}) {
    EXPECT_EQ(catalog->LoadTable({{level}, "t"}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(catalog->TableExists({{"ns"}, level}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(catalog->ListTables({level}).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(PathCatalogTest, NeedsAWarehouseThatExists) {
  const auto failure = [this](const Properties& properties) {
    return OpenCatalog(*store_, "lake", properties).error();
  };
  EXPECT_EQ(failure({{"type", "none"}}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({{"type", "none"}, {"warehouse", folder_.At("nix")}}).ToString(),
            "NotFound: the warehouse folder " + folder_.At("nix") + " does not exist");
  EXPECT_EQ(failure({{"type", "none"}, {"warehouse", "s3://bucket/wh"}}).code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
