"""Views over one table: its keys and times are read once where they decide alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

import icefield
from icefield import FeatureView
from tests.python.lake import ours

STAMP = pa.timestamp("us", "UTC")
START = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMA = pa.schema(
    [("k", pa.int64()), ("other", pa.int64()), ("at", STAMP), ("x", pa.int64()), ("y", pa.string())]
)


def rows_of_table(count: int = 400):
    return [
        {
            "k": row % 7,
            "other": row % 5,
            "at": START + timedelta(minutes=row * 37 % 1000),
            "x": row,
            "y": f"text {row}",
        }
        for row in range(count)
    ]


def frame():
    times = [START + timedelta(minutes=minute) for minute in range(0, 1000, 9)]
    return pa.table(
        {"k": [at % 9 for at in range(len(times))], "event_timestamp": pa.array(times, STAMP)}
    )


def view(name, table, features, **options):
    terms = {"join_keys": ["k"], "timestamp_field": "at", **options}
    return FeatureView(name, table, features=features, **terms)


def alone(table, features, **options):
    """What one view gives by itself."""
    joined = icefield.point_in_time_join(frame(), [view("v", table, features, **options)])
    return joined.to_arrow().drop_columns(["k", "event_timestamp"])


def test_views_that_decide_alike_read_keys_and_times_once(lake):
    theirs = lake.create(SCHEMA)
    theirs.append(pa.Table.from_pylist(rows_of_table(), SCHEMA))
    table = ours(theirs)
    hour = timedelta(hours=1)
    views = [
        view("first", table, ["x"]),
        view("second", table, ["y"]),
        view("shorter", table, [("x", "short")], ttl=hour),
        view("third", table, [("y", "again"), ("x", "x again")]),
        view("elsewhere", table, [("x", "other x")], join_keys=[("other", "k")]),
        view("filtered", table, [("x", "even")], row_filter="x > 200"),
    ]
    joined = icefield.point_in_time_join(frame(), views)
    plan = {view["view"]: view for view in joined.explain(footers=True)["views"]}
    assert "with those of view first" in plan["second"]["strategy"]
    assert plan["second"]["bytes_deciding"] == 0 < plan["first"]["bytes_deciding"]
    assert plan["second"]["memory"]["slots"] == 0
    rows = joined.to_arrow()
    reports = {report["view"]: report for report in joined.report()["views"]}
    shared = {name: report["decided_with"] for name, report in reports.items()}
    assert shared == {
        "first": None,
        "second": "first",
        "shorter": "first",
        "third": "first",
        "elsewhere": None,
        "filtered": None,
    }
    assert reports["first"]["rows_seen"] == 400
    assert reports["second"]["rows_seen"] == 0
    assert reports["second"]["hits"] == reports["first"]["hits"]
    assert rows["x"].equals(alone(table, ["x"])["x"])
    assert rows["y"].equals(alone(table, ["y"])["y"])
    assert rows["again"].equals(rows["y"])
    assert rows["short"].equals(alone(table, ["x"], ttl=hour)["x"])
    assert rows["other x"].equals(alone(table, ["x"], join_keys=[("other", "k")])["x"])
    assert rows["even"].equals(alone(table, ["x"], row_filter="x > 200")["x"])


def test_views_of_any_ttls_share(lake):
    theirs = lake.create(SCHEMA)
    by_time = sorted(rows_of_table(), key=lambda row: row["at"])
    for part in range(0, 400, 100):  # Files that a TTL rules out, and others.
        theirs.append(pa.Table.from_pylist(by_time[part : part + 100], SCHEMA))
    table = ours(theirs)
    ttls = [timedelta(minutes=minutes) for minutes in (90, 3, 1000, 3, 30)] + [None]
    for order in (ttls, ttls[::-1], ttls[1:4]):
        views = [
            view(f"v{at}", table, [("x", f"x{at}"), ("y", f"y{at}")], ttl=ttl)
            for at, ttl in enumerate(order)
        ]
        joined = icefield.point_in_time_join(frame(), views)
        rows = joined.to_arrow()
        reports = joined.report()["views"]
        assert [report["decided_with"] for report in reports] == [None] + ["v0"] * (len(order) - 1)
        for at, ttl in enumerate(order):
            expected = alone(table, ["x", "y"], ttl=ttl)
            assert rows[f"x{at}"].equals(expected["x"])
            assert rows[f"y{at}"].equals(expected["y"])
            assert reports[at]["hits"] == len(expected["x"].drop_null())


def test_views_at_two_snapshots_do_not_share(lake):
    theirs = lake.create(SCHEMA)
    theirs.append(pa.Table.from_pylist(rows_of_table(200), SCHEMA))
    before = theirs.current_snapshot().snapshot_id
    theirs.append(pa.Table.from_pylist(rows_of_table(400)[200:], SCHEMA))
    table = ours(theirs)
    views = [view("now", table, ["x"]), view("then", table, ["y"], snapshot_id=before)]
    joined = icefield.point_in_time_join(frame(), views)
    joined.to_arrow()
    assert [report["decided_with"] for report in joined.report()["views"]] == [None, None]
