#include "io/machine_memory.h"

#include <gtest/gtest.h>

#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;

class MachineMemoryTest : public testing::Test {
 protected:
  MachineMemoryTest() {
    folder_.Write("proc/meminfo", "MemFree: 5 kB\nMemTotal:     1048576 kB\nSwapTotal: 7 kB\n");
  }
  int64_t Bytes() const { return MachineMemoryBytes(folder_.path() + "/"); }

  TemporaryFolder folder_;
};

TEST_F(MachineMemoryTest, IsTheMachinesWithoutControlGroups) {
  EXPECT_EQ(Bytes(), 1024 * kMebibyte);
}

TEST_F(MachineMemoryTest, IsTheControlGroupsLimit) {
  folder_.Write("proc/self/cgroup", "0::/jobs/mine\n");
  folder_.Write("sys/fs/cgroup/jobs/mine/memory.max", "268435456\n");
  EXPECT_EQ(Bytes(), 256 * kMebibyte);
}

TEST_F(MachineMemoryTest, GroupsAboveLimitToo) {
  folder_.Write("proc/self/cgroup", "0::/jobs/mine\n");
  folder_.Write("sys/fs/cgroup/jobs/mine/memory.max", "max\n");
  folder_.Write("sys/fs/cgroup/jobs/memory.max", "134217728\n");
  EXPECT_EQ(Bytes(), 128 * kMebibyte);
}

TEST_F(MachineMemoryTest, InsideAContainerTheGroupIsTheRoot) {
  folder_.Write("proc/self/cgroup", "0::/\n");
  folder_.Write("sys/fs/cgroup/memory.max", "134217728\n");
  EXPECT_EQ(Bytes(), 128 * kMebibyte);
}

TEST_F(MachineMemoryTest, KnowsControlGroupsOfVersion1) {
  folder_.Write("proc/self/cgroup", "7:cpu,cpuacct:/a\n4:memory:/docker/abc\n1:name=systemd:/b\n");
  // The container sees its own group as the root.
  folder_.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "402653184\n");
  EXPECT_EQ(Bytes(), 384 * kMebibyte);
  folder_.Write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Bytes(), 384 * kMebibyte);
}

TEST_F(MachineMemoryTest, LimitsAboveTheMachineDoNotMatter) {
  folder_.Write("proc/self/cgroup", "0::/jobs\n");
  folder_.Write("sys/fs/cgroup/jobs/memory.max", "999999999999999\n");
  EXPECT_EQ(Bytes(), 1024 * kMebibyte);
}

TEST(MachineMemory, OfThisMachineIsPlausible) { EXPECT_GT(MachineMemoryBytes(), 16 * kMebibyte); }

TEST(MachineMemory, IsAssumedWhereNothingIsKnown) {
  EXPECT_GT(MachineMemoryBytes("/no/such/folder/"), 16 * kMebibyte);
}

}  // namespace
}  // namespace icefield
