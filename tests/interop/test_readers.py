"""What the readers refuse is told from what they should read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import icefield
from tests.interop.filters import Filter
from tests.interop.readers import IcefieldReader, PyicebergReader, Question, UnreadableError

KIND = "decimal(9, 9)"
SCHEMA = pa.schema([("x", pa.decimal128(9, 9))])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> icefield.Table:
    """Of one decimal below one."""
    folder: Path = tmp_path_factory.mktemp("readers")
    catalog = icefield.load_catalog(
        "default", type="sql", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}"
    )
    catalog.create_namespace("ns")
    made = catalog.create_table("ns.t", SCHEMA)
    made.append(pa.table({"x": [Decimal("0.5")]}, schema=SCHEMA))
    return made


def question(table: icefield.Table, literal: str) -> Question:
    snapshot = table.current_snapshot()
    assert snapshot is not None
    where = Filter("!=", ("x",), KIND, (literal,))
    location = table.metadata_location
    return Question(
        location, SCHEMA, ("x",), frozenset([KIND]), snapshot.snapshot_id, current=True, where=where
    )


def test_a_decimal_with_more_digits_than_its_column_is_not_read_by_pyiceberg(
    table: icefield.Table,
) -> None:
    long = question(table, "93931.159744108")
    assert len(IcefieldReader().rows(long)) == 1
    with pytest.raises(UnreadableError, match="more digits than its column"):
        PyicebergReader().rows(long)
    short = question(table, "0.250000000")
    assert PyicebergReader().rows(short) == IcefieldReader().rows(short)
