"""Provenance: which row of which file gave the features, beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError
from tests.python.lake import append_file, append_rows, ours

HOUR = timedelta(hours=1)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("user", pa.int64()),
        ("ts", pa.timestamp("us", "UTC")),
        ("created", pa.timestamp("us", "UTC")),
        ("x", pa.int64()),
    ]
)
COLUMNS = ["snapshot_id", "file", "position", "event_timestamp", "created_timestamp"]


def row(user, hours, x, created=0):
    ts = NOON + hours * HOUR
    return {"user": user, "ts": ts, "created": ts + created * HOUR, "x": x}


def frame(*users, at=NOON + 9 * HOUR):
    times = pa.array([at] * len(users), pa.timestamp("us", "UTC"))
    return pa.table({"user": pa.array(users, pa.int64()), "event_timestamp": times})


@pytest.fixture(scope="module")
def table(lake):
    """Two files; x is 10 * file + position."""
    made = lake.create(SCHEMA)
    append_file(made, [row(1, 0, 0), row(2, 0, 1), row(1, 2, 2)], row_group_size=2)
    append_file(made, [row(1, 1, 10), row(3, 4, 11, created=1)])
    return made


@pytest.fixture
def view(table):
    return FeatureView("v", ours(table), ["user"], "ts", created_timestamp_column="created")


def test_the_columns_name_the_winners_row(table, view):
    joined = icefield.point_in_time_join(frame(3, 9, 1, None, 2, 1), [view], provenance=True)
    names = ["user", "event_timestamp", "x", *(f"v__{column}" for column in COLUMNS)]
    assert joined.schema.names == names
    assert joined.schema.types[3:6] == [pa.int64(), pa.string(), pa.int64()]
    assert set(joined.schema.types[6:]) == {pa.timestamp("us", "UTC")}
    found = joined.to_arrow()
    assert found.schema == joined.schema
    assert found["x"].to_pylist() == [11, None, 2, None, 1, 2]
    added = {snapshot.snapshot_id for snapshot in table.snapshots()}
    assert set(found["v__snapshot_id"].to_pylist()) == {*added, None}
    for entry in found.to_pylist():
        if entry["x"] is None:
            assert [entry[name] for name in names[3:]] == [None] * 5
            continue
        stored = pq.read_table(entry["v__file"].removeprefix("file://")).to_pylist()
        there = stored[entry["v__position"]]
        assert (there["x"], there["user"]) == (entry["x"], entry["user"])
        assert there["ts"] == entry["v__event_timestamp"]
        assert there["created"] == entry["v__created_timestamp"]


def test_null_values_are_counted_of_features_alone(view):
    joined = icefield.point_in_time_join(frame(1, 9), [view], provenance=True)
    joined.to_arrow()
    assert joined.report()["views"][0]["null_values"] == {"x": 0}


def test_views_keep_their_features_and_provenance_together(table, view):
    plain = FeatureView("w", ours(table), ["user"], "ts", features=[("x", "y")])
    joined = icefield.point_in_time_join(frame(1), [view, plain], provenance=True).to_arrow()
    assert joined.column_names == [
        *("user", "event_timestamp", "x"),
        *(f"v__{column}" for column in COLUMNS),
        "y",
        *(f"w__{column}" for column in COLUMNS[:-1]),
    ]
    assert joined["w__position"].to_pylist() == [2]


def test_views_without_features_have_provenance(table):
    nothing = FeatureView("n", ours(table), ["user"], "ts", features=[])
    joined = icefield.point_in_time_join(frame(2, 9), [nothing], provenance=True).to_arrow()
    assert joined["n__position"].to_pylist() == [1, None]


def test_times_that_are_features_too(table):
    both = FeatureView("v", ours(table), ["user"], "ts", features=["ts", "x", "user"])
    asked = icefield.point_in_time_join(
        frame(1), [both], provenance=True, full_feature_names=True
    ).to_arrow()
    assert asked["v__ts"] == asked["v__event_timestamp"]
    assert asked["v__user"].to_pylist() == [1]


@pytest.mark.parametrize("batch_size", [1, 2, 65536])
def test_every_batch_size_and_thread(view, batch_size):
    options = ReadOptions(threads=3, batch_size=batch_size)
    users = [1, 2, 9, 3] * 5
    many = icefield.point_in_time_join(frame(*users), [view], provenance=True, options=options)
    one = icefield.point_in_time_join(frame(*users), [view], provenance=True)
    assert many.to_arrow() == one.to_arrow()


def test_a_name_that_is_taken_is_refused(table, view):
    named = FeatureView("w", ours(table), ["user"], "ts", features=[("x", "v__file")])
    with pytest.raises(InvalidArgumentError, match=r"v__file.*P13"):
        icefield.point_in_time_join(frame(1), [view, named], provenance=True)
    framed = frame(1).append_column("v__position", pa.array([1]))
    with pytest.raises(InvalidArgumentError, match=r"v__position.*entity frame.*P13"):
        icefield.point_in_time_join(framed, [view], provenance=True)
    assert icefield.point_in_time_join(framed, [view]).to_arrow()["x"].to_pylist() == [2]


def test_latest_has_it_behind_all_columns(table, view):
    latest = icefield.latest(view, provenance=True)
    assert latest.schema.names == ["user", "x", "ts", "created", *(f"v__{c}" for c in COLUMNS)]
    found = latest.to_arrow()
    assert found.schema == latest.schema
    assert {(e["user"], e["x"], e["v__position"]) for e in found.to_pylist()} == {
        *((1, 2, 2), (2, 1, 1), (3, 11, 1))
    }
    assert found["ts"] == found["v__event_timestamp"]
    assert latest.report()["views"][0]["null_values"] == {"x": 0}
    named = FeatureView("v", ours(table), ["user"], "ts", features=[("x", "v__file")])
    with pytest.raises(InvalidArgumentError, match=r"'x'.*provenance column 'v__file'.*P13"):
        icefield.latest(named, provenance=True)


def test_made_frames_have_it(view):
    made = icefield.point_in_time_join(
        None, [view], start=NOON, end=NOON + HOUR, provenance=True
    ).to_arrow()
    assert made["v__position"].to_pylist() == [0, 1, 0]
    assert made["event_timestamp"].cast("int64") == made["v__event_timestamp"].cast("int64")


def test_the_snapshot_is_the_one_that_added_the_file(lake):
    """A later commit carries the file on as an existing one."""
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, 0, 7)])
    first = table.current_snapshot().snapshot_id
    append_rows(table, [row(2, 0, 8)])
    view = FeatureView("v", ours(table), ["user"], "ts")
    joined = icefield.point_in_time_join(frame(1), [view], provenance=True).to_arrow()
    assert joined["v__snapshot_id"].to_pylist() == [first]
