"""Views over one table: its keys and times are read once where they scan alike."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyiceberg.types import LongType, StringType

import icefield
from icefield import FeatureView, MemoryBudget, ReadOptions
from tests.python.lake import append_file, ours

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


def test_views_that_scan_alike_read_keys_and_times_once(lake):
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


def test_views_of_one_snapshot_by_two_schemas_scan_apart(lake):
    """A named snapshot is read by its own schema, the current one by the table's (P11)."""
    schema = SCHEMA.append(pa.field("z", pa.int32()))
    theirs = lake.create(schema)
    rows = [{**row, "z": row["x"] * 3} for row in rows_of_table()]
    theirs.append(pa.Table.from_pylist(rows, schema))
    with theirs.update_schema() as update:
        update.add_column("late", StringType())
        update.update_column("z", LongType())
    table = ours(theirs)
    now = view("now", table, ["z", "late"])
    pin = {"snapshot_id": theirs.current_snapshot().snapshot_id}
    then = view("then", table, ["z"], **pin)
    wanted = alone(table, ["z"], **pin)
    assert wanted.schema.field("z").type == pa.int32()
    for views in ([now, then], [then, now]):
        joined = icefield.point_in_time_join(frame(), views, full_feature_names=True).to_arrow()
        assert joined["then__z"].equals(wanted["z"])
        assert joined["now__z"].equals(wanted["z"].cast(pa.int64()))
        assert joined["now__late"].null_count == joined.num_rows


# Views under several key mappings: one table of places, an entity frame of trips.

LEAST = 64 << 20
PLACES = pa.schema(
    [
        ("place", pa.int64()),
        ("zone", pa.string()),
        ("at", STAMP),
        ("created", STAMP),
        ("day", pa.date32()),
        ("x", pa.int64()),
        ("y", pa.string()),
    ]
)


