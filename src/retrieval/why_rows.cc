#include "retrieval/why_rows.h"

#include <algorithm>
#include <map>

namespace icefield {
namespace {

bool Newer(const SeenRow& a, const SeenRow& b) { return a.order > b.order; }

bool Older(const SeenRow& a, const SeenRow& b) { return a.order < b.order; }

}  // namespace

const char* RuleOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLater:
      return "P2";
    case Verdict::kExpired:
      return "P3";
    case Verdict::kCreatedEarlier:
      return "P5";
    case Verdict::kLostTie:
      return "P6";
    case Verdict::kCreatedLater:
      return "P8";
    case Verdict::kCommittedLater:
      return "P9";
    case Verdict::kWinner:
    case Verdict::kOlder:
      break;
  }
  return "P4";
}

WhyRows::Group WhyRows::GroupOf(const SeenRow& row) const {
  const RowOrder& order = row.order;
  if (order.event_time > terms_.entity_time) return kLaterRows;
  if (!terms_.oldest_fresh || order.event_time < *terms_.oldest_fresh) return kExpiredRows;
  const bool never_created = order.created_time == kNoCreatedTime;
  if (terms_.created_cut && (never_created || order.created_time > terms_.entity_time))
    return kCreated;
  if (row.commit_time && *row.commit_time > terms_.entity_time) return kCommitted;
  return kCandidates;
}

void WhyRows::Add(const SeenRow& row) {
  const Group group = GroupOf(row);
  ++groups_[group].count;
  groups_[group].rows.push_back(row);
  // What is far from the winner is forgotten now and then.
  if (groups_[group].rows.size() > 2 * rows_max_ + 1) Trim(group);
}

void WhyRows::Trim(Group group) {
  std::vector<SeenRow>& rows = groups_[group].rows;
  const size_t kept = std::max<size_t>(1, rows_max_);
  if (rows.size() <= kept) return;
  // Of rows that come too late those are next to the winner that come first.
  std::nth_element(rows.begin(), rows.begin() + static_cast<int64_t>(kept), rows.end(),
                   group == kLaterRows ? Older : Newer);
  rows.resize(kept);
}

const SeenRow* WhyRows::Winner() const {
  const std::vector<SeenRow>& rows = groups_[kCandidates].rows;
  const auto best = std::max_element(rows.begin(), rows.end(), Older);
  return best == rows.end() ? nullptr : &*best;
}

std::array<size_t, WhyRows::kGroups> WhyRows::Shares() const {
  std::array<size_t, kGroups> shares{};
  size_t left = rows_max_;
  const auto give = [&](size_t group, size_t most) {
    const size_t more = std::min({left, most, groups_[group].rows.size() - shares[group]});
    shares[group] += more;
    left -= more;
  };
  for (size_t group = 0; group < kGroups; ++group)
    give(group, std::max<size_t>(1, rows_max_ / kGroups));
  for (size_t group = 0; group < kGroups; ++group) give(group, left);
  return shares;
}

Verdict WhyRows::VerdictOf(Group group, const SeenRow& row) const {
  if (group == kCreated) return Verdict::kCreatedLater;
  if (group == kCommitted) return Verdict::kCommittedLater;
  if (group == kLaterRows) return Verdict::kLater;
  if (group == kExpiredRows) return Verdict::kExpired;
  const RowOrder& winner = Winner()->order;
  if (row.order == winner) return Verdict::kWinner;
  if (row.order.event_time < winner.event_time) return Verdict::kOlder;
  return row.order.TiesWith(winner) ? Verdict::kLostTie : Verdict::kCreatedEarlier;
}

WhyRows::Judged WhyRows::Judge() const {
  WhyRows trimmed = *this;
  Judged judged;
  std::map<Verdict, int64_t> counts;
  const std::array<size_t, kGroups> shares = Shares();
  for (size_t at = 0; at < kGroups; ++at) {
    const auto group = static_cast<Group>(at);
    std::vector<SeenRow>& rows = trimmed.groups_[at].rows;
    std::sort(rows.begin(), rows.end(), group == kLaterRows ? Older : Newer);
    for (size_t row = 0; row < shares[at]; ++row)
      judged.rows.push_back({rows[row], VerdictOf(group, rows[row])});
    const int64_t more = groups_[at].count - static_cast<int64_t>(shares[at]);
    // Of candidates the rest is mostly older; which of them tie is not told.
    const Verdict rest = group == kCandidates ? Verdict::kOlder : VerdictOf(group, {});
    if (more > 0) counts[rest] += more;
  }
  std::sort(judged.rows.begin(), judged.rows.end(),
            [](const JudgedRow& a, const JudgedRow& b) { return Newer(a.row, b.row); });
  judged.others.assign(counts.begin(), counts.end());
  return judged;
}

}  // namespace icefield
