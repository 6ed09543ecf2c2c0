"""Joins from Python: any frame goes in, any reader takes the result, from any thread or process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError, NotFoundError
from tests.python.lake import Lake, append_file, append_rows, ours

START = datetime(2024, 1, 1)
STATS = pa.schema(
    [
        ("driver", pa.string()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("trips", pa.int64()),
        ("tags", pa.list_(pa.string())),
    ]
)
DRIVERS = 50
HOURS = 20


def stats_rows():
    """Per driver one row an hour: trips says which driver and hour it was."""
    return [
        {
            "driver": f"d{driver}",
            "event_timestamp": (START + timedelta(hours=hour)).replace(tzinfo=UTC),
            "trips": 1000 * driver + hour,
            "tags": [f"h{hour}"],
        }
        for hour in range(HOURS)
        for driver in range(DRIVERS)
    ]


@pytest.fixture(scope="module")
def stats(lake):
    table = lake.create(STATS)
    rows = stats_rows()
    for part in range(4):
        append_file(table, rows[part::4], row_group_size=40)
    return table


@pytest.fixture
def view(stats):
    return FeatureView("stats", ours(stats), join_keys=["driver"])


def entities():
    """(driver, time) in no order: hits, an unknown driver, a time before all rows, nulls."""
    drivers = ["d3", "d1", "nobody", "d49", None, "d3", "d7"]
    times = [START + timedelta(minutes=m) for m in (90, 0, 90, 60 * HOURS, 90, -1, 61)]
    return pa.table({"driver": drivers, "event_timestamp": pa.array(times, pa.timestamp("us"))})


TRIPS = [3001, 1000, None, 49019, None, None, 7001]


def trips(frame, view, **options):
    return icefield.point_in_time_join(frame, [view], **options).to_arrow()["trips"].to_pylist()


# --- frames in ---


def cast(**types):
    frame = entities()
    for name, kind in types.items():
        at = frame.column_names.index(name)
        frame = frame.set_column(at, name, frame[name].cast(kind))
    return frame


def chunked():
    frame = entities()
    return pa.concat_tables([frame[:1], frame[1:1], frame[1:5], frame[5:]])


def dictionary_of_changing_words():
    """Chunks whose dictionaries differ."""
    chunks = [
        entities()["driver"].combine_chunks()[a:b].dictionary_encode() for a, b in ((0, 3), (3, 7))
    ]
    return entities().set_column(0, "driver", pa.chunked_array(chunks))


def sliced():
    padding = entities()
    return pa.concat_tables([padding, entities(), padding]).combine_chunks()[7:14]


FRAMES = {
    "pyarrow table": entities,
    "record batch": lambda: entities().to_batches()[0],
    "one-shot reader": lambda: entities().to_reader(max_chunksize=2),
    "chunked": chunked,
    "sliced": sliced,
    "sliced batch": lambda: sliced().to_batches()[0].slice(0),
    "dictionary": lambda: cast(driver=pa.dictionary(pa.int8(), pa.string())),
    "dictionaries": dictionary_of_changing_words,
    "large string": lambda: cast(driver=pa.large_string()),
    "string view": lambda: cast(driver=pa.string_view()),
    "seconds": lambda: cast(event_timestamp=pa.timestamp("s")),
    "nanoseconds": lambda: cast(event_timestamp=pa.timestamp("ns")),
    "zoned": lambda: cast(event_timestamp=pa.timestamp("us", "UTC")),
    "pandas": lambda: entities().to_pandas(),
    "pandas with an index": lambda: entities().to_pandas().set_axis(list("gfedcba")),
    "pandas categories": lambda: entities().to_pandas().astype({"driver": "category"}),
    "pandas of arrow": lambda: entities().to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.from_arrow(entities()),
    "polars categories": lambda: pl.from_arrow(entities()).cast({"driver": pl.Categorical}),
    "duckdb": lambda: duckdb.from_arrow(entities()),
    "ISO text": lambda: cast(event_timestamp=pa.string()),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_frame_gives_the_same_features(view, kind):
    frame = FRAMES[kind]()
    result = icefield.point_in_time_join(frame, [view]).to_arrow()
    assert result["trips"].to_pylist() == TRIPS
    assert result.column_names == ["driver", "event_timestamp", "trips", "tags"]
    assert result["driver"].to_pylist() == entities()["driver"].to_pylist()
    assert result["tags"].to_pylist()[:3] == [["h1"], ["h0"], None]


def test_columns_of_the_frame_are_kept_as_they_are(view):
    extra = {
        "row": pa.array(range(7)),
        "struct": pa.array([{"a": [1, None]}, None] * 3 + [{"a": None}]),
        "large": pa.array(list("abcdefg"), pa.large_string()),
        "view": pa.array([b"x", None] * 3 + [b""], pa.binary_view()),
        "duration": pa.array(range(7), pa.duration("ms")),
        "nothing": pa.nulls(7),
        "half": pa.array([0.5, None, float("nan")] * 2 + [1.0], pa.float16()),
        "category": pa.array(["x", "y", None, "x", "x", "y", "x"]).dictionary_encode(),
    }
    frame = entities()
    for name, values in extra.items():
        frame = frame.append_column(name, values)
    result = icefield.point_in_time_join(frame, [view]).to_arrow()
    assert result.column_names == [*frame.column_names, "trips", "tags"]
    for name in frame.column_names:
        if name == "half":
            assert str(result[name].to_pylist()) == str(frame[name].to_pylist())
        else:
            assert result[name].to_pylist() == frame[name].to_pylist(), name
            assert result.schema.field(name).type == frame.schema.field(name).type, name


def test_an_empty_frame_gives_the_whole_schema(view):
    result = icefield.point_in_time_join(entities()[:0], [view])
    assert result.schema.names == ["driver", "event_timestamp", "trips", "tags"]
    assert result.to_arrow().num_rows == 0
    assert result.to_arrow().schema == result.schema


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("batch_size", [1, 2, 7, 65536])
def test_answers_do_not_depend_on_batches_and_threads(view, threads, batch_size):
    options = ReadOptions(threads=threads, batch_size=batch_size)
    assert trips(entities(), view, options=options) == TRIPS


# --- results out ---


def test_polars_and_duckdb_read_the_stream(view):
    frame = entities()
    assert pl.DataFrame(icefield.point_in_time_join(frame, [view]))["trips"].to_list() == TRIPS
    made = duckdb.from_arrow(icefield.point_in_time_join(frame, [view]))
    assert made.aggregate("sum(trips), count(*)").fetchall() == [(sum(t for t in TRIPS if t), 7)]
    assert pa.table(icefield.point_in_time_join(frame, [view]))["trips"].to_pylist() == TRIPS
    pandas = icefield.point_in_time_join(frame, [view]).to_pandas()
    assert pandas["trips"].fillna(-1).astype(int).tolist() == [
        -1 if t is None else t for t in TRIPS
    ]


def test_scans_are_streams_too(stats):
    scan = ours(stats).scan(selected_fields=("trips",))
    wanted = sum(row["trips"] for row in stats_rows())
    assert pl.DataFrame(scan)["trips"].sum() == wanted
    assert duckdb.sql("select sum(trips) from scan").fetchall() == [(wanted,)]
    assert pc.sum(pa.table(scan)["trips"]).as_py() == wanted


def test_a_training_set_is_read_once_or_kept(view):
    made = icefield.point_in_time_join(entities(), [view])
    assert made.reader().read_all()["trips"].to_pylist() == TRIPS
    with pytest.raises(InvalidArgumentError, match="read once"):
        made.reader()
    kept = icefield.point_in_time_join(entities(), [view])
    assert kept.to_arrow() is kept.to_arrow()
    assert kept.reader().read_all() == kept.to_arrow() == pa.table(kept)


def test_the_report_comes_when_all_was_read(view):
    made = icefield.point_in_time_join(entities(), [view])
    with pytest.raises(InvalidArgumentError, match="read it first"):
        made.report()
    made.to_arrow()
    report = made.report()
    (seen,) = report["views"]
    assert (report["rows"], seen["view"], seen["hits"]) == (7, "stats", 4)
    assert sum(seen["misses"].values()) == 3
    assert seen["misses"]["only_later_rows"] == 1
    assert "stats" in str(report)


def test_snapshots_are_pinned_when_the_join_is_made(lake):
    table = lake.create(STATS)
    empty = icefield.point_in_time_join(entities(), [FeatureView("v", table, ["driver"])])
    assert empty.snapshots["v"]["snapshot_id"] is None
    append_rows(table, stats_rows()[:DRIVERS])
    made = icefield.point_in_time_join(entities(), [FeatureView("v", table, ["driver"])])
    pinned = table.current_snapshot()
    append_rows(table, stats_rows()[DRIVERS:])
    assert made.to_arrow()["trips"].to_pylist() == [3000, 1000, None, 49000, None, None, 7000]
    assert made.snapshots["v"]["snapshot_id"] == pinned.snapshot_id
    assert made.snapshots["v"]["timestamp_ms"] == pinned.timestamp_ms
    assert empty.to_arrow()["trips"].null_count == 7
    as_of = datetime.fromtimestamp(pinned.timestamp_ms / 1000, UTC)
    for state in ({"snapshot_id": pinned.snapshot_id}, {"as_of": as_of}):
        then = FeatureView("v", ours(table), ["driver"], **state)
        assert trips(entities(), then) == [3000, 1000, None, 49000, None, None, 7000]
    with table.manage_snapshots() as manage:
        manage.create_tag(pinned.snapshot_id, "then")
    tagged = FeatureView("v", table, ["driver"], ref="then")
    assert trips(entities(), tagged) == [3000, 1000, None, 49000, None, None, 7000]
    early = FeatureView("v", ours(table), ["driver"], as_of=datetime(2000, 1, 1))
    with pytest.raises(NotFoundError, match=r"2000-01-01T00:00:00\.000Z"):
        icefield.point_in_time_join(entities(), [early])
    both = FeatureView("v", ours(table), ["driver"], ref="then", snapshot_id=pinned.snapshot_id)
    with pytest.raises(InvalidArgumentError, match=r"ref|snapshot"):
        icefield.point_in_time_join(entities(), [both])


def test_views_take_pyiceberg_tables_and_names(lake, stats):
    catalog = icefield.load_catalog("default", **lake.properties)
    name = ".".join(stats.name())
    for view in (
        FeatureView("v", stats, ["driver"]),
        FeatureView("v", name, ["driver"], catalog=catalog),
        FeatureView("v", catalog.load_table(name), [("driver", "driver")]),
    ):
        assert trips(entities(), view) == TRIPS
    with pytest.raises(InvalidArgumentError, match="catalog="):
        FeatureView("v", name, ["driver"])
    with pytest.raises(InvalidArgumentError, match="int"):
        FeatureView("v", 5, ["driver"])


def test_row_filters_of_views_take_rows_away(stats):
    view = FeatureView("v", ours(stats), ["driver"], row_filter="trips < 3001")
    assert trips(entities(), view) == [3000, 1000, None, None, None, None, None]


def test_explain_names_what_would_be_read(view):
    text = str(icefield.explain(entities(), [view]))
    assert "stats" in text
    assert "4" in text


# --- threads, forks and signals ---


def test_joins_and_scans_side_by_side(stats, view):
    wanted = ours(stats).scan().to_arrow()

    def work(number):
        if number % 2:
            return trips(entities(), view, options=ReadOptions(threads=2)) == TRIPS
        return ours(stats).scan(options=ReadOptions(threads=3)).to_arrow() == wanted

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))


def test_the_interpreter_runs_on_while_a_join_works(stats, view):
    """Readers in other threads need the interpreter's lock to move at all."""
    with ThreadPoolExecutor(1) as pool:
        join = pool.submit(trips, entities(), view)
        turns = 0
        while not join.done():
            turns += 1
        assert join.result() == TRIPS
        assert turns > 0


