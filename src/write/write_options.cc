#include "write/write_options.h"

#include <cctype>
#include <charconv>
#include <limits>
#include <string_view>

namespace icefield {
namespace {

constexpr std::string_view kBloomPrefix = "write.parquet.bloom-filter-enabled.column.";
constexpr std::string_view kMetricsPrefix = "write.metadata.metrics.column.";
constexpr int32_t kMetricsColumnsDefault = 100;

// The properties of one table, with errors that name the property.
class PropertyReader {
 public:
  explicit PropertyReader(const std::map<std::string, std::string>& properties)
      : properties_(properties) {}

  const std::string* Find(std::string_view name) const {
    const auto found = properties_.find(std::string(name));
    return found == properties_.end() ? nullptr : &found->second;
  }

  template <typename Number>
  Status ReadNumber(std::string_view name, Number least, Number& value) const {
    const std::string* text = Find(name);
    if (text == nullptr) return {};
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failure != std::errc() || end != text->data() + text->size() || value < least) {
      return Wrong(name, *text, StrCat("a number of at least ", least));
    }
    return {};
  }

  Status ReadWait(std::string_view name, std::chrono::milliseconds& wait) const {
    int64_t count = wait.count();
    ICEFIELD_TRY(ReadNumber<int64_t>(name, 0, count));
    wait = std::chrono::milliseconds(count);
    return {};
  }

  Status ReadFlag(std::string_view name, bool& value) const {
    const std::string* text = Find(name);
    if (text == nullptr) return {};
    if (*text != "true" && *text != "false") return Wrong(name, *text, "true or false");
    value = *text == "true";
    return {};
  }

  static Error Wrong(std::string_view name, std::string_view text, std::string_view expected) {
    return InvalidArgument("table property ", name, " is '", text, "'; it must be ", expected);
  }

 private:
  const std::map<std::string, std::string>& properties_;
};

Result<MetricsMode> ParseMetricsMode(std::string_view name, const std::string& text) {
  if (text == "none") return MetricsMode{MetricsMode::Kind::kNone, 0};
  if (text == "counts") return MetricsMode{MetricsMode::Kind::kCounts, 0};
  if (text == "full") return MetricsMode{MetricsMode::Kind::kFull, 0};
  constexpr std::string_view kPrefix = "truncate(";
  MetricsMode mode;
  const bool shaped = text.starts_with(kPrefix) && text.ends_with(')');
  const char* begin = text.data() + (shaped ? kPrefix.size() : 0);
  const char* end = text.data() + text.size() - (shaped ? 1 : 0);
  const auto [stop, failure] = std::from_chars(begin, end, mode.length);
  if (!shaped || failure != std::errc() || stop != end || mode.length <= 0)
    return PropertyReader::Wrong(name, text, "none, counts, full or truncate(16)");
  return mode;
}

void CollectLeaves(const Field& field, std::vector<FieldId>& leaves) {
  if (field.type.primitive() != nullptr) leaves.push_back(field.id);
  for (const Field& child : field.type.children()) CollectLeaves(child, leaves);
}

// Tables with very many columns get metrics for their first ones only, unless a default is set.
void LimitMetrics(const Schema& schema, int32_t columns_max, ParquetWriteOptions& parquet) {
  std::vector<FieldId> leaves;
  for (const Field& column : schema.columns.fields) CollectLeaves(column, leaves);
  for (size_t at = static_cast<size_t>(columns_max); at < leaves.size(); ++at)
    parquet.column_metrics[leaves[at]] = {MetricsMode::Kind::kNone, 0};
}

Status ReadMetrics(const PropertyReader& reader, const TableMetadata& metadata,
                   const Schema& schema, ParquetWriteOptions& parquet) {
  constexpr std::string_view kDefault = "write.metadata.metrics.default";
  if (const std::string* text = reader.Find(kDefault)) {
    ICEFIELD_ASSIGN(parquet.metrics, ParseMetricsMode(kDefault, *text));
  } else {
    int32_t columns_max = kMetricsColumnsDefault;
    ICEFIELD_TRY(reader.ReadNumber<int32_t>("write.metadata.metrics.max-inferred-column-defaults",
                                            0, columns_max));
    LimitMetrics(schema, columns_max, parquet);
    // Files are found by their sort and partition columns, wherever they stand.
    for (const SortOrder& order : metadata.sort_orders) {
      if (order.id != metadata.default_sort_order_id) continue;
      for (const SortField& field : order.fields) parquet.column_metrics.erase(field.source_id);
    }
  }
  for (const auto& [name, text] : metadata.properties) {
    if (!name.starts_with(kMetricsPrefix)) continue;
    const Field* field = schema.FindByName(std::string_view(name).substr(kMetricsPrefix.size()));
    if (field == nullptr) continue;  // A column that is gone keeps its property.
    ICEFIELD_ASSIGN(parquet.column_metrics[field->id], ParseMetricsMode(name, text));
  }
  return {};
}

Status ReadBloomFilters(const PropertyReader& reader, const TableMetadata& metadata,
                        const Schema& schema, ParquetWriteOptions& parquet) {
  for (const auto& [name, text] : metadata.properties) {
    if (!name.starts_with(kBloomPrefix)) continue;
    bool enabled = false;
    ICEFIELD_TRY(reader.ReadFlag(name, enabled));
    const Field* field = schema.FindByName(std::string_view(name).substr(kBloomPrefix.size()));
    if (enabled && field != nullptr) parquet.bloom_filters.push_back(field->id);
  }
  return {};
}

std::string WithoutSlash(std::string location) {
  while (location.size() > 1 && location.back() == '/') location.pop_back();
  return location;
}

}  // namespace

