#include "retrieval/progress_stages.h"

#include "base/progress.h"
#include "base/strings.h"

namespace icefield {

void EnterStage(const ReadOptions& options, std::string_view verb, std::string_view view) {
  if (options.progress != nullptr) options.progress->Enter(StrCat(verb, " ", view));
}

int64_t DecidingWork(const ViewScan& scan) {
  return kHandledWeight * scan.deciding_sizes.compressed;
}

int64_t GatheringWork(const ViewScan& scan) { return scan.gathered_sizes.compressed; }

int64_t GivingWork(const ViewScan& scan, int64_t rows) {
  double rows_planned = 0;
  for (const FileTask& task : scan.plan.tasks)
    rows_planned += static_cast<double>(task.file.record_count);
  if (rows_planned == 0) return 0;
  return static_cast<int64_t>(kHandledWeight * static_cast<double>(GatheringWork(scan)) /
                              rows_planned * static_cast<double>(rows));
}

}  // namespace icefield
