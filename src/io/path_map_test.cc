#include "io/path_map.h"

#include <gtest/gtest.h>

#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

std::string Map(std::string_view map, std::string_view location) {
  Result<std::vector<PathPrefix>> prefixes = ParsePathPrefixMap(map);
  EXPECT_TRUE(prefixes.ok());
  return MapPath(*prefixes, location);
}

TEST(PathMap, SpellingsOfALocalPathAreEqual) {
  for (const char* location :
       {"/golden/t/a.parquet", "file:/golden/t/a.parquet", "file:///golden/t/a.parquet"}) {
    EXPECT_EQ(Map("/golden=/here", location), "/here/t/a.parquet");
    EXPECT_EQ(Map("file:/golden/=/here/", location), "/here/t/a.parquet");
    EXPECT_EQ(Map("file:///golden=/here", location), "/here/t/a.parquet");
  }
}

TEST(PathMap, WholeSegmentsMatch) {
  EXPECT_EQ(Map("/golden=/here", "/goldenrod/a"), "/goldenrod/a");
  EXPECT_EQ(Map("/golden=/here", "/golden"), "/here");
  EXPECT_EQ(Map("s3://bucket/lake=/here", "s3://bucket/lake/a"), "/here/a");
  EXPECT_EQ(Map("/=/here", "/a"), "/here/a");
}

TEST(PathMap, TheLongestPrefixWins) {
  EXPECT_EQ(Map("/a=/x;/a/b=/y", "/a/b/c"), "/y/c");
  EXPECT_EQ(Map("/a/b=/y;/a=/x", "/a/b/c"), "/y/c");
  EXPECT_EQ(Map("/a/b=/y;/a=/x", "/a/c"), "/x/c");
}

TEST(PathMap, NoMapChangesNothing) { EXPECT_EQ(Map("", "file:///a/"), "file:///a/"); }

TEST(PathMap, BadMapsAreRefused) {
  for (const char* map : {"/a", "=/b", "/a=", "/a=/b;c"}) {
    Result<std::vector<PathPrefix>> prefixes = ParsePathPrefixMap(map);
    ASSERT_FALSE(prefixes.ok()) << map;
    EXPECT_EQ(prefixes.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(prefixes.error().message.find("path-prefix-map"), std::string::npos);
  }
}

TEST(PathMap, StoresOpenAndListMappedLocations) {
  const TemporaryFolder folder;
  folder.Write("data/a.txt", "content");
  const std::unique_ptr<ObjectStore> store =
      MapPaths(MakeLocalStore(), {{"/nowhere/lake", folder.path()}});
  EXPECT_EQ(*ReadAll(*store, "file:/nowhere/lake/data/a.txt"), "content");
  EXPECT_EQ(*store->List("/nowhere/lake/data"), std::vector<std::string>{"a.txt"});
  EXPECT_EQ(store->Open("/nowhere/else").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefield
