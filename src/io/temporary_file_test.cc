#include "io/temporary_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>
#include <vector>

#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

std::string ReadText(const TemporaryFile& file, int64_t place, size_t size) {
  std::string text(size, '\0');
  const Status read = file.ReadAt(place, text);
  EXPECT_TRUE(read.ok()) << read.error();
  return text;
}

bool IsEmpty(const TemporaryFolder& folder) { return std::filesystem::is_empty(folder.path()); }

TEST(TemporaryFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  EXPECT_EQ(*file.Append("first"), 0);
  EXPECT_EQ(*file.Append(""), 5);
  EXPECT_EQ(*file.Append("second"), 5);
  EXPECT_EQ(file.size_bytes(), 11);
  EXPECT_EQ(ReadText(file, 5, 6), "second");
  EXPECT_EQ(ReadText(file, 3, 4), "stse");
}

TEST(TemporaryFile, HasNoName) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  ASSERT_TRUE(file.Append("text").ok());
  EXPECT_TRUE(IsEmpty(folder));
}

TEST(TemporaryFile, IsNotMadeBeforeItIsNeeded) {
  TemporaryFile file("/no/such/directory");
  const Result<int64_t> appended = file.Append("text");
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kNotFound);
  EXPECT_NE(appended.error().message.find("/no/such/directory"), std::string::npos);
}

TEST(TemporaryFile, LiesWhereTheEnvironmentSays) {
  const TemporaryFolder folder;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  EXPECT_EQ(TemporaryFile("").directory(), folder.path());
  ::unsetenv("TMPDIR");
  EXPECT_EQ(TemporaryFile("").directory(), "/tmp");
  if (before != nullptr) ::setenv("TMPDIR", kept.c_str(), 1);
}

TEST(TemporaryFile, ReadingBeyondItsEndIsAnError) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  ASSERT_TRUE(file.Append("text").ok());
  std::string text(5, '\0');
  EXPECT_EQ(file.ReadAt(0, text).error().code, ErrorCode::kCorruptData);
}

TEST(TemporaryFile, AFullDiskIsAnErrorThatNamesTheDirectory) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const Result<int64_t> appended = file.Append(std::string(8192, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kResourceExhausted);
  EXPECT_NE(appended.error().message.find(folder.path()), std::string::npos);
}

TEST(TemporaryFile, IsWrittenBySeveralThreads) {
  const TemporaryFolder folder;
  TemporaryFile file(folder.path());
  constexpr size_t kTexts = 200;
  std::vector<std::vector<int64_t>> places(4);
  {
    std::vector<std::jthread> threads;
    for (size_t thread = 0; thread < places.size(); ++thread) {
      threads.emplace_back([&, thread] {
        for (size_t at = 0; at < kTexts; ++at)
          places[thread].push_back(*file.Append(std::string(at, static_cast<char>('a' + thread))));
      });
    }
  }
  for (size_t thread = 0; thread < places.size(); ++thread) {
    for (size_t at = 0; at < kTexts; ++at) {
      EXPECT_EQ(ReadText(file, places[thread][at], at),
                std::string(at, static_cast<char>('a' + thread)));
    }
  }
}

}  // namespace
}  // namespace icefield
