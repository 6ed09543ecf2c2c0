#include "write/commit_change.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <thread>
#include <utility>

#include "write/write_options.h"

namespace icefield {
namespace {

constexpr std::string_view kFormatVersion = "format-version";
constexpr int32_t kFormatVersionMax = 3;

Result<TableUpdate> UpgradeTo(const std::string& text, const LoadedTable& base) {
  int32_t version = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool is_number = failure == std::errc() && end == text.data() + text.size();
  if (!is_number || version > kFormatVersionMax || version < base.metadata.format_version) {
    return InvalidArgument("table ", base.name, " has format version ",
                           base.metadata.format_version, " and cannot get '", text,
                           "': give a higher one, up to ", kFormatVersionMax);
  }
  return TableUpdate(UpgradeFormatVersion{version});
}

}  // namespace

Result<LoadedTable> CommitChange(const CommitTarget& target, LoadedTable base,
                                 const ChangePlanner& plan) {
  for (int32_t attempt = 0;; ++attempt) {
    ICEFIELD_ASSIGN(const CommitOptions options, ReadCommitOptions(base.metadata));
    ICEFIELD_ASSIGN(const TableChange change, plan(base));
    if (change.updates.empty()) return base;
    Result<LoadedTable> committed = target.Commit(change);
    if (committed.ok() || committed.error().code != ErrorCode::kConflict) return committed;
    if (attempt >= options.retries) return committed;
    std::this_thread::sleep_for(options.wait_min * (attempt + 1));
    ICEFIELD_ASSIGN(base, target.Load());
  }
}

ChangePlanner PlanProperties(std::map<std::string, std::string> set,
                             std::vector<std::string> removed) {
  return [set = std::move(set),
          removed = std::move(removed)](const LoadedTable& base) -> Result<TableChange> {
    TableChange change;
    change.requirements.emplace_back(AssertTableUuid{base.metadata.table_uuid});
    SetProperties properties{set};
    if (const auto version = properties.properties.extract(std::string(kFormatVersion))) {
      ICEFIELD_ASSIGN(TableUpdate upgrade, UpgradeTo(version.mapped(), base));
      if (std::get<UpgradeFormatVersion>(upgrade).version != base.metadata.format_version)
        change.updates.push_back(std::move(upgrade));
    }
    if (!properties.properties.empty()) change.updates.emplace_back(std::move(properties));
    RemoveProperties gone;
    std::copy_if(removed.begin(), removed.end(), std::back_inserter(gone.names),
                 [&](const auto& name) { return base.metadata.properties.contains(name); });
    if (!gone.names.empty()) change.updates.emplace_back(std::move(gone));
    return change;
  };
}

}  // namespace icefield
