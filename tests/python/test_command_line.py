"""The native program: what it prints, where, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import icefield
from tests.python.lake import append_file, append_rows, every_row, every_type

PROGRAM = Path(icefield.__file__).with_name("icefield-native")
STATS = pa.schema(
    [
        ("driver", pa.int64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("trips", pa.int64()),
        ("s", pa.struct([("x", pa.string())])),
    ]
)
HOUR = datetime(2024, 1, 1, 12)
VIEWS = """
views:
  - name: stats
    table: {table}
    join_keys: [driver]
    timestamp_field: event_timestamp
    ttl: 2h
    features: [trips, {{s.x: x}}]
"""


def run(*arguments, **more):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def rows_of(done):
    """The objects of a JSON output, after a success without a word."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(done, code, *said):
    """An error: nothing on standard output, one message on standard error."""
    assert (done.returncode, done.stdout) == (code, ""), done
    assert done.stderr
    for text in said:
        assert text in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def stats(lake):
    table = lake.create(STATS)
    first = {"driver": 1, "event_timestamp": HOUR, "trips": 10, "s": {"x": "a"}}
    append_rows(table, [first, {"driver": 2, "event_timestamp": HOUR, "trips": None, "s": None}])
    append_rows(table, [{**first, "driver": 3, "s": {"x": None}}])
    return table


@pytest.fixture(scope="module")
def where(lake):
    return "--uri", lake.properties["uri"]


@pytest.fixture
def name(stats):
    return ".".join(stats.name())


# --- tables ---


def test_tables_are_listed_and_shown(lake, stats, where, name):
    listed = run("table", "list", *where, "-o", "json")
    assert name in listed.stdout
    assert rows_of(listed)
    assert name in run("table", "list", *where).stdout
    for output in ("text", "json"):
        shown = run("table", "show", name, *where, "-o", output)
        assert shown.returncode == 0
        for text in ("driver", "event_timestamp", str(stats.current_snapshot().snapshot_id)):
            assert text in shown.stdout


def test_scans_in_every_form(stats, where, name):
    wanted = [
        {"driver": 1, "trips": 10, "s.x": "a"},
        {"driver": 2, "trips": None, "s.x": None},
        {"driver": 3, "trips": 10, "s.x": None},
    ]
    scan = ("table", "scan", name, *where, "--columns", "driver,trips,s.x")
    assert rows_of(run(*scan, "-o", "json")) == wanted
    arrow = subprocess.run([PROGRAM, *scan, "-o", "arrow"], capture_output=True, check=True)
    assert pa.ipc.open_stream(io.BytesIO(arrow.stdout)).read_all().to_pylist() == wanted
    text = run(*scan)
    assert (text.returncode, text.stderr) == (0, "")
    assert "driver" in text.stdout.splitlines()[0]
    some = rows_of(run(*scan, "-o", "json", "--where", "trips = 10", "--limit", 1))
    assert some == wanted[:1]
    first = stats.snapshots()[0].snapshot_id
    assert rows_of(run(*scan, "-o", "json", "--snapshot", first)) == wanted[:2]
    by_path = ("table", "scan", stats.metadata_location, "--columns", "driver,trips,s.x")
    assert rows_of(run(*by_path, "-o", "json", "--threads", 3)) == wanted


def test_every_type_has_a_json_form(lake):
    table = lake.create(every_type())
    append_file(table, every_row())
    done = run("table", "scan", table.refresh().metadata_location, "-o", "json")
    rows = rows_of(done)
    for row, wanted in zip(rows, every_row(), strict=True):
        assert list(row) == [field.name for field in table.schema().fields]
        for column in ("id", "bool", "int", "long", "string", "numbers", "pairs", "point"):
            assert row[column] == wanted[column], column
        assert [name for name in row if wanted[name] is None and row[name] is not None] == []
    assert rows[2]["timestamp"].startswith("2024-02-29T12:00:00")


