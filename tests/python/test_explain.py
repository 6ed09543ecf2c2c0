"""What a retrieval would read: by manifests, by footers, and whether it then does."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.transforms import BucketTransform, DayTransform

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import CorruptDataError, InvalidArgumentError, ResourceExhaustedError
from tests.python.lake import append_file, ours
from tests.raw import RawTable

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("user", pa.int64()),
        ("ts", pa.timestamp("us", "UTC")),
        ("x", pa.float64()),
        ("name", pa.string()),
    ]
)
PROGRAM = Path(icefield.__file__).with_name("icefield-native")


def rows(day, users=range(100)):
    return [
        {"user": user, "ts": START + day * DAY, "x": user / 3, "name": f"user {user}"}
        for user in users
    ]


def frame(users=(1, 2), day=3):
    times = pa.array([START + day * DAY] * len(users), pa.timestamp("us", "UTC"))
    return pa.table({"user": list(users), "event_timestamp": times})


def view(table, name="stats", **more):
    return FeatureView(name, ours(table), ["user"], timestamp_field="ts", **more)


@pytest.fixture(scope="module")
def daily(lake):
    """A file a day, for ten days; no partitions: bounds alone tell them apart."""
    table = lake.create(SCHEMA)
    for day in range(10):
        append_file(table, rows(day), row_group_size=50)
    return table


@pytest.fixture(scope="module")
def parted(lake):
    table = lake.create(SCHEMA)
    with table.update_spec() as update:
        update.add_field("ts", DayTransform())
        update.add_field("user", BucketTransform(4))
    catalog = icefield.load_catalog("default", **lake.properties)
    written = catalog.load_table(".".join(table.name()))
    for day in range(3):
        written.append(pa.Table.from_pylist(rows(day, range(20)), schema=SCHEMA))
    return table


# --- what is pruned, and why ---


def test_what_bounds_prune_is_told_by_its_reason(daily):
    asked = view(daily, ttl=DAY, row_filter="x < 1000")
    (plan,) = icefield.explain(frame(), [asked])["views"]
    assert (plan["files_planned"], plan["files_pruned"]) == (2, 8)
    assert plan["pruned_by"]["time_range"] == {"manifests": 0, "partition": 0, "bounds": 8}
    (plan,) = icefield.explain(frame(users=[1000]), [asked])["views"]
    assert plan["pruned_by"]["keys"]["bounds"] == 2
    (plan,) = icefield.explain(frame(), [view(daily, row_filter="x > 1000")])["views"]
    assert plan["pruned_by"]["row_filter"]["bounds"] == 4
    assert plan["files_planned"] == 0


def test_what_partitions_prune_is_told_by_its_reason(parted):
    explained = icefield.explain(frame(users=[1], day=0), [view(parted)])
    (plan,) = explained["views"]
    assert plan["files_planned"] == 1
    by = plan["pruned_by"]
    pruned = {reason: by[reason]["manifests"] + by[reason]["partition"] for reason in by}
    assert pruned["time_range"] > 0
    assert pruned["keys"] > 0
    assert pruned["row_filter"] == 0
    told = plan["files_pruned_partition"] + plan["files_pruned_bounds"]
    assert told == sum(part["partition"] + part["bounds"] for part in by.values())
    assert "time range" in str(explained)
    assert "keys" in str(explained)


# --- bytes and memory ---


def test_footers_are_read_only_when_asked(lake):
    table = lake.create(SCHEMA)
    file = append_file(table, rows(0))
    file.rename(file.with_suffix(".gone"))
    asked = [view(table)]
    assert icefield.explain(frame(), asked)["planned_by"] == "manifests"
    with pytest.raises(icefield.errors.NotFoundError):
        icefield.explain(frame(), asked, footers=True)


def test_bytes_by_footers_are_those_of_the_report(daily):
    asked = [view(daily, features=["x", "name"])]
    explained = icefield.explain(frame(range(100), 9), asked, footers=True)
    (plan,) = explained["views"]
    joined = icefield.point_in_time_join(frame(range(100), 9), asked)
    joined.to_arrow()
    (seen,) = joined.report()["views"]
    assert plan["bytes_deciding"] + plan["bytes_features"] == seen["bytes_planned"]
    assert explained["bytes_to_read"] == seen["bytes_planned"] >= seen["bytes_read"]
    assert (plan["row_groups"], seen["row_groups_read"]) == (20, 20)


@pytest.mark.parametrize("with_metrics", [True, False])
def test_bytes_by_manifests_are_near(lake, with_metrics):
    table = lake.create(SCHEMA)
    append_file(table, rows(0, range(5000)), with_metrics=with_metrics)
    asked = [view(table, features=["x"])]
    (exact,) = icefield.explain(frame(), asked, footers=True)["views"]
    (about,) = icefield.explain(frame(), asked)["views"]
    for part in ("bytes_deciding", "bytes_features"):
        assert about[part] == pytest.approx(exact[part], rel=0.02 if with_metrics else 0.8)


def test_nested_features_are_counted_by_their_leaves(lake):
    schema = pa.schema(
        [
            ("user", pa.int64()),
            ("ts", pa.timestamp("us", "UTC")),
            ("s", pa.struct([("a", pa.string()), ("l", pa.list_(pa.int64()))])),
        ]
    )
    table = lake.create(schema)
    values = [{"a": f"text {n}", "l": [n, n + 1]} for n in range(1000)]
    append_file(table, [{"user": n, "ts": START, "s": s} for n, s in enumerate(values)])
    for features in (["s"], ["s.a"]):
        (exact,) = icefield.explain(frame(), [view(table, features=features)], footers=True)[
            "views"
        ]
        (about,) = icefield.explain(frame(), [view(table, features=features)])["views"]
        assert about["bytes_features"] == pytest.approx(exact["bytes_features"], rel=0.02)


def test_views_with_the_same_keys_share_their_encoding(daily, parted):
    named = FeatureView("third", ours(daily), [("user", "u")], timestamp_field="ts", features=[])
    both = frame().append_column("u", pa.array([1, 1]))
    views = [view(daily, "first", features=["x"]), view(parted, "second", features=["name"]), named]
    explained = icefield.explain(both, views)
    assert [(keys["keys"], keys["views"], keys["distinct"]) for keys in explained["keys"]] == [
        ("user: int64", ["first", "second"], 2),
        ("u: int64", ["third"], 1),
    ]
    assert explained["memory_peak"] >= explained["frame"]["memory"] > 0


def test_frames_that_views_make_are_explained(daily):
    start, end = START + DAY, START + 2 * DAY
    explained = icefield.explain(None, [view(daily)], start=start, end=end)
    made = explained["frame"]
    assert made["start_us"] == int(start.timestamp()) * 1_000_000
    assert made["rows"] == 200
    (scan,) = made["scans"]
    assert (scan["files_planned"], scan["bytes_features"]) == (2, 0)
    (joined,) = explained["views"]
    assert joined["files_planned"] == 3
    assert explained["keys"] == [
        {"keys": "user: int64", "views": ["stats"], "distinct": None, "memory": 0}
    ]


def test_latest_is_explained(daily):
    explained = icefield.latest(view(daily), start=START + 8 * DAY).explain()
    assert explained["frame"] is None
    (plan,) = explained["views"]
    assert plan["files_planned"] == 2
    assert "latest row of every key" in str(explained)


def test_deletes_are_counted(tmp_path):
    table = RawTable(tmp_path / "t", [("user", "long"), ("ts", "timestamptz"), ("x", "double")])
    file = table.write_data([(1, START, 0.5), (2, START, 1.5)])
    table.commit([file])
    table.commit(deletes=table.position_deletes({file: [1]}))
    asked = FeatureView("v", icefield.load_table(table.metadata_location), ["user"], "ts")
    explained = icefield.explain(frame(), [asked], footers=True)
    deletes = explained["views"][0]["deletes"]
    assert deletes["position_delete_files"] == 1
    bytes_of_rows = sum(explained["views"][0][f"bytes_{part}"] for part in ("deciding", "features"))
    assert explained["bytes_to_read"] == bytes_of_rows + deletes["bytes"]
    assert deletes["bytes"] > 100
    assert "1 position delete files" in str(explained)
    joined = icefield.point_in_time_join(frame(), [asked], options=limited(bytes_of_rows))
    with pytest.raises(ResourceExhaustedError):
        joined.to_arrow()


def test_the_command_explains_in_text_and_json(daily, tmp_path):
    views = tmp_path / "views.yaml"
    views.write_text(
        f"views:\n  - {{name: stats, table: '{daily.refresh().metadata_location}', "
        "join_keys: [user], timestamp_field: ts, ttl: 1d}\n"
    )
    (tmp_path / "frame.csv").write_text("user,event_timestamp\n1,2024-01-04T00:00:00Z\n")
    command = [PROGRAM, "features", "explain", "--frame", tmp_path / "frame.csv", "--views", views]

    def run(*more):
        done = subprocess.run([*command, *more], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout

    assert "8 pruned: time range 8 (bounds 8)" in run()
    assert "row groups at most 4 to read" in run()
    assert "row groups 2 to read, 2 pruned" in run("--footers")
    (line,) = run("--output", "json").splitlines()
    assert json.loads(line)["views"][0]["files_planned"] == 2


# --- limits ---


def limited(most):
    return ReadOptions(max_bytes=most)


def test_a_join_beyond_the_limit_is_refused_before_it_reads(daily, lake):
    other = lake.create(SCHEMA)
    append_file(other, rows(0))
    asked = [view(daily), view(other, "other")]
    full = {"full_feature_names": True}
    planned = icefield.explain(frame(), asked, footers=True, **full)["bytes_to_read"]
    read = icefield.point_in_time_join(frame(), asked, options=limited(planned), **full).to_arrow()
    assert read["stats__x"].to_pylist() == [1 / 3, 2 / 3]
    refused = icefield.point_in_time_join(frame(), asked, options=limited(planned - 1), **full)
    with pytest.raises(ResourceExhaustedError) as raised:
        refused.to_arrow()
    for said in ("'other'", ours(other).name(), str(planned), str(planned - 1), "raise max_bytes"):
        assert said in str(raised.value)
    first = icefield.point_in_time_join(frame(), asked, options=limited(1), **full)
    with pytest.raises(ResourceExhaustedError, match="feature view 'stats'"):
        first.to_arrow()


def test_nothing_is_read_beyond_the_limit(lake):
    """The first view's pages are damaged: who reads them notices."""
    tables = [lake.create(SCHEMA), lake.create(SCHEMA)]
    files = [append_file(table, rows(0, range(5000))) for table in tables]
    content = bytearray(files[0].read_bytes())
    content[4:1000] = bytes(996)
    files[0].write_bytes(content)
    asked = [view(tables[0], "a"), view(tables[1], "b")]
    full = {"full_feature_names": True}
    planned = icefield.explain(frame(), asked, footers=True, **full)["bytes_to_read"]
    for most, error in ((planned, CorruptDataError), (planned - 1, ResourceExhaustedError)):
        joined = icefield.point_in_time_join(frame(), asked, options=limited(most), **full)
        with pytest.raises(error):
            joined.to_arrow()


