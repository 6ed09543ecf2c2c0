"""P11 where time passes between the steps of a call: a declarative case cannot say that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.table import Table

import icefield
from tests.pit import values
from tests.pit.engine import open_table
from tests.pit.model import Column, Commit, FileDef, TableDef
from tests.pit.tables import Warehouse, WrittenTable

DAY = values.parse_instant("2024-01-01")
LATER = values.parse_instant("2024-01-02")
STATS = TableDef(
    "stats",
    [Column("user", "long"), Column("ts", "timestamptz"), Column("x", "int")],
    [Commit([FileDef("first", [[1, DAY, 1]])])],
)
FRAME = pa.table(
    {"user": [1], "event_timestamp": values.to_arrow([LATER], pa.timestamp("us", "UTC"))}
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


@pytest.fixture
def written(warehouse: Warehouse) -> WrittenTable:
    return warehouse.write(STATS)


def commit_newer_row(table: Table) -> None:
    """Another writer commits a row that would win."""
    columns = zip([1, LATER, 2], values.write_schema(table.schema()), strict=True)
    arrays = [values.to_arrow([value], field.type) for value, field in columns]
    table.append(pa.Table.from_arrays(arrays, schema=values.write_schema(table.schema())))


def view(name: str, table: Any, **pin: Any) -> icefield.FeatureView:
    return icefield.FeatureView(
        name, table, join_keys=["user"], timestamp_field="ts", features=[("x", name)], **pin
    )


@pytest.mark.parametrize("way", ["catalog", "path", "pyiceberg"])
def test_a_commit_during_the_call_changes_nothing(
    way: str, warehouse: Warehouse, written: WrittenTable
) -> None:
    before = written.table.current_snapshot()
    assert before is not None
    training_set = icefield.point_in_time_join(
        FRAME, [view("x", open_table(warehouse, written, way))]
    )
    commit_newer_row(warehouse.catalog.load_table(written.table.name()))
    assert training_set.snapshots["x"]["snapshot_id"] == before.snapshot_id
    assert training_set.snapshots["x"]["timestamp_ms"] == before.timestamp_ms
    assert training_set.to_arrow()["x"].to_pylist() == [1]
    assert training_set.snapshots["x"]["snapshot_id"] == before.snapshot_id


def test_a_table_that_is_loaded_again_sees_the_commit(
    warehouse: Warehouse, written: WrittenTable
) -> None:
    commit_newer_row(warehouse.catalog.load_table(written.table.name()))
    table = open_table(warehouse, written, "catalog")
    training_set = icefield.point_in_time_join(FRAME, [view("x", table)])
    assert training_set.to_arrow()["x"].to_pylist() == [2]


def test_two_views_over_one_table_see_one_snapshot(
    warehouse: Warehouse, written: WrittenTable
) -> None:
    early = open_table(warehouse, written, "catalog")
    commit_newer_row(warehouse.catalog.load_table(written.table.name()))
    late = open_table(warehouse, written, "catalog")
    training_set = icefield.point_in_time_join(FRAME, [view("a", early), view("b", late)])
    answer = training_set.to_arrow()
    assert answer["a"].to_pylist() == answer["b"].to_pylist()
    assert training_set.snapshots["a"] == training_set.snapshots["b"]


def test_a_view_names_its_own_snapshot(warehouse: Warehouse, written: WrittenTable) -> None:
    before = written.table.current_snapshot()
    assert before is not None
    commit_newer_row(warehouse.catalog.load_table(written.table.name()))
    table = open_table(warehouse, written, "catalog")
    views = [view("then", table, snapshot_id=before.snapshot_id), view("now", table)]
    answer = icefield.point_in_time_join(FRAME, views).to_arrow()
    assert answer.select(["then", "now"]).to_pylist() == [{"then": 1, "now": 2}]


@pytest.mark.parametrize(
    "pin",
    [{"snapshot_id": 1}, {"ref": "nobody"}, {"as_of": values.EPOCH}],
    ids=["snapshot_id", "ref", "as_of"],
)
def test_a_snapshot_that_does_not_exist_is_an_error(
    pin: dict[str, object], warehouse: Warehouse, written: WrittenTable
) -> None:
    table = open_table(warehouse, written, "catalog")
    with pytest.raises((icefield.errors.NotFoundError, icefield.errors.InvalidArgumentError)):
        icefield.point_in_time_join(FRAME, [view("x", table, **pin)]).to_arrow()


def test_two_pins_are_an_error(warehouse: Warehouse, written: WrittenTable) -> None:
    table = open_table(warehouse, written, "catalog")
    snapshot = written.table.current_snapshot()
    assert snapshot is not None
    with pytest.raises(icefield.errors.InvalidArgumentError, match="ref"):
        icefield.point_in_time_join(
            FRAME, [view("x", table, snapshot_id=snapshot.snapshot_id, ref="main")]
        ).to_arrow()


def test_the_report_waits_for_the_end(warehouse: Warehouse, written: WrittenTable) -> None:
    table = open_table(warehouse, written, "catalog")
    training_set = icefield.point_in_time_join(FRAME, [view("x", table)])
    with pytest.raises(icefield.errors.IcefieldError):
        training_set.report()
    training_set.to_arrow()
    assert training_set.report()["rows"] == 1


def test_a_table_of_many_commits(warehouse: Warehouse) -> None:
    commits = [Commit([FileDef(f"f{n:02}", [[n, DAY, n]])]) for n in range(30)]
    written = warehouse.write(replace(STATS, name="many", steps=list(commits)))
    users = pa.array(range(31), pa.int64())
    times = values.to_arrow([LATER] * 31, pa.timestamp("us", "UTC"))
    frame = pa.table({"user": users, "event_timestamp": times})
    table = open_table(warehouse, written, "catalog")
    answer = icefield.point_in_time_join(frame, [view("x", table)]).to_arrow()
    assert answer["x"].to_pylist() == [*range(30), None]
