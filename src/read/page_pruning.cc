#include "read/page_pruning.h"

#include <algorithm>
#include <utility>

#include "codec/parquet/page_index.h"

namespace icefield {
namespace {

class OneColumn final : public StatisticsSource {
 public:
  explicit OneColumn(const ColumnStatistics& statistics) : statistics_(statistics) {}
  ColumnStatistics Find(FieldId, const PrimitiveType&) const override { return statistics_; }

 private:
  const ColumnStatistics& statistics_;
};

// The parts that all hold for a row that passes, each over one column.
void AddConjuncts(const Predicate& predicate, std::vector<const Predicate*>& out) {
  if (predicate.op == PredicateOp::kAnd) {
    for (const Predicate& child : predicate.children) AddConjuncts(child, out);
  } else if (OpShape(predicate.op) != PredicateShape::kBranch) {
    out.push_back(&predicate);
  }
}

// True where bounds of the whole row group already say that no page can be left out: a range that
// holds all of it.
bool HoldsEverywhere(const Predicate& conjunct, const ColumnStatistics& group) {
  const auto compares = [&](const std::optional<Value>& bound, auto holds) {
    return bound && holds(CompareValues(*bound, conjunct.values.front()));
  };
  switch (conjunct.op) {
    case PredicateOp::kGreaterOrEqual:
      return compares(group.lower, [](std::partial_ordering order) { return order >= 0; });
    case PredicateOp::kGreater:
      return compares(group.lower, [](std::partial_ordering order) { return order > 0; });
    case PredicateOp::kLessOrEqual:
      return compares(group.upper, [](std::partial_ordering order) { return order <= 0; });
    case PredicateOp::kLess:
      return compares(group.upper, [](std::partial_ordering order) { return order < 0; });
    case PredicateOp::kNotNull:
      return group.null_count == 0;
    default:
      return false;
  }
}

std::vector<RowRun> RunsOfPages(const PagesOfLeaf& pages, const Predicate& conjunct, int64_t rows) {
  std::vector<RowRun> runs;
  for (size_t page = 0; page < pages.first_rows.size(); ++page) {
    if (!MayMatch(conjunct, OneColumn(pages.statistics[page]))) continue;
    const int64_t first = pages.first_rows[page];
    const int64_t end = page + 1 < pages.first_rows.size() ? pages.first_rows[page + 1] : rows;
    if (!runs.empty() && runs.back().first + runs.back().count == first) {
      runs.back().count += end - first;
    } else {
      runs.push_back({first, end - first});
    }
  }
  return runs;
}

std::vector<RowRun> Intersect(const std::vector<RowRun>& a, const std::vector<RowRun>& b) {
  std::vector<RowRun> both;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const int64_t first = std::max(a[i].first, b[j].first);
    const int64_t end = std::min(a[i].first + a[i].count, b[j].first + b[j].count);
    if (first < end) both.push_back({first, end - first});
    if (a[i].first + a[i].count < b[j].first + b[j].count) {
      ++i;
    } else {
      ++j;
    }
  }
  return both;
}

// A filter of a row group takes about as many bytes as so many keys, and a look-up for each.
constexpr size_t kBloomValuesMax = 1000;

}  // namespace

Result<Predicate> WithoutAbsentValues(const DataFileReader& file, int row_group,
                                      Predicate predicate) {
  if (predicate.op == PredicateOp::kAnd) {
    Predicate all;
    for (Predicate& child : predicate.children) {
      ICEFIELD_ASSIGN(Predicate kept, WithoutAbsentValues(file, row_group, std::move(child)));
      all = And(std::move(all), std::move(kept));
    }
    return all;
  }
  const bool is_asked = (predicate.op == PredicateOp::kIn || predicate.op == PredicateOp::kEqual) &&
                        predicate.values.size() <= kBloomValuesMax;
  const FileColumn* leaf = is_asked ? file.FindLeaf(predicate.field_id) : nullptr;
  if (leaf == nullptr) return predicate;
  ICEFIELD_ASSIGN(predicate.values,
                  file.MayHold(row_group, leaf->leaf, predicate.type, std::move(predicate.values)));
  if (predicate.values.empty()) return Predicate{.op = PredicateOp::kFalse};
  return predicate;
}

Result<std::optional<std::vector<RowRun>>> RunsFor(const DataFileReader& file, int row_group,
                                                   const Predicate& predicate) {
  std::vector<const Predicate*> conjuncts;
  AddConjuncts(predicate, conjuncts);
  const int64_t rows = file.extent(row_group).rows;
  std::vector<RowRun> runs = {{0, rows}};
  for (const Predicate* conjunct : conjuncts) {
    const FileColumn* leaf = file.FindLeaf(conjunct->field_id);
    if (leaf == nullptr) continue;
    const ColumnStatistics group = file.footer().Statistics(row_group, leaf->leaf, conjunct->type);
    if (HoldsEverywhere(*conjunct, group)) continue;
    ICEFIELD_ASSIGN(const PagesOfLeaf pages, file.ReadPages(row_group, leaf->leaf, conjunct->type));
    if (!pages.first_rows.empty()) runs = Intersect(runs, RunsOfPages(pages, *conjunct, rows));
  }
  if (runs == std::vector<RowRun>{{0, rows}}) return std::optional<std::vector<RowRun>>();
  return std::optional(std::move(runs));
}

}  // namespace icefield
