#include "io/local_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using Names = std::vector<std::string>;

class LocalStoreTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(LocalStoreTest, ReadsByPathAndByUri) {
  const std::string path = folder_.Write("a%20b c.txt", "content");
  for (const std::string& location :
       {path, "file://" + path, "file:" + path, "file://localhost" + path}) {
    EXPECT_EQ(*ReadAll(*store_, location), "content") << location;
  }
}

TEST_F(LocalStoreTest, RefusesWhatItCannotReach) {
  EXPECT_EQ(store_->Open("s3://bucket/key").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(store_->Open("file://host/key").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Open(std::string("a\0b", 3)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Open(folder_.At("absent")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->Open(folder_.path()).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(LocalStoreTest, ReadsRangesAndRefusesTheirEnd) {
  const auto file = *store_->Open(folder_.Write("f", "0123456789"));
  EXPECT_EQ(file->size_bytes(), 10);
  std::string part(4, '\0');
  ASSERT_TRUE(file->ReadAt(3, std::as_writable_bytes(std::span(part))).ok());
  EXPECT_EQ(part, "3456");
  const Status beyond = file->ReadAt(8, std::as_writable_bytes(std::span(part)));
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code, ErrorCode::kCorruptData);
}

TEST_F(LocalStoreTest, LimitsWholeFiles) {
  const std::string path = folder_.Write("f", "0123456789");
  EXPECT_EQ(ReadAll(*store_, path, 9).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(*ReadAll(*store_, path, 10), "0123456789");
}

TEST_F(LocalStoreTest, ListsChildrenSortedAndMarksFolders) {
  folder_.Write("z", "");
  folder_.Write("b/inner", "");
  folder_.Write("a.txt", "");
  folder_.Write(".hidden", "");
  std::filesystem::create_directory_symlink(folder_.At("b"), folder_.At("link"));
  std::filesystem::create_symlink(folder_.At("nowhere"), folder_.At("dangling"));
  const Names expected{".hidden", "a.txt", "b/", "dangling", "link/", "z"};
  EXPECT_EQ(*store_->List(folder_.path()), expected);
  EXPECT_EQ(*store_->List("file://" + folder_.path()), expected);
  EXPECT_EQ(*store_->List(folder_.At("link")), Names{"inner"});
}

TEST_F(LocalStoreTest, ListsNoFiles) {
  EXPECT_EQ(store_->List(folder_.At("absent")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->List(folder_.Write("f", "")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->List("gs://bucket").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace icefield