def test_a_forked_child_reads_what_its_parent_read(stats, view):
    assert trips(entities(), view, options=ReadOptions(threads=4)) == TRIPS
    begun = ours(stats).scan(options=ReadOptions(threads=4, batch_size=1)).to_arrow_batch_reader()
    begun.read_next_batch()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            rows = ours(stats).scan(options=ReadOptions(threads=4)).to_arrow().num_rows
            code = 0 if rows == DRIVERS * HOURS and trips(entities(), view) == TRIPS else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert begun.read_all().num_rows == DRIVERS * HOURS - 1


ENDLESS = """
    import sys, icefield
    table = icefield.load_table(sys.argv[1])
    options = icefield.ReadOptions(threads=2, batch_size=1)
    view = icefield.FeatureView("v", table, ["driver"])
    frame = table.scan(selected_fields=("driver", "event_timestamp")).to_arrow()
    reader = None
    try:
        print("begun", flush=True)
        while True:
            {work}
    except KeyboardInterrupt:
        print("stopped", flush=True)
        sys.exit(7)
"""
WORK = {
    "scan": "table.scan(options=options).to_arrow()",
    "stream": "reader = table.scan(options=options).to_arrow_batch_reader(); list(reader)",
    "join": "icefield.point_in_time_join(frame, [view], options=options).to_arrow()",
    "latest": "icefield.latest(view, options=options).to_arrow()",
    "plan": "table.scan(options=options).plan_files()",
}


