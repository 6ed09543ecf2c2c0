/// Feature views: which columns of a table are keys, times and features, checked against the
/// table's schema. No IO.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/predicate.h"
#include "model/schema.h"
#include "model/table_metadata.h"

namespace icefield {

/// A join key: the table's column and the entity frame's.
struct JoinKey {
  std::string table_column;
  std::string frame_column;
  bool operator==(const JoinKey&) const = default;
};

/// A feature: a column of the table (dotted through structs), and its name in the result.
struct FeatureColumn {
  std::string table_column;
  std::string name;
  bool operator==(const FeatureColumn&) const = default;
};

/// A feature view as a user states it.
struct FeatureViewSpec {
  std::string name;
  std::vector<JoinKey> join_keys;  ///< Empty: rows match on time alone (P2).
  std::string timestamp_field;
  std::optional<std::string> created_timestamp_column;
  int64_t ttl_us = 0;  ///< 0: no limit (P3).
  std::optional<std::vector<FeatureColumn>>
      features;                         ///< None: every column that is neither key nor time.
  std::optional<RowFilter> row_filter;  ///< Rows that do not pass do not exist.
  SnapshotSelector snapshot;
  bool operator==(const FeatureViewSpec&) const = default;
};

/// A feature view matched with the schema it is read with.
struct BoundView {
  std::string name;
  std::vector<std::string> frame_keys;  ///< Parallel to `keys`.
  std::vector<Field> keys;
  Field event_time;
  std::optional<Field> created_time;
  int64_t ttl_us = 0;
  struct Feature {
    Field field;
    std::string name;
    bool operator==(const Feature&) const = default;
  };
  std::vector<Feature> features;
  Predicate row_filter;
  bool operator==(const BoundView&) const = default;
};

/// Matches `spec` with `schema` of table `table_name`. InvalidArgument names the view, the table
/// and the column: for a negative TTL, columns that do not exist, times that are neither dates nor
/// timestamps, keys of types that have no equality, a key or feature named twice.
Result<BoundView> BindView(const FeatureViewSpec& spec, const Schema& schema,
                           std::string_view table_name);

/// True for types of event and created times: date and all timestamps.
bool IsTimeType(const Type& type);

/// True for those of them that count nanoseconds.
bool IsNanosecondType(const Type& type);

}  // namespace icefield
