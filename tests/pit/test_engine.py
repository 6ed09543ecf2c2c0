"""Every case in every mode: layouts of the files, batch sizes, threads, ways to open a table."""

from __future__ import annotations

import pytest

from tests.pit.corpus import LAYOUTS, layouts_of, load_cases, write_tables
from tests.pit.engine import MODES, Engine
from tests.pit.tables import Warehouse

CASES = load_cases()


@pytest.mark.parametrize(
    ("name", "layout"),
    [(name, layout) for name, case in CASES.items() for layout in layouts_of(case)],
)
def test_case(name: str, layout: str, warehouse: Warehouse) -> None:
    case = CASES[name]
    tables = write_tables(case, warehouse, LAYOUTS[layout])
    engine = Engine(case, warehouse, tables, LAYOUTS[layout].way)
    found = {mode: engine.problems(mode, places=layout == "given") for mode in MODES}
    wrong = {mode: problems for mode, problems in found.items() if problems}
    assert not wrong, "\n".join(
        f"{mode}: {problem}" for mode, problems in wrong.items() for problem in problems
    )
