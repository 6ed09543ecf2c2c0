#include "catalog/metadata_commit.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include "base/uuid.h"
#include "catalog/metadata_folder.h"
#include "codec/json/gzip.h"
#include "codec/json/metadata_editor.h"
#include "codec/json/metadata_reader.h"

namespace icefield {
namespace {

constexpr const char* kCompression = "write.metadata.compression-codec";
constexpr const char* kMetadataPath = "write.metadata.path";
constexpr const char* kDeleteAfterCommit = "write.metadata.delete-after-commit.enabled";
constexpr std::string_view kGzipSuffix = ".gz.metadata.json";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A property in lower case, or "".
std::string PropertyOf(const TableMetadata& metadata, const char* name) {
  const auto found = metadata.properties.find(name);
  std::string text = found == metadata.properties.end() ? "" : found->second;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

Status CheckCompression(const TableMetadata& metadata) {
  const std::string codec = PropertyOf(metadata, kCompression);
  if (codec.empty() || codec == "none" || codec == "gzip") return {};
  return InvalidArgument("table property ", kCompression, " is '", codec,
                         "'; it must be none or gzip");
}

std::string WithoutSlashes(std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  return std::string(folder);
}

std::string MetadataFolderOf(const TableMetadata& metadata) {
  const auto path = metadata.properties.find(kMetadataPath);
  if (path != metadata.properties.end() && !path->second.empty()) {
    return WithoutSlashes(path->second);
  }
  return JoinLocation(WithoutSlashes(metadata.location), "metadata");
}

}  // namespace

Result<MetadataFile> ReadMetadataFile(const ObjectStore& store, std::string location) {
  ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store, location, kMetadataFileBytesMax));
  ICEFIELD_ASSIGN(std::string text, MetadataText(bytes, location));
  ICEFIELD_ASSIGN(TableMetadata metadata, ParseTableMetadata(text, location));
  return MetadataFile{std::move(location), std::move(text), std::move(metadata)};
}

bool IsCreation(const TableChange& change) {
  return std::any_of(change.requirements.begin(), change.requirements.end(),
                     [](const auto& each) { return std::holds_alternative<AssertCreate>(each); });
}

Result<MetadataFile> ChangeMetadata(const std::string& table_name, const MetadataFile* current,
                                    const TableChange& change) {
  ICEFIELD_TRY(CheckRequirements(change.requirements,
                                 current == nullptr ? nullptr : &current->metadata, table_name));
  Result<std::string> text = current == nullptr
                                 ? ApplyUpdates("", table_name, change.updates, {NowMs(), ""})
                                 : ApplyUpdates(current->text, current->location, change.updates,
                                                {NowMs(), current->location});
  if (!text.ok()) return std::move(text).error().At(StrCat("table ", table_name));
  ICEFIELD_ASSIGN(TableMetadata metadata, ParseTableMetadata(*text, table_name));
  ICEFIELD_TRY(CheckCompression(metadata));
  return MetadataFile{"", *std::move(text), std::move(metadata)};
}

std::string NewMetadataLocation(const TableMetadata& metadata, std::string_view previous_location) {
  const std::string_view name = previous_location.substr(previous_location.rfind('/') + 1);
  // pyiceberg begins again at 0 after a file with another kind of name.
  const std::optional<int64_t> number = name.starts_with('v') ? std::nullopt : MetadataNumber(name);
  std::string digits = std::to_string(number.value_or(-1) + 1);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  const bool gzip = PropertyOf(metadata, kCompression) == "gzip";
  return JoinLocation(MetadataFolderOf(metadata),
                      StrCat(digits, "-", RandomUuid(), gzip ? kGzipSuffix : ".metadata.json"));
}

Status WriteMetadata(const ObjectStore& store, const MetadataFile& file) {
  if (!file.location.ends_with(kGzipSuffix)) return PutIfAbsent(store, file.location, file.text);
  ICEFIELD_ASSIGN(const std::string bytes, Gzip(file.text));
  return PutIfAbsent(store, file.location, bytes);
}

void DeleteOldMetadata(const ObjectStore& store, const TableMetadata& before,
                       const TableMetadata& after) {
  if (PropertyOf(after, kDeleteAfterCommit) != "true") return;
  std::set<std::string> kept;
  for (const MetadataLogEntry& entry : after.metadata_log) kept.insert(entry.location);
  for (const MetadataLogEntry& entry : before.metadata_log) {
    if (!kept.contains(entry.location)) (void)store.Delete(entry.location);
  }
}

std::string AbsoluteLocation(std::string_view location) {
  std::string plain = WithoutSlashes(location);
  const bool is_relative = !plain.starts_with('/') && !plain.starts_with("file:") &&
                           plain.find("://") == std::string::npos;
  if (!is_relative || plain.empty()) return plain;
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(plain, failure).lexically_normal();
  return failure ? plain : absolute.string();
}

}  // namespace icefield
