#include "io/local_output.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "io/fault_store_test.h"
#include "io/local_store.h"
#include "io/memory_store_test.h"
#include "io/path_map.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Names = std::vector<std::string>;

class LocalOutputTest : public testing::Test {
 protected:
  std::unique_ptr<OutputFile> MustCreate(const std::string& location) const {
    Result<std::unique_ptr<OutputFile>> file = store_->Create(location);
    EXPECT_TRUE(file.ok()) << file.error();
    return *std::move(file);
  }

  Names List(const std::string& folder = "") const { return *store_->List(folder_.At(folder)); }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(LocalOutputTest, AFileIsVisibleWholeWhenItIsClosed) {
  const std::string location = "file://" + folder_.At("a/b%20c/f");
  const auto file = MustCreate(location);
  EXPECT_EQ(file->location(), location);
  ASSERT_TRUE(file->Write("0123").ok());
  const std::string large(1 << 20, 'x');
  ASSERT_TRUE(file->Write(large).ok());
  ASSERT_TRUE(file->Write("456").ok());
  EXPECT_EQ(file->size_bytes(), (1 << 20) + 7);
  EXPECT_EQ(store_->Open(location).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(*ReadAll(*store_, location), "0123" + large + "456");
  EXPECT_EQ(List("a/b%20c"), Names{"f"});
  EXPECT_EQ(file->Write("more").error().code, ErrorCode::kInternal);
  EXPECT_EQ(file->Close().error().code, ErrorCode::kInternal);
}

TEST_F(LocalOutputTest, WithoutCloseNothingIsLeft) {
  ASSERT_TRUE(MustCreate(folder_.At("f"))->Write("0123").ok());
  EXPECT_EQ(List(), Names{});
}

TEST_F(LocalOutputTest, AnExistingFileIsNeverOverwritten) {
  const std::string path = folder_.Write("f", "old");
  const auto file = MustCreate(path);
  ASSERT_TRUE(file->Write("new").ok());
  EXPECT_EQ(file->Close().error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(*ReadAll(*store_, path), "old");
  EXPECT_EQ(List(), Names{"f"});
  EXPECT_EQ(PutIfAbsent(*store_, path, "new").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(PutIfAbsent(*store_, folder_.At("g"), "").ok());
  EXPECT_EQ(*ReadAll(*store_, folder_.At("g")), "");
}

TEST_F(LocalOutputTest, OneOfManyWritersOfANameSucceeds) {
  for (int round = 0; round < 20; ++round) {
    const std::string path = folder_.At("f" + std::to_string(round));
    std::atomic<int> won = 0;
    std::atomic<int> winner = -1;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 4; ++writer) {
      threads.emplace_back([&, writer] {
        const Status put = PutIfAbsent(*store_, path, std::to_string(writer));
        if (put.ok()) {
          ++won;
          winner = writer;
        } else {
          EXPECT_EQ(put.error().code, ErrorCode::kAlreadyExists) << put.error();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(*ReadAll(*store_, path), std::to_string(winner));
  }
}

TEST_F(LocalOutputTest, ReplaceAndDelete) {
  const std::string path = folder_.At("a/hint");
  ASSERT_TRUE(store_->Replace(path, "1").ok());
  ASSERT_TRUE(store_->Replace(path, "22").ok());
  EXPECT_EQ(*ReadAll(*store_, path), "22");
  EXPECT_EQ(List("a"), Names{"hint"});
  ASSERT_TRUE(store_->Delete(path).ok());
  EXPECT_EQ(store_->Delete(path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->Delete(folder_.At("a")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Replace(folder_.At("a"), "x").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(LocalOutputTest, EmptyFoldersAreDeletedByTheirSlash) {
  folder_.Write("a/b/f", "");
  EXPECT_EQ(store_->Delete(folder_.At("a/b/")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(store_->Delete(folder_.At("a/b/f")).ok());
  const auto mapped = MapPaths(MakeLocalStore(), {{"/lake", folder_.path()}});
  ASSERT_TRUE(mapped->Delete("/lake/a/b/").ok());
  EXPECT_EQ(store_->Delete(folder_.At("a/b/")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(List("a"), Names{});
}

TEST_F(LocalOutputTest, SpellingsOfOnePlaceResolveToOne) {
  std::filesystem::create_directories(folder_.At("a"));
  std::filesystem::create_directory_symlink(folder_.At("a"), folder_.At("link"));
  const std::string place = store_->Resolve(folder_.At("a/t"));
  EXPECT_EQ(store_->Resolve("file://" + folder_.At("a/t/")), place);
  EXPECT_EQ(store_->Resolve("file:" + folder_.At("link/t")), place);
  EXPECT_EQ(store_->Resolve(folder_.At("b/../a/t")), place);
  EXPECT_NE(store_->Resolve(folder_.At("a/u")), place);
  const auto mapped = MapPaths(MakeLocalStore(), {{"s3://bucket", folder_.path()}});
  EXPECT_EQ(mapped->Resolve("s3://bucket/link/t"), place);
  EXPECT_EQ(store_->Resolve("s3://bucket/t/"), "s3://bucket/t");
}

TEST_F(LocalOutputTest, RefusesWhatItCannotWrite) {
  const std::string file = folder_.Write("f", "");
  EXPECT_EQ(store_->Create(file + "/g").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Create(folder_.At("d/")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Create(folder_.path()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Create("s3://bucket/key").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(PutIfAbsent(*store_, folder_.At(std::string(300, 'n')), "").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(List(), Names{"f"});
}

// A limit on the size of files stands for a full disk: both fail a write in its middle.
TEST_F(LocalOutputTest, AWriteThatFailsLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string path = folder_.At("f");
  Error written;
  Error closed;

  {
    const auto file = MustCreate(path);
    written = file->Write(std::string(2 << 20, 'x')).error();
    closed = file->Close().error();
  }
  const Error replaced = store_->Replace(path, std::string(2 << 20, 'x')).error();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(written.code, ErrorCode::kResourceExhausted);
  EXPECT_NE(written.message.find(path), std::string::npos) << written;
  EXPECT_EQ(closed, written);
  EXPECT_EQ(replaced.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(List(), Names{});
}

TEST_F(LocalOutputTest, ALinkIsATakenName) {
  std::filesystem::create_symlink(folder_.At("nowhere"), folder_.At("link"));
  EXPECT_EQ(PutIfAbsent(*store_, folder_.At("link"), "x").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(List(), Names{"link"});
}

TEST_F(LocalOutputTest, MappedStoresWriteToTheMappedPlace) {
  const auto mapped = MapPaths(MakeLocalStore(), {{"/lake", folder_.At("here")}});
  ASSERT_TRUE(PutIfAbsent(*mapped, "file:///lake/t/f", "content").ok());
  EXPECT_EQ(*ReadAll(*store_, folder_.At("here/t/f")), "content");
  EXPECT_EQ((*mapped->Create("file:///lake/g"))->location(), "file:///lake/g");
  ASSERT_TRUE(mapped->Replace("/lake/hint", "1").ok());
  EXPECT_EQ(List("here"), (Names{"hint", "t/"}));
  ASSERT_TRUE(mapped->Delete("/lake/hint").ok());
  EXPECT_EQ(List("here"), Names{"t/"});
}

TEST_F(LocalOutputTest, StoresThatAreOnlyReadRefuse) {
  const OneFileStore store("");
  EXPECT_EQ(store.Create("f").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(store.Replace("f", "").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(store.Delete("f").error().code, ErrorCode::kUnsupported);
}

TEST(MemoryStore, BehavesAsOtherStores) {
  const MemoryStore store;
  ASSERT_TRUE(PutIfAbsent(store, "file:///a/f", "1").ok());
  EXPECT_EQ(PutIfAbsent(store, "/a/f", "2").error().code, ErrorCode::kAlreadyExists);
  const auto open = *store.Open("/a/f");
  ASSERT_TRUE(store.Replace("/a/f", "3").ok());
  EXPECT_EQ(*ReadAll(store, "/a/f"), "3");
  EXPECT_EQ(open->size_bytes(), 1);
  ASSERT_TRUE(store.Delete("/a/f").ok());
  EXPECT_EQ(store.Delete("/a/f").error().code, ErrorCode::kNotFound);
}

TEST(FaultStore, FailsTheCallItIsToldTo) {
  const auto put = [](const FaultStore& store) { return PutIfAbsent(store, "/f", "1").ok(); };
  const MemoryStore memory;
  const FaultStore none(memory, {});
  EXPECT_TRUE(put(none));
  EXPECT_EQ(none.calls(), 3);  // Create, Write, Close
  EXPECT_FALSE(none.fired());
  for (int64_t call = 0; call < 3; ++call) {
    for (const bool after : {false, true}) {
      const MemoryStore below;
      const FaultStore store(below, {.call = call, .after = after});
      EXPECT_FALSE(put(store));
      EXPECT_TRUE(store.fired());
      EXPECT_EQ(below.files().contains("/f"), after && call == 2);
      EXPECT_EQ(put(store), !(after && call == 2));
    }
  }
  const FaultStore dead(memory, {.call = 0, .dies = true});
  EXPECT_FALSE(put(dead));
  EXPECT_FALSE(dead.Delete("/f").ok());
  EXPECT_TRUE(memory.files().contains("/f"));
}

}  // namespace
}  // namespace icefield
