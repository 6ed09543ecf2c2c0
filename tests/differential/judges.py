"""Who has an opinion on a case: the reference decides, DuckDB and the engine are compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from tests.differential.duck import duck_rows
from tests.pit import values
from tests.pit.corpus import LAYOUTS, layouts_of, write_tables
from tests.pit.frames import seen_frame
from tests.pit.model import Case, Row
from tests.pit.oracle import Tables, reference_frame, reference_rows
from tests.pit.tables import Warehouse, WrittenTable

Answerer = Callable[[Case, Tables, pa.Table | None], list[Row]]


@dataclass(frozen=True)
class Trial:
    """A case with its tables written and its expected rows filled in by the reference."""

    case: Case
    tables: Mapping[str, WrittenTable]
    frame: pa.Table | None
    warehouse: Warehouse


Judge = Callable[[Trial], list[str]]
"""What is wrong with an answer; empty when it is right."""


def try_case(case: Case, warehouse: Warehouse) -> Trial:
    """Writes the tables of a case and lets the reference answer it."""
    warehouse.forget()
    tables = write_tables(case, warehouse, LAYOUTS["given"])
    if case.frame and case.frame.made:
        case = replace(case, frame=replace(case.frame, rows=reference_frame(case, tables)))
    frame = seen_frame(case.frame) if case.frame else None
    answered = replace(case, expected=reference_rows(case, tables, frame))
    return Trial(answered, tables, frame, warehouse)


def by_rows(name: str, answer: Answerer) -> Judge:
    """A judge that compares rows given by another program."""

    def judge(trial: Trial) -> list[str]:
        given = [values.cell(row) for row in answer(trial.case, trial.tables, trial.frame)]
        expected = [values.cell(row) for row in trial.case.expected or []]
        if trial.case.latest:
            given.sort(key=repr)
            expected.sort(key=repr)
        if len(given) != len(expected):
            return [f"{name}: {len(given)} rows, expected {len(expected)}"]
        return [
            f"{name}: row {at}: {left}, expected {right}"
            for at, (left, right) in enumerate(zip(given, expected, strict=True))
            if left != right
        ]

    return judge


duckdb_judge = by_rows("duckdb", duck_rows)


def scan_judge(trial: Trial) -> list[str]:
    """A plain scan of every table, which must give every row of the newest snapshot."""
    from tests.pit.engine import open_table

    problems = []
    for name, written in trial.tables.items():
        scanned = open_table(trial.warehouse, written, "catalog").scan().to_arrow()
        if scanned.column_names != list(written.past.schema):
            problems.append(f"scan: columns of {name}: {scanned.column_names}")
            continue
        columns = [values.plain_column(column) for column in scanned.columns]
        given = Counter(values.cell(row) for row in zip(*columns, strict=True))
        expected = Counter(values.cell(tuple(cells.values())) for _, _, cells in written.rows(None))
        problems += [f"scan: {name} has {row} too often" for row in given - expected]
        problems += [f"scan: {name} lacks {row}" for row in expected - given]
    return problems


def engine_judge(trial: Trial) -> list[str]:
    """The engine in the case's own layout and another, in modes that the title's seed chooses."""
    # Only here: the reference and DuckDB are of use without a built engine.
    from tests.pit.engine import MODES, Engine

    rng = random.Random(trial.case.title)
    problems = []
    for name in {"given", rng.choice(list(layouts_of(trial.case)))}:
        tables = write_tables(trial.case, trial.warehouse, LAYOUTS[name])
        engine = Engine(trial.case, trial.warehouse, tables, LAYOUTS[name].way)
        for mode in rng.sample(MODES, 2):
            found = engine.problems(mode, places=name == "given")
            problems += [f"engine, {name}, {mode}: {problem}" for problem in found]
    return problems
