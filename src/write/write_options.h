/// How a table wants its files written: the `write.*` and `commit.*` table properties.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "codec/parquet/parquet_writer.h"
#include "model/table_metadata.h"

namespace icefield {

struct WriteOptions {
  ParquetWriteOptions parquet;
  int64_t target_file_bytes = int64_t{512} << 20;  ///< write.target-file-size-bytes
  std::string data_location;                       ///< Without a slash at its end.
  std::string metadata_location;                   ///< Of manifests and their lists, likewise.
  bool operator==(const WriteOptions&) const = default;
};

/// From the table's properties, by the names and defaults of Iceberg's own writers; what concerns
/// other formats and engines is ignored. Columns are those of `schema`. InvalidArgument names a
/// property whose value is none, Unsupported write.format.default of another format than Parquet.
Result<WriteOptions> ReadWriteOptions(const TableMetadata& metadata, const Schema& schema);

struct CommitOptions {
  int32_t retries = 4;                               ///< commit.retry.num-retries
  std::chrono::milliseconds wait_min{100};           ///< commit.retry.min-wait-ms
  std::chrono::milliseconds wait_max{60'000};        ///< commit.retry.max-wait-ms
  std::chrono::milliseconds wait_total{1'800'000};   ///< commit.retry.total-timeout-ms
  int32_t status_checks = 3;                         ///< commit.status-check.num-retries
  std::chrono::milliseconds status_wait_min{1'000};  ///< commit.status-check.min-wait-ms
  bool merge_manifests = true;                       ///< commit.manifest-merge.enabled
  int64_t manifest_bytes = int64_t{8} << 20;         ///< commit.manifest.target-size-bytes
  int32_t manifests_before_merge = 100;              ///< commit.manifest.min-count-to-merge
  bool operator==(const CommitOptions&) const = default;
};

/// As ReadWriteOptions.
Result<CommitOptions> ReadCommitOptions(const TableMetadata& metadata);

/// How a change that takes rows out meets rows that others added since it was planned, where it may
/// be about them too.
enum class Isolation : uint8_t {
  kSerializable,  ///< It fails.
  kSnapshot       ///< They stay, as if they had been added after it.
};

/// A change that takes rows out; each has a table property for its isolation.
enum class IsolatedChange : uint8_t {
  kDelete,    ///< write.delete.isolation-level
  kOverwrite  ///< write.update.isolation-level
};

/// The isolation that the table wants; serializable where it says nothing. Capitals mean nothing.
/// InvalidArgument names a property whose value is none.
Result<Isolation> ReadIsolation(const TableMetadata& metadata, IsolatedChange change);

}  // namespace icefield