def test_plans_name_files(stats, where, name):
    for output in ("text", "json"):
        done = run("table", "plan", name, *where, "-o", output, "--where", "driver = 3")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count(".parquet") == 1


# --- features ---

ENTITIES = pa.table(
    {
        "driver": [1, 9, 3],
        "event_timestamp": pa.array([HOUR] * 3, pa.timestamp("us")),
        "note": ["a", "b,c", None],
    }
)
FEATURES = [(10, "a"), (None, None), (10, None)]


@pytest.fixture
def views(tmp_path, name):
    path = tmp_path / "views.yaml"
    path.write_text(VIEWS.format(table=name))
    return path


def write_frame(folder, form):
    path = folder / f"frame.{form}"
    if form == "parquet":
        pq.write_table(ENTITIES, path)
    elif form == "csv":
        pyarrow.csv.write_csv(ENTITIES, path)
    elif form == "arrow":
        pyarrow.feather.write_feather(ENTITIES, path, compression="uncompressed")
    else:
        with pa.ipc.new_stream(path, ENTITIES.schema) as writer:
            writer.write_table(ENTITIES)
    return path


@pytest.mark.parametrize("form", ["parquet", "csv", "arrow", "arrows"])
def test_features_of_frames_in_every_form(tmp_path, views, where, form):
    get = ("features", "get", "--frame", write_frame(tmp_path, form), "--views", views, *where)
    rows = rows_of(run(*get, "-o", "json"))
    assert [(row["trips"], row["x"]) for row in rows] == FEATURES
    assert [row["driver"] for row in rows] == [1, 9, 3]
    assert list(rows[0]) == ["driver", "event_timestamp", "note", "trips", "x"]
    arrow = subprocess.run(
        [PROGRAM, *map(str, get), "-o", "arrow"], capture_output=True, check=True
    )
    table = pa.ipc.open_stream(io.BytesIO(arrow.stdout)).read_all()
    assert list(zip(*(table[c].to_pylist() for c in ("trips", "x")), strict=True)) == FEATURES
    reported = run(*get, "-o", "json", "--report")
    assert (reported.returncode, len(reported.stdout.splitlines())) == (0, 3)
    assert "stats" in reported.stderr
    explained = run(*get, "--explain")
    assert explained.returncode == 0
    assert "stats" in explained.stdout
    (planned,) = json.loads(run(*get, "--explain", "-o", "json").stdout)["views"]
    assert planned["view"] == "stats"
    refused = run(*get, "--explain", "-o", "arrow")
    assert refused.returncode == 2
    assert "no Arrow form" in refused.stderr


def test_full_names_and_cuts(tmp_path, views, where):
    get = ("features", "get", "--frame", write_frame(tmp_path, "csv"), "--views", views, *where)
    (first, *_) = rows_of(run(*get, "-o", "json", "--full-feature-names"))
    assert (first["stats__trips"], first["stats__x"]) == (10, "a")
    refused(run(*get, "--created-cut", "everywhere"), 2, "stats", "created")
    assert len(rows_of(run(*get, "--created-cut", "where_available", "-o", "json"))) == 3


def test_the_commit_cut(tmp_path, stats, views, where):
    """The table was written now: at any time before nothing of it was known."""
    frame = tmp_path / "frame.csv"
    frame.write_text(f"driver,event_timestamp\n1,{HOUR.isoformat()}\n1,9999-01-01T00:00:00\n")
    views.write_text(views.read_text().replace("ttl: 2h", "ttl: 0"))
    get = ("features", "get", "--frame", frame, "--views", views, *where, "--commit-cut")
    assert [row["trips"] for row in rows_of(run(*get, "-o", "json"))] == [None, 10]
    assert "commit cut" in run(*get, "--explain").stdout
    assert "commit cut: applied" in run(*get, "-o", "json", "--report").stderr


