#include "io/machine_memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

#include "base/strings.h"

namespace icefield {
namespace {

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
// Where nothing is known.
constexpr int64_t kAssumedBytes = int64_t{4} << 30;

// The number that a file holds, "max" and a missing file being no limit.
int64_t ReadLimit(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  file >> text;
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  return error == std::errc() && end != text.data() && limit > 0 ? limit : kUnlimited;
}

// The least limit of a control group and those above it, whose folders lie in `folder`.
int64_t LeastLimit(const std::string& folder, std::string group, const std::string& file) {
  int64_t least = ReadLimit(StrCat(folder, "/", file));
  while (group.size() > 1) {
    least = std::min(least, ReadLimit(StrCat(folder, group, "/", file)));
    group.resize(group.rfind('/'));
  }
  return least;
}

// A line is "number:controllers:/group"; version 2 has the number 0 and names no controllers.
int64_t ControlGroupLimit(const std::string& root) {
  const std::string folder = root + "sys/fs/cgroup";
  int64_t least = kUnlimited;
  std::ifstream file(root + "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos || line.find('/', second) != second + 1) continue;
    const std::string group = line.substr(second + 1);
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers == ",,") {
      least = std::min(least, LeastLimit(folder, group, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, LeastLimit(folder + "/memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

std::optional<int64_t> MachineBytes(const std::string& root) {
  std::ifstream file(root + "proc/meminfo");
  for (std::string name; file >> name;) {
    int64_t kibibytes = 0;
    if (name == "MemTotal:" && file >> kibibytes && kibibytes > 0) return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

}  // namespace

int64_t MachineMemoryBytes(const std::string& root) {
  return std::min(MachineBytes(root).value_or(kAssumedBytes), ControlGroupLimit(root));
}

int64_t ProcessPeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return int64_t{usage.ru_maxrss} << 10;
#endif
}

}  // namespace icefield
