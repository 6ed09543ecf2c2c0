#include "io/object_store.h"

namespace icefield {

Result<std::string> ReadAll(const ObjectStore& store, std::string_view location,
                            int64_t size_bytes_max) {
  ICEFIELD_ASSIGN(std::unique_ptr<InputFile> file, store.Open(location));
  if (file->size_bytes() > size_bytes_max) {
    return Fail(ErrorCode::kResourceExhausted, location, " has ", file->size_bytes(),
                " bytes, more than the limit of ", size_bytes_max);
  }
  std::string content(static_cast<size_t>(file->size_bytes()), '\0');
  ICEFIELD_TRY(file->ReadAt(0, std::as_writable_bytes(std::span(content))));
  return content;
}

Result<std::unique_ptr<OutputFile>> ObjectStore::Create(std::string_view location) const {
  return Unsupported(location, " lies in a store that is only read");
}

Status ObjectStore::Replace(std::string_view location, std::string_view) const {
  return Unsupported(location, " lies in a store that is only read");
}

Status ObjectStore::Delete(std::string_view location) const {
  return Unsupported(location, " lies in a store that is only read");
}

std::string ObjectStore::Resolve(std::string_view location) const {
  while (location.size() > 1 && location.ends_with('/')) location.remove_suffix(1);
  return std::string(location);
}

Status PutIfAbsent(const ObjectStore& store, std::string_view location, std::string_view bytes) {
  ICEFIELD_ASSIGN(const std::unique_ptr<OutputFile> file, store.Create(location));
  ICEFIELD_TRY(file->Write(bytes));
  return file->Close();
}

}  // namespace icefield
