#include "codec/parquet/write_properties.h"

#include <arrow/util/compression.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "batch/arrow_status.h"

namespace icefield {
namespace {

using arrow::Compression;

std::optional<Compression::type> CodecOf(std::string name) {
  static constexpr std::array<std::pair<std::string_view, Compression::type>, 8> kCodecs{{
      {"uncompressed", Compression::UNCOMPRESSED},
      {"none", Compression::UNCOMPRESSED},
      {"snappy", Compression::SNAPPY},
      {"gzip", Compression::GZIP},
      {"lz4", Compression::LZ4},
      {"lz4_raw", Compression::LZ4},
      {"zstd", Compression::ZSTD},
      {"brotli", Compression::BROTLI},
  }};
  std::ranges::transform(name, name.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
  });
  for (const auto& [known, codec] : kCodecs) {
    if (known == name) return codec;
  }
  return std::nullopt;
}

bool HasLevels(Compression::type codec) {
  return codec == Compression::GZIP || codec == Compression::ZSTD || codec == Compression::BROTLI;
}

Status CheckLevel(Compression::type codec, const std::string& name, int level) {
  ICEFIELD_ARROW_ASSIGN(const int least, arrow::util::Codec::MinimumCompressionLevel(codec), name);
  ICEFIELD_ARROW_ASSIGN(const int most, arrow::util::Codec::MaximumCompressionLevel(codec), name);
  if (level >= least && level <= most) return {};
  return InvalidArgument("compression level ", level, " of ", name, " is not between ", least,
                         " and ", most);
}

bool IsBadMode(const MetricsMode& mode) {
  return mode.kind == MetricsMode::Kind::kTruncate && mode.length <= 0;
}

Status CheckNumbers(const ParquetWriteOptions& options) {
  const std::array<std::pair<std::string_view, int64_t>, 5> positive{{
      {"row group size", options.row_group_bytes},
      {"number of rows of a row group", options.row_group_rows_max},
      {"page size", options.page_bytes},
      {"number of rows of a page", options.page_rows_max},
      {"dictionary size", options.dictionary_bytes},
  }};
  for (const auto& [name, number] : positive) {
    if (number <= 0) return InvalidArgument("the ", name, " is ", number, "; it must be above 0");
  }
  if (!(options.bloom_filter_fpp > 0 && options.bloom_filter_fpp < 1)) {
    return InvalidArgument("the false positive probability of bloom filters is ",
                           options.bloom_filter_fpp, "; it must lie between 0 and 1");
  }
  const bool bad_length = IsBadMode(options.metrics) ||
                          std::ranges::any_of(options.column_metrics, [](const auto& named) {
                            return IsBadMode(named.second);
                          });
  if (bad_length) return InvalidArgument("bounds are cut to a length that is not above 0");
  return {};
}

// The position of a leaf, or -1.
int LeafAt(const std::vector<WrittenLeaf>& leaves, FieldId id) {
  const auto found = std::ranges::find(leaves, id, &WrittenLeaf::id);
  return found == leaves.end() ? -1 : static_cast<int>(found - leaves.begin());
}

// Of a column's part of a row group, at most a quarter may be its dictionary: the table by which
// values are found in one takes several times its bytes, and a wide schema has many.
int64_t DictionaryBytes(const ParquetWriteOptions& options, size_t leaves) {
  constexpr int64_t kLeast = 4096;
  const int64_t share = options.row_group_bytes / static_cast<int64_t>(4 * leaves);
  return std::min(options.dictionary_bytes, std::max(share, kLeast));
}

}  // namespace

Result<std::shared_ptr<parquet::WriterProperties>> MakeWriterProperties(
    const WrittenSchema& schema, const ParquetWriteOptions& options,
    const std::vector<std::string>& plain) {
  ICEFIELD_TRY(CheckNumbers(options));
  const std::optional<Compression::type> codec = CodecOf(options.codec);
  if (!codec) {
    return InvalidArgument("compression codec '", options.codec, "' is not known to Parquet; use ",
                           "zstd, snappy, gzip, lz4, brotli or uncompressed");
  }
  parquet::WriterProperties::Builder builder;
  // Data pages of version 1: every reader knows them.
  builder.version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->compression(*codec)
      ->data_pagesize(options.page_bytes)
      ->max_rows_per_page(options.page_rows_max)
      ->dictionary_pagesize_limit(DictionaryBytes(options, schema.leaves.size()))
      ->max_row_group_length(options.row_group_rows_max)
      ->enable_store_decimal_as_integer()
      ->enable_page_checksum()
      ->enable_write_page_index();
  if (options.codec_level && HasLevels(*codec)) {
    ICEFIELD_TRY(CheckLevel(*codec, options.codec, *options.codec_level));
    builder.compression_level(*options.codec_level);
  }
  for (const std::string& path : plain) builder.disable_dictionary(path);
  for (const FieldId id : options.bloom_filters) {
    const int at = LeafAt(schema.leaves, id);
    if (at < 0) continue;
    const WrittenLeaf& leaf = schema.leaves[static_cast<size_t>(at)];
    // The format has none for booleans.
    if (leaf.type.kind == PrimitiveKind::kBoolean) continue;
    builder.enable_bloom_filter(leaf.path, {.fpp = options.bloom_filter_fpp});
  }
  std::vector<parquet::SortingColumn> sorting;
  for (const SortedLeaf& sorted : options.sorted_by) {
    const int at = LeafAt(schema.leaves, sorted.id);
    // What comes after a column that is not in the file does not order its rows.
    if (at < 0) break;
    sorting.push_back({at, sorted.descending, sorted.nulls_first});
  }
  builder.set_sorting_columns(std::move(sorting));
  return builder.build();
}

}  // namespace icefield
