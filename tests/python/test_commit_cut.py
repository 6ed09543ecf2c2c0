"""The commit cut (P9) over tables by other writers, and what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView
from icefield.errors import UnsupportedError
from tests.python.lake import append_rows, ours

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
SCHEMA = pa.schema(
    [("user", pa.int64()), ("event_timestamp", pa.timestamp("us", "UTC")), ("x", pa.int64())]
)


def rows(*values):
    return [{"user": user, "event_timestamp": NOON, "x": x} for user, x in values]


def commit_time(snapshot):
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=snapshot.timestamp_ms)


def known(table, user, times, **more):
    """What was known of the user at these times."""
    frame = pa.table(
        {"user": [user] * len(times), "event_timestamp": pa.array(times, pa.timestamp("us", "UTC"))}
    )
    view = FeatureView("stats", table, join_keys=["user"])
    return icefield.point_in_time_join(frame, [view], commit_cut=True, **more)


def test_pyicebergs_appends_are_dated_by_their_snapshots(lake):
    table = lake.create(SCHEMA)
    for x in range(3):
        append_rows(table, rows((1, x)))
    times = [commit_time(snapshot) for snapshot in table.snapshots()]
    early = [time - timedelta(microseconds=1) for time in times]
    assert known(ours(table), 1, early).to_arrow()["x"].to_pylist()[0] is None
    training_set = known(ours(table), 1, times)
    assert training_set.to_arrow()["x"].to_pylist()[-1] == 2
    (view,) = training_set.report()["views"]
    assert view["commit_cut"] == "applied"
    assert "commit cut: applied" in str(training_set.report())
    assert "view stats, commit cut" in str(known(ours(table), 1, times).explain())


def test_without_the_cut_it_is_not_mentioned(lake):
    table = lake.create(SCHEMA)
    append_rows(table, rows((1, 1)))
    view = FeatureView("stats", ours(table), join_keys=["user"])
    frame = pa.table({"user": [1], "event_timestamp": [NOON]})
    training_set = icefield.point_in_time_join(frame, [view])
    assert "cut" not in str(training_set.explain())
    assert training_set.to_arrow()["x"].to_pylist() == [1]
    assert training_set.report()["views"][0]["commit_cut"] == "not applied"


def test_what_is_refused_names_table_and_snapshot(lake):
    table = lake.create(SCHEMA)
    append_rows(table, rows((1, 1), (2, 2)))
    table.delete("user = 1")
    overwritten = table.current_snapshot()
    append_rows(table, rows((1, 3)))
    with pytest.raises(UnsupportedError) as refused:
        known(ours(table), 1, [NOON])  # When it is made: no row needs to be read.
    message = str(refused.value)
    assert table.name()[-1] in message
    assert str(overwritten.snapshot_id) in message
    assert overwritten.summary.operation.value in message
