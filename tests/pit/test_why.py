"""Every case asked row by row: why and provenance agree with the join and with the data files."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icefield
from tests.pit import values
from tests.pit.corpus import LAYOUTS, layouts_of, load_cases, write_tables
from tests.pit.engine import Engine, Mode
from tests.pit.model import Case
from tests.pit.tables import Warehouse

CASES = {
    name: case
    for name, case in load_cases().items()
    if case.error is None and case.frame is not None and not case.frame.made
}
ASKED = ("given", "mixed")
ONE_ROW = Mode(batch_size=7, threads=2)


def cuts(case: Case) -> dict[str, Any]:
    return {"created_cut": case.created_cut, "commit_cut": case.commit_cut}


def stored_at(path: str, position: int) -> dict[str, Any]:
    """The row of a data file, as any Parquet reader sees it."""
    (row,) = pq.read_table(path.removeprefix("file://")).slice(position, 1).to_pylist()
    return row


@pytest.mark.parametrize(
    ("name", "layout"),
    [(n, layout) for n, case in CASES.items() for layout in layouts_of(case) if layout in ASKED],
)
def test_case(name: str, layout: str, warehouse: Warehouse) -> None:
    case = CASES[name]
    assert case.frame is not None
    tables = write_tables(case, warehouse, LAYOUTS[layout])
    engine = Engine(case, warehouse, tables, LAYOUTS[layout].way)
    frame = engine.frame
    assert frame is not None
    views = engine.views()
    asked = {"entity_timestamp": case.frame.time, "options": ONE_ROW.options(), **cuts(case)}
    full = {"full_feature_names": case.full_feature_names}
    plain = icefield.point_in_time_join(frame, views, **full, **asked).to_arrow()
    told = icefield.point_in_time_join(frame, views, provenance=True, **full, **asked).to_arrow()
    for column in plain.column_names:
        given, wanted = (values.plain_column(answer[column]) for answer in (told, plain))
        assert [values.cell(v) for v in given] == [values.cell(v) for v in wanted], column
    for view in case.views:
        origins = told.select([f"{view.name}__file", f"{view.name}__position"]).to_pylist()
        for row, origin in enumerate(origins):
            _check_row(frame.slice(row, 1), view.name, views, list(origin.values()), asked)


def _check_row(
    row: pa.Table, name: str, views: list[Any], origin: list[Any], asked: dict[str, Any]
) -> None:
    (view,) = (view for view in views if view.name == name)
    why = icefield.why(row, view, **asked)
    winners = [entry for entry in why["rows"] if entry["verdict"] == "winner"]
    assert [[entry["file"], entry["position"]] for entry in winners] == (
        [origin] if origin[0] is not None else []
    )
    assert (why["outcome"] == "hit") == bool(winners)
    assert len(why["rows"]) <= 20
    assert len(why["rows"]) + sum(why["others"].values()) == why["rows_of_key"]
    for entry in why["rows"]:
        assert stored_at(entry["file"], entry["position"])
    assert name in str(why)
