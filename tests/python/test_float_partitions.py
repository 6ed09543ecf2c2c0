"""Partitions of floats: NaN is one like any other, 0.0 and -0.0 are two."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pyarrow as pa
import pytest

import icefield
from icefield import errors
from tests.python.lake import Lake
from tests.raw import RawTable

NAN = math.nan
VALUES = [None, 1.5, -2.0, 0.0, -0.0, NAN, math.inf, 1e30]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def rows(kind: pa.DataType, values: list[float | None], first: int = 0) -> pa.Table:
    ids = range(first, first + len(values))
    return pa.table({"id": pa.array(ids, pa.int64()), "x": pa.array(values, kind)})


def bits(value: float | None) -> bytes | None:
    """What tells a value from others: all NaNs are one."""
    if value is None or math.isnan(value):
        return None if value is None else b"nan"
    return struct.pack("<d", value)


def cells(table: icefield.Table) -> set[tuple[int, bytes | None]]:
    got = table.refresh().scan().to_arrow().to_pylist()
    assert len({row["id"] for row in got}) == len(got)
    return {(row["id"], bits(row["x"])) for row in got}


def partitioned(lake: Lake, kind: pa.DataType) -> icefield.Table:
    schema = pa.schema([("id", pa.int64()), ("x", kind)])
    catalog = icefield.load_catalog("default", **lake.properties)
    return catalog.create_table("ns.floats", schema, partition_spec=["x"])


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()], ids=str)
def test_partitions_are_replaced_alone(lake: Lake, kind: pa.DataType) -> None:
    table = partitioned(lake, kind)
    table.append(rows(kind, VALUES * 2))
    expected = {i: pa.array([v], kind)[0].as_py() for i, v in enumerate(VALUES * 2)}
    replaced: list[list[float | None]] = [[v] for v in VALUES]
    replaced += [[NAN, 1.5], [NAN, NAN, None], [-0.0, NAN, 0.0], [7.0]]
    for number, fresh in enumerate(replaced):
        new = rows(kind, fresh, first=100 * (number + 1))
        table.dynamic_partition_overwrite(new)
        gone = {bits(v) for v in new["x"].to_pylist()}
        expected = {i: v for i, v in expected.items() if bits(v) not in gone}
        expected |= dict(zip(new["id"].to_pylist(), new["x"].to_pylist(), strict=True))
        assert cells(table) == {(i, bits(v)) for i, v in expected.items()}
        summary = table.snapshots()[-1].summary
        assert summary["changed-partition-count"] == str(len(gone))


def test_nans_of_other_bits_are_one_partition(lake: Lake) -> None:
    table = partitioned(lake, pa.float64())
    other = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0007))[0]
    table.append(rows(pa.float64(), [NAN, other, 1.0]))
    assert len(list(table.scan().plan_files())) == 2
    table.dynamic_partition_overwrite(rows(pa.float64(), [other], first=10))
    assert cells(table) == {(2, bits(1.0)), (10, b"nan")}


@pytest.mark.parametrize(("other", "conflicts"), [(NAN, True), (2.0, False), (None, False)])
def test_a_replaced_partition_meets_what_was_added_to_it(
    lake: Lake, other: float | None, conflicts: bool
) -> None:
    table = partitioned(lake, pa.float64())
    table.append(rows(pa.float64(), [NAN, 1.0]))
    beside = icefield.load_catalog("default", **lake.properties).load_table("ns.floats")
    beside.append(rows(pa.float64(), [other], first=10))
    fresh = rows(pa.float64(), [NAN], first=20)
    if conflicts:
        with pytest.raises(errors.ConflictError, match="load the table again"):
            table.dynamic_partition_overwrite(fresh)
        assert cells(table) == {(0, b"nan"), (1, bits(1.0)), (10, b"nan")}
    else:
        table.dynamic_partition_overwrite(fresh)
        assert cells(table) == {(1, bits(1.0)), (10, bits(other)), (20, b"nan")}


def test_deletes_of_a_replaced_partition_go_with_it(lake: Lake, tmp_path: Path) -> None:
    raw = RawTable(tmp_path / "raw", [("id", "long"), ("x", "double")], spec=[("x", "identity")])
    files = {
        value: [
            raw.write_data([(10 * at, value), (10 * at + 1, value)], partition=(value,))
            for at in (first, first + 1)
        ]
        for first, value in ((0, NAN), (2, 1.0))
    }
    raw.commit([file for pair in files.values() for file in pair])
    raw.commit(
        deletes=raw.position_deletes({file: [0] for pair in files.values() for file in pair})
    )
    raw.register(lake.catalog, "ns.raw")
    table = icefield.load_catalog("default", **lake.properties).load_table("ns.raw")
    assert cells(table) == {(1, b"nan"), (11, b"nan"), (21, bits(1.0)), (31, bits(1.0))}
    table.dynamic_partition_overwrite(rows(pa.float64(), [NAN], first=50))
    assert cells(table) == {(50, b"nan"), (21, bits(1.0)), (31, bits(1.0))}
    assert table.snapshots()[-1].summary["removed-delete-files"] == "1"
