"""What a frame leaves out of a table: row groups, pages and values, and that answers stay."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView

START = datetime(2024, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", "UTC")
ROWS = 20_000
KEYS = 500
SMALL_PAGES = {"write.parquet.page-row-limit": "100"}


def sorted_rows(seed: int = 0) -> list[dict[str, Any]]:
    """Rows in the order of key and time, keys and times at random."""
    chance = random.Random(seed)
    rows = [
        {
            "k": 3 * chance.randrange(KEYS),
            "at": START + timedelta(seconds=chance.randrange(86_400)),
            "x": chance.randrange(1000),
            "name": chance.choice(["a", "b", None]),
        }
        for _ in range(ROWS)
    ]
    return sorted(rows, key=lambda row: (row["k"], row["at"], row["x"]))


SCHEMA = pa.schema([("k", pa.int64()), ("at", STAMP), ("x", pa.int64()), ("name", pa.string())])


def written(tmp_path, rows, **properties: str) -> icefield.Table:
    """The rows as one file of Icefield's writer."""
    catalog = icefield.load_catalog(
        "made", type="sql", uri=f"sqlite:///{tmp_path}/made.db", warehouse=str(tmp_path / "made")
    )
    catalog.create_namespace("ns")
    table = catalog.create_table(
        "ns.t",
        SCHEMA,
        properties=properties,
    )
    table.append(pa.Table.from_pylist(rows, SCHEMA))
    return catalog.load_table("ns.t")


def frame_of(keys, seed: int = 1) -> pa.Table:
    """Entity rows of these keys within the day."""
    chance = random.Random(seed)
    times = [START + timedelta(seconds=chance.randrange(90_000)) for _ in keys]
    return pa.table({"k": pa.array(keys, pa.int64()), "event_timestamp": pa.array(times, STAMP)})


def expected(rows, frame: pa.Table, ttl: timedelta | None) -> list[tuple[Any, Any]]:
    """The newest row of each entity row's key, by looking at all of them."""
    found = []
    by_key: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_key.setdefault(row["k"], []).append(row)
    for entity in frame.to_pylist():
        at = entity["event_timestamp"]
        best = None
        for row in by_key.get(entity["k"], []):
            if row["at"] <= at and (ttl is None or row["at"] >= at - ttl):
                best = row  # Later rows of one time stand further down: the greater position.
        found.append((best["x"], best["name"]) if best else (None, None))
    return found


def joined(table, frame, ttl):
    view = FeatureView(
        "v", table, join_keys=["k"], timestamp_field="at", ttl=ttl, features=["x", "name"]
    )
    result = icefield.point_in_time_join(frame, [view])
    rows = result.to_arrow()
    pairs = list(zip(rows["x"].to_pylist(), rows["name"].to_pylist(), strict=True))
    return pairs, result.report()["views"][0]


@pytest.mark.parametrize("ttl", [None, timedelta(hours=2)])
@pytest.mark.parametrize("count", [1, 20, 3000])
def test_pages_without_a_key_of_the_frame_are_not_read(tmp_path, count, ttl):
    rows = sorted_rows()
    table = written(tmp_path, rows, **SMALL_PAGES)
    chance = random.Random(count)
    frame = frame_of([chance.randrange(3 * KEYS) for _ in range(count)])
    pairs, view = joined(table, frame, ttl)
    assert pairs == expected(rows, frame, ttl)
    if count == 1:
        assert view["rows_seen"] <= 200
        assert view["rows_pruned"] == ROWS - view["rows_seen"]
    if count == 20:
        assert view["rows_seen"] < ROWS / 5


def test_times_are_pruned_by_pages_too(tmp_path):
    rows = sorted(sorted_rows(), key=lambda row: (row["at"], row["k"], row["x"]))
    table = written(tmp_path, rows, **SMALL_PAGES)
    frame = pa.table(
        {"k": list(range(0, 3 * KEYS, 3)), "event_timestamp": [START + timedelta(hours=3)] * KEYS},
        pa.schema([("k", pa.int64()), ("event_timestamp", STAMP)]),
    )
    ttl = timedelta(hours=1)
    pairs, view = joined(table, frame, ttl)
    assert pairs == expected(rows, frame, ttl)
    assert view["rows_seen"] < ROWS / 20


def test_bloom_filters_leave_out_row_groups(tmp_path):
    rows = sorted_rows()
    random.Random(5).shuffle(rows)
    properties = {"write.parquet.bloom-filter-enabled.column.k": "true"}
    table = written(tmp_path, rows, **properties)
    frame = frame_of([1, 4, 700])  # Not divisible by 3: in no row, but between the bounds.
    pairs, view = joined(table, frame, None)
    assert pairs == [(None, None)] * 3
    assert view["rows_seen"] == 0
    assert view["row_groups_pruned"] == 1


def test_without_an_index_all_rows_are_looked_at(tmp_path, lake):
    rows = sorted_rows()
    theirs = lake.create(SCHEMA)
    theirs.append(pa.Table.from_pylist(rows, SCHEMA))
    frame = frame_of([0, 30, 31])
    table = icefield.load_table(theirs.metadata_location)
    pairs, view = joined(table, frame, timedelta(hours=5))
    assert pairs == expected(rows, frame, timedelta(hours=5))
    assert view["rows_seen"] == ROWS
