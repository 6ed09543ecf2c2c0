#include "catalog/folder_commit.h"

#include <gtest/gtest.h>

#include <thread>

#include "catalog/metadata_folder.h"
#include "catalog/table_change_test.h"
#include "io/fault_store_test.h"
#include "io/local_store.h"
#include "io/memory_store_test.h"
#include "io/path_map.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Levels = std::vector<std::string>;
using Names = std::vector<std::string>;

const TableIdentifier kTable{{"ns"}, "t"};

class FolderCommitTest : public testing::Test {
 protected:
  std::unique_ptr<Catalog> MustOpen() const {
    auto catalog = OpenCatalog(*store_, "lake", {{"type", "none"}, {"warehouse", folder_.path()}});
    EXPECT_TRUE(catalog.ok()) << catalog.error();
    return *std::move(catalog);
  }

  std::unique_ptr<Catalog> MustMake() const {
    auto catalog = MustOpen();
    EXPECT_TRUE(catalog->CreateNamespace({"ns"}, {}).ok());
    const auto table = catalog->CommitTable(kTable, Creation(*catalog->DefaultLocation(kTable)));
    EXPECT_TRUE(table.ok()) << table.error();
    return catalog;
  }

  Names MetadataFiles() const { return *store_->List(folder_.At("ns/t/metadata")); }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(FolderCommitTest, MakesChangesAndDropsATable) {
  const auto catalog = MustMake();
  EXPECT_EQ(MetadataFiles(), (Names{"v1.metadata.json", "version-hint.text"}));
  const auto changed = catalog->CommitTable(kTable, Setting("a", "1"));
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_EQ(changed->name, "ns.t");
  EXPECT_EQ(changed->metadata_location, folder_.At("ns/t/metadata/v2.metadata.json"));
  EXPECT_EQ(*ReadAll(*store_, folder_.At("ns/t/metadata/version-hint.text")), "2");
  const LoadedTable loaded = *catalog->LoadTable(kTable);
  EXPECT_EQ(loaded.metadata, changed->metadata);
  EXPECT_EQ(loaded.metadata.location, folder_.At("ns/t"));
  EXPECT_EQ(loaded.metadata.metadata_log.back().location,
            folder_.At("ns/t/metadata/v1.metadata.json"));
  EXPECT_EQ(*catalog->ListTables({"ns"}), std::vector{kTable});
  EXPECT_EQ(catalog->CommitTable(kTable, Creation(folder_.At("ns/t"))).error().code,
            ErrorCode::kAlreadyExists);
  folder_.Write("ns/t/data/f.parquet", "");
  ASSERT_TRUE(catalog->DropTable(kTable).ok());
  EXPECT_EQ(MetadataFiles(), Names{});
  EXPECT_EQ(store_->List(folder_.At("ns/t/data"))->size(), 1U);
  EXPECT_EQ(*catalog->ListNamespaces({"ns"}), std::vector<Levels>{});
  const Error held = catalog->DropNamespace({"ns"}).error();
  EXPECT_EQ(held.code, ErrorCode::kConflict);
  EXPECT_NE(held.message.find("it holds t/"), std::string::npos) << held;
  EXPECT_EQ(catalog->LoadTable(kTable).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->DropTable(kTable).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog->CommitTable(kTable, Setting("a", "1")).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(catalog->CommitTable(kTable, Creation(folder_.At("ns/t"))).ok());
  EXPECT_TRUE(catalog->LoadTable(kTable).ok());
}

TEST_F(FolderCommitTest, NamespacesComeAndGo) {
  const auto catalog = MustMake();
  EXPECT_EQ(catalog->CreateNamespace({"ns"}, {}).error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(catalog->CreateNamespace({"a", "b"}, {}).ok());
  ASSERT_TRUE(catalog->CreateNamespace({"a", "metadata"}, {}).ok());
  ASSERT_TRUE(catalog->DropNamespace({"a", "metadata"}).ok());
  EXPECT_EQ(*catalog->ListNamespaces(), (std::vector<Levels>{{"a"}, {"ns"}}));
  EXPECT_EQ(*catalog->ListNamespaces({"a"}), (std::vector<Levels>{{"a", "b"}}));
  EXPECT_EQ(catalog->CreateNamespace({"ns", "t"}, {}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(catalog->CreateNamespace({"ns", "t", "x"}, {}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(catalog->CreateNamespace({"_x"}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog->CreateNamespace({".."}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog->CreateNamespace({"x"}, {{"a", "b"}}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(catalog->DropNamespace({"ns"}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(catalog->DropNamespace({"a"}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(catalog->DropNamespace({"nix"}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(catalog->DropNamespace({"a", "b"}).ok());
  ASSERT_TRUE(catalog->DropNamespace({"a"}).ok());
  EXPECT_EQ(*catalog->ListNamespaces(), std::vector<Levels>{{"ns"}});
  EXPECT_EQ(catalog->CommitTable({{"nix"}, "t"}, Creation(folder_.At("nix/t"))).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(catalog->CommitTable({{"ns"}, "_t"}, Creation(folder_.At("ns/_t"))).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(FolderCommitTest, ATableLiesInItsFolder) {
  const auto catalog = MustMake();
  const TableIdentifier other{{"ns"}, "u"};
  const auto elsewhere = catalog->CommitTable(other, Creation("/elsewhere"));
  EXPECT_EQ(elsewhere.error().code, ErrorCode::kInvalidArgument) << elsewhere.error();
  EXPECT_FALSE(*catalog->TableExists(other));
  EXPECT_EQ(catalog->CommitTable(kTable, {{}, {SetLocation{"/elsewhere"}}}).error().code,
            ErrorCode::kInvalidArgument);
  // A table that was copied here belongs to where it came from.
  folder_.Write("ns/copy/metadata/v1.metadata.json",
                *ReadAll(*store_, folder_.At("ns/t/metadata/v1.metadata.json")));
  const Error copied = CommitTableAt(*store_, folder_.At("ns/copy"), Setting("a", "1")).error();
  EXPECT_EQ(copied.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(copied.message.find("path-prefix-map"), std::string::npos) << copied;
  const auto mapped = MapPaths(MakeLocalStore(), {{folder_.At("ns/t"), folder_.At("ns/copy")}});
  const auto moved = CommitTableAt(*mapped, folder_.At("ns/copy"), Setting("a", "1"));
  ASSERT_TRUE(moved.ok()) << moved.error();
  EXPECT_EQ(store_->List(folder_.At("ns/copy/metadata"))->size(), 3U);
  EXPECT_EQ(MetadataFiles().size(), 2U);
}

TEST_F(FolderCommitTest, AFolderIsEnough) {
  const std::string folder = folder_.At("alone");
  EXPECT_EQ(CommitTableAt(*store_, folder, Setting("a", "1")).error().code, ErrorCode::kNotFound);
  TableChange creation = Creation("");
  std::erase_if(creation.updates,
                [](const TableUpdate& u) { return std::holds_alternative<SetLocation>(u); });
  const auto made = CommitTableAt(*store_, folder, creation);
  ASSERT_TRUE(made.ok()) << made.error();
  EXPECT_EQ(made->metadata.location, folder);
  const auto changed = CommitTableAt(*store_, "file://" + folder, Setting("a", "1"));
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_EQ(LoadTableAt(*store_, folder)->metadata, changed->metadata);
  EXPECT_EQ(CommitTableAt(*store_, made->metadata_location, Setting("a", "2")).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(FolderCommitTest, WhatCatalogsKeepIsRefused) {
  MustMake();
  const std::string text = *ReadAll(*store_, folder_.At("ns/t/metadata/v1.metadata.json"));
  folder_.Write("kept/metadata/00000-0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11.metadata.json", text);
  EXPECT_EQ(CommitTableAt(*store_, folder_.At("kept"), Setting("a", "1")).error().ToString(),
            "Unsupported: the metadata of the table at " + folder_.At("kept") +
                " belongs to a catalog (00000-0b5f5a3c-8f0e-4a4e-9d8e-3f6f2f6f1c11.metadata.json):"
                " open the table through that catalog to write it");
  folder_.Write("ns/t/metadata/version-hint.text", "v1");
  EXPECT_EQ(CommitTableAt(*store_, folder_.At("ns/t"), Setting("a", "1")).error().code,
            ErrorCode::kUnsupported);
  folder_.Write("ns/t/metadata/version-hint.text", "7");
  EXPECT_EQ(CommitTableAt(*store_, folder_.At("ns/t"), Setting("a", "1")).error().code,
            ErrorCode::kCorruptData);
}

TEST_F(FolderCommitTest, StaleHintsAndCompressedVersionsAreGoneOnFrom) {
  const auto catalog = MustMake();
  for (const char* value : {"1", "2"}) {
    ASSERT_TRUE(catalog->CommitTable(kTable, Setting("a", value)).ok());
  }
  folder_.Write("ns/t/metadata/version-hint.text", "1\n");
  EXPECT_EQ(catalog->CommitTable(kTable, Setting("a", "3"))->metadata_location,
            folder_.At("ns/t/metadata/v4.metadata.json"));
  ASSERT_TRUE(store_->Delete(folder_.At("ns/t/metadata/version-hint.text")).ok());
  // Java may have compressed a version.
  folder_.Write("ns/gz/metadata/v3.gz.metadata.json",
                TestData("metadata/v2-evolved.metadata.json.gz"));
  const auto mapped = MapPaths(MakeLocalStore(), {{"/warehouse/ns/v2", folder_.At("ns/gz")}});
  const auto changed = CommitTableAt(*mapped, folder_.At("ns/gz"), Setting("a", "1"));
  ASSERT_TRUE(changed.ok()) << changed.error();
  EXPECT_EQ(changed->metadata_location, folder_.At("ns/gz/metadata/v4.metadata.json"));
}

TEST_F(FolderCommitTest, CommitsAtTheSameTimeAreAllKept) {
  MustMake();
  constexpr int kWriters = 4;
  constexpr int kCommits = 8;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int commit = 0; commit < kCommits;) {
        const auto base = LoadTableAt(*store_, folder_.At("ns/t"));
        ASSERT_TRUE(base.ok()) << base.error();
        const auto done = CommitTableAt(*store_, folder_.At("ns/t"),
                                        Appending(base->metadata, writer * 1000 + commit + 1));
        if (done.ok()) {
          ++commit;
        } else {
          ASSERT_EQ(done.error().code, ErrorCode::kConflict) << done.error();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LoadedTable table = *LoadTableAt(*store_, folder_.At("ns/t"));
  EXPECT_EQ(table.metadata.snapshots.size(), size_t{kWriters * kCommits});
  EXPECT_EQ(MetadataFiles().size(), size_t{kWriters * kCommits + 2});
}

// Whatever call fails, before or after its work, once or for good: the table is the old one or the
// new one, and the answer says which.
TEST(FolderFaults, LeaveTheOldOrTheNewTable) {
  MemoryStore made;
  ASSERT_TRUE(CommitTableAt(made, "/wh/t", Creation("/wh/t")).ok());
  const TableMetadata old = LoadTableAt(made, "/wh/t")->metadata;
  for (const bool dies : {false, true}) {
    for (const bool after : {false, true}) {
      int64_t call = 0;
      for (bool fired = true; fired; ++call) {
        const MemoryStore below(made.files());
        const FaultStore store(below, {.call = call, .after = after, .dies = dies});
        const auto done = CommitTableAt(store, "/wh/t", Setting("a", "1"));
        fired = store.fired();
        const auto now = LoadTableAt(below, "/wh/t");
        ASSERT_TRUE(now.ok()) << call << now.error();
        const bool is_new = now->metadata.properties.contains("a");
        EXPECT_EQ(now->metadata == old, !is_new) << call;
        if (done.ok()) {
          EXPECT_TRUE(is_new) << call;
        } else if (done.error().code != ErrorCode::kCommitUnknown) {
          EXPECT_FALSE(is_new) << call << done.error();
        } else {
          EXPECT_TRUE(dies) << call << done.error();
        }
        // The next commit goes on from there.
        EXPECT_TRUE(CommitTableAt(below, "/wh/t", Setting("b", "1")).ok()) << call;
      }
      EXPECT_GE(call, 8);
    }
  }
}

}  // namespace
}  // namespace icefield