def test_without_a_frame_the_views_make_one(views, where):
    get = ("features", "get", "--views", views, *where, "-o", "json")
    hour = HOUR.isoformat()
    rows = rows_of(run(*get, "--start", hour, "--end", f"{hour}Z"))
    assert [(row["driver"], row["trips"], row["x"]) for row in rows] == [
        (1, 10, "a"),
        (2, None, None),
        (3, 10, None),
    ]
    assert not rows_of(run(*get, "--start", f"{hour}.000001"))
    assert "entity frame" in run(*get[:-2], "--end", hour, "--explain").stdout
    assert json.loads(run(*get, "--end", hour, "--explain").stdout)["frame"]["scans"]
    refused(run(*get, "--end", "noon"), 2, "--end", "noon")
    refused(run(*get, "--end", f"{hour}.000000001"), 2, "--end", "microseconds")
    refused(run(*get, "--start", "2024-02-01", "--end", "2024-01-01"), 2, "after its end")


def test_bounds_beside_a_frame_are_refused(tmp_path, views, where):
    get = ("features", "get", "--frame", write_frame(tmp_path, "csv"), "--views", views, *where)
    refused(run(*get, "--end", "2024-01-01"), 2, "leave them out")


@pytest.mark.parametrize(
    ("time", "hit"),
    [
        ("2024-01-01T12:00:00Z", True),
        ("2024-01-01 12:00:00", True),
        ("2024-01-01T11:59:59.999999999Z", False),
        ("2024-01-01T13:00:00+01:00", True),
        ("2024-01-01T12:59:59+01:00", False),
        ("2024-01-01T06:30:00-05:30", True),
        ("2024-01-01T14:00:00Z", True),
        ("2024-01-01T14:00:00.000001Z", False),
    ],
)
def test_zones_in_csv_are_instants(tmp_path, views, where, time, hit):
    path = tmp_path / "frame.csv"
    path.write_text(f"driver,event_timestamp\n1,{time}\n")
    get = ("features", "get", "--frame", path, "--views", views, *where, "-o", "json")
    (row,) = rows_of(run(*get))
    assert row["trips"] == (10 if hit else None)


def test_mixed_zones_in_one_csv(tmp_path, views, where):
    path = tmp_path / "frame.csv"
    times = ["2024-01-01T13:00:00+01:00", "2024-01-01T11:00:00Z", "2024-01-01T12:00:00"]
    path.write_text("driver,event_timestamp\n" + "".join(f"1,{time}\n" for time in times))
    get = ("features", "get", "--frame", path, "--views", views, *where, "-o", "json")
    assert [row["trips"] for row in rows_of(run(*get))] == [10, None, 10]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("driver,event_timestamp\n1,noon\n", "row 0"),
        ("driver,event_timestamp\n1,2024-01-01\n1,2024-13-01\n", "row 1"),
        ("driver\n1\n", "event_timestamp"),
        ("event_timestamp\n2024-01-01\n", "driver"),
        ("driver,event_timestamp\nx,2024-01-01\n", "driver"),
        ("driver,event_timestamp,trips\n1,2024-01-01,5\n", "trips"),
        ("driver,event_timestamp\n1\n", "frame.csv"),
        ("", "frame.csv"),
    ],
)
def test_csv_frames_that_make_no_sense(tmp_path, views, where, text, said):
    path = tmp_path / "frame.csv"
    path.write_text(text)
    refused(run("features", "get", "--frame", path, "--views", views, *where), 2, said)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("ttl: 2h", "ttl: 2 moons"), 2, "2 moons"),
        (("ttl: 2h", "ttl: -5"), 2, "ttl"),
        (("ttl: 2h", "ttl: 99999999999999999999d"), 2, "ttl"),
        (("ttl: 2h", "tll: 2h"), 2, "tll"),
        (("name: stats", "title: stats"), 2, "title"),
        (("join_keys: [driver]", "join_keys: driver: x"), 2, "views.yaml"),
        (("join_keys: [driver]", "join_keys: [nobody]"), 2, "nobody"),
        (("features: [trips", "features: [nothing"), 2, "nothing"),
        (("features: [trips", "features: [trips, trips"), 2, "trips"),
        (("views:", "vistas:"), 2, "views"),
        (("views:", "version: 1\nviews:"), 2, "the entry 'version' is not known"),
        (("views:", "views: []\nviews:"), 2, "the entry 'views' is there twice"),
        (("    ttl: 2h", "    ttl: 2h\n    ttl: 3h"), 2, "the entry 'ttl' is there twice"),
        (("table: ", "table: nothing."), 3, "nothing"),
        (("    ttl: 2h", "    snapshot_id: 5"), 3, "5"),
        (("    ttl: 2h", "    ref: nowhere"), 3, "nowhere"),
        (("    ttl: 2h", "    as_of: yesterday"), 2, "yesterday"),
        (("    ttl: 2h", "    row_filter: 'nothing = 1'"), 2, "nothing"),
    ],
)
def test_views_files_that_make_no_sense(tmp_path, views, where, change, code, said):
    text = views.read_text()
    assert change[0] in text
    views.write_text(text.replace(*change))
    frame = write_frame(tmp_path, "csv")
    refused(run("features", "get", "--frame", frame, "--views", views, *where), code, said)