Result<WriteOptions> ReadWriteOptions(const TableMetadata& metadata, const Schema& schema) {
  const PropertyReader reader(metadata.properties);
  WriteOptions options;
  if (const std::string* format = reader.Find("write.format.default");
      format != nullptr && *format != "parquet") {
    return Unsupported("table property write.format.default is '", *format,
                       "'; Icefield writes Parquet: set it to parquet");
  }
  ParquetWriteOptions& parquet = options.parquet;
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("write.target-file-size-bytes", 1, options.target_file_bytes));
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("write.parquet.row-group-size-bytes", 1, parquet.row_group_bytes));
  ICEFIELD_TRY(reader.ReadNumber<int64_t>("write.parquet.page-size-bytes", 1, parquet.page_bytes));
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("write.parquet.page-row-limit", 1, parquet.page_rows_max));
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("write.parquet.dict-size-bytes", 1, parquet.dictionary_bytes));
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("write.parquet.row-group-limit", 1, parquet.row_group_rows_max));
  if (const std::string* codec = reader.Find("write.parquet.compression-codec"))
    parquet.codec = *codec;
  if (reader.Find("write.parquet.compression-level") != nullptr) {
    int level = 0;
    ICEFIELD_TRY(reader.ReadNumber<int>("write.parquet.compression-level",
                                        std::numeric_limits<int>::min(), level));
    parquet.codec_level = level;
  }
  ICEFIELD_TRY(ReadMetrics(reader, metadata, schema, parquet));
  ICEFIELD_TRY(ReadBloomFilters(reader, metadata, schema, parquet));
  const std::string* data = reader.Find("write.data.path");
  const std::string* files = reader.Find("write.metadata.path");
  const std::string table = WithoutSlash(metadata.location);
  options.data_location = data != nullptr ? WithoutSlash(*data) : StrCat(table, "/data");
  options.metadata_location = files != nullptr ? WithoutSlash(*files) : StrCat(table, "/metadata");
  return options;
}

Result<CommitOptions> ReadCommitOptions(const TableMetadata& metadata) {
  const PropertyReader reader(metadata.properties);
  CommitOptions options;
  ICEFIELD_TRY(reader.ReadNumber<int32_t>("commit.retry.num-retries", 0, options.retries));
  ICEFIELD_TRY(reader.ReadWait("commit.retry.min-wait-ms", options.wait_min));
  ICEFIELD_TRY(reader.ReadWait("commit.retry.max-wait-ms", options.wait_max));
  ICEFIELD_TRY(reader.ReadWait("commit.retry.total-timeout-ms", options.wait_total));
  ICEFIELD_TRY(
      reader.ReadNumber<int32_t>("commit.status-check.num-retries", 0, options.status_checks));
  ICEFIELD_TRY(reader.ReadWait("commit.status-check.min-wait-ms", options.status_wait_min));
  ICEFIELD_TRY(reader.ReadFlag("commit.manifest-merge.enabled", options.merge_manifests));
  ICEFIELD_TRY(
      reader.ReadNumber<int64_t>("commit.manifest.target-size-bytes", 1, options.manifest_bytes));
  ICEFIELD_TRY(reader.ReadNumber<int32_t>("commit.manifest.min-count-to-merge", 2,
                                          options.manifests_before_merge));
  return options;
}

Result<Isolation> ReadIsolation(const TableMetadata& metadata, IsolatedChange change) {
  const std::string_view name = change == IsolatedChange::kDelete ? "write.delete.isolation-level"
                                                                  : "write.update.isolation-level";
  const std::string* text = PropertyReader(metadata.properties).Find(name);
  if (text == nullptr) return Isolation::kSerializable;
  std::string lower = *text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "serializable") return Isolation::kSerializable;
  if (lower == "snapshot") return Isolation::kSnapshot;
  return PropertyReader::Wrong(name, *text, "serializable or snapshot");
}

}  // namespace icefield
