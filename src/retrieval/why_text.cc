// Answers to "why" as text for people and as JSON for programs.
#include <algorithm>
#include <array>

#include "codec/json/object_writer.h"
#include "retrieval/duration_text.h"
#include "retrieval/why.h"

namespace icefield {
namespace {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWinner:
      return "winner";
    case Verdict::kLater:
      return "later";
    case Verdict::kExpired:
      return "expired";
    case Verdict::kOlder:
      return "older";
    case Verdict::kCreatedEarlier:
      return "created earlier";
    case Verdict::kLostTie:
      return "lost tie";
    case Verdict::kCreatedLater:
      return "created later";
    case Verdict::kCommittedLater:
      return "committed later";
  }
  return "";
}

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHit:
      return "hit";
    case Outcome::kKeyAbsent:
      return "key absent";
    case Outcome::kOnlyLaterRows:
      return "only later rows";
    case Outcome::kExpired:
      return "expired";
    case Outcome::kCut:
      return "cut";
  }
  return "";
}

const char* OutcomeText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHit:
      return "";
    case Outcome::kKeyAbsent:
      return "no row, as the key is in none (P2)";
    case Outcome::kOnlyLaterRows:
      return "no row, as all rows of the key are later than the entity time (P2)";
    case Outcome::kExpired:
      return "no row, as the newest is older than the ttl allows (P3)";
    case Outcome::kCut:
      return "no row, as none was known at the entity time (P8, P9)";
  }
  return "";
}

// What the rest of a group of rows is.
const char* RestText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLater:
      return "later than the entity time (P2)";
    case Verdict::kExpired:
      return "older than the ttl allows (P3)";
    case Verdict::kCreatedLater:
      return "created after the entity time, or never (P8)";
    case Verdict::kCommittedLater:
      return "committed after the entity time (P9)";
    default:
      return "that could be seen, but lost (P4 to P6)";
  }
}

using Line = std::vector<std::string>;

// Columns as wide as their widest cell.
std::string Aligned(const std::vector<Line>& lines) {
  std::vector<size_t> widths;
  for (const Line& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (size_t at = 0; at < line.size(); ++at) widths[at] = std::max(widths[at], line[at].size());
  }
  std::string out;
  for (const Line& line : lines) {
    out += "  ";
    for (size_t at = 0; at < line.size(); ++at) {
      out += line[at];
      if (at + 1 < line.size()) out.append(widths[at] + 2 - line[at].size(), ' ');
    }
    out += '\n';
  }
  return out;
}

std::string NumberText(std::optional<int64_t> number) { return number ? StrCat(*number) : "-"; }

// Columns that no row fills are left out.
std::string RowsText(const std::vector<WhyRow>& rows) {
  const auto any = [&](auto member) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const WhyRow& row) { return (row.*member).has_value(); });
  };
  const bool created = any(&WhyRow::created_time);
  const bool committed = any(&WhyRow::commit_time);
  const bool ids = any(&WhyRow::row_id);
  std::vector<Line> lines{{"rule", "event time"}};
  if (created) lines.front().emplace_back("created time");
  if (committed) lines.front().emplace_back("committed");
  if (ids) lines.front().emplace_back("row id");
  for (const char* name : {"snapshot", "position", "verdict", "file"})
    lines.front().emplace_back(name);
  for (const WhyRow& row : rows) {
    Line& line = lines.emplace_back(Line{RuleOf(row.verdict), row.event_time});
    if (created) line.push_back(row.created_time.value_or("-"));
    if (committed) line.push_back(row.commit_time.value_or("-"));
    if (ids) line.push_back(NumberText(row.row_id));
    const bool won = row.verdict == Verdict::kWinner;
    line.push_back(StrCat(row.added_by.value));
    line.push_back(StrCat(row.position));
    line.push_back(won ? "winner: " + row.reason : row.reason);
    line.push_back(row.file);
  }
  return Aligned(lines);
}