@pytest.mark.parametrize(
    "text", ["", "views: []", "views:", "[", "5", "views: 5", "views: [5]", "\t- x"]
)
def test_views_files_without_views(tmp_path, views, where, text):
    views.write_text(text)
    frame = write_frame(tmp_path, "csv")
    refused(run("features", "get", "--frame", frame, "--views", views, *where), 2, "views")


def test_files_that_are_not_there_or_not_what_they_say(tmp_path, views, where):
    frame = write_frame(tmp_path, "parquet")
    nothing = tmp_path / "nothing.parquet"
    get = ("features", "get", *where)
    refused(run(*get, "--frame", nothing, "--views", views), 3, "nothing.parquet")
    refused(run(*get, "--frame", frame, "--views", nothing), 3, "nothing.parquet")
    refused(run(*get, "--frame", tmp_path, "--views", views), 2, str(tmp_path))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refused(run(*get, "--frame", pipe, "--views", views), 2, "pipe is a pipe or a device")
    done = run(*get, "--frame", "/dev/stdin", "--views", views, input="x")
    refused(done, 2, "/dev/stdin is a pipe or a device")
    frame.write_bytes(frame.read_bytes()[:200])
    assert run(*get, "--frame", frame, "--views", views).returncode in (2, 7)
    refused(run(*get, "--frame", frame, "--views", views), 7, "frame.parquet")


# --- errors ---


def test_wrong_usage(where):
    for arguments in (
        [],
        ["nothing"],
        ["table"],
        ["table", "scan"],
        ["table", "scan", "a.b", "--nothing"],
        ["table", "scan", "a.b", "--limit", "-1"],
        ["table", "scan", "a.b", "-o", "xml"],
        ["table", "list", "--property", "novalue", *where],
        ["features", "get"],
    ):
        refused(run(*arguments), 2)
    for arguments, said in (
        (["nothing"], "there is no command 'nothing'; choose from table, features"),
        (["table", "nothing"], "there is no command 'nothing'; choose from list, show, scan, plan"),
        (["features", "nothing", "x"], "'nothing'; choose from get, explain, why"),
        (["table", "scan", "a.b", "-o", "xml"], "'xml' is no form of output; give text, json or"),
        (
            ["table", "plan", "a.b", "-o", "arrow"],
            "'arrow' is no form of output; give text or json",
        ),
    ):
        assert "{" not in refused(run(*arguments), 2, said)
    for arguments in (["--help"], ["table", "scan", "--help"], ["--version"]):
        done = run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def test_unknown_things(where, name, tmp_path, stats):
    scan = ("table", "scan")
    refused(run(*scan, "ns.nothing", *where), 3, "ns.nothing")
    refused(run(*scan, tmp_path / "nothing"), 3, "nothing")
    refused(run(*scan, name, *where, "--columns", "nothing"), 2, "nothing")
    refused(run(*scan, name, *where, "--where", "nothing = 1"), 2, "nothing")
    refused(run(*scan, name, *where, "--snapshot", 5), 3, "5")
    refused(run(*scan, name, *where, "--ref", "nowhere"), 3, "nowhere")
    refused(run(*scan, name, *where, "--as-of", "yesterday"), 2, "yesterday")
    early = ("--as-of", "2000-01-01T06:00:00")
    refused(run(*scan, name, *where, *early), 3, "no snapshot yet at 2000-01-01T06:00:00.000Z")
    refused(run(*scan, name, "--uri", f"sqlite:///{tmp_path}/none.db"), 3, "none.db")
    refused(run(*scan, name, "--uri", "postgresql://h/d"), 8, "postgresql")


