"""Scans give the rows that were written: every type, projection, filter, partition, snapshot."""

from __future__ import annotations

import datetime
import math
import uuid
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg import expressions as ex
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform, parse_transform
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, TimestampType

import icefield
from icefield import ReadOptions
from icefield.errors import InvalidArgumentError, NotFoundError
from tests.python.lake import (
    SCALARS,
    append_file,
    append_partitioned,
    append_rows,
    every_row,
    every_type,
    ours,
    rows_of,
)

ARROW_TYPES = {
    "id": pa.int64(),
    "bool": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "small_decimal": pa.decimal128(9, 2),
    "medium_decimal": pa.decimal128(18, 0),
    "large_decimal": pa.decimal128(38, 10),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "string": pa.string(),
    "uuid": pa.uuid(),
    "fixed": pa.binary(3),
    "binary": pa.binary(),
}


def plain(rows):
    """Rows with UUIDs as their bytes, as they are written."""
    return [
        {
            name: value.bytes if isinstance(value, uuid.UUID) else value
            for name, value in row.items()
        }
        for row in rows
    ]


# --- types ---


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def everything(request, lake):
    """A table of every type in two files, its nulls exactly where they were given."""
    table = lake.create(every_type(), request.param)
    rows = every_row()
    append_file(table, rows[:5], row_group_size=2)
    append_file(table, rows[5:], with_metrics=False)
    return table


def test_every_type_with_nulls_at_every_level(everything):
    scan = ours(everything).scan()
    got = scan.to_arrow()
    assert plain(rows_of(got)) == every_row()
    assert got.schema == scan.schema == ours(everything).schema()
    assert {name: got.schema.field(name).type for name in ARROW_TYPES} == ARROW_TYPES
    assert [field.name for field in got.schema if not field.nullable] == ["id"]
    got.validate(full=True)


@pytest.mark.parametrize("version", [1, 2])
def test_every_type_as_pyiceberg_writes_and_reads_it(lake, version):
    table = lake.create(every_type(), version)
    rows = every_row()
    for part in (rows[:4], rows[4:5], rows[5:]):
        append_rows(table, part)
    assert rows_of(ours(table).scan().to_arrow()) == rows_of(table.scan().to_arrow())


@pytest.mark.parametrize("name", SCALARS)
def test_one_column_of_each_type_alone(everything, name):
    got = ours(everything).scan(selected_fields=("id", name)).to_arrow()
    assert got.column_names == ["id", name]
    assert plain(rows_of(got)) == [{"id": row["id"], name: row[name]} for row in every_row()]


@pytest.mark.parametrize("name", SCALARS)
def test_nulls_of_each_type_are_found_by_a_filter(everything, name):
    got = ours(everything).scan(f"{name} is null", selected_fields=("id",)).to_arrow()
    assert sorted(got["id"].to_pylist()) == [r["id"] for r in every_row() if r[name] is None]


@pytest.mark.parametrize("name", [name for name in SCALARS if name != "binary"])
def test_each_value_of_each_type_is_found_by_an_expression(everything, name):
    for value in SCALARS[name][1]:
        literal = uuid.UUID(bytes=value) if name == "uuid" else value
        got = ours(everything).scan(ex.EqualTo(name, literal), selected_fields=("id",)).to_arrow()
        wanted = [row["id"] for row in every_row() if row[name] == value]
        assert sorted(got["id"].to_pylist()) == wanted, literal


# --- projections ---


def pick(row, *path):
    for step in path:
        row = None if row is None else row[step]
    return row


def test_members_of_structs_by_dotted_names(everything):
    fields = ("point.inner.y", "id", "point.tags", "point.inner")
    got = ours(everything).scan(selected_fields=fields).to_arrow()
    assert got.column_names == list(fields)
    assert rows_of(got) == [
        {
            "point.inner.y": pick(row, "point", "inner", "y"),
            "id": row["id"],
            "point.tags": pick(row, "point", "tags"),
            "point.inner": pick(row, "point", "inner"),
        }
        for row in every_row()
    ]


