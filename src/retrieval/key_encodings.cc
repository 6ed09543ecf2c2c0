#include "retrieval/key_encodings.h"

#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

#include "codec/arrow/arrow_types.h"

namespace icefield {

int64_t EncodedKeys::BytesAbout() const {
  // Dictionaries are at most half full, of a word and an id each; texts are copied once.
  constexpr int64_t kEntryBytes = 48;
  auto bytes = static_cast<int64_t>(ids.size() * sizeof(uint32_t));
  for (const std::shared_ptr<arrow::Array>& column : columns)
    bytes += arrow::util::TotalBufferSize(*column);
  return bytes +
         kEntryBytes * encoder.size() * static_cast<int64_t>(std::max<size_t>(1, columns.size()));
}

Result<const EncodedKeys*> KeyEncodings::For(const BoundView& view) {
  std::vector<std::shared_ptr<arrow::DataType>> types;
  std::string name;
  for (size_t at = 0; at < view.keys.size(); ++at) {
    ICEFIELD_ASSIGN(types.emplace_back(), ToArrowType(view.keys[at].type));
    const std::string& column = view.frame_keys[at];
    name += StrCat(column.size(), ":", column, "=", types.back()->ToString(), ";");
  }
  const auto found = encodings_.find(name);
  if (found != encodings_.end()) return found->second.get();
  ICEFIELD_ASSIGN(std::unique_ptr<EncodedKeys> encoded, Encode(view, types));
  return encodings_.emplace(name, std::move(encoded)).first->second.get();
}

Result<std::unique_ptr<EncodedKeys>> KeyEncodings::Encode(
    const BoundView& view, const std::vector<std::shared_ptr<arrow::DataType>>& types) const {
  auto encoded = std::make_unique<EncodedKeys>();
  for (size_t at = 0; at < types.size(); ++at) {
    const std::string& column = view.frame_keys[at];
    const std::string& key = view.keys[at].name;
    ICEFIELD_ASSIGN(std::shared_ptr<arrow::Array> plain,
                    frame_.PlainColumn(
                        column, StrCat("feature view '", view.name, "' (join key '", key, "')")));
    Result<std::shared_ptr<arrow::Array>> cast = CastKeyColumn(plain, types[at], column, key);
    if (!cast.ok()) return std::move(cast).error().At(StrCat("feature view '", view.name, "'"));
    encoded->columns.push_back(*std::move(cast));
  }
  ICEFIELD_ASSIGN(encoded->encoder, KeyEncoder::Make(types));
  ICEFIELD_TRY(GiveIds(*encoded));
  return encoded;
}

Status KeyEncodings::GiveIds(EncodedKeys& encoded) const {
  KeyEncoder::Scratch scratch;
  encoded.ids.reserve(static_cast<size_t>(frame_.rows()));
  std::vector<uint32_t> ids;
  for (int64_t first = 0; first < frame_.rows(); first += kRowsPerAsk) {
    ICEFIELD_TRY(CheckInterrupted(options_, 0));
    const int64_t rows = std::min(kRowsPerAsk, frame_.rows() - first);
    arrow::ArrayVector columns;
    for (const std::shared_ptr<arrow::Array>& column : encoded.columns)
      columns.push_back(column->Slice(first, rows));
    encoded.encoder.Insert(columns, rows, ids, scratch);
    encoded.ids.insert(encoded.ids.end(), ids.begin(), ids.end());
  }
  return {};
}

}  // namespace icefield