def test_damage_is_told_by_its_code_and_leaves_no_output(lake, tmp_path):
    table = lake.create(pa.schema([("id", pa.int64())]))
    path = append_file(table, [{"id": at} for at in range(100)], write_page_checksum=True)
    location = table.refresh().metadata_location
    whole = path.read_bytes()
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(0)
    damaged = bytearray(whole)
    damaged[chunk.dictionary_page_offset + chunk.total_compressed_size - 60] ^= 0xFF
    path.write_bytes(damaged)
    for output in ("json", "text"):
        refused(run("table", "scan", location, "-o", output), 7, path.name)
    path.unlink()
    for output in ("json", "text", "arrow"):
        refused(run("table", "scan", location, "-o", output), 3, path.name)
    metadata = tmp_path / "v1.metadata.json"
    text = Path(location.removeprefix("file://")).read_text()
    metadata.write_text(text.replace('"format-version":2', '"format-version":4'))
    assert '"format-version":4' in metadata.read_text()
    refused(run("table", "scan", metadata), 8, "version 4", "v1.metadata.json")
    metadata.write_text(text[: len(text) // 2])
    refused(run("table", "scan", metadata), 7, "v1.metadata.json")


def test_a_locked_catalog_is_unavailable(lake, name, where):
    lock = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    lock += "c.execute('begin exclusive'); print('locked', flush=True); sys.stdin.read()"
    path = lake.properties["uri"].removeprefix("sqlite:///")
    holder = subprocess.Popen(
        [sys.executable, "-c", lock, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        patience = ("--property", "icefield.sqlite.busy-timeout-ms=200")
        refused(run("table", "scan", name, *where, *patience), 9, "catalog.db", "locked")
    finally:
        holder.communicate()


@pytest.mark.parametrize("output", ["arrow", "json", "text"])
def test_a_reader_that_leaves_ends_the_program(lake, output):
    table = lake.create(pa.schema([("id", pa.int64()), ("text", pa.string())]))
    append_file(table, [{"id": at, "text": "x" * 200} for at in range(20_000)])
    process = subprocess.Popen(
        [PROGRAM, "table", "scan", table.refresh().metadata_location, "-o", output],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=30) in (-13, 9)
    assert process.stderr.read() == b""
    process.stderr.close()


def test_a_full_disk_is_an_error(stats):
    scan = [PROGRAM, "table", "scan", stats.metadata_location]
    for output in ("arrow", "json", "text"):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*scan, "-o", output], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 12, (output, done)
        assert b"cannot write to standard output: No space left on device" in done.stderr


@pytest.mark.parametrize("program", [[PROGRAM], [sys.executable, "-m", "icefield"]])
def test_a_closed_output_is_said_in_words(stats, program):
    """It is not the first file that is opened after it either."""
    command = [*program, "table", "scan", stats.metadata_location]
    env = {**os.environ, "PYTHONPATH": str(Path(icefield.__file__).parent.parent)}
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=env,
    )
    said = "icefield: standard output or standard error is closed; open both\n"
    assert (done.returncode, done.stderr) == (2, said)