def places(lake, rng, start=START, rows=600, **parquet_options):
    """Times and created times tie often; some keys and times are missing."""
    table = lake.create(PLACES)
    for _ in range(3):
        minutes = [rng.randrange(60) * 10 for _ in range(rows // 3)]
        stored = [
            {
                "place": rng.choice([None, *range(12)]),
                "zone": rng.choice("ab"),
                "at": rng.choice([None] + [start + timedelta(minutes=minute)] * 9),
                "created": rng.choice([None] + [start + timedelta(minutes=minute + 20)] * 3),
                "day": start.date() + timedelta(days=minute // 100),
                "x": rng.randrange(10**6),
                "y": f"text {minute}",
            }
            for minute in minutes
        ]
        append_file(table, stored, row_group_size=50, **parquet_options)
    return table


def trips(rng, count=150, known=range(14), start=START):
    """Entity rows with three places and zones each."""
    times = [start + timedelta(minutes=rng.randrange(-20, 700)) for _ in range(count)]
    columns = {"event_timestamp": pa.array(times, STAMP)}
    for end in ("origin", "via", "destination"):
        columns[f"{end}_place"] = pa.array([rng.choice([None, *known]) for _ in times], pa.int64())
        columns[f"{end}_zone"] = [rng.choice("abc") for _ in times]
    return pa.table(columns)


def at_end(end, table, features=("x",), keys=("place",), **options):
    terms = {"timestamp_field": "at", "created_timestamp_column": "created", **options}
    return FeatureView(
        end,
        table,
        join_keys=[(key, f"{end.split(' ')[0]}_{key}") for key in keys],
        features=list(features),
        **terms,
    )


def together_and_alone(frame, views, **terms):
    """The views in one join, its reports by view, and each view in a join of its own."""
    joined = icefield.point_in_time_join(frame, views, full_feature_names=True, **terms)
    rows = joined.to_arrow()
    reports = {report["view"]: report for report in joined.report()["views"]}
    for view in views:
        single = icefield.point_in_time_join(frame, [view], full_feature_names=True, **terms)
        alone = single.to_arrow()
        for name in alone.column_names:
            assert rows[name].equals(alone[name]), name
        (expected,) = single.report()["views"]
        for figure in ("hits", "null_values", "full_ties", "hits_not_yet_created"):
            assert reports[view.name][figure] == expected[figure], (view.name, figure)
    return joined, reports


TERMS = [
    {},
    {"created_cut": True},
    {"commit_cut": True},
    {"provenance": True},
    {"memory_budget": MemoryBudget(held_size=1)},
    {"memory_budget": MemoryBudget(pass_rows=13, held_size=100)},
    {"options": ReadOptions(threads=3, batch_size=7)},
    {"options": ReadOptions(threads=1, batch_size=1)},
]


@pytest.mark.parametrize("terms", TERMS, ids=str)
@pytest.mark.parametrize(
    "view_terms",
    [
        {},
        {"keys": ("place", "zone")},
        {"created_timestamp_column": None, "row_filter": "x > 200000"},
        {"timestamp_field": "day"},
    ],
    ids=str,
)
def test_views_under_several_key_mappings_answer_as_alone(lake, terms, view_terms):
    if terms.get("created_cut") and view_terms.get("created_timestamp_column", "") is None:
        terms = {**terms, "created_cut": "where_available"}
    rng = random.Random(f"{terms} {view_terms}")
    # Commits are made now: with their cut, some entity times lie before them and some behind.
    is_cut = terms.get("commit_cut", False)
    start = datetime.now(UTC) - timedelta(minutes=350) if is_cut else START
    table = ours(places(lake, rng, start))
    hour = timedelta(hours=1)
    views = [
        at_end("origin", table, **view_terms),
        at_end("via", table, ["y"], ttl=hour, **view_terms),
        at_end("destination", table, ["y", "x"], ttl=3 * hour, **view_terms),
        at_end("origin again", table, ["y"], ttl=hour, **view_terms),
        at_end("via again", table, ["x"], ttl=hour, **view_terms),
    ]
    _, reports = together_and_alone(trips(rng, start=start), views, **terms)
    others = [report["decided_with"] for report in list(reports.values())[1:]]
    assert reports["origin"]["decided_with"] is None
    assert others == ["origin"] * 4
    assert all(report["hits"] > 0 for report in reports.values() if not is_cut)
    assert reports["origin"]["hits"] > 0
    assert (reports["origin"]["misses"]["cut"] > 0) == (is_cut or terms.get("created_cut") is True)
    assert sum(report["rows_seen"] for report in list(reports.values())[1:]) == 0


def test_what_several_key_mappings_share_is_counted_once(lake):
    rng = random.Random(1)
    table = ours(places(lake, rng))
    views = [at_end("origin", table), at_end("destination", table)]
    frame = trips(rng)
    joined, reports = together_and_alone(frame, views)
    (alone,) = icefield.point_in_time_join(frame, views[:1]).explain(footers=True)["views"]
    first, second = joined.explain(footers=True)["views"]
    assert first["bytes_deciding"] == alone["bytes_deciding"] > 0
    assert second["bytes_deciding"] == 0
    assert second["strategy"].startswith("keys and times with those of view origin")
    assert first["memory"]["slots"] == 2 * alone["memory"]["slots"]
    assert second["memory"]["slots"] == 0
    assert reports["origin"]["rows_seen"] == 600
    assert 0 < reports["origin"]["rows_dropped"] < 600
    assert reports["destination"]["rows_dropped"] == 0
    assert 0 < reports["destination"]["bytes_read"] <= reports["destination"]["bytes_planned"]
    assert reports["destination"]["bytes_read"] < reports["origin"]["bytes_read"]


def test_each_key_mapping_reads_what_it_needs(lake):
    """Files, row groups and pages hold the places of one mapping, of the other, or of neither."""
    stored = [
        {"place": place, "zone": "a", "at": START, "created": START, "x": place, "y": "y"}
        for place in range(1200)
    ]
    table = lake.create(PLACES)
    for part in range(0, 1200, 400):
        options = {"row_group_size": 100, "write_page_index": True, "write_batch_size": 10}
        append_file(table, stored[part : part + 400], data_page_size=64, **options)
    frame = pa.table(
        {
            "event_timestamp": pa.array([START] * 6, STAMP),
            "origin_place": [5, 5, 7, 50, 7, None],
            "destination_place": [1150, 1150, 990, 1150, 5000, 810],
        }
    )
    views = [at_end("origin", ours(table)), at_end("destination", ours(table))]
    joined, reports = together_and_alone(frame, views)
    assert joined.to_arrow()["origin__x"].to_pylist() == [5, 5, 7, 50, 7, None]
    assert joined.to_arrow()["destination__x"].to_pylist() == [1150, 1150, 990, 1150, None, 810]
    # Of the first file one row group and of the last one three; none of the file between.
    assert reports["origin"]["files_planned"] == 2
    assert reports["origin"]["row_groups_read"] == 4
    assert reports["origin"]["rows_pruned"] > 0


def test_key_mappings_whose_slots_do_not_fit_are_read_one_after_the_other(lake):
    table = ours(places(lake, random.Random(2)))
    views = [at_end("origin", table), at_end("destination", table, ["y"])]
    for count, shared in ((50_000, "origin"), (65_000, None)):
        frame = trips(random.Random(3), count)
        joined, reports = together_and_alone(frame, views, memory_budget=MemoryBudget(LEAST))
        assert joined.report()["passes"] == 1
        assert reports["destination"]["decided_with"] == shared
        assert joined.explain()["views"][1]["memory"]["slots"] == (
            0 if shared else joined.explain()["views"][0]["memory"]["slots"]
        )
