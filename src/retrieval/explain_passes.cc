// Plans of several passes, added up.
#include <algorithm>

#include "base/checked.h"
#include "retrieval/explain.h"

namespace icefield {
namespace {

void AddPass(ViewPlan& total, const ViewPlan& pass) {
  total.report.AddPass(pass.report);
  total.rows += pass.rows;
  total.file_bytes += pass.file_bytes;
  AddKnown(total.row_groups, pass.row_groups);
  total.deciding_bytes += pass.deciding_bytes;
  total.gathered_bytes += pass.gathered_bytes;
  AddKnown(total.deciding_pages, pass.deciding_pages);
  AddKnown(total.gathered_pages, pass.gathered_pages);
  total.memory.slots = std::max(total.memory.slots, pass.memory.slots);
  total.memory.decoders = std::max(total.memory.decoders, pass.memory.decoders);
  total.memory.features = std::max(total.memory.features, pass.memory.features);
}

}  // namespace

void RetrievalPlan::AddPass(const RetrievalPlan& pass) {
  budget.passes += pass.budget.passes;
  for (size_t at = 0; at < keys.size(); ++at) {
    keys[at].distinct = std::max(keys[at].distinct, pass.keys[at].distinct);
    keys[at].bytes = std::max(keys[at].bytes, pass.keys[at].bytes);
  }
  for (size_t at = 0; at < views.size(); ++at) icefield::AddPass(views[at], pass.views[at]);
  if (!frame || !pass.frame) return;
  frame->rows += pass.frame->rows;
  frame->bytes += pass.frame->bytes;
}

}  // namespace icefield