def test_a_struct_whole_and_a_member_of_it(everything):
    got = ours(everything).scan(selected_fields=("point.inner.x", "point", "id")).to_arrow()
    wanted = [
        {"point.inner.x": pick(row, "point", "inner", "x"), "point": row["point"], "id": row["id"]}
        for row in every_row()
    ]
    assert rows_of(got) == wanted


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("id", "nothing"), "nothing"),
        (("point.nothing",), "point.nothing"),
        (("pairs.element.x",), "pairs"),
        (("ID",), "ID"),
        (("id", "id"), "id"),
    ],
)
def test_columns_that_cannot_be_had_are_named(everything, fields, said):
    with pytest.raises((InvalidArgumentError, NotFoundError), match=said):
        ours(everything).scan(selected_fields=fields).to_arrow()


# --- how it is read ---


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("batch_size", [1, 2, 7, 65536])
def test_answers_do_not_depend_on_batches_and_threads(everything, threads, batch_size):
    options = ReadOptions(threads=threads, batch_size=batch_size)
    plain_scan = ours(everything).scan().to_arrow()
    reader = ours(everything).scan(options=options).to_arrow_batch_reader()
    batches = list(reader)
    assert all(0 < batch.num_rows <= batch_size for batch in batches)
    assert pa.Table.from_batches(batches) == plain_scan


@pytest.fixture(scope="module")
def numbers(lake):
    """1,000 rows in ten commits of ten row groups each."""
    schema = pa.schema([("id", pa.int64()), ("text", pa.string()), ("half", pa.float64())])
    table = lake.create(schema)
    for start in range(0, 1000, 100):
        append_file(table, [number_row(at) for at in range(start, start + 100)], row_group_size=10)
    return table


def number_row(at):
    text = None if at % 10 == 9 else f"t{at % 7}"
    half = None if at % 6 == 5 else math.nan if at % 6 == 4 else at / 2 - 100
    return {"id": at, "text": text, "half": half}


@pytest.mark.parametrize("limit", [0, 1, 10, 99, 101, 1000, 5000])
def test_a_limit_gives_the_first_rows(numbers, limit):
    got, whole = (
        ours(numbers).scan(selected_fields=("id", "text"), limit=most).to_arrow()
        for most in (limit, None)
    )
    assert got == whole[:limit]
    assert got.num_rows == min(limit, 1000)


def test_a_limit_counts_rows_that_pass_the_filter(numbers):
    got = ours(numbers).scan("id >= 555 and text = 't1'", limit=20).to_arrow()
    assert (
        got["id"].to_pylist()
        == [at for at in range(555, 1000) if number_row(at)["text"] == "t1"][:20]
    )


def test_a_negative_limit_is_refused(numbers):
    with pytest.raises(InvalidArgumentError, match="limit is -1"):
        ours(numbers).scan(limit=-1).to_arrow()


@pytest.mark.parametrize("options", [{"threads": -1}, {"batch_size": 0}, {"batch_size": -5}])
def test_impossible_options_are_refused(numbers, options):
    with pytest.raises(InvalidArgumentError, match=next(iter(options))):
        ours(numbers).scan(options=ReadOptions(**options)).to_arrow()


def test_a_stream_outlives_what_it_came_from(numbers):
    reader = ours(numbers).scan(options=ReadOptions(batch_size=7)).to_arrow_batch_reader()
    assert sum(batch.num_rows for batch in reader) == 1000


def test_streams_are_read_partly_together_and_dropped(numbers):
    options = ReadOptions(threads=4, batch_size=3)
    scan = ours(numbers).scan(selected_fields=("id", "text"), options=options)
    first, second = scan.to_arrow_batch_reader(), scan.to_arrow_batch_reader()
    begun = [first.read_next_batch() for _ in range(5)]
    rest = second.read_all()
    assert pa.Table.from_batches(begun) == rest[: sum(batch.num_rows for batch in begun)]
    del first
    for _ in range(20):
        scan.to_arrow_batch_reader().read_next_batch()
    assert rest.num_rows == 1000


# --- filters ---


def _less(value, bound):
    return value is not None and value < bound


def _is_nan(value):
    return value is not None and math.isnan(value)


