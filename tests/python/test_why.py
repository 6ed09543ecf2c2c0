"""Why one entity row gets what it gets, rule by rule."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError, ResourceExhaustedError
from tests.python.lake import append_file, ours

PROGRAM = Path(icefield.__file__).with_name("icefield-native")
HOUR = timedelta(hours=1)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("user", pa.int64()),
        ("ts", pa.timestamp("us", "UTC")),
        ("created", pa.timestamp("us", "UTC")),
        ("x", pa.int64()),
        ("file", pa.string()),
    ]
)


def row(user, hours, created, x):
    made = None if created is None else NOON + created * HOUR
    return {"user": user, "ts": NOON + hours * HOUR, "created": made, "x": x, "file": f"f{x}"}


@pytest.fixture(scope="module")
def table(lake):
    made = lake.create(SCHEMA)
    append_file(
        made,
        [
            row(1, 3, 3, 0),  # later by two hours
            row(1, 0, 0, 1),  # the winner
            row(1, 0, -1, 2),  # created before it
            row(1, -1, 0, 3),  # older
            row(1, -30, 0, 4),  # expired
            row(2, 0, 0, 5),  # another key
        ],
    )
    append_file(made, [row(1, 0, 0, 6), row(1, 0.5, 2, 7), {**row(1, 0, 0, 8), "ts": None}])
    return made


def view(table, **more):
    given = {"created_timestamp_column": "created", "ttl": 24 * HOUR, **more}
    return FeatureView("stats", ours(table), ["user"], "ts", **given)


def entity(user, at=NOON + HOUR):
    return {"user": user, "event_timestamp": at}


def verdicts(why):
    return [(entry["rule"], entry["verdict"], entry["position"]) for entry in why["rows"]]


def test_every_row_has_its_verdict(table):
    why = icefield.why(entity(1), view(table), created_cut=True)
    assert verdicts(why) == [
        ("P2", "later", 0),
        ("P8", "created later", 1),
        ("P4", "winner", 0),
        ("P6", "lost tie", 1),
        ("P5", "created earlier", 2),
        ("P4", "older", 3),
        ("P3", "expired", 4),
    ]
    reasons = [entry["reason"] for entry in why["rows"]]
    assert "by 2h" in reasons[0]
    assert "by 1h" in reasons[1]
    assert "data sequence number" in reasons[3]
    assert "by 1h" in reasons[4]
    assert "by 1h" in reasons[5]
    assert "by 7h" in reasons[6]
    assert why["features"] == {"x": 6, "file": "f6"}
    assert (why["outcome"], why["rows_of_key"], why["rows_without_time"]) == ("hit", 7, 1)
    assert why["keys"] == {"user": 1}
    assert why["entity_time"] == "2024-01-01T13:00:00.000000+00:00"
    first, second = (snapshot.snapshot_id for snapshot in table.snapshots())
    assert [entry["snapshot_id"] for entry in why["rows"][:4]] == [first, second, second, first]
    for said in ("answer: the row at position 0", "winner", "created cut", "ttl 1d", "x = 6"):
        assert said in str(why)


def test_without_the_cut_the_row_of_later_creation_wins(table):
    why = icefield.why(entity(1), view(table))
    assert ("P4", "winner", 1) in verdicts(why)
    assert why["features"]["x"] == 7


@pytest.mark.parametrize(
    ("asked", "outcome", "text"),
    [
        (entity(9), "key absent", "the key is in none (P2)"),
        (entity(None), "key absent", "(P2)"),
        (entity(1, None), "key absent", "no time (P2)"),
        (entity(2, NOON - HOUR), "only later rows", "later than the entity time (P2)"),
        (entity(2, NOON + 40 * HOUR), "expired", "ttl allows (P3)"),
    ],
)
def test_misses_say_their_reason(table, asked, outcome, text):
    schema = pa.schema([("user", pa.int64()), ("event_timestamp", pa.timestamp("us", "UTC"))])
    why = icefield.why(pa.Table.from_pylist([asked], schema=schema), view(table))
    assert (why["outcome"], why["features"]) == (outcome, {})
    assert text in str(why)


def test_a_cut_that_leaves_nothing(table):
    asked = view(table, row_filter="x = 7")
    why = icefield.why(entity(1), asked, created_cut=True)
    assert (why["outcome"], verdicts(why)) == ("cut", [("P8", "created later", 1)])
    assert icefield.why(entity(1), asked)["outcome"] == "hit"


def test_the_commit_cut_says_when_rows_were_committed(table):
    now = datetime.now(UTC)
    early = icefield.why(entity(1), view(table), commit_cut=True)
    assert {entry["rule"] for entry in early["rows"]} == {"P2", "P3", "P9"}
    late = icefield.why(entity(1, now), view(table, ttl=None), commit_cut=True)
    assert late["outcome"] == "hit"
    committed = {entry["committed"][:4] for entry in late["rows"]}
    assert committed == {str(now.year)}


def test_many_rows_are_counted_not_listed(lake):
    table = lake.create(SCHEMA)
    append_file(table, [row(1, n - 500, 0, n) for n in range(1000)], row_group_size=100)
    why = icefield.why(entity(1, NOON), view(table), options=ReadOptions(threads=3))
    assert len(why["rows"]) == 20
    assert why["features"]["x"] == 500
    assert why["others"]["later"] > 400
    assert sum(why["others"].values()) + 20 == why["rows_of_key"] == 1000
    assert "more later than the entity time (P2)" in str(why)
    one = icefield.why(entity(1, NOON), view(table), rows=1)
    assert [entry["verdict"] for entry in one["rows"]] == ["winner"]
    with pytest.raises(InvalidArgumentError, match="rows is 0"):
        icefield.why(entity(1), view(table), rows=0)


def test_row_ids_of_version_3(lake):
    catalog = icefield.load_catalog("default", **lake.properties)
    table = catalog.create_table("ns.version3", SCHEMA, properties={"format-version": "3"})
    table.append(pa.Table.from_pylist([row(1, 0, 0, 1), row(1, 0, 0, 2)], schema=SCHEMA))
    why = icefield.why(entity(1), FeatureView("stats", table, ["user"], "ts"))
    ids = [entry["row_id"] for entry in why["rows"]]
    assert ids[0] is not None
    assert ids[0] == ids[1] + 1
    assert "greater row id" in why["rows"][1]["reason"]
    assert "row id" in str(why)


def test_views_without_keys_and_with_mapped_keys(table):
    keyless = FeatureView("all", ours(table), timestamp_field="ts", ttl=24 * HOUR)
    why = icefield.why({"event_timestamp": NOON + HOUR}, keyless)
    assert (why["keys"], why["features"]["x"]) == ({}, 7)
    mapped = FeatureView("m", ours(table), [("user", "x")], "ts", features=["x"])
    asked = {"x": 2, "at": NOON, "m__file": "a column that is left alone"}
    why = icefield.why(asked, mapped, entity_timestamp="at")
    assert (why["keys"], why["features"]) == ({"x": 2}, {"x": 5})


def test_what_is_no_entity_row_is_refused(table):
    with pytest.raises(InvalidArgumentError, match="2 rows"):
        icefield.why(pa.Table.from_pylist([entity(1), entity(2)]), view(table))
    with pytest.raises(InvalidArgumentError, match="no column 'user'"):
        icefield.why({"event_timestamp": NOON}, view(table))
    with pytest.raises(ResourceExhaustedError, match="max_bytes"):
        icefield.why(entity(1), view(table), options=ReadOptions(max_bytes=1))


# --- the command ---


def run(*arguments):
    command = [PROGRAM, "features", "why", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_tells_the_same(table, tmp_path):
    location = table.refresh().metadata_location
    by_table = (location, "--key", "user=1", "--at", "2024-01-01T13:00:00Z", "--ttl", "1d")
    by_table += ("--timestamp-field", "ts", "--created-timestamp-column", "created")
    done = run(*by_table, "--created-cut", "everywhere", "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    same = icefield.why(entity(1), view(table), created_cut=True)
    assert {**told, "view": "stats"} == same
    views = tmp_path / "views.yaml"
    rest = f"table: '{location}', timestamp_field: ts, created_timestamp_column: created, ttl: 1d"
    views.write_text(
        f"views:\n  - {{name: stats, {rest}, join_keys: [{{user: u}}]}}\n"
        f"  - {{name: other, {rest}, join_keys: [user]}}\n"
    )
    by_file = ("--views", views, "--key", "u=1", "--at", "2024-01-01 13:00")
    done = run(*by_file, "--view", "stats")
    assert (done.returncode, done.stderr) == (0, "")
    assert "answer: the row at position 1" in done.stdout
    several = run(*by_file)
    assert (several.returncode, "stats, other" in several.stderr) == (2, True)
    unknown = run(*by_file, "--view", "none")
    assert (unknown.returncode, "stats, other" in unknown.stderr) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--key", "user=x"), "'x' is no value of type long"),
        (("--key", "user"), "column=value"),
        (("--key", "user=1", "--ttl", "soon"), "ttl 'soon'"),
        (("--key", "nobody=1"), "nobody"),
        (("--key", "user=1", "--at", "noon"), "the entity time 'noon' is not an ISO-8601 time"),
        (("--key", "user=1", "--view", "stats"), "--view chooses a view of --views"),
    ],
)
def test_wrong_arguments_of_the_command(table, arguments, said):
    location = table.refresh().metadata_location
    at = () if "--at" in arguments else ("--at", "2024-01-01")
    done = run(location, *at, "--timestamp-field", "ts", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--ttl", "0"),
        ("--features", "value"),
        ("--where", "value = 1"),
        ("--timestamp-field", "event_timestamp"),
        ("--created-timestamp-column", "created"),
    ],
)
def test_options_of_a_table_beside_a_views_file_are_refused(table, tmp_path, option):
    """They would change nothing: the file's view says it."""
    location = table.refresh().metadata_location
    views = tmp_path / "views.yaml"
    view = f"name: stats, table: '{location}', timestamp_field: ts, join_keys: [user]"
    views.write_text(f"views:\n  - {{{view}}}\n")
    by_file = ("--views", views, "--key", "user=1", "--at", "2024-01-01")
    assert run(*by_file).returncode == 0
    done = run(*by_file, *option)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option[0]} says a view over a table" in done.stderr