std::string TermsText(const Why& why) {
  std::vector<std::string> terms;
  terms.push_back(why.ttl_us > 0 ? "ttl " + DurationText(0, why.ttl_us, 1'000'000) : "no ttl");
  if (why.created_cut == CutEffect::kApplied) terms.emplace_back("created cut");
  if (why.created_cut == CutEffect::kNoCreatedColumn)
    terms.emplace_back("no column for the created cut");
  if (why.commit_cut) terms.emplace_back("commit cut");
  return Join(terms, ", ");
}

std::string AnswerText(const Why& why) {
  const auto winner = std::find_if(why.rows.begin(), why.rows.end(), [](const WhyRow& row) {
    return row.verdict == Verdict::kWinner;
  });
  if (winner != why.rows.end())
    return StrCat("the row at position ", winner->position, " of ", winner->file);
  if (why.outcome == Outcome::kKeyAbsent && !why.entity_time)
    return "no row, as the entity row has no time (P2)";
  return OutcomeText(why.outcome);
}

std::string RowJson(const WhyRow& row) {
  JsonObjectWriter out;
  const auto text = [&](const char* name, const std::optional<std::string>& value) {
    if (value) {
      out.Text(name, *value);
    } else {
      out.Null(name);
    }
  };
  out.Text("verdict", VerdictName(row.verdict))
      .Text("rule", RuleOf(row.verdict))
      .Text("reason", row.reason)
      .Text("event_timestamp", row.event_time);
  text("created_timestamp", row.created_time);
  text("committed", row.commit_time);
  return out.Number("snapshot_id", row.added_by.value)
      .Text("file", row.file)
      .Number("position", row.position)
      .Number("row_id", row.row_id)
      .Number("last_updated_sequence_number", row.last_updated)
      .Finish();
}

std::string ObjectJson(const std::vector<std::pair<std::string, std::string>>& members) {
  JsonObjectWriter out;
  for (const auto& [name, json] : members) out.Raw(name, json);
  return out.Finish();
}

}  // namespace

std::string Why::ToString() const {
  std::string out = StrCat("view ", view, " of table ", table, ", snapshot ",
                           snapshot_id ? StrCat(snapshot_id->value) : "none", ": ",
                           TermsText(*this), "\nentity row");
  for (const auto& [name, json] : keys) out += StrCat(" ", name, " = ", json, ",");
  out += StrCat(" at ", entity_time.value_or("no time"), "\nanswer: ", AnswerText(*this), "\n");
  for (const auto& [name, json] : features) out += StrCat("  ", name, " = ", json, "\n");
  out += StrCat("rows of the key: ", rows_of_key, rows.empty() ? "\n" : ", newest first\n");
  if (!rows.empty()) out += RowsText(rows);
  for (const auto& [verdict, count] : others)
    out += StrCat("  and ", count, " more ", RestText(verdict), "\n");
  if (rows_without_time > 0)
    out += StrCat("  and ", rows_without_time, " without an event time (P2)\n");
  return out;
}

std::string Why::ToJson() const {
  std::vector<std::string> listed;
  for (const WhyRow& row : rows) listed.push_back(RowJson(row));
  JsonObjectWriter more;
  for (const auto& [verdict, count] : others) more.Number(VerdictName(verdict), count);
  JsonObjectWriter out;
  out.Text("view", view).Text("table", table);
  out.Number("snapshot_id", snapshot_id ? std::optional(snapshot_id->value) : std::nullopt)
      .Raw("keys", ObjectJson(keys));
  if (entity_time) {
    out.Text("entity_time", *entity_time);
  } else {
    out.Null("entity_time");
  }
  return out.Number("ttl_us", ttl_us)
      .Flag("created_cut", created_cut == CutEffect::kApplied)
      .Flag("commit_cut", commit_cut)
      .Text("outcome", OutcomeName(outcome))
      .Raw("features", ObjectJson(features))
      .Number("rows_of_key", rows_of_key)
      .Number("rows_without_time", rows_without_time)
      .RawList("rows", listed)
      .Raw("others", more.Finish())
      .Finish();
}

}  // namespace icefield