FILTERS = [
    ("id = 500", ex.EqualTo("id", 500), lambda r: r["id"] == 500),
    (
        "id < 15 or id >= 990",
        ex.Or(ex.LessThan("id", 15), ex.GreaterThanOrEqual("id", 990)),
        lambda r: not 15 <= r["id"] < 990,
    ),
    ("id in (1, 999, 5000)", ex.In("id", {1, 999, 5000}), lambda r: r["id"] in (1, 999)),
    ("text is null", ex.IsNull("text"), lambda r: r["text"] is None),
    (
        "text = 't3' and id > 900",
        ex.And(ex.EqualTo("text", "t3"), ex.GreaterThan("id", 900)),
        lambda r: r["text"] == "t3" and r["id"] > 900,
    ),
    ("text != 't3'", ex.NotEqualTo("text", "t3"), lambda r: r["text"] not in (None, "t3")),
    (
        "text not in ('t1', 't2')",
        ex.NotIn("text", {"t1", "t2"}),
        lambda r: r["text"] not in (None, "t1", "t2"),
    ),
    ("text like 't%'", ex.StartsWith("text", "t"), lambda r: r["text"] is not None),
    (
        "text not starts with 't1'",
        ex.NotStartsWith("text", "t1"),
        lambda r: r["text"] not in (None, "t1"),
    ),
    ("half is nan", ex.IsNaN("half"), lambda r: _is_nan(r["half"])),
    ("half < -90.0", ex.LessThan("half", -90.0), lambda r: _less(r["half"], -90.0)),
    (
        "not half < -90.0",
        ex.Not(ex.LessThan("half", -90.0)),
        lambda r: r["half"] is not None and not r["half"] < -90.0,
    ),
    ("id = 5000", ex.EqualTo("id", 5000), lambda r: False),
    ("true", ex.AlwaysTrue(), lambda r: True),
    ("false", ex.AlwaysFalse(), lambda r: False),
]


@pytest.mark.parametrize(("text", "expression", "passes"), FILTERS, ids=[f[0] for f in FILTERS])
def test_filters_keep_exactly_the_rows_that_pass(numbers, text, expression, passes):
    wanted = [at for at in range(1000) if passes(number_row(at))]
    for row_filter in (text, expression):
        got = ours(numbers).scan(row_filter).to_arrow()
        assert sorted(got["id"].to_pylist()) == wanted, row_filter
    # A column that is only filtered by need not be asked for.
    halves = ours(numbers).scan(text, selected_fields=("half",)).to_arrow()
    assert (halves.column_names, halves.num_rows) == (["half"], len(wanted))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing = 1", "nothing"),
        ("id = 'x'", "column 'id'"),
        ("id <", "position 5: expected a literal"),
        ("id = 1 id = 2", "position 8.*found 'id'"),
        ("(id = 1", r"position 8: expected '\)'"),
        ("id = 1;", "position 7.*';'"),
        ("text = 5", "column 'text'"),
        ("text = 'unclosed", "position 8.*closing"),
        ("  ", "expected a column"),
    ],
)
def test_filters_that_make_no_sense_are_refused(numbers, text, said):
    with pytest.raises(InvalidArgumentError, match=said):
        ours(numbers).scan(text).to_arrow()


def test_deep_and_long_filters_do_no_harm(numbers):
    long = " or ".join(f"id = {at}" for at in range(0, 5000, 2))
    assert ours(numbers).scan(long).to_arrow().num_rows == 500
    with pytest.raises(InvalidArgumentError, match=r"nest|deep"):
        ours(numbers).scan("(" * 200_000 + "id = 1" + ")" * 200_000).to_arrow()


def test_plans_leave_out_what_cannot_match(numbers):
    plan = ours(numbers).scan("id = 250").plan_files()
    assert [task.record_count for task in plan] == [100]
    assert "9 by bounds" in ours(numbers).scan("id = 250").explain()


# --- partitions ---

EVENTS = Schema(
    NestedField(1, "id", LongType(), True),
    NestedField(2, "at", TimestampType(), False),
    NestedField(3, "name", StringType(), False),
    NestedField(4, "value", DoubleType(), False),
)
TRANSFORMS = ["identity", "year", "month", "day", "hour", "bucket[4]", "truncate[2]", "void"]


