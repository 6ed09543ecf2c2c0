"""Damaged and unknown things are refused: the right exception, which names the object."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.typedef import Record

import icefield
from icefield import FeatureView, errors
from icefield.errors import (
    CorruptDataError,
    IcefieldError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnsupportedError,
)
from tests.python.lake import NOON, Lake, append_file, ours, timed_table

ROWS = [{"id": at, "text": f"text {at % 3}", "half": at / 2} for at in range(40)]
SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string()), ("half", pa.float64())])


class Copy:
    """A copy of a small table whose files may be damaged; it lies where the original lay."""

    def __init__(self, folder: Path) -> None:
        table = Lake(folder).create(SCHEMA)
        # A checksum on every page: damage in it must show.
        append_file(table, ROWS, write_page_checksum=True, row_group_size=15)
        table.refresh()
        snapshot = table.current_snapshot()
        self.metadata = Path(table.metadata_location.removeprefix("file://"))
        self.list = Path(snapshot.manifest_list.removeprefix("file://"))
        (manifest,) = snapshot.manifests(table.io)
        self.manifest = Path(manifest.manifest_path.removeprefix("file://"))
        (task,) = table.scan().plan_files()
        self.data = Path(task.file.file_path.removeprefix("file://"))
        self.table = table
        self._saved: dict[Path, bytes] = {}

    def read(self):
        """The rows in order; damage may have left them without ids."""
        rows = icefield.load_table(self.metadata).scan().to_arrow().to_pylist()
        return sorted(rows, key=lambda row: (row.get("id") is None, row.get("id")))

    def write(self, path, data):
        self._saved.setdefault(path, path.read_bytes())
        path.write_bytes(data)

    def edit(self, change):
        """Changes the metadata as a dictionary, in place."""
        metadata = json.loads(self.metadata.read_text())
        change(metadata)
        self.write(self.metadata, json.dumps(metadata).encode())

    def restore(self):
        for path, data in self._saved.items():
            path.write_bytes(data)
        self._saved.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("damage"))


@pytest.fixture
def copy(made):
    yield made
    made.restore()


def positions(size):
    """About fifty places in a file, its first and last bytes among them."""
    return sorted({*range(0, size, max(size // 50, 1)), 1, 4, size - 1, size - 5, size - 9})


FILES = ["metadata", "list", "manifest", "data"]


@pytest.mark.parametrize("kind", FILES)
def test_truncated_files_are_refused_by_name(copy, kind):
    path = getattr(copy, kind)
    whole = path.read_bytes()
    for size in positions(len(whole)):
        copy.write(path, whole[:size])
        with pytest.raises(CorruptDataError, match=path.name):
            copy.read()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_flipped_bits_are_found_or_do_not_matter(copy, kind, flip):
    """What no structure or checksum covers may be read otherwise; in pages all of it is covered."""
    path = getattr(copy, kind)
    whole = path.read_bytes()
    pages_end = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little") if kind == "data" else 0
    messages = {}
    for at in positions(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= flip
        copy.write(path, bytes(damaged))
        try:
            rows = copy.read()
        except IcefieldError as error:
            messages[at] = f"{type(error).__name__}: {error}"
        else:
            assert len(rows) in (0, len(ROWS)), at
            assert rows == ROWS or at >= pages_end, at
    assert messages
    for at, message in messages.items():
        assert re.match(r"(?!InternalError)\w+: .*/", message), (at, message)


def test_damaged_pages_are_found_by_their_checksums(copy):
    whole = copy.data.read_bytes()
    chunk = pa.parquet.ParquetFile(copy.data).metadata.row_group(1).column(0)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    end = start + chunk.total_compressed_size
    for at in range(end - 12, end):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        copy.write(copy.data, bytes(damaged))
        where = rf"{copy.data.name} .*: column 'id' of row group 1: .*; restore it .* anew$"
        with pytest.raises(CorruptDataError, match=where):
            copy.read()
        good = icefield.load_table(copy.metadata).scan(selected_fields=("half",)).to_arrow()
        assert good["half"].to_pylist() == [row["half"] for row in ROWS]


def test_rows_before_the_damage_are_right_and_then_the_stream_says_so(copy):
    whole = bytearray(copy.data.read_bytes())
    chunk = pa.parquet.ParquetFile(copy.data).metadata.row_group(2).column(0)
    whole[chunk.data_page_offset + chunk.total_compressed_size - 30] ^= 0xFF
    copy.write(copy.data, bytes(whole))
    options = icefield.ReadOptions(batch_size=5)
    reader = icefield.load_table(copy.metadata).scan(options=options).to_arrow_batch_reader()
    seen = []

    def read_on():
        for batch in reader:
            seen.extend(batch.to_pylist())

    with pytest.raises(CorruptDataError, match=copy.data.name):
        read_on()
    assert seen == ROWS[: len(seen)]
    assert len(seen) >= 30


@pytest.mark.parametrize("kind", FILES)
def test_other_contents_are_refused_by_name(copy, kind):
    path = getattr(copy, kind)
    for data in (
        b"",
        b"\x00" * 1000,
        b"PAR1" * 10,
        b"Obj\x01" + b"\xff" * 50,
        b"{}",
        b"[" * 100_000,
    ):
        copy.write(path, data)
        with pytest.raises(CorruptDataError, match=path.name):
            copy.read()


@pytest.mark.parametrize("kind", FILES)
def test_missing_files_are_named(copy, kind):
    path = getattr(copy, kind)
    hidden = path.with_suffix(".hidden")
    path.rename(hidden)
    try:
        with pytest.raises(NotFoundError, match=path.name):
            copy.read()
        path.mkdir()
        with pytest.raises(IcefieldError, match=path.name):
            copy.read()
    finally:
        if path.is_dir():
            path.rmdir()
        hidden.rename(path)


def test_a_file_of_other_rows_than_its_manifest_says_is_refused(copy):
    small = pa.parquet.ParquetFile(copy.data).read()[:5]
    copy.write(copy.data, copy.data.read_bytes())
    pa.parquet.write_table(small, copy.data)
    with pytest.raises(CorruptDataError, match=rf"{copy.data.name} is .* bytes long, its manifest"):
        copy.read()


# --- what metadata may say ---


@pytest.mark.parametrize(
    ("path", "value", "error", "said"),
    [
        (["format-version"], 4, UnsupportedError, "version 4"),
        (["format-version"], 0, CorruptDataError, "format-version"),
        (["format-version"], "2", CorruptDataError, "format-version"),
        (["current-schema-id"], 77, CorruptDataError, "77"),
        (["default-spec-id"], 77, CorruptDataError, "77"),
        (["current-snapshot-id"], 77, CorruptDataError, "77"),
        (["schemas"], [], CorruptDataError, "schema"),
        (["schemas"], None, CorruptDataError, "schemas"),
        (["schemas", 0, "fields", 0, "type"], "interval", UnsupportedError, "interval"),
        (["schemas", 0, "fields", 0, "type"], "decimal(39, 2)", CorruptDataError, "39"),
        (["schemas", 0, "fields", 0, "type"], "decimal(0, 0)", CorruptDataError, "decimal"),
        (["schemas", 0, "fields", 0, "type"], "fixed[-1]", CorruptDataError, "fixed"),
        (["schemas", 0, "fields", 0, "type"], "fixed[99999999999]", CorruptDataError, "fixed"),
        (["schemas", 0, "fields", 0, "type"], 5, CorruptDataError, "type"),
        (["schemas", 0, "fields", 0, "id"], 2, CorruptDataError, "2"),
        (["schemas", 0, "fields", 0, "id"], "1", CorruptDataError, "id"),
        (["schemas", 0, "fields", 0, "name"], "text", CorruptDataError, "text"),
        (["schemas", 0, "fields", 0, "required"], "no", CorruptDataError, "required"),
        (["snapshots", 0, "manifest-list"], "s3://bucket/list.avro", UnsupportedError, "s3"),
        (["snapshots", 0, "manifest-list"], 5, CorruptDataError, "manifest-list"),
        (["snapshots", 0, "timestamp-ms"], 1e30, CorruptDataError, "timestamp-ms"),
        (["location"], None, CorruptDataError, "location"),
        (["refs", "main", "type"], "twig", CorruptDataError, "twig"),
        (["refs", "main", "snapshot-id"], 5, CorruptDataError, "5"),
    ],
)
def test_metadata_that_cannot_be_is_named(copy, path, value, error, said):
    def change(metadata):
        for step in path[:-1]:
            metadata = metadata[step]
        if value is None:
            del metadata[path[-1]]
        else:
            metadata[path[-1]] = value

    copy.edit(change)
    with pytest.raises(error, match=rf"(?s)(?=.*{said})"):
        copy.read()


def test_unknown_transforms_are_no_hindrance_and_prune_nothing(copy):
    """The specification asks readers to read such tables and to leave the field out of pruning."""
    field = {"source-id": 1, "field-id": 1000, "name": "p", "transform": "zorder[3]"}
    copy.edit(lambda m: m["partition-specs"][0]["fields"].append(field))
    got = icefield.load_table(copy.metadata).scan("id = 3").to_arrow()
    assert got.to_pylist() == [ROWS[3]]


def test_a_type_that_a_file_cannot_become_is_named(copy):
    copy.edit(lambda m: m["schemas"][0]["fields"][1].update(type="long"))
    with pytest.raises(CorruptDataError, match=rf"{copy.data.name}.*'text'"):
        copy.read()


# --- deletes and other formats ---


def entry(copy, content, file_format="PARQUET", **more):
    file = DataFile.from_args(
        content=content,
        file_path=f"file://{copy.data}",
        file_format=FileFormat[file_format],
        partition=Record(),
        record_count=len(ROWS),
        file_size_in_bytes=copy.data.stat().st_size,
        **more,
    )
    return ManifestEntry.from_args(
        status=ManifestEntryStatus.ADDED,
        snapshot_id=copy.table.current_snapshot().snapshot_id,
        sequence_number=1,
        file_sequence_number=1,
        data_file=file,
    )


class DeleteManifestWriter(ManifestWriterV2):
    def content(self):
        return ManifestContent.DELETES

    @property
    def _meta(self):
        return {**super()._meta, "content": "deletes"}


def rewrite(copy, writer_class, file):
    """Puts a manifest of that one file beside the one that is there."""
    io, snapshot = PyArrowFileIO(), copy.table.current_snapshot()
    for path in (copy.list, copy.manifest):
        copy.write(path, path.read_bytes())
    output = io.new_output(f"file://{copy.manifest.with_name('other.avro')}")
    writer = writer_class(
        copy.table.spec(), copy.table.schema(), output, snapshot.snapshot_id, "deflate"
    )
    with writer:
        writer.add_entry(file)
    manifests = [*snapshot.manifests(io), writer.to_manifest_file()]
    listing = io.new_output(f"file://{copy.list}.new")
    with write_manifest_list(2, listing, snapshot.snapshot_id, None, 1, "deflate") as new:
        new.add_manifests(manifests)
    Path(f"{copy.list}.new").rename(copy.list)


def test_deletes_of_other_formats_are_refused_by_name(copy):
    rewrite(copy, DeleteManifestWriter, entry(copy, DataFileContent.POSITION_DELETES, "AVRO"))
    with pytest.raises(UnsupportedError, match=rf"position delete.*{copy.data.name}.*AVRO"):
        copy.read()
    view = FeatureView("v", icefield.load_table(copy.metadata), ["id"], "half")
    with pytest.raises(IcefieldError):
        icefield.latest(view).to_arrow()


def test_a_deletion_vector_without_its_place_is_corrupt(copy):
    rewrite(copy, DeleteManifestWriter, entry(copy, DataFileContent.POSITION_DELETES, "PUFFIN"))
    with pytest.raises(CorruptDataError, match=copy.data.name):
        copy.read()


@pytest.mark.parametrize("file_format", ["ORC", "AVRO"])
def test_data_files_of_other_formats_are_refused_by_name(copy, file_format):
    rewrite(copy, ManifestWriterV2, entry(copy, DataFileContent.DATA, file_format))
    with pytest.raises(UnsupportedError, match=rf"{copy.data.name}.*{file_format}"):
        copy.read()


def test_unknown_avro_codecs_are_refused_by_name(copy):
    data = copy.manifest.read_bytes()
    assert data.count(b"deflate") == 1
    copy.write(copy.manifest, data.replace(b"deflate", b"inflate"))
    with pytest.raises(UnsupportedError, match=rf"{copy.manifest.name}.*inflate"):
        copy.read()


# --- catalogs ---


@pytest.fixture
def catalog_file(made, tmp_path):
    source = made.table.catalog.properties["uri"].removeprefix("sqlite:///")
    return Path(shutil.copy(source, tmp_path / "catalog.db"))


def open_catalog(path, name="default", **more):
    return icefield.load_catalog(name, type="sql", uri=f"sqlite:///{path}", **more)


def test_unknown_tables_and_namespaces_are_named(catalog_file, made):
    catalog = open_catalog(catalog_file)
    name = ".".join(made.table.name())
    assert catalog.load_table(name).scan().to_arrow().num_rows == len(ROWS)
    for wrong in ("ns.nothing", "nothing.t", "ns.t001.more"):
        with pytest.raises(NotFoundError, match=wrong):
            catalog.load_table(wrong)
    for senseless in ("", "t", "ns.", ".t", "ns..t"):
        with pytest.raises((InvalidArgumentError, NotFoundError)):
            catalog.load_table(senseless)
    with pytest.raises(NotFoundError, match="nothing"):
        catalog.list_tables("nothing")
    assert not catalog.table_exists("ns.nothing")


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin exclusive")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_locked_catalog_is_unavailable(catalog_file):
    catalog = open_catalog(catalog_file, **{"icefield.sqlite.busy-timeout-ms": "200"})
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK, str(catalog_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(UnavailableError, match=r"catalog\.db.*locked"):
            catalog.list_namespaces()
    finally:
        holder.communicate()
    assert catalog.list_namespaces() == [("ns",)]


@pytest.mark.parametrize("content", ["text", "other database", "folder", "missing", "empty", "cut"])
def test_what_is_no_catalog_is_named(tmp_path, catalog_file, content):
    path = tmp_path / f"{content.replace(' ', '_')}.db"
    if content == "text":
        path.write_text("this is no database, however long it may be" * 100)
    elif content == "other database":
        with sqlite3.connect(path) as connection:
            connection.execute("create table t (x)")
    elif content == "folder":
        path.mkdir()
    elif content == "empty":
        path.touch()
    elif content == "cut":
        path.write_bytes(catalog_file.read_bytes()[:5000])
    with pytest.raises(IcefieldError, match=path.name) as caught:
        open_catalog(path).load_table("ns.t001")
    wanted = {"missing": NotFoundError, "cut": CorruptDataError}
    assert isinstance(caught.value, wanted.get(content, (InvalidArgumentError, NotFoundError)))
    assert (content == "missing") == (not path.exists())


@pytest.mark.parametrize(
    ("properties", "error", "said"),
    [
        ({"type": "rest", "uri": "http://localhost"}, UnsupportedError, "rest"),
        ({"type": "glue"}, UnsupportedError, "glue"),
        ({"type": "sql", "uri": "postgresql://h/d"}, UnsupportedError, "postgresql"),
        ({"type": "sql"}, InvalidArgumentError, "uri"),
        ({"type": "strange"}, UnsupportedError, "strange"),
        ({"type": "none"}, InvalidArgumentError, "warehouse"),
        ({"type": "none", "warehouse": "s3://b/w"}, UnsupportedError, "s3"),
    ],
)
def test_catalogs_that_are_not_read_are_named(properties, error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(error, match=said):
        icefield.load_catalog("c", **properties).list_namespaces()


def test_places_without_a_table_are_named(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.metadata.json").write_text("no JSON")
    for place, error in [
        ("nothing", NotFoundError),
        ("empty", NotFoundError),
        ("text.metadata.json", CorruptDataError),
    ]:
        with pytest.raises(error, match=place):
            icefield.load_table(tmp_path / place)
    with pytest.raises(UnsupportedError, match="s3"):
        icefield.load_table("s3://bucket/t/metadata/v1.metadata.json")


# --- views and frames ---


@pytest.fixture(scope="module")
def timed(lake):
    return ours(timed_table(lake)[0])


def frame(**columns):
    return pa.table({"key": [1], "event_timestamp": [NOON], **columns})


def join(timed, entity_frame=None, views=1, **view):
    view = {"name": "v", "join_keys": ["key"], **view}
    made = [FeatureView(table=timed, **view)] * views
    return icefield.point_in_time_join(frame() if entity_frame is None else entity_frame, made)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"entity_frame": frame().drop_columns("key")}, "'key'"),
        ({"entity_frame": frame().drop_columns("event_timestamp")}, "'event_timestamp'"),
        ({"entity_frame": frame(key=["1"])}, "'key' has type string.*'key' type int64"),
        ({"entity_frame": frame(key=[[1]])}, "'key'"),
        ({"entity_frame": frame(event_timestamp=[5])}, "'event_timestamp'"),
        ({"entity_frame": frame(event_timestamp=[True])}, "'event_timestamp'"),
        ({"entity_frame": frame(event_timestamp=["noon"])}, "row 0.*'noon'"),
        ({"entity_frame": frame(value=[1])}, "'value'"),
        ({"views": 2}, "v"),
        ({"ttl": timedelta(seconds=-1)}, "ttl"),
        ({"features": ["value", "value"]}, "'value'"),
        ({"features": [("value", "x"), ("key", "x")]}, "'x'"),
        ({"features": ["nothing"]}, "'nothing'"),
        ({"join_keys": ["nothing"]}, "'nothing'"),
        ({"join_keys": [("nothing", "key")]}, "'nothing'"),
        ({"join_keys": ["key", "key"]}, "'key'"),
        ({"timestamp_field": "nothing"}, "'nothing'"),
        ({"timestamp_field": "value"}, "'value'"),
        ({"created_timestamp_column": "nothing"}, "'nothing'"),
        ({"created_timestamp_column": "key"}, "'key'"),
        ({"row_filter": "nothing = 1"}, "'nothing'"),
        ({"name": ""}, "name"),
    ],
)
def test_joins_that_make_no_sense_are_refused(timed, given, said):
    with pytest.raises((InvalidArgumentError, NotFoundError), match=said):
        join(timed, **given).to_arrow()


@pytest.mark.parametrize("bad", [5, "text", [{"key": 1}], {"key": [1]}, object()])
def test_what_is_no_frame_is_refused(timed, bad):
    with pytest.raises(InvalidArgumentError, match=type(bad).__name__):
        icefield.point_in_time_join(bad, [FeatureView("v", timed, ["key"])])


def test_an_unparsable_time_is_named_with_its_row(timed):
    times = ["2024-01-01", None, "2024-01-01T00:00:00Z", "2024-02-30", "x"]
    entity_frame = pa.table({"key": range(5), "event_timestamp": times})
    with pytest.raises(InvalidArgumentError, match="row 3: '2024-02-30'"):
        join(timed, entity_frame)
    chunks = pa.concat_tables([entity_frame[:2], entity_frame[4:]])
    with pytest.raises(InvalidArgumentError, match="row 2: 'x'"):
        join(timed, chunks)


def test_columns_twice_in_a_frame_are_refused(timed):
    double = pa.table([[1], [2], [NOON]], names=["key", "key", "event_timestamp"])
    with pytest.raises(InvalidArgumentError, match="'key'"):
        join(timed, double)


def test_pandas_columns_that_arrow_cannot_hold_are_named(timed):
    pandas = frame().to_pandas()
    pandas["mixed"] = [object()]
    with pytest.raises(InvalidArgumentError, match="mixed"):
        join(timed, pandas)


def test_without_views_the_frame_comes_back(timed):
    assert icefield.point_in_time_join(frame(), []).to_arrow() == frame()


def test_cuts_that_cannot_be_made_are_refused(timed):
    view = FeatureView("v", timed, ["key"])
    with pytest.raises(InvalidArgumentError, match="sometimes"):
        icefield.point_in_time_join(frame(), [view], created_cut="sometimes")
    with pytest.raises(InvalidArgumentError, match="created"):
        icefield.point_in_time_join(frame(), [view], created_cut=True)


def test_every_exception_is_also_the_builtin_that_it_resembles():
    pairs = {
        errors.InvalidArgumentError: ValueError,
        errors.NotFoundError: LookupError,
        errors.CorruptDataError: ValueError,
        errors.UnsupportedError: NotImplementedError,
        errors.UnavailableError: ConnectionError,
        errors.DeadlineExceededError: TimeoutError,
        errors.PermissionDeniedError: PermissionError,
        errors.ResourceExhaustedError: MemoryError,
        errors.InternalError: RuntimeError,
    }
    for error, builtin in pairs.items():
        assert issubclass(error, (builtin, IcefieldError))
        assert issubclass(error, builtin)
        assert issubclass(error, IcefieldError)


def test_times_far_away_in_latest_are_no_crash(timed):
    view = FeatureView("v", timed, ["key"])
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert icefield.latest(view, start=datetime(1, 1, 1), end=far).to_arrow().num_rows == 1
    with pytest.raises(InvalidArgumentError, match="start lies after end"):
        icefield.latest(view, start=far, end=datetime(1, 1, 1))
