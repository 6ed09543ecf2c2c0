/// Ways in which one file of a table can be damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "io/memory_store_test.h"

namespace icefield {

/// What a file is for, told by its name as Iceberg's writers give them.
enum class FileRole : uint8_t { kMetadata, kManifestList, kManifest, kParquet, kPuffin };

inline FileRole RoleOf(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".metadata.json")) return FileRole::kMetadata;
  if (name.ends_with(".puffin")) return FileRole::kPuffin;
  if (name.ends_with(".parquet")) return FileRole::kParquet;
  return name.starts_with("snap-") ? FileRole::kManifestList : FileRole::kManifest;
}

struct Damage {
  enum class Kind : uint8_t { kMissing, kEmpty, kZeros, kTruncated, kFlipped, kSwapped };

  Kind kind = Kind::kMissing;
  size_t at = 0;                  ///< kTruncated: the bytes left; kFlipped: the bit.
  std::string_view source;        ///< kSwapped: the other file's path,
  std::string_view source_bytes;  ///< and its content.

  std::string ToString() const {
    switch (kind) {
      case Kind::kMissing:
        return "missing";
      case Kind::kEmpty:
        return "empty";
      case Kind::kZeros:
        return "zeros";
      case Kind::kTruncated:
        return StrCat("cut to ", at, " bytes");
      case Kind::kFlipped:
        return StrCat("bit ", at % 8, " of byte ", at / 8, " flipped");
      case Kind::kSwapped:
        return StrCat("replaced by ", source);
    }
    return {};
  }

  /// The damaged bytes; nothing where the file is gone.
  std::optional<std::string> Apply(std::string_view bytes) const {
    std::string damaged(bytes);
    switch (kind) {
      case Kind::kMissing:
        return std::nullopt;
      case Kind::kEmpty:
        return std::string();
      case Kind::kZeros:
        return std::string(bytes.size(), '\0');
      case Kind::kTruncated:
        return damaged.substr(0, at);
      case Kind::kFlipped:
        damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << (at % 8)));
        return damaged;
      case Kind::kSwapped:
        return std::string(source_bytes);
    }
    return damaged;
  }
};

/// How many of the possible damages of a file are tried; the rest is drawn by a fixed seed.
struct DamageAmount {
  size_t truncations_max = 0;
  size_t flips_max = 0;
  size_t swaps_max = 0;
};

/// `count` different numbers below `limit`, ascending; all where there are no more.
inline std::vector<size_t> Sample(size_t limit, size_t count, std::mt19937_64& random) {
  std::vector<size_t> chosen;
  for (size_t at = 0; at < limit && chosen.size() < count; ++at) {
    if (random() % (limit - at) < count - chosen.size()) chosen.push_back(at);
  }
  return chosen;
}

/// Damages of the file at `path` in `files`. It is swapped with other files of its role there and
/// in `others` that have other bytes.
inline std::vector<Damage> DamagesOf(const std::string& path, const MemoryStore::Files& files,
                                     const MemoryStore::Files& others, const DamageAmount& amount) {
  const std::string& bytes = files.at(path);
  std::vector<Damage> damages{{.kind = Damage::Kind::kMissing},
                              {.kind = Damage::Kind::kEmpty},
                              {.kind = Damage::Kind::kZeros}};
  std::mt19937_64 random(bytes.size());
  for (const size_t at : Sample(bytes.size(), amount.truncations_max, random)) {
    damages.push_back({.kind = Damage::Kind::kTruncated, .at = at});
  }
  for (const size_t at : Sample(bytes.size() * 8, amount.flips_max, random)) {
    damages.push_back({.kind = Damage::Kind::kFlipped, .at = at});
  }
  for (const MemoryStore::Files* source : {&files, &others}) {
    size_t swaps = 0;
    for (const auto& [other, content] : *source) {
      if (other.ends_with(".text") || RoleOf(other) != RoleOf(path) || content == bytes) continue;
      if (++swaps > amount.swaps_max) break;
      damages.push_back({.kind = Damage::Kind::kSwapped, .source = other, .source_bytes = content});
    }
  }
  return damages;
}

}  // namespace icefield
