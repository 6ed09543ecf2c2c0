#include "base/json.h"
#include "base/uuid.h"
#include "catalog/metadata_commit.h"
#include "codec/filter/table_term_parser.h"
#include "codec/json/spec_reader.h"
#include "icefield/icefield.h"
#include "write/table_definition.h"

namespace icefield {
namespace {

// The JSON form where there is one, else the terms.
template <typename Term, typename Whole, typename ParseTerm, typename ReadWhole>
Result<std::variant<std::vector<Term>, Whole>> TermsOrWhole(const std::vector<std::string>& texts,
                                                            std::string_view json,
                                                            ParseTerm parse_term,
                                                            ReadWhole read_whole) {
  if (!json.empty()) {
    ICEFIELD_ASSIGN(const JsonDocument document, JsonDocument::Parse(json));
    ICEFIELD_ASSIGN(Whole whole, read_whole(document.Root()));
    return std::variant<std::vector<Term>, Whole>(std::move(whole));
  }
  std::vector<Term> terms;
  for (const std::string& text : texts) {
    ICEFIELD_ASSIGN(Term term, parse_term(text));
    terms.push_back(std::move(term));
  }
  return std::variant<std::vector<Term>, Whole>(std::move(terms));
}

Result<TableDefinition> DefinitionOf(const NewTable& table) {
  TableDefinition definition{.schema = table.schema, .properties = table.properties};
  ICEFIELD_ASSIGN(definition.partitioning, (TermsOrWhole<PartitionTerm, PartitionSpec>(
                                               table.partition_terms, table.partition_spec_json,
                                               &ParsePartitionTerm, [](const JsonValue& json) {
                                                 return ReadPartitionSpec(
                                                     json, PartitionFieldIds::kRequired);
                                               })));
  ICEFIELD_ASSIGN(definition.sorting,
                  (TermsOrWhole<SortTerm, SortOrder>(table.sort_terms, table.sort_order_json,
                                                     &ParseSortTerm, &ReadSortOrder)));
  return definition;
}

}  // namespace

Result<Table> CatalogSession::CreateTable(std::string_view identifier,
                                          const NewTable& table) const {
  ICEFIELD_ASSIGN(TableIdentifier name, ParseTableIdentifier(identifier));
  Result<TableDefinition> definition = DefinitionOf(table);
  if (!definition.ok()) return std::move(definition).error().At(StrCat("table ", identifier));
  TablePlace place{.name = name.ToString(), .uuid = RandomUuid()};
  if (table.location.empty()) {
    ICEFIELD_ASSIGN(place.location, catalog_->DefaultLocation(name));
  } else {
    place.location = AbsoluteLocation(table.location);
  }
  ICEFIELD_ASSIGN(const TableChange change, DefineTable(*definition, place));
  ICEFIELD_ASSIGN(LoadedTable made, catalog_->CommitTable(name, change));
  return TableOf(std::move(name), std::move(made));
}

}  // namespace icefield
