"""Columns changed through the API, as pyiceberg and Icefield read the table afterwards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.types import DecimalType, LongType

import icefield
from icefield import errors
from tests.python.lake import Lake

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("name", pa.string()),
        ("place", pa.struct([("city", pa.string()), ("zip", pa.int32())])),
        ("small", pa.int32()),
    ]
)
ROW = {"id": 1, "name": "a", "place": {"city": "x", "zip": 1}, "small": 7}


@pytest.fixture
def table(tmp_path: Path) -> icefield.Table:
    lake = Lake(tmp_path)
    table = icefield.Table.from_pyiceberg(lake.create(SCHEMA))
    table.append(pa.Table.from_pylist([ROW], schema=SCHEMA))
    return table


def names(table: icefield.Table) -> list[str]:
    return table.schema().names


def test_steps_are_one_commit(table: icefield.Table) -> None:
    before = table.metadata_location
    with table.update_schema() as update:
        update.add_column("score", pa.float64(), doc="of the day")
        update.add_column("place.street", pa.string())
        update.rename_column("name", "label")
        update.update_column("small", LongType())
        update.move_first("label")
        update.move_after("score", "id")
        update.delete_column("place.zip")
    assert names(table) == ["label", "id", "score", "place", "small"]
    assert table.metadata_location != before
    assert table.scan().to_arrow().to_pylist() == [
        {"label": "a", "id": 1, "score": None, "place": {"city": "x", "street": None}, "small": 7}
    ]
    fresh = pa.table({"id": [2], "label": ["b"], "small": [2**40], "score": [0.5]})
    table.append(fresh)
    rows = table.scan().to_arrow().sort_by("id").to_pylist()
    assert rows[1]["small"] == 2**40
    assert rows[1]["place"] is None


def test_a_name_that_comes_again_is_another_column(table: icefield.Table) -> None:
    with table.update_schema() as update:
        update.delete_column("name")
    with table.update_schema() as update:
        update.add_column("name", pa.string())
    assert table.scan(selected_fields=("name",)).to_arrow().to_pylist() == [{"name": None}]


def test_union_adds_and_widens(table: icefield.Table) -> None:
    wider = pa.schema([("small", pa.int64()), ("amount", pa.decimal128(9, 2)), ("id", pa.int32())])
    with table.update_schema() as update:
        update.union_by_name(wider)
    assert str(table.schema().field("small").type) == "int64"
    assert names(table)[-1] == "amount"
    with table.update_schema() as update:
        update.update_column("amount", DecimalType(12, 2))
    assert str(table.schema().field("amount").type) == "decimal128(12, 2)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda u: u.delete_column("nothing"), "nothing"),
        (lambda u: u.add_column("name", pa.int64()), "name"),
        (lambda u: u.update_column("id", pa.int32()), "id"),
        (lambda u: u.rename_column("id", "name"), "name"),
        (lambda u: u.add_column("must", pa.int64(), required=True), "must"),
        (lambda u: u.move_before("id", "place.city"), "id"),
        (lambda u: u.update_column("place", pa.struct([("a", pa.int64())])), "place"),
    ],
)
def test_what_would_break_readers_is_refused(
    table: icefield.Table, change: object, said: str
) -> None:
    before = table.metadata_location
    with pytest.raises(errors.InvalidArgumentError, match=said), table.update_schema() as update:
        change(update)  # type: ignore[operator]
    assert table.refresh().metadata_location == before


def test_a_block_that_raises_commits_nothing(table: icefield.Table) -> None:
    before = table.metadata_location
    update = table.update_schema()
    with suppress(KeyError), update:
        update.delete_column("name")
        raise KeyError
    assert table.refresh().metadata_location == before
    assert "name" in names(table)


def test_types_of_strangers_are_refused(table: icefield.Table) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="pyarrow or a pyiceberg type"):
        table.update_schema().add_column("x", "long")