def test_frames_that_views_make_count_too(daily):
    arguments = {"start": START, "end": START + DAY}
    planned = icefield.explain(None, [view(daily)], footers=True, **arguments)["bytes_to_read"]
    made = icefield.point_in_time_join(None, [view(daily)], options=limited(planned), **arguments)
    assert made.to_arrow().num_rows == 200
    few = icefield.point_in_time_join(
        None, [view(daily)], options=limited(planned - 1), **arguments
    )
    with pytest.raises(ResourceExhaustedError, match=str(planned)):
        few.to_arrow()


def test_latest_and_scans_have_the_limit(daily):
    with pytest.raises(ResourceExhaustedError, match="feature view 'stats'"):
        icefield.latest(view(daily), options=limited(10)).to_arrow()
    table = ours(daily)
    with pytest.raises(ResourceExhaustedError, match=table.name()):
        table.scan(options=limited(10)).to_arrow()
    assert table.scan(options=limited(10**6)).to_arrow().num_rows == 1000
    with pytest.raises(InvalidArgumentError, match="max_bytes is -1"):
        table.scan(options=limited(-1)).to_arrow()


def test_the_command_ends_with_12_beyond_the_limit(daily):
    scan = [PROGRAM, "table", "scan", daily.refresh().metadata_location, "--max-bytes", "10"]
    done = subprocess.run(scan, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (12, "")
    assert "max_bytes" in done.stderr
