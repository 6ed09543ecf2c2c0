#include "io/path_map.h"

#include <utility>

#include "base/strings.h"

namespace icefield {
namespace {

// A local location as its path; any other as it is. Without slashes at its end.
std::string_view Plain(std::string_view location) {
  if (location.starts_with("file://")) {
    location.remove_prefix(7);
  } else if (location.starts_with("file:")) {
    location.remove_prefix(5);
  }
  while (location.size() > 1 && location.ends_with('/')) location.remove_suffix(1);
  return location;
}

bool LiesBelow(std::string_view location, std::string_view prefix) {
  if (!location.starts_with(prefix)) return false;
  return location.size() == prefix.size() || prefix.ends_with('/') ||
         location[prefix.size()] == '/';
}

// Keeps the location that its writer knows.
class MappedOutput final : public OutputFile {
 public:
  MappedOutput(std::string location, std::unique_ptr<OutputFile> file)
      : location_(std::move(location)), file_(std::move(file)) {}

  const std::string& location() const override { return location_; }
  int64_t size_bytes() const override { return file_->size_bytes(); }
  Status Write(std::string_view bytes) override { return file_->Write(bytes); }
  Status Close() override { return file_->Close(); }

 private:
  std::string location_;
  std::unique_ptr<OutputFile> file_;
};

class MappedStore final : public ObjectStore {
 public:
  MappedStore(std::unique_ptr<ObjectStore> store, std::vector<PathPrefix> prefixes)
      : store_(std::move(store)), prefixes_(std::move(prefixes)) {}

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    return store_->Open(MapPath(prefixes_, location));
  }

  Result<std::vector<std::string>> List(std::string_view location) const override {
    return store_->List(MapPath(prefixes_, location));
  }

  Result<std::unique_ptr<OutputFile>> Create(std::string_view location) const override {
    ICEFIELD_ASSIGN(auto file, store_->Create(MapPath(prefixes_, location)));
    return std::unique_ptr<OutputFile>(
        std::make_unique<MappedOutput>(std::string(location), std::move(file)));
  }

  Status Replace(std::string_view location, std::string_view bytes) const override {
    return store_->Replace(MapPath(prefixes_, location), bytes);
  }

  Status Delete(std::string_view location) const override {
    // Mapping drops the slash that tells a folder.
    const bool folder = location.size() > 1 && location.ends_with('/');
    std::string mapped = MapPath(prefixes_, location);
    if (folder && !mapped.ends_with('/')) mapped += '/';
    return store_->Delete(mapped);
  }

  std::string Resolve(std::string_view location) const override {
    return store_->Resolve(MapPath(prefixes_, location));
  }

 private:
  std::unique_ptr<ObjectStore> store_;
  std::vector<PathPrefix> prefixes_;
};

}  // namespace

Result<std::vector<PathPrefix>> ParsePathPrefixMap(std::string_view text) {
  std::vector<PathPrefix> prefixes;
  if (text.empty()) return prefixes;
  for (const std::string& part : Split(text, ';')) {
    if (part.empty()) continue;
    const size_t at = part.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == part.size()) {
      return InvalidArgument(kPathPrefixMapProperty, ": '", part,
                             "' is not of the form FROM=TO; give FROM=TO;FROM=TO");
    }
    prefixes.push_back({std::string(Plain(part.substr(0, at))), part.substr(at + 1)});
  }
  return prefixes;
}

std::string MapPath(const std::vector<PathPrefix>& prefixes, std::string_view location) {
  const std::string_view plain = Plain(location);
  const PathPrefix* best = nullptr;
  for (const PathPrefix& prefix : prefixes) {
    const bool longer = best == nullptr || prefix.from.size() > best->from.size();
    if (longer && LiesBelow(plain, prefix.from)) best = &prefix;
  }
  if (best == nullptr) return std::string(location);
  std::string_view rest = plain.substr(best->from.size());
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty()) return best->to;
  return StrCat(best->to, best->to.ends_with('/') ? "" : "/", rest);
}

std::unique_ptr<ObjectStore> MapPaths(std::unique_ptr<ObjectStore> store,
                                      std::vector<PathPrefix> prefixes) {
  if (prefixes.empty()) return store;
  return std::make_unique<MappedStore>(std::move(store), std::move(prefixes));
}

}  // namespace icefield
