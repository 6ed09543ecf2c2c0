#include "catalog/metadata_folder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "codec/json/metadata_reader.h"

namespace icefield {
namespace {

constexpr std::string_view kMetadataFolder = "metadata";
constexpr std::string_view kHintFile = "version-hint.text";
constexpr std::string_view kSuffix = ".metadata.json";
constexpr int64_t kHintBytesMax = 4096;
constexpr size_t kUuidLength = 36;

// Longest first: the plain form is the end of the first.
constexpr std::array<std::string_view, 3> kSuffixes{".gz.metadata.json", ".metadata.json.gz",
                                                    kSuffix};

bool IsUuidLetter(char c) {
  return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The name without its suffix, if it has one of a metadata file.
std::optional<std::string_view> StemOf(std::string_view file_name) {
  for (const std::string_view suffix : kSuffixes) {
    if (file_name.ends_with(suffix)) {
      return file_name.substr(0, file_name.size() - suffix.size());
    }
  }
  return std::nullopt;
}

// The number at the front of `text`, which is cut off there.
std::optional<int64_t> TakeNumber(std::string_view& text) {
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || text.starts_with('-')) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// What version-hint.text says; nothing where there is no such file.
Result<std::optional<std::string>> ReadHint(const ObjectStore& store, std::string_view folder,
                                            const std::vector<std::string>& names) {
  if (!std::binary_search(names.begin(), names.end(), kHintFile)) {
    return std::optional<std::string>();
  }
  ICEFIELD_ASSIGN(const std::string text,
                  ReadAll(store, JoinLocation(folder, kHintFile), kHintBytesMax));
  const std::string_view hint = Trimmed(text);
  // A writer that replaces the hint may be seen between emptying and filling it.
  if (hint.empty()) return std::optional<std::string>();
  return std::optional<std::string>(hint);
}

// The one file of the highest number.
Result<std::pair<int64_t, std::string>> HighestNumbered(const std::vector<std::string>& names,
                                                        std::string_view folder) {
  std::vector<std::string> highest;
  int64_t number = -1;
  for (const std::string& name : names) {
    const std::optional<int64_t> each = MetadataNumber(name);
    if (!each || *each < number) continue;
    if (*each > number) highest.clear();
    number = *each;
    highest.push_back(name);
  }
  if (highest.empty()) {
    return NotFound("no table at ", folder,
                    ": no file there is named like v1.metadata.json or"
                    " 00000-<uuid>.metadata.json");
  }
  if (highest.size() > 1) {
    return CorruptData(
        folder, " has more than one newest metadata file: ", Join(highest, ", "),
        "; open the table through its catalog, or by the location of the right file");
  }
  return std::pair(number, highest.front());
}

// The file that a hint which is no number names: with or without the suffix.
Result<std::string> NamedByHint(const std::vector<std::string>& names, const std::string& hint,
                                std::string_view folder) {
  for (const std::string& name : {hint, StrCat(hint, kSuffix)}) {
    if (std::binary_search(names.begin(), names.end(), name)) return name;
  }
  return CorruptData(JoinLocation(folder, kHintFile), " names '", hint,
                     "', which is not in that folder");
}

}  // namespace

std::string JoinLocation(std::string_view folder, std::string_view name) {
  return StrCat(folder, folder.ends_with('/') ? "" : "/", name);
}

std::optional<int64_t> MetadataNumber(std::string_view file_name) {
  const std::optional<std::string_view> stem = StemOf(file_name);
  if (!stem) return std::nullopt;
  std::string_view rest = *stem;
  const bool hadoop = rest.starts_with('v');
  if (hadoop) rest.remove_prefix(1);
  const std::optional<int64_t> number = TakeNumber(rest);
  if (!number) return std::nullopt;
  if (hadoop) return rest.empty() ? number : std::nullopt;
  const bool has_uuid = rest.size() == 1 + kUuidLength && rest.front() == '-' &&
                        std::all_of(rest.begin(), rest.end(), &IsUuidLetter);
  return has_uuid ? number : std::nullopt;
}

bool IsMetadataFile(std::string_view location) {
  return location.ends_with(".json") || location.ends_with(".json.gz");
}

Result<bool> IsTableFolder(const ObjectStore& store, std::string_view folder) {
  const Result<std::vector<std::string>> names = store.List(JoinLocation(folder, kMetadataFolder));
  if (!names.ok() && names.error().code == ErrorCode::kNotFound) return false;
  if (!names.ok()) return names.error();
  return std::any_of(names->begin(), names->end(),
                     [](const std::string& name) { return StemOf(name).has_value(); });
}

Result<std::string> NewestMetadata(const ObjectStore& store, std::string_view folder) {
  const std::string metadata_folder = JoinLocation(folder, kMetadataFolder);
  const Result<std::vector<std::string>> names = store.List(metadata_folder);
  if (!names.ok() && names.error().code == ErrorCode::kNotFound) {
    return NotFound("no table at ", folder,
                    ": it has no folder metadata/; give the folder of a"
                    " table or the location of its metadata.json");
  }
  if (!names.ok()) return names.error();
  ICEFIELD_ASSIGN(const std::optional<std::string> hint, ReadHint(store, metadata_folder, *names));
  std::string_view rest = hint ? *hint : std::string_view();
  const std::optional<int64_t> hinted = TakeNumber(rest);
  if (hint && !(hinted && rest.empty())) {
    ICEFIELD_ASSIGN(const std::string name, NamedByHint(*names, *hint, metadata_folder));
    return JoinLocation(metadata_folder, name);
  }
  ICEFIELD_ASSIGN(const auto newest, HighestNumbered(*names, metadata_folder));
  if (hinted && newest.first < *hinted) {
    return CorruptData(JoinLocation(metadata_folder, kHintFile), " says version ", *hinted,
                       ", but the newest metadata file there is ", newest.second);
  }
  return JoinLocation(metadata_folder, newest.second);
}

Result<FolderVersion> VersionToCommitOn(const ObjectStore& store, std::string_view folder) {
  const std::string metadata_folder = JoinLocation(folder, kMetadataFolder);
  const Result<std::vector<std::string>> names = store.List(metadata_folder);
  if (!names.ok() && names.error().code == ErrorCode::kNotFound) return FolderVersion();
  if (!names.ok()) return names.error();
  bool any = false;
  for (const std::string& name : *names) {
    if (!StemOf(name)) continue;
    any = true;
    if (name.starts_with('v') && MetadataNumber(name)) continue;
    return Unsupported("the metadata of the table at ", folder, " belongs to a catalog (", name,
                       "): open the table through that catalog to write it");
  }
  if (!any) return FolderVersion();
  ICEFIELD_ASSIGN(const std::optional<std::string> hint, ReadHint(store, metadata_folder, *names));
  if (hint && hint->find_first_not_of("0123456789") != std::string::npos) {
    return Unsupported("version-hint.text of the table at ", folder, " holds '", *hint,
                       "', not a number: write the table by the program that keeps it");
  }
  ICEFIELD_ASSIGN(std::string newest, NewestMetadata(store, folder));
  const std::string_view name = std::string_view(newest).substr(newest.rfind('/') + 1);
  return FolderVersion{*MetadataNumber(name), std::move(newest)};
}

std::string HintLocation(std::string_view folder) {
  return JoinLocation(JoinLocation(folder, kMetadataFolder), kHintFile);
}

std::string VersionLocation(std::string_view folder, int64_t number) {
  return JoinLocation(JoinLocation(folder, kMetadataFolder), StrCat('v', number, kSuffix));
}

Result<std::vector<FolderVersion>> VersionsOf(const ObjectStore& store, std::string_view folder) {
  const std::string metadata_folder = JoinLocation(folder, kMetadataFolder);
  ICEFIELD_ASSIGN(const std::vector<std::string> names, store.List(metadata_folder));
  std::vector<FolderVersion> versions;
  for (const std::string& name : names) {
    const std::optional<int64_t> number = MetadataNumber(name);
    if (number) versions.push_back({*number, JoinLocation(metadata_folder, name)});
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

Result<LoadedTable> LoadMetadataFile(const ObjectStore& store, std::string name,
                                     std::string location) {
  ICEFIELD_ASSIGN(const std::string bytes, ReadAll(store, location, kMetadataFileBytesMax));
  ICEFIELD_ASSIGN(TableMetadata metadata, ParseTableMetadata(bytes, location));
  return LoadedTable{std::move(name), std::move(location), std::move(metadata)};
}

}  // namespace icefield
