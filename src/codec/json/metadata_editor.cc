#include "codec/json/metadata_editor.h"

#include "codec/json/metadata_edit.h"
#include "codec/json/metadata_reader.h"

namespace icefield {
namespace {

Result<std::string> Edited(MetadataEdit edit, const std::vector<TableUpdate>& updates,
                           const MetadataStamp& stamp) {
  for (const TableUpdate& update : updates) ICEFIELD_TRY(edit.Apply(update));
  ICEFIELD_TRY(edit.Finish(stamp));
  return edit.root().dump();
}

}  // namespace

Result<std::string> ApplyUpdates(std::string_view text, std::string_view location,
                                 const std::vector<TableUpdate>& updates,
                                 const MetadataStamp& stamp) {
  MetadataEdit edit = MetadataEdit::Begin();
  if (!text.empty()) {
    ICEFIELD_ASSIGN(edit, MetadataEdit::Open(text, location));
  }
  try {
    ICEFIELD_ASSIGN(std::string out, Edited(std::move(edit), updates, stamp));
    if (const Result<TableMetadata> read = ParseTableMetadata(out, location); !read.ok()) {
      return InvalidArgument("the updates do not fit the table: ", read.error().message);
    }
    return out;
  } catch (const nlohmann::json::exception& failure) {
    return InvalidArgument("the updates of ", location,
                           " are no text that JSON can hold: ", failure.what());
  }
}

}  // namespace icefield