def event_rows():
    names = [None, "", "a", "ab", "abc", "äöü", "a/b=c d%"]
    start = datetime.datetime(1969, 12, 30, 23, 59, 59, 999999)
    steps = [datetime.timedelta(hours=7 * at) for at in range(28)]
    return [
        {
            "id": at,
            "at": None if at % 9 == 8 else start + step,
            "name": names[at % 7],
            "value": at / 4,
        }
        for at, step in enumerate(steps)
    ]


def source_of(transform):
    return 3 if transform.startswith("truncate") else 2


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_every_transform_partitions_and_prunes(lake, version, transform):
    field = PartitionField(source_of(transform), 1000, parse_transform(transform), "part")
    table = lake.create(EVENTS, version, PartitionSpec(field))
    rows = event_rows()
    append_partitioned(table, rows[:15])
    append_partitioned(table, rows[15:])
    assert rows_of(ours(table).scan().to_arrow()) == rows
    bounds = ["1969-12-31T00:00:00", "1970-01-01T00:00:00", "1970-01-02T12:00:00"]
    for bound in bounds:
        instant = datetime.datetime.fromisoformat(bound)
        got = ours(table).scan(f"at < '{bound}'").to_arrow()
        assert rows_of(got) == [
            row for row in rows if row["at"] is not None and row["at"] < instant
        ]
    for name in ("", "a", "abc", "äöü", "a/b=c d%"):
        got = ours(table).scan(ex.EqualTo("name", name)).to_arrow()
        assert rows_of(got) == [row for row in rows if row["name"] == name]
    got = ours(table).scan("at is null or name is null").to_arrow()
    assert rows_of(got) == [row for row in rows if row["at"] is None or row["name"] is None]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", [n for n in SCALARS if n not in ("float", "double", "fixed")])
def test_identity_partitions_of_every_type(lake, version, name):
    schema = every_type().select("id", name)
    spec = PartitionSpec(
        PartitionField(schema.find_field(name).field_id, 1000, IdentityTransform(), "part")
    )
    table = lake.create(schema, version, spec)
    values = [*SCALARS[name][1], None]
    rows = [{"id": at, "column": value} for at, value in enumerate(values)]
    rows = [{"id": row["id"], table.schema().fields[1].name: row["column"]} for row in rows]
    append_partitioned(table, rows)
    assert plain(rows_of(ours(table).scan().to_arrow())) == rows


def test_identity_partitions_by_append(lake):
    spec = PartitionSpec(PartitionField(3, 1000, IdentityTransform(), "name"))
    table = lake.create(EVENTS, 2, spec)
    append_rows(table, event_rows())
    append_rows(table, [{**row, "id": row["id"] + 100} for row in event_rows()])
    assert rows_of(ours(table).scan().to_arrow()) == rows_of(table.scan().to_arrow())
    assert len(ours(table).scan("name = 'abc'").plan_files()) == 2


# --- states of a table ---


@pytest.fixture(scope="module")
def history(lake):
    """Three appends with a tag, a branch and a copy-on-write delete; snapshots in order."""
    table = lake.create(pa.schema([("id", pa.int64()), ("name", pa.string())]))
    for at in range(3):
        append_rows(table, [{"id": 10 * at + k, "name": f"n{k}"} for k in range(4)])
    first, second, _ = (snapshot.snapshot_id for snapshot in table.snapshots())
    with table.manage_snapshots() as manage:
        manage.create_tag(first, "start").create_branch(second, "work")
    table.append(pa.table({"id": [777], "name": ["branch"]}), branch="work")
    table.delete("id = 11")
    table.overwrite(pa.table({"id": [500], "name": ["new"]}), overwrite_filter="id >= 20")
    return table


