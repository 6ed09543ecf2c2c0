"""Rows of one key and event time: created times are read of them alone, or of all rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import CorruptDataError
from tests.python.files import columns, foreign_file, one_file_table
from tests.python.lake import append_file, ours
from tests.raw import RawTable

HOUR = timedelta(hours=1)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema([("user", pa.int64()), ("ts", TIME), ("created", TIME), ("x", pa.int64())])


def row(user, hours, x, created):
    made = None if created is None else NOON + created * HOUR
    return {"user": user, "ts": NOON + hours * HOUR, "created": made, "x": x}


def frame(*users, hours=4):
    times = pa.array([NOON + hours * HOUR] * len(users), TIME)
    return pa.table({"user": pa.array(users, pa.int64()), "event_timestamp": times})


def view_of(table, **more):
    return FeatureView("v", ours(table), ["user"], "ts", created_timestamp_column="created", **more)


def join(entities, view, **more):
    joined = icefield.point_in_time_join(entities, [view], **more)
    values = joined.to_arrow()["x"].to_pylist()
    return values, joined.report()["views"][0]


@pytest.fixture(scope="module")
def table(lake):
    """User 1 ties among losers, 2 by created time over two files, 3 fully, 4 with one without."""
    made = lake.create(SCHEMA)
    append_file(
        made,
        [row(1, 0, 10, 5), row(1, 0, 11, 7), row(2, 3, 20, 6), row(3, 3, 30, 1), row(4, 1, 40, 0)],
        row_group_size=2,
    )
    append_file(
        made,
        [row(1, 2, 12, 1), row(2, 3, 21, 5), row(3, 3, 31, 1), row(4, 1, 41, None)],
        row_group_size=2,
    )
    return made


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 1000])
def test_created_times_of_ties_alone_are_read(table, threads, batch_size):
    options = ReadOptions(threads=threads, batch_size=batch_size)
    values, report = join(frame(1, 2, 3, 4, 5, 2), view_of(table), options=options)
    assert values == [12, 20, 31, 40, None, 20]
    assert report["ties"] == "aside"
    assert report["full_ties"] == 1
    assert report["hits_not_yet_created"] == 2
    assert report["null_values"] == {"x": 0}


def test_with_provenance_and_a_created_feature(table):
    view = view_of(table, features=["created", "x"])
    joined = icefield.point_in_time_join(frame(4, 2, 9), [view], provenance=True)
    found = joined.to_arrow()
    created = [NOON, NOON + 6 * HOUR, None]
    assert found["created"].to_pylist() == found["v__created_timestamp"].to_pylist() == created
    assert joined.report()["views"][0]["hits_not_yet_created"] == 1


def test_without_features_and_without_hits(table):
    values, report = join(frame(9), view_of(table))
    assert (values, report["hits_not_yet_created"], report["ties"]) == ([None], 0, "aside")


def test_cuts_need_all_created_times(table):
    values, report = join(frame(1, 2, 3, 4), view_of(table), created_cut=True)
    assert values == [12, None, 31, 40]
    assert report["ties"] == "with created times"


def test_dates_tie_too_often(lake):
    days = pa.schema(
        [("user", pa.int64()), ("ts", pa.date32()), ("created", TIME), ("x", pa.int64())]
    )
    made = lake.create(days)
    append_file(made, [{**row(1, 0, x, 9 - x), "ts": NOON.date()} for x in range(3)])
    values, report = join(frame(1), view_of(made))
    assert (values, report["ties"], report["hits_not_yet_created"]) == (
        [0],
        "with created times",
        1,
    )


def test_without_created_times_there_is_nothing_to_read(table):
    values, report = join(frame(2), FeatureView("v", ours(table), ["user"], "ts", features=["x"]))
    assert (values, report["ties"], report["full_ties"]) == ([21], "none", 1)


def test_too_many_ties_are_read_again_with_all_created_times(lake):
    made = lake.create(SCHEMA)
    rows = 1_100_000
    numbers = np.arange(rows)
    noon = pa.scalar(NOON, TIME).value
    part = pa.table(
        {
            "user": np.ones(rows, np.int64),
            "ts": pa.array(np.full(rows, noon)).cast(TIME),
            "created": pa.array(noon - abs(numbers - 400_000)).cast(TIME),
            "x": numbers,
        },
        SCHEMA,
    )
    made.append(part)
    append_file(made, [row(2, 0, 7, 9)])
    values, report = join(frame(1, 2), view_of(made))
    assert values == [400_000, 7]
    assert report["ties"] == "with created times"
    assert (report["full_ties"], report["hits_not_yet_created"]) == (0, 1)
    assert report["rows_seen"] == rows + 1
    assert report["files_read"] == 2


@pytest.mark.parametrize("latest", [False, True])
def test_deletes_are_there_when_all_is_read_again(tmp_path, latest):
    """A file with a delete is read to its end before it is known that too many rows tie."""
    types = [("user", "long"), ("ts", "timestamptz"), ("created", "timestamptz"), ("x", "long")]
    table = RawTable(tmp_path, types)
    rows = 4_300_000 if latest else 1_100_000

    def file(users, hours, xs):
        times = pa.array(np.asarray(hours) * 3_600_000_000).cast(TIME)
        arrays = {"user": pa.array(users), "ts": times, "created": times, "x": pa.array(xs)}
        return foreign_file(table, columns(**arrays))

    first = file([3, 3], [1, 0], [31, 30])
    table.commit([first])
    table.commit(deletes=table.position_deletes({first: [0]}))
    table.commit([file(np.ones(rows, np.int64), np.full(rows, 2), np.arange(rows))])
    view = FeatureView(
        "v",
        icefield.load_table(table.metadata_location),
        ["user"],
        "ts",
        created_timestamp_column="created",
    )
    options = ReadOptions(threads=1)
    entities = pa.table(
        {"user": [1, 3], "event_timestamp": pa.array([NOON.replace(year=1999)] * 2, TIME)}
    )
    if latest:
        found = icefield.latest(view, options=options)
    else:
        found = icefield.point_in_time_join(entities, [view], options=options)
    answer = found.to_arrow()
    assert dict(zip(answer["user"].to_pylist(), answer["x"].to_pylist(), strict=True)) == {
        1: rows - 1,
        3: 30,
    }
    report = found.report()["views"][0]
    assert report["ties"] == "with created times"
    assert report["deletes"]["rows_deleted_by_position"] == 1


def ns_table(folder, users, times, created):
    """Event times in nanoseconds, created times in microseconds, which go further."""
    types = [("user", "long"), ("ts", "timestamp_ns"), ("created", "timestamp"), ("x", "long")]
    rows = columns(
        user=pa.array(users),
        ts=pa.array(times, pa.timestamp("ns")),
        created=pa.array(created, pa.timestamp("us")),
        x=pa.array(range(len(users))),
    )
    return icefield.load_table(one_file_table(folder, types, rows).metadata_location)


def ns_view(table, name="v", **more):
    return FeatureView(name, table, ["user"], "ts", created_timestamp_column="created", **more)


FAR = [datetime(9999, 12, 31), datetime(1, 1, 1)]


def test_a_created_time_beyond_nanoseconds_decides_nothing_where_nothing_ties(tmp_path):
    view = ns_view(ns_table(tmp_path, [1, 2, 3], [5, 6, 7], [*FAR, None]))
    latest = icefield.latest(view).to_arrow().sort_by("user")
    assert latest["created"].to_pylist() == [*FAR, None]
    entities = pa.table(
        {"user": [1, 2, 3], "event_timestamp": pa.array([9] * 3, pa.timestamp("ns"))}
    )
    values, report = join(entities, view)
    assert (values, report["hits_not_yet_created"]) == ([0, 1, 2], 1)


def test_a_created_time_beyond_nanoseconds_that_decides_is_refused(tmp_path):
    view = ns_view(ns_table(tmp_path, [1, 1], [5, 5], FAR))
    entities = pa.table({"user": [1], "event_timestamp": pa.array([9], pa.timestamp("ns"))})
    for ask in (lambda: icefield.latest(view).to_arrow(), lambda: join(entities, view)):
        with pytest.raises(CorruptDataError, match=r"created column 'created' of view 'v'.*beyond"):
            ask()


def test_what_is_planned_is_near_with_created_times_and_two_ttls(tmp_path):
    """Created times are counted once, for all views of a scan."""
    users = list(range(20_000))
    ticks = [tick * 1000 for tick in users]
    table = ns_table(tmp_path, users, ticks, users)
    ask = [ns_view(table, name, ttl=ttl) for name, ttl in (("a", HOUR), ("b", 2 * HOUR))]
    at = pa.array([10**9] * len(users), pa.timestamp("ns"))
    entities = pa.table({"user": users, "event_timestamp": at})
    joined = icefield.point_in_time_join(entities, ask, full_feature_names=True)
    joined.to_arrow()
    reports = joined.report()["views"]
    planned = sum(view["bytes_planned"] for view in reports)
    seen = sum(view["bytes_read"] for view in reports)
    assert seen <= planned <= 1.1 * seen
    limit = ReadOptions(max_bytes=planned)
    again = icefield.point_in_time_join(entities, ask, full_feature_names=True, options=limit)
    assert again.to_arrow().num_rows == len(users)
