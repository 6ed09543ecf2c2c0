/// Finds for each asked field where its values come from in one file.
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "codec/arrow/constant.h"
#include "read/column_plan.h"

namespace icefield {

/// Builds the sources of a plan and collects the leaves that they need. Borrows what it is given.
class ColumnMatcher {
 public:
  ColumnMatcher(const std::vector<FileColumn>& columns, const FileFacts& facts);

  /// The source of a top-level column, metadata columns included. The errors are those of
  /// ColumnPlan::Make.
  Result<ColumnPlan::Source> MatchColumn(const Field& target);

  /// The leaves of all sources so far, ascending and distinct.
  std::vector<int> Leaves() const;

 private:
  using Source = ColumnPlan::Source;

  Result<Source> Match(Source source, const FileColumn* column);
  Result<Source> MatchMetadata(Source source);
  Result<Source> MatchChildren(Source source, const FileColumn& column);
  Result<Source> Missing(Source source) const;
  Result<ArrowScalar> PartitionTuple(const Field& target) const;
  Result<const FileColumn*> OnlyOne(const std::vector<const FileColumn*>& columns) const;
  Result<const FileColumn*> FindById(const std::vector<FileColumn>& columns,
                                     const Field& target) const;
  Status CheckKind(const Field& target, const FileColumn& column) const;
  Status CheckNotCounted(const Field& target) const;

  const std::vector<FileColumn>& columns_;
  std::map<FieldId, std::vector<const FileColumn*>> by_id_;  // Of the outermost.
  const FileFacts& facts_;
  const std::string& location_;
  std::vector<int> leaves_;
};

/// Numbers each source among what a reader gives of its parent when it reads `leaves`, which holds
/// at least the sources' own.
void SetOrdinals(std::vector<ColumnPlan::Source>& sources, const std::vector<FileColumn>& columns,
                 const std::vector<int>& leaves);

}  // namespace icefield