def test_every_snapshot_is_read_as_pyiceberg_reads_it(history):
    table = ours(history)
    assert [s.snapshot_id for s in table.snapshots()] == [
        s.snapshot_id for s in history.snapshots()
    ]
    for snapshot in history.snapshots():
        at = snapshot.snapshot_id
        theirs = history.scan(snapshot_id=at).to_arrow()
        assert rows_of(table.scan(snapshot_id=at).to_arrow()) == rows_of(theirs)
    assert table.current_snapshot().snapshot_id == history.current_snapshot().snapshot_id
    ids = [row["id"] for row in rows_of(table.scan().to_arrow())]
    assert ids == [0, 1, 2, 3, 10, 12, 13, 500]


def test_branches_and_tags_are_read(history):
    scan = ours(history).scan()
    for ref in ("start", "work", "main"):
        theirs = history.scan().use_ref(ref).to_arrow()
        assert rows_of(scan.use_ref(ref).to_arrow()) == rows_of(theirs), ref
    assert 777 in scan.use_ref("work").to_arrow()["id"].to_pylist()
    refs = {name: (ref.type, ref.snapshot_id) for name, ref in ours(history).refs().items()}
    assert refs == {
        name: (ref.snapshot_ref_type, ref.snapshot_id) for name, ref in history.refs().items()
    }


def test_unknown_states_are_named(history):
    with pytest.raises(NotFoundError, match="12345"):
        ours(history).scan(snapshot_id=12345).to_arrow()
    with pytest.raises(NotFoundError, match="nowhere"):
        ours(history).scan().use_ref("nowhere").to_arrow()
    with pytest.raises(InvalidArgumentError, match="already names snapshot"):
        ours(history).scan(snapshot_id=history.snapshots()[0].snapshot_id).use_ref("main")


def test_a_table_is_what_it_was_when_it_was_loaded(lake):
    table = lake.create(pa.schema([("id", pa.int64())]))
    append_rows(table, [{"id": 1}])
    loaded = ours(table)
    append_rows(table, [{"id": 2}])
    assert loaded.scan().to_arrow()["id"].to_pylist() == [1]
    assert sorted(ours(table).scan().to_arrow()["id"].to_pylist()) == [1, 2]


def test_tables_of_no_rows(lake):
    schema = pa.schema([("id", pa.int64()), ("name", pa.string())])
    table = lake.create(schema)
    assert ours(table).current_snapshot() is None
    assert ours(table).scan().to_arrow().num_rows == 0
    assert ours(table).scan("id = 1").to_arrow().schema.names == ["id", "name"]
    table.append(schema.empty_table())
    table.append(schema.empty_table())
    assert ours(table).scan().to_arrow().num_rows == 0
    append_file(table, [])
    assert ours(table).scan().to_arrow().num_rows == 0
    append_rows(table, [{"id": 1, "name": "x"}])
    table.delete("id = 1")
    assert ours(table).scan().to_arrow().num_rows == 0
    assert ours(table).scan().plan_files() == [] or all(
        task.record_count == 0 for task in ours(table).scan().plan_files()
    )


@pytest.mark.parametrize("version", [1, 2])
def test_merged_manifests_and_many_small_files(lake, version):
    merge = {"commit_manifest-merge_enabled": "true", "commit_manifest_min-count-to-merge": "3"}
    table = lake.create(pa.schema([("id", pa.int64())]), version, **merge)
    with table.transaction() as transaction:
        for at in range(24):
            transaction.append(pa.table({"id": [at]}))
    manifests = table.current_snapshot().manifests(table.io)
    assert len(manifests) < 24
    assert [row["id"] for row in rows_of(ours(table).scan().to_arrow())] == list(range(24))


# --- where a table lies ---


def test_every_way_to_name_a_table(lake, history, monkeypatch):
    metadata = history.refresh().metadata_location
    folder = history.location()
    path = Path(metadata.removeprefix("file://"))
    monkeypatch.chdir(path.parent)
    wanted = rows_of(ours(history).scan().to_arrow())
    for place in (metadata, str(path), path, folder, folder.removeprefix("file://"), folder + "/"):
        assert rows_of(icefield.load_table(place).scan().to_arrow()) == wanted, place
    assert rows_of(icefield.load_table(Path(path.name)).scan().to_arrow()) == wanted
    catalog = icefield.load_catalog("default", **lake.properties)
    assert rows_of(catalog.load_table(history.name()).scan().to_arrow()) == wanted
