"""Columns that a file lacks: partition value, initial default, null, in this order."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pyarrow as pa
import pytest

import icefield
from icefield.errors import CorruptDataError
from tests.python.files import columns, foreign_file, read
from tests.raw import RawTable

UUID = "f79c3e09-677c-4bbd-a479-3f349cb785e7"
UTC = datetime.UTC

SCALARS = {
    "boolean": (False, False),
    "int": (-3, -3),
    "long": (2**40, 2**40),
    "float": (1.5, 1.5),
    "double": (-0.1, -0.1),
    "decimal(9, 2)": ("14.20", Decimal("14.20")),
    "date": ("1969-12-31", datetime.date(1969, 12, 31)),
    "time": ("22:31:08.123456", datetime.time(22, 31, 8, 123456)),
    "timestamp": ("2017-11-16T22:31:08.123456", datetime.datetime(2017, 11, 16, 22, 31, 8, 123456)),
    "timestamptz": (
        "2017-11-16T22:31:08.123456+00:00",
        datetime.datetime(2017, 11, 16, 22, 31, 8, 123456, UTC),
    ),
    "string": ("", ""),
    "uuid": (UUID, uuid.UUID(UUID)),
    "fixed[3]": ("0001ff", b"\x00\x01\xff"),
    "binary": ("", b""),
}


def field(field_id, name, kind, required=False, **more):
    more = {key.replace("_", "-"): value for key, value in more.items()}
    return {"id": field_id, "name": name, "required": required, "type": kind, **more}


def struct(*fields):
    return {"type": "struct", "fields": list(fields)}


@pytest.fixture
def table(tmp_path):
    """A v3 table of `id` with a file of the rows 1 and 2."""
    table = RawTable(tmp_path, [("id", "long", True)], format_version=3)
    table.commit([table.write_data([(1,), (2,)])])
    return table


def evolve(table, *fields):
    """Adds columns with these JSON fields to the schema."""
    table.set_schema([*table.schema["fields"], *fields])
    table.save()


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("kind", SCALARS)
def test_a_default_of_every_type(table, kind, required):
    text, value = SCALARS[kind]
    evolve(table, field(2, "c", kind, required, initial_default=text, write_default=text))
    assert read(table).to_pylist() == [{"id": 1, "c": value}, {"id": 2, "c": value}]


def test_defaults_of_nanoseconds(table):
    evolve(
        table,
        field(2, "a", "timestamp_ns", initial_default="1969-12-31T23:59:59.123456789"),
        field(3, "b", "timestamptz_ns", initial_default="1970-01-01T00:00:00.000000001+00:00"),
    )
    got = read(table)
    assert got["a"].cast(pa.int64()).to_pylist() == [123456789 - 10**9] * 2
    assert got["b"].cast(pa.int64()).to_pylist() == [1, 1]


def test_files_that_hold_the_column_are_not_touched_by_its_default(table):
    evolve(table, field(2, "c", "long", initial_default=7, write_default=8))
    table.commit([table.write_data([(3, 9), (4, None)])])
    got = sorted(read(table).to_pylist(), key=lambda row: row["id"])
    assert [row["c"] for row in got] == [7, 7, 9, None]


def test_the_write_default_is_none_of_the_readers_business(table):
    evolve(table, field(2, "c", "long", write_default=8))
    assert read(table, "c")["c"].to_pylist() == [None, None]


def test_defaults_under_filters_and_pruning(table):
    """Nothing that the file says of a column which it lacks may prune it."""
    evolve(table, field(2, "c", "long", initial_default=7), field(3, "d", "string"))
    table.commit([table.write_data([(3, 9, "x"), (4, None, None)])])
    for text, wanted in [
        ("c = 7", [1, 2]),
        ("c != 7", [3]),
        ("c > 8", [3]),
        ("c is null", [4]),
        ("c is not null", [1, 2, 3]),
        ("c in (7, 9)", [1, 2, 3]),
        ("c not in (9)", [1, 2]),
        ("d is null and c = 7", [1, 2]),
        ("d = 'x'", [3]),
    ]:
        assert sorted(read(table, "id", row_filter=text)["id"].to_pylist()) == wanted, text


@pytest.mark.parametrize(
    ("default", "wanted"),
    [
        (None, None),
        ({}, {"x": 0, "y": None, "z": {"w": 5}}),
        ({"3": 4}, {"x": 4, "y": None, "z": {"w": 5}}),
        ({"4": "s", "5": None}, {"x": 0, "y": "s", "z": None}),
    ],
)
def test_structs_take_the_defaults_of_their_members(table, default, wanted):
    inner = struct(field(6, "w", "long", initial_default=5))
    members = (
        field(3, "x", "int", initial_default=0),
        field(4, "y", "string"),
        field(5, "z", inner, initial_default={}),
    )
    evolve(table, field(2, "point", struct(*members), initial_default=default))
    assert read(table, "point")["point"].to_pylist() == [wanted, wanted]
    parts = read(table, "point.x", "point.z.w")
    assert parts["point.x"].to_pylist() == [wanted and wanted["x"]] * 2
    inside = wanted and wanted["z"]
    assert parts["point.z.w"].to_pylist() == [inside and inside["w"]] * 2
    found = read(table, "id", row_filter="point.x = 0")["id"].to_pylist()
    assert found == ([1, 2] if wanted and wanted["x"] == 0 else [])


def test_members_added_to_a_stored_struct_have_their_own_default(tmp_path):
    point = struct(field(3, "x", "int"))
    table = RawTable(tmp_path, struct(field(1, "id", "long"), field(2, "point", point)))
    table.upgrade(3)
    rows = [{"id": 1, "point": {"x": 3}}, {"id": 2, "point": None}]
    table.commit([table.write_data(rows)])
    fields = (field(3, "x", "int"), field(4, "y", "int", True, initial_default=0))
    table.set_schema([field(1, "id", "long"), field(2, "point", struct(*fields))])
    table.save()
    assert read(table, "point")["point"].to_pylist() == [{"x": 3, "y": 0}, None]
    assert read(table, "point.y")["point.y"].to_pylist() == [0, None]
    assert read(table, "id", row_filter="point.y = 0")["id"].to_pylist() == [1]


def test_members_added_inside_lists_and_maps(tmp_path):
    def list_of(*fields):
        kind = {"type": "list", "element-id": 3, "element": struct(*fields)}
        return field(2, "l", {**kind, "element-required": False})

    def map_of(*fields):
        kind = {"type": "map", "key-id": 6, "key": "string", "value-id": 7}
        return field(5, "m", {**kind, "value": struct(*fields), "value-required": False})

    x, y = field(4, "x", "int"), field(8, "x", "int")
    table = RawTable(tmp_path, struct(list_of(x), map_of(y)), format_version=3)
    table.commit([table.write_data([{"l": [{"x": 1}, None], "m": [("k", {"x": 2})]}])])
    added = [field(at, "n", "string", initial_default="d") for at in (9, 10)]
    table.set_schema([list_of(added[0], x), map_of(y, added[1])])
    table.save()
    assert read(table).to_pylist() == [
        {"l": [{"n": "d", "x": 1}, None], "m": [("k", {"x": 2, "n": "d"})]}
    ]


def test_defaults_of_lists_and_maps(table):
    listed = {"type": "list", "element-id": 3, "element": "uuid", "element-required": False}
    pairs = {"type": "map", "key-id": 5, "key": "string", "value-id": 6, "value": "date"}
    evolve(
        table,
        field(2, "l", listed, initial_default=[UUID, None]),
        field(
            4,
            "m",
            {**pairs, "value-required": False},
            initial_default={"keys": ["a", "b"], "values": ["1970-01-02", None]},
        ),
        field(7, "e", {**listed, "element-id": 8}, initial_default=[]),
    )
    got = read(table).to_pylist()
    assert [row["l"] for row in got] == [[uuid.UUID(UUID), None]] * 2
    assert [row["m"] for row in got] == [[("a", datetime.date(1970, 1, 2)), ("b", None)]] * 2
    assert [row["e"] for row in got] == [[], []]


def test_partition_values_come_first(tmp_path):
    table = RawTable(
        tmp_path,
        struct(field(1, "id", "long"), field(2, "day", "date", initial_default="2000-01-01")),
        format_version=3,
        spec=[("day", "identity")],
    )
    files = []
    for day in (10, None):
        file = foreign_file(table, columns(id=pa.array([day])))
        file.partition = (day,)
        files.append(file)
    table.commit(files)
    days = {row["id"]: row["day"] for row in read(table).to_pylist()}
    assert days == {10: datetime.date(1970, 1, 11), None: None}
    assert read(table, "id", row_filter="day = '1970-01-11'")["id"].to_pylist() == [10]
    assert read(table, "id", row_filter="day = '2000-01-01'").num_rows == 0


def test_required_columns_without_a_default_and_defaults_that_are_none(table):
    evolve(table, field(2, "c", "long", True))
    with pytest.raises(CorruptDataError, match="lacks the required column 'c'"):
        read(table)
    assert read(table, "id").num_rows == 2
    table.set_schema([table.schema["fields"][0], field(2, "c", "long", initial_default="seven")])
    table.save()
    with pytest.raises(CorruptDataError, match="initial-default of 'c'"):
        read(table)
    assert read(table, "id").num_rows == 2


def test_counted_values_that_the_file_lacks_are_an_error(tmp_path):
    table = RawTable(tmp_path, [("id", "long"), ("c", "long")])
    file = foreign_file(table, columns(id=pa.array([1, 2])))
    file.value_counts, file.null_counts = {1: 2, 2: 2}, {1: 0, 2: 1}
    table.commit([file])
    with pytest.raises(CorruptDataError, match=r"foreign.*lacks the column 'c'.*counts 1 values"):
        read(table)
    assert read(table, "id")["id"].to_pylist() == [1, 2]


def test_older_snapshots_know_no_newer_default(table):
    first = table.current_snapshot_id()
    evolve(table, field(2, "c", "long", initial_default=7))
    table.commit([table.write_data([(3, 9)])])
    loaded = icefield.load_table(table.metadata_location)
    assert loaded.scan(snapshot_id=first).to_arrow().column_names == ["id"]
    assert sorted(loaded.scan().to_arrow()["c"].to_pylist()) == [7, 7, 9]


def test_defaults_are_features(tmp_path):
    table = RawTable(
        tmp_path,
        [("key", "string"), ("event_timestamp", "timestamp")],
        format_version=3,
    )
    table.commit([table.write_data([("a", datetime.datetime(2024, 1, 1))])])
    table.add_column("f", "double", initial_default=0.5)
    table.commit([table.write_data([("b", datetime.datetime(2024, 1, 1), None)])])
    loaded = icefield.load_table(table.metadata_location)
    view = icefield.FeatureView("v", loaded, join_keys=["key"], timestamp_field="event_timestamp")
    frame = pa.table(
        {"key": ["a", "b", "c"], "event_timestamp": [datetime.datetime(2024, 1, 2)] * 3}
    )
    got = icefield.point_in_time_join(frame, [view]).to_arrow()
    assert got["f"].to_pylist() == [0.5, None, None]
