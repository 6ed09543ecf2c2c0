/// The columns of the latest rows, and where their values come from.
#pragma once

#include <arrow/array.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "pit/latest_table.h"
#include "retrieval/view_scan.h"

namespace icefield {

/// Join keys, features, event time, created time; a column that is several of these once, where it
/// comes first. With provenance the winners' times behind them.
ReadSchema LatestColumns(const PinnedView& pinned);

/// The columns of the result, with provenance behind them on request. Two of one name are refused
/// with both named (P13).
Result<std::shared_ptr<arrow::Schema>> LatestSchema(const PinnedView& pinned);

/// Of LatestColumns those that finding the winners has read already, in forms that the values are
/// made of again exactly: a single key of whole numbers, dates or times, event and created times in
/// the view's unit. They are not read a second time.
class KnownColumns {
 public:
  static KnownColumns Of(const PinnedView& pinned);

  /// The columns that are left to read.
  ReadSchema WithoutThem(const PinnedView& pinned) const;

  /// Lets go of what no column is made of.
  void Trim(LatestTable::Winners& winners) const;

  /// Puts the columns of `rows` winners from number `first` on among the others of them, in the
  /// order of LatestColumns. `schema` is LatestSchema.
  Status Insert(const LatestTable::Winners& winners, size_t first, int64_t rows,
                const arrow::Schema& schema, arrow::ArrayVector& columns) const;

 private:
  enum class What : uint8_t { kKey, kEventTime, kCreatedTime };
  struct Known {
    int place;  // Among LatestColumns.
    What what;
  };

  void Add(const ReadSchema& read, const Field& field, What what);
  bool Has(What what) const;

  std::vector<Known> columns_;  // By place, each of which is there once.
};

/// Puts the winners of another pass behind those of one.
void AppendWinners(const LatestTable::Winners& from, LatestTable::Winners& to);

/// Brings winners of several passes into the order of their locators.
void SortByLocator(LatestTable::Winners& winners);

}  // namespace icefield
