"""The reference join gives what every case expects, whatever the layout: it may be trusted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from pyiceberg.manifest import DataFileContent

from tests.pit import values
from tests.pit.caseformat import format_case, parse_case
from tests.pit.corpus import LAYOUTS, WITH_DELETES, layouts_of, load_cases, write_tables
from tests.pit.frames import seen_frame
from tests.pit.model import Case, Commit, TableDef
from tests.pit.oracle import reference_frame, reference_rows
from tests.pit.tables import Warehouse, WrittenTable

CASES = load_cases()
ANSWERED = {name: case for name, case in CASES.items() if case.error is None}
RULES = [f"P{number}" for number in range(1, 16)]


@pytest.mark.parametrize(
    ("name", "layout"),
    [(name, layout) for name, case in ANSWERED.items() for layout in layouts_of(case)],
)
def test_reference_gives_the_expected_rows(name: str, layout: str, warehouse: Warehouse) -> None:
    case = ANSWERED[name]
    tables = write_tables(case, warehouse, LAYOUTS[layout])
    frame = seen_frame(case.frame) if case.frame else None
    given = [values.cell(row) for row in reference_rows(case, tables, frame)]
    assert case.expected is not None
    expected = [values.cell(row) for row in case.expected]
    if case.latest:
        given.sort(key=repr)
        expected.sort(key=repr)
    assert given == expected
    if case.frame and case.frame.made:
        made = [values.cell(row) for row in reference_frame(case, tables)]
        assert made == [values.cell(row) for row in case.frame.rows]


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        (name, layout)
        for name, case in CASES.items()
        for layout in layouts_of(case)
        if layout in ("given", "positions", "vectors")
    ],
)
def test_the_tables_hold_what_the_case_says(name: str, layout: str, warehouse: Warehouse) -> None:
    for written in write_tables(CASES[name], warehouse, LAYOUTS[layout]).values():
        if has_equality_deletes(written):
            continue
        scanned = written.table.scan().to_arrow()
        columns = [values.plain_column(scanned[name]) for name in written.past.schema]
        given = Counter(values.cell(row) for row in zip(*columns, strict=True))
        expected = Counter(values.cell(list(cells.values())) for _, _, cells in written.rows(None))
        assert given == expected


@pytest.mark.parametrize("layout", WITH_DELETES)
@pytest.mark.parametrize(
    "name",
    ["p02_composite_keys", "p04_newest_event_wins", "p12_partitioned_table", "p15_latest"],
)
def test_decoys_would_be_noticed(name: str, layout: str, warehouse: Warehouse) -> None:
    def without_deletes(case: Case, table: TableDef) -> TableDef:
        steps = LAYOUTS[layout].arrange(case, table).steps
        kept = [replace(s, deletes=[]) if isinstance(s, Commit) else s for s in steps]
        return replace(LAYOUTS[layout].arrange(case, table), steps=kept)

    case = CASES[name]
    tables = write_tables(case, warehouse, replace(LAYOUTS[layout], arrange=without_deletes))
    frame = seen_frame(case.frame) if case.frame else None
    assert reference_rows(case, tables, frame) != case.expected


def has_equality_deletes(written: WrittenTable) -> bool:
    """Then pyiceberg refuses to read it."""
    snapshot = written.table.current_snapshot()
    manifests = snapshot.manifests(written.table.io) if snapshot else []
    entries = (e for m in manifests for e in m.fetch_manifest_entry(written.table.io))
    return any(entry.data_file.content == DataFileContent.EQUALITY_DELETES for entry in entries)


@pytest.mark.parametrize("name", CASES)
def test_a_case_survives_its_text(name: str) -> None:
    # By text: NaN is not equal to itself.
    assert repr(parse_case(format_case(CASES[name]))) == repr(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_a_case_says_what_it_is_about(name: str) -> None:
    case: Case = CASES[name]
    assert case.title
    assert case.rules
    assert set(case.rules) <= {*RULES, "special values", "types"}
    assert re.fullmatch(r"(p\d\d|special|types)(_[a-z0-9]+)+", name)
    assert (case.expected is None) == (case.error is not None)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_case(rule: str) -> None:
    assert any(rule in case.rules for case in CASES.values())


def test_the_readme_example_is_a_case() -> None:
    readme = (Path(__file__).parent / "README.md").read_text()
    example = re.search(r"```case\n(.*?)```", readme, re.DOTALL)
    assert example
    case = parse_case(example[1], "README.md")
    assert case.expected
