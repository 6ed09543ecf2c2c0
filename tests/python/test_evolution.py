"""Columns are matched by field id, whatever their names, places and types have become."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform, parse_transform
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
)

import icefield
from tests.python.lake import append_file, append_partitioned, append_rows, ours, rows_of

FLAT = Schema(
    NestedField(1, "id", LongType(), True),
    NestedField(2, "a", IntegerType(), False),
    NestedField(3, "b", StringType(), False),
    NestedField(4, "c", FloatType(), False),
    NestedField(5, "d", DecimalType(9, 2), False),
)


def flat_rows(start):
    values = [
        (1, "x", 0.5, Decimal("1.25")),
        (None, None, None, None),
        (-5, "", -1.5, Decimal("-9999999.99")),
    ]
    return [
        dict(zip(("id", "a", "b", "c", "d"), (start + at, *row), strict=True))
        for at, row in enumerate(values)
    ]


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def flat(request, lake):
    """A table of one file of three rows, ids 0 to 2."""
    table = lake.create(FLAT, request.param)
    append_rows(table, flat_rows(0))
    return table


def check(table, wanted):
    """Ours is what is wanted, and what pyiceberg reads."""
    got = ours(table).scan().to_arrow()
    assert rows_of(got) == wanted
    assert rows_of(got) == rows_of(table.scan().to_arrow())
    assert got.column_names == [field.name for field in table.schema().fields]


def test_renamed_columns_keep_their_values(flat):
    with flat.update_schema() as update:
        update.rename_column("a", "alpha").rename_column("b", "a")
    append_rows(flat, [{"id": 9, "alpha": 9, "a": "nine", "c": None, "d": None}])
    old = [
        {"id": r["id"], "alpha": r["a"], "a": r["b"], "c": r["c"], "d": r["d"]}
        for r in flat_rows(0)
    ]
    check(flat, [*old, {"id": 9, "alpha": 9, "a": "nine", "c": None, "d": None}])
    found = ours(flat).scan("a = 'x' or alpha = 9", selected_fields=("alpha", "id")).to_arrow()
    assert rows_of(found) == [{"alpha": 1, "id": 0}, {"alpha": 9, "id": 9}]


def test_swapped_names_do_not_swap_values(flat):
    with flat.update_schema() as update:
        update.rename_column("a", "tmp")
    with flat.update_schema() as update:
        update.rename_column("c", "a")
    with flat.update_schema() as update:
        update.rename_column("tmp", "c")
    got = rows_of(ours(flat).scan(selected_fields=("id", "a", "c")).to_arrow())
    assert got == [{"id": r["id"], "a": r["c"], "c": r["a"]} for r in flat_rows(0)]


def test_added_columns_are_null_in_older_files(flat):
    with flat.update_schema() as update:
        update.add_column("new", LongType()).add_column("list", ListType(100, StringType(), False))
        update.add_column("inner", StructType(NestedField(101, "m", LongType(), False)))
    later = {**flat_rows(7)[0], "new": 4, "list": ["l", None], "inner": {"m": 3}}
    append_rows(flat, [later])
    check(flat, [*({**r, "new": None, "list": None, "inner": None} for r in flat_rows(0)), later])
    for text, ids in [
        ("new is null", [0, 1, 2]),
        ("new = 4", [7]),
        ("new != 4", []),
        ("inner.m = 3", [7]),
    ]:
        got = ours(flat).scan(text, selected_fields=("id",)).to_arrow()
        assert sorted(got["id"].to_pylist()) == ids, text
    only_new = ours(flat).scan(selected_fields=("new", "inner.m")).to_arrow()
    assert sorted(only_new["new"].to_pylist(), key=str) == [4, None, None, None]


def test_dropped_columns_are_gone_and_a_name_used_again_is_a_new_column(flat):
    with flat.update_schema() as update:
        update.delete_column("a").delete_column("d")
    check(flat, [{k: r[k] for k in ("id", "b", "c")} for r in flat_rows(0)])
    with flat.update_schema() as update:
        update.add_column("a", StringType())
    append_rows(flat, [{"id": 9, "b": "b", "c": 2.0, "a": "again"}])
    old = [{**{k: r[k] for k in ("id", "b", "c")}, "a": None} for r in flat_rows(0)]
    check(flat, [*old, {"id": 9, "b": "b", "c": 2.0, "a": "again"}])
    assert ours(flat).scan("a = 'again'").to_arrow()["id"].to_pylist() == [9]


def test_reordered_columns(flat):
    with flat.update_schema() as update:
        update.move_first("d").move_after("id", "c").move_before("b", "a")
    names = [field.name for field in flat.schema().fields]
    assert names != ["id", "a", "b", "c", "d"]
    append_rows(flat, flat_rows(5))
    check(flat, [{name: r[name] for name in names} for r in flat_rows(0) + flat_rows(5)])


def test_promoted_columns(flat):
    with flat.update_schema() as update:
        update.update_column("a", LongType()).update_column("c", DoubleType())
        update.update_column("d", DecimalType(30, 2))
    later = {"id": 9, "a": 2**62, "b": None, "c": 1e300, "d": Decimal("1" * 28 + ".00")}
    append_rows(flat, [later])
    check(flat, [*flat_rows(0), later])
    schema = ours(flat).schema()
    assert [schema.field(name).type for name in "acd"] == [
        pa.int64(),
        pa.float64(),
        pa.decimal128(30, 2),
    ]
    for text, ids in [
        ("a = -5", [2]),
        (f"a >= {2**40}", [9]),
        (f"a < {2**40}", [0, 2]),
        ("c = 0.5", [0]),
        ("c > 1e299", [9]),
        ("d = 1.25", [0]),
        ("d > 10000000000", [9]),
        ("d < 10000000000", [0, 2]),
    ]:
        got = ours(flat).scan(text, selected_fields=("id",)).to_arrow()
        assert sorted(got["id"].to_pylist()) == ids, text


def test_older_snapshots_are_read_with_their_own_schema(flat):
    first = flat.current_snapshot().snapshot_id
    with flat.update_schema() as update:
        update.rename_column("a", "z").delete_column("b").add_column("e", LongType())
    append_rows(flat, [{"id": 9, "z": 1, "c": 0.0, "d": None, "e": 5}])
    assert rows_of(ours(flat).scan(snapshot_id=first).to_arrow()) == flat_rows(0)
    assert ours(flat).schema(first).names == ["id", "a", "b", "c", "d"]
    assert ours(flat).scan().to_arrow().column_names == ["id", "z", "c", "d", "e"]


def test_a_required_column_may_become_optional(flat):
    with flat.update_schema() as update:
        update.make_column_optional("id")
    append_rows(flat, [{"id": None, "a": 77, "b": None, "c": None, "d": None}])
    got = ours(flat).scan("id is null").to_arrow()
    assert got["a"].to_pylist() == [77]
    assert got.schema.field("id").nullable


def test_a_case_of_a_name_may_change(lake):
    table = lake.create(pa.schema([("id", pa.int64()), ("Name", pa.string())]))
    append_rows(table, [{"id": 1, "Name": "x"}])
    with table.update_schema() as update:
        update.rename_column("Name", "name").add_column("NAME", StringType())
    append_rows(table, [{"id": 2, "name": "y", "NAME": "Y"}])
    check(table, [{"id": 1, "name": "x", "NAME": None}, {"id": 2, "name": "y", "NAME": "Y"}])


# --- nested columns ---


def nested_schema():
    pair = StructType(
        NestedField(10, "x", IntegerType(), False), NestedField(11, "y", StringType(), False)
    )
    listed = StructType(
        NestedField(20, "x", IntegerType(), False), NestedField(21, "y", StringType(), False)
    )
    mapped = StructType(
        NestedField(30, "x", IntegerType(), False), NestedField(31, "y", StringType(), False)
    )
    return Schema(
        NestedField(1, "id", LongType(), True),
        NestedField(2, "s", pair, False),
        NestedField(3, "l", ListType(40, listed, False), False),
        NestedField(4, "m", MapType(50, StringType(), 51, mapped, False), False),
    )


def nested_rows(start, make):
    """Rows whose structs are those that `make` gives for x and y; nulls and empties throughout."""
    one, two, empty = make(1, "one"), make(None, "two"), make(None, None)
    return [
        {"id": start, "s": one, "l": [one, None, two], "m": [("k", one), ("l", None)]},
        {"id": start + 1, "s": None, "l": None, "m": None},
        {"id": start + 2, "s": empty, "l": [], "m": []},
        {"id": start + 3, "s": two, "l": [empty, two], "m": [("", two), ("e", empty)]},
    ]


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def nested(request, lake):
    table = lake.create(nested_schema(), request.param)
    append_file(table, nested_rows(0, lambda x, y: {"x": x, "y": y}))
    return table


PLACES = ["s", "l.element", "m.value"]


def test_members_of_structs_are_added_renamed_and_dropped(nested):
    with nested.update_schema() as update:
        for place in PLACES:
            update.add_column((*place.split("."), "z"), LongType())
            update.rename_column(f"{place}.x", "renamed")
            update.delete_column(f"{place}.y")
    append_file(nested, nested_rows(10, lambda x, y: {"renamed": x, "z": 5}))
    old = nested_rows(0, lambda x, y: {"renamed": x, "z": None})
    got = ours(nested).scan().to_arrow()
    assert rows_of(got) == old + nested_rows(10, lambda x, y: {"renamed": x, "z": 5})
    got.validate(full=True)
    partly = ours(nested).scan(selected_fields=("id", "s.z")).to_arrow()
    assert rows_of(partly)[:4] == [{"id": at, "s.z": None} for at in range(4)]


def test_a_struct_all_of_whose_members_are_newer_keeps_its_nulls(nested):
    with nested.update_schema() as update:
        for place in PLACES:
            update.add_column((*place.split("."), "z"), LongType())
            update.delete_column(f"{place}.x").delete_column(f"{place}.y")
    got = rows_of(ours(nested).scan().to_arrow())
    assert got == nested_rows(0, lambda x, y: {"z": None})


def test_members_of_structs_are_moved_and_promoted(nested):
    with nested.update_schema() as update:
        for place in PLACES:
            update.move_first(f"{place}.y")
            update.update_column(f"{place}.x", LongType())
    append_file(nested, nested_rows(10, lambda x, y: {"y": y, "x": 2**40}))
    old = nested_rows(0, lambda x, y: {"y": y, "x": x})
    got = ours(nested).scan().to_arrow()
    assert rows_of(got) == old + nested_rows(10, lambda x, y: {"y": y, "x": 2**40})
    members = [
        got.schema.field("s").type,
        got.schema.field("l").type.value_type,
        got.schema.field("m").type.item_type,
    ]
    assert [[field.name for field in member] for member in members] == [["y", "x"]] * 3
    assert ours(nested).scan("s.x = 1").to_arrow()["id"].to_pylist() == [0]


def test_a_member_dropped_and_added_again_is_new(nested):
    with nested.update_schema() as update:
        for place in PLACES:
            update.delete_column(f"{place}.x")
    with nested.update_schema() as update:
        for place in PLACES:
            update.add_column((*place.split("."), "x"), IntegerType())
    got = rows_of(ours(nested).scan().to_arrow())
    assert got == nested_rows(0, lambda x, y: {"y": y, "x": None})


def test_members_swap_their_names(nested):
    with nested.update_schema() as update:
        update.rename_column("s.x", "tmp")
    with nested.update_schema() as update:
        update.rename_column("s.y", "x")
    with nested.update_schema() as update:
        update.rename_column("s.tmp", "y")
    got = rows_of(ours(nested).scan(selected_fields=("id", "s.x", "s.y")).to_arrow())
    assert [row["s.x"] for row in got] == ["one", None, None, "two"]
    assert [row["s.y"] for row in got] == [1, None, None, None]


def test_elements_and_values_are_promoted(lake):
    schema = Schema(
        NestedField(1, "id", LongType(), True),
        NestedField(2, "l", ListType(3, IntegerType(), False), False),
        NestedField(4, "m", MapType(5, IntegerType(), 6, FloatType(), False), False),
    )
    table = lake.create(schema)
    append_file(table, [{"id": 0, "l": [1, None], "m": [(1, 0.5), (2, None)]}])
    with table.update_schema() as update:
        update.update_column("l.element", LongType()).update_column("m.value", DoubleType())
    append_file(table, [{"id": 1, "l": [2**40], "m": [(1, 1e300)]}])
    assert rows_of(ours(table).scan().to_arrow()) == [
        {"id": 0, "l": [1, None], "m": [(1, 0.5), (2, None)]},
        {"id": 1, "l": [2**40], "m": [(1, 1e300)]},
    ]


# --- partition specs ---

EVENTS = Schema(
    NestedField(1, "id", LongType(), True),
    NestedField(2, "day", DateType(), False),
    NestedField(3, "name", StringType(), False),
    NestedField(4, "n", IntegerType(), False),
)


def event_rows(start):
    day = datetime.date(1969, 12, 30)
    return [
        {
            "id": start + at,
            "day": None if at == 3 else day + datetime.timedelta(days=at),
            "name": None if at == 1 else "ab"[at % 2] * at,
            "n": None if at == 2 else at,
        }
        for at in range(6)
    ]


@pytest.mark.parametrize("version", [1, 2])
def test_specs_evolve_and_every_file_keeps_its_own(lake, version):
    table = lake.create(EVENTS, version)
    append_rows(table, event_rows(0))
    with table.update_spec() as update:
        update.add_field("name", parse_transform("truncate[1]"), "first")
    append_partitioned(table, event_rows(10))
    with table.update_spec() as update:
        update.remove_field("first")
    with table.update_spec() as update:
        update.add_field("day", parse_transform("month"), "month").add_identity("n")
    append_partitioned(table, event_rows(20))
    with table.update_spec() as update:
        update.rename_field("month", "m")
    append_partitioned(table, event_rows(30))
    rows = [row for start in (0, 10, 20, 30) for row in event_rows(start)]
    assert rows_of(ours(table).scan().to_arrow()) == rows
    for text, passes in [
        ("n = 4", lambda r: r["n"] == 4),
        ("n is null", lambda r: r["n"] is None),
        ("name like 'b%'", lambda r: (r["name"] or "").startswith("b")),
        ("day >= '1970-01-01'", lambda r: r["day"] and r["day"] >= datetime.date(1970, 1, 1)),
        ("day is null or name is null", lambda r: r["day"] is None or r["name"] is None),
    ]:
        assert rows_of(ours(table).scan(text).to_arrow()) == [r for r in rows if passes(r)], text


def test_a_partition_column_may_be_renamed_and_promoted(lake):
    spec = PartitionSpec(PartitionField(4, 1000, IdentityTransform(), "n"))
    table = lake.create(EVENTS, 2, spec)
    append_partitioned(table, event_rows(0))
    with table.update_schema() as update:
        update.update_column("n", LongType())
    with table.update_schema() as update:
        update.rename_column("n", "number")
    append_partitioned(table, [{"id": 9, "day": None, "name": None, "number": 2**40}])
    found = ours(table).scan(f"number = {2**40} or number = 5").to_arrow()
    assert sorted(found["id"].to_pylist()) == [5, 9]
    assert sorted(ours(table).scan("number is null").to_arrow()["id"].to_pylist()) == [2]


def test_a_dropped_partition_column_leaves_its_files_readable(lake):
    spec = PartitionSpec(PartitionField(4, 1000, IdentityTransform(), "n"))
    table = lake.create(EVENTS, 2, spec)
    append_partitioned(table, event_rows(0))
    with table.update_spec() as update:
        update.remove_field("n")
    with table.update_schema() as update:
        update.delete_column("n")
    wanted = [{k: r[k] for k in ("id", "day", "name")} for r in event_rows(0)]
    assert rows_of(ours(table).scan().to_arrow()) == wanted


# --- evolved tables in the join ---


def test_views_read_each_state_by_its_own_names(lake):
    """A feature view over evolved tables: the same ids under other names."""
    schema = pa.schema(
        [("id", pa.int64()), ("event_timestamp", pa.timestamp("us")), ("v", pa.int32())]
    )
    table = lake.create(schema)
    start = datetime.datetime(2024, 1, 1)
    append_rows(table, [{"id": 1, "event_timestamp": start, "v": 10}])
    first = table.current_snapshot().snapshot_id
    with table.update_schema() as update:
        update.rename_column("v", "w").update_column("v", LongType())
    append_rows(table, [{"id": 2, "event_timestamp": start, "w": 2**40}])
    frame = pa.table({"id": [1, 2], "event_timestamp": [start, start]})
    now, then = (
        icefield.FeatureView(name, ours(table), join_keys=["id"], snapshot_id=snapshot)
        for name, snapshot in (("now", None), ("then", first))
    )
    got = icefield.point_in_time_join(frame, [now, then]).to_arrow()
    assert got.column_names == ["id", "event_timestamp", "w", "v"]
    assert got["w"].to_pylist() == [10, 2**40]
    assert got["v"].to_pylist() == [10, None]
