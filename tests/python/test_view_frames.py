"""Joins without an entity frame (P14), where a case of tests/pit cannot say it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError
from tests.python.lake import append_file, append_rows, ours

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEMA = pa.schema(
    [
        ("user", pa.int64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("x", pa.int64()),
        ("kind", pa.string()),
    ]
)


def row(user, time, x, kind="a"):
    return {"user": user, "event_timestamp": time, "x": x, "kind": kind}


@pytest.fixture(scope="module")
def table(lake):
    """40 rows of ten users in four files, half of them twice."""
    table = lake.create(SCHEMA)
    rows = [row(n % 10, NOON + timedelta(hours=n // 10), n) for n in range(40)]
    for part in range(4):
        append_file(table, rows[part::4] + rows[part::8], row_group_size=3)
    return table


def view(table, name="stats", **more):
    return FeatureView(name, ours(table), join_keys=["user"], **more)


def pairs(training_set):
    answer = training_set.to_arrow()
    return list(zip(answer["user"].to_pylist(), answer["event_timestamp"].to_pylist(), strict=True))


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("batch_size", [1, 65536])
def test_every_pair_once_and_in_order(table, threads, batch_size):
    training_set = icefield.point_in_time_join(
        None,
        [view(table, features=["x"])],
        start=NOON,
        end=NOON + DAY,
        options=ReadOptions(threads=threads, batch_size=batch_size),
    )
    answer = training_set.to_arrow()
    assert answer.schema == training_set.schema
    assert answer.column_names == ["user", "event_timestamp", "x"]
    assert answer.schema.field("event_timestamp").type == pa.timestamp("us", "UTC")
    assert answer["x"].to_pylist() == list(range(40))
    assert pairs(training_set) == [(n % 10, NOON + timedelta(hours=n // 10)) for n in range(40)]


def test_rows_that_the_row_filter_takes_out_are_not_there(table):
    some = view(table, row_filter="x >= 38", features=["x"])
    answer = icefield.point_in_time_join(None, [some], start=NOON, end=NOON + DAY).to_arrow()
    assert answer["x"].to_pylist() == [38, 39]


def test_bounds_are_inclusive_and_dates_are_midnights(table):
    at_noon = icefield.point_in_time_join(None, [view(table)], start=NOON, end=NOON)
    assert len(pairs(at_noon)) == 10
    days = icefield.point_in_time_join(
        None, [view(table)], start=date(2024, 1, 1), end=date(2024, 1, 2)
    )
    assert len(pairs(days)) == 40
    assert not pairs(icefield.point_in_time_join(None, [view(table)], end=date(2024, 1, 1)))


def test_the_end_is_now_by_default(lake):
    now = datetime.now(UTC).replace(microsecond=0)
    table = lake.create(SCHEMA)
    times = [now - 31 * DAY, now - 29 * DAY, now - timedelta(hours=1), now + DAY]
    append_rows(table, [row(1, time, n) for n, time in enumerate(times)])
    assert pairs(icefield.point_in_time_join(None, [view(table)])) == [(1, t) for t in times[1:3]]
    short = view(table, ttl=timedelta(hours=2))
    assert pairs(icefield.point_in_time_join(None, [short])) == [(1, times[2])]
    endless = view(table, ttl=timedelta.max)
    assert len(pairs(icefield.point_in_time_join(None, [endless]))) == 3


def test_frame_and_features_are_of_one_snapshot(lake):
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, NOON, 1)])
    before = table.current_snapshot().snapshot_id
    training_set = icefield.point_in_time_join(
        None, [view(table, "a"), view(table, "b")], end=NOON + DAY, full_feature_names=True
    )
    append_rows(table, [row(1, NOON, 2), row(2, NOON, 3)])
    answer = training_set.to_arrow()
    assert answer["user"].to_pylist() == [1]
    assert answer["a__x"].to_pylist() == answer["b__x"].to_pylist() == [1]
    assert {pin["snapshot_id"] for pin in training_set.snapshots.values()} == {before}


def test_the_report_says_what_the_frame_cost(table):
    views = [view(table, "a"), view(table, "b"), view(table, "c", row_filter="kind = 'a'")]
    training_set = icefield.point_in_time_join(
        None, views, start=NOON, end=NOON + DAY, full_feature_names=True
    )
    training_set.to_arrow()
    report = training_set.report()
    assert report["rows"] == 40
    assert [part["hits"] for part in report["views"]] == [40, 40, 40]
    frame = report["frame"]
    assert frame["start_us"] == NOON.timestamp() * 10**6
    assert frame["end_us"] == (NOON + DAY).timestamp() * 10**6
    # Views of the same rows are read once, and of them keys and times alone.
    assert [scan["view"] for scan in frame["scans"]] == ["a", "c"]
    assert [scan["rows_seen"] for scan in frame["scans"]] == [60, 60]
    assert 0 < frame["scans"][0]["bytes_read"] < report["views"][0]["bytes_read"]
    assert report["seconds"]["frame"] > 0
    assert "entity frame from view a" in str(report)


def test_a_given_frame_has_no_report_of_its_making(table):
    frame = pa.table({"user": [1], "event_timestamp": [NOON]})
    training_set = icefield.point_in_time_join(frame, [view(table)])
    training_set.to_arrow()
    assert training_set.report()["frame"] is None


def test_files_outside_the_bounds_are_not_read(lake):
    table = lake.create(SCHEMA)
    for day in range(5):
        append_rows(table, [row(day, NOON + day * DAY, day)])
    training_set = icefield.point_in_time_join(
        None, [view(table, ttl=DAY)], start=NOON + 2 * DAY, end=NOON + 2 * DAY
    )
    text = str(training_set.explain())
    assert text.count(".parquet") == 3  # The frame's one, and the day before it for the ttl.
    assert "2024-01-03T12:00:00" in text
    assert pairs(training_set) == [(2, NOON + 2 * DAY)]
    (scan,) = training_set.report()["frame"]["scans"]
    assert (scan["files_planned"], scan["files_pruned"]) == (1, 4)


def test_explain_without_a_frame(table):
    text = str(icefield.explain(None, [view(table)], start=NOON, end=NOON + DAY))
    assert "entity frame" in text
    assert "view stats" in text
    assert str(table.current_snapshot().snapshot_id) in text


def test_what_makes_no_frame_is_refused(table, lake):
    with pytest.raises(InvalidArgumentError, match="P14"):
        icefield.point_in_time_join(None, [])
    with pytest.raises(InvalidArgumentError, match="after its end"):
        icefield.point_in_time_join(None, [view(table)], start=NOON + DAY, end=NOON)
    frame = pa.table({"user": [1], "event_timestamp": [NOON]})
    for bound in ({"start": NOON}, {"end": NOON}):
        with pytest.raises(InvalidArgumentError, match="leave them out"):
            icefield.point_in_time_join(frame, [view(table)], **bound)
    with pytest.raises(InvalidArgumentError, match="str"):
        icefield.point_in_time_join(None, [view(table)], end="now")
    twice = FeatureView("twice", ours(table), join_keys=[("user", "k"), ("x", "k")])
    with pytest.raises(InvalidArgumentError, match="'twice' maps two join keys to the column 'k'"):
        icefield.point_in_time_join(None, [twice], end=NOON)
    with pytest.raises(InvalidArgumentError, match="entity_timestamp"):
        icefield.point_in_time_join(None, [view(table)], end=NOON, entity_timestamp="user")


def test_times_at_the_ends_of_the_range(table):
    far = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    ends = icefield.point_in_time_join(None, [view(table)], start=datetime(1, 1, 1), end=far)
    assert len(pairs(ends)) == 40


def test_many_distinct_rows(lake):
    table = lake.create(SCHEMA)
    count = 200_000
    users = [n * 7919 % count for n in range(count)]
    times = [NOON + timedelta(seconds=user % 1000) for user in users]
    columns = [users, times, users, [None] * count]
    table.append(pa.table(columns, schema=SCHEMA))
    table.append(pa.table([column[::2] for column in columns], schema=SCHEMA))
    training_set = icefield.point_in_time_join(None, [view(table)], start=NOON, end=NOON + DAY)
    assert pairs(training_set) == sorted(zip(users, times, strict=True), key=lambda p: p[::-1])
    assert training_set.to_arrow()["x"].to_pylist() == training_set.to_arrow()["user"].to_pylist()