@pytest.mark.parametrize("work", WORK)
def test_an_interrupt_stops_work(stats, work):
    script = textwrap.dedent(ENDLESS).format(work=WORK[work])
    package = str(Path(icefield.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", script, stats.metadata_location],
        env={**os.environ, "PYTHONPATH": package},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == ("stopped\n", 7), err


def test_one_long_scan_stops_in_its_middle(tmp_path):
    """One call that would take minutes ends soon after the signal."""
    table = Lake(tmp_path).create(pa.schema([("id", pa.int64()), ("text", pa.string())]))
    append_file(table, [{"id": at, "text": "x" * 50} for at in range(200_000)])
    script = """
        import signal, sys, threading, time, icefield
        table = icefield.load_table(sys.argv[1])
        scan = table.scan(options=icefield.ReadOptions(threads=1, batch_size=1))
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        begin = time.monotonic()
        try:
            scan.to_arrow()
        except KeyboardInterrupt:
            print("stopped" if time.monotonic() - begin < 10 else "late")
    """
    package = str(Path(icefield.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), table.refresh().metadata_location],
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("stopped\n", 0), done.stderr


# --- latest ---


def test_latest_takes_times_of_every_form(stats, view):
    hour = START + timedelta(hours=5)
    for end in (hour, hour.replace(tzinfo=UTC)):
        got = icefield.latest(view, end=end).to_arrow()
        assert sorted(got["trips"].to_pylist()) == [1000 * d + 5 for d in range(DRIVERS)]
    assert icefield.latest(view, start=START + timedelta(days=2)).to_arrow().num_rows == 0
    got = icefield.latest(view, start=START.date(), end=(START + timedelta(days=1)).date())
    assert got.to_arrow().num_rows == DRIVERS
