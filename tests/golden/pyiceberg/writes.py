"""Commits of every kind: appends, overwrites, deletes, upserts, branches, tags, rollback."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo, In
from pyiceberg.types import IntegerType

from tests.golden.instants import instant, micros
from tests.golden.pyiceberg.kit import PyicebergTable, Script, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

COLUMNS = {"id": "long", "part": "string", "v": "double"}


def made(*ids: int) -> list[Row]:
    """Rows whose cells follow from the id."""
    return [
        {
            "id": at,
            "part": None if at % 7 == 0 else "abc"[at % 3],
            "v": None if at % 5 == 0 else repr(at / 4),
        }
        for at in ids
    ]


def every_write(table: PyicebergTable) -> None:
    """Appends, an overwrite, an overwrite of some rows, deletes of whole files and of parts."""
    table.append(made(*range(1, 11)))
    table.append(made(*range(11, 16)))
    table.append([])
    table.iceberg.overwrite(table.arrow(made(50, 51)), overwrite_filter="id > 10")
    kept = [r for r in table.rows if r["id"] <= 10]
    table.settle(kept, kept + made(50, 51))
    table.iceberg.delete("id = 3 or v is null")
    table.settle([r for r in table.rows if r["id"] != 3 and r["v"] is not None])
    table.iceberg.delete(In("part", {"a", "c"}))
    table.settle([r for r in table.rows if r["part"] not in ("a", "c")])
    table.iceberg.overwrite(table.arrow(made(60, 61, 62)))
    table.settle([], made(60, 61, 62))
    table.iceberg.delete(EqualTo("id", 1000))
    table.settle(table.rows)
    table.expect_every_state()
    table.expect(
        ["v"], filter="part = 'b' or part is null", where=lambda r: r["part"] in ("b", None)
    )


@register(TABLES)
def pyiceberg_writes(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Appends, overwrites and deletes by rewriting files, an append of no rows.",
        ["commit.append", "commit.overwrite", "commit.delete", "files.zero-rows"],
        COLUMNS,
    )
    every_write(table)
    return table


@register(TABLES)
def pyiceberg_writes_v1(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "The same in version 1, partitioned.",
        [
            "format.v1",
            "commit.append",
            "commit.overwrite",
            "commit.delete",
            "partition.identity.null",
        ],
        COLUMNS,
        [("part", "identity")],
        version=1,
        scheme="",
    )
    every_write(table)
    return table


@register(TABLES)
def pyiceberg_upgraded(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Version 1 upgraded to 2 between appends.",
        ["upgrade.v1-v2", "sequence-number.zero"],
        COLUMNS,
        [("part", "identity")],
        version=1,
        commit_manifest__merge_enabled="true",
        commit_manifest_min__count__to__merge="2",
    )
    table.append(made(1, 2, 3))
    with table.iceberg.transaction() as transaction:
        transaction.upgrade_table_version(2)
    table.append(made(4, 5, 6))
    table.iceberg.delete("id = 2")
    table.settle([r for r in table.rows if r["id"] != 2])
    table.append(made(7))
    table.expect_every_state()
    return table


@register(TABLES)
def pyiceberg_upsert(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Upserts by two key columns.",
        ["commit.upsert", "types.required"],
        {"k1": "long!", "k2": "string!", "v": "string"},
    )
    table.append([{"k1": at, "k2": "ab"[at % 2], "v": f"v{at}"} for at in range(6)])
    source = [{"k1": at, "k2": "a", "v": "new"} for at in (2, 3, 4)]
    table.iceberg.upsert(table.arrow(source), join_cols=["k1", "k2"])
    kept = [r for r in table.rows if r["k2"] != "a" or r["k1"] not in (2, 4)]
    fresh = len(table.iceberg.snapshots()) - 1
    states = [kept, kept + source[0:3:2], kept + source]
    table.settle(*states[-fresh:])
    table.expect_every_state()
    return table


@register(TABLES)
def pyiceberg_dynamic_overwrite(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Partitions overwritten by what is in the new rows, a null partition among them.",
        ["commit.overwrite", "partition.identity.null"],
        COLUMNS,
        [("part", "identity")],
    )
    table.append(made(*range(1, 15)))
    source = [{"id": 100, "part": "b", "v": None}, {"id": 101, "part": None, "v": "1.0"}]
    table.iceberg.dynamic_partition_overwrite(table.arrow(source))
    kept = [r for r in table.rows if r["part"] in ("a", "c")]
    table.settle(kept, kept + source)
    table.expect_every_state()
    return table


@register(TABLES)
def pyiceberg_refs(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Branches and tags, appends to a branch, a rollback, times between commits.",
        ["refs.branch", "refs.tag", "rollback", "time-travel.as-of"],
        COLUMNS,
    )
    table.append(made(1, 2))
    first = table.iceberg.current_snapshot().snapshot_id
    table.iceberg.manage_snapshots().create_tag(first, "v 1.0").create_branch(first, "dev").commit()
    main = list(table.rows)
    table.append(made(10), branch="dev")
    dev = table.iceberg.refs()["dev"].snapshot_id
    table.rows = main + made(10)
    table.commit(dev)
    table.rows = main
    table.append(made(3))
    second = table.iceberg.current_snapshot().snapshot_id
    table.iceberg.manage_snapshots().rollback_to_snapshot(first).commit()
    table.settle(main)
    table.append(made(4))
    table.expect_every_state()
    for ref in ("main", "dev", "v 1.0"):
        table.expect_snapshot(table.iceberg.refs()[ref].snapshot_id, ref=ref)
    at = table.iceberg.snapshot_by_id(second).timestamp_ms
    table.expect_snapshot(second, as_of=instant(at))
    table.expect_error("NotFoundError", "nothing", ref="nothing")
    return table


@register(TABLES)
def pyiceberg_transforms(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Every transform, times before 1970, nulls.",
        [
            "partition.transforms",
            "partition.before-1970",
            "partition.bucket",
            "partition.truncate",
            "partition.null",
        ],
        {
            "id": "int",
            "s": "string",
            "ts": "timestamp",
            "tz": "timestamptz",
            "d": "date",
            "dec": "decimal(12, 2)",
            "u": "uuid",
            "b": "binary",
        },
        [
            ("id", "bucket[3]"),
            ("s", "truncate[2]"),
            ("ts", "hour"),
            ("tz", "day"),
            ("d", "month"),
            ("dec", "truncate[100]"),
            ("u", "bucket[2]"),
            ("b", "truncate[1]"),
        ],
    )
    marks = [
        "1969-12-31T23:59:59.999999",
        "1970-01-01T00:00:00",
        "1969-01-01T00:00:00.999999",
        "2024-02-29T12:00:00",
    ]
    rows: list[Row] = [
        {
            "id": at - 2,
            "s": ["éa🙂", "", "abc", "abd"][at],
            "ts": micros(mark),
            "tz": micros(mark),
            "d": micros(mark) // 86_400_000_000,
            "dec": f"-{at + 1}01.50",
            "u": f"{at:02x}" * 16,
            "b": f"{at:02x}ff",
        }
        for at, mark in enumerate(marks)
    ]
    rows.append(dict.fromkeys(rows[0]))
    table.append_transformed(rows)
    table.append_transformed(rows[:2])
    table.expect_every_state()
    for text, where in (
        ("ts < '1970-01-01T00:00:00'", lambda r: r["ts"] is not None and r["ts"] < 0),
        ("tz >= '1970-01-01T00:00:00+00:00'", lambda r: r["tz"] is not None and r["tz"] >= 0),
        ("d = '1969-12-31'", lambda r: r["d"] == -1),
        ("s starts with 'éa'", lambda r: (r["s"] or "").startswith("éa")),
        ("dec < -201", lambda r: r["dec"] is not None and float(r["dec"]) < -201),
        ("id in (-2, 1)", lambda r: r["id"] in (-2, 1)),
        ("u = '01010101-0101-0101-0101-010101010101'", lambda r: r["u"] == "01" * 16),
        ("id is null", lambda r: r["id"] is None),
    ):
        table.expect(["id", "ts"], filter=text, where=where)
    return table


@register(TABLES)
def pyiceberg_add_files(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Files by pyarrow without field ids, in another order of columns; one has no rows.",
        ["name-mapping", "name-mapping.nested", "add-files", "files.zero-rows", "evolution.rename"],
        {
            "id": "long",
            "s": "struct<x: int, y: string>",
            "l": "list<struct<p: int>>",
            "m": "map<string, int>",
        },
        # A list of structs that is null: pyiceberg reads an empty list.
        trusted=False,
    )
    rows: list[Row] = [
        {
            "id": at,
            "s": {"x": at, "y": None},
            "l": [{"p": at}, None] if at % 2 else None,
            "m": [["k", at]],
        }
        for at in range(5)
    ]
    folder = table.folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    plain: pa.Table = table.arrow(rows)
    shuffled = plain.select(["m", "s", "id", "l"])
    for file, part in (("plain", plain), ("shuffled", shuffled), ("empty", plain.slice(0, 0))):
        pq.write_table(part, folder / f"{file}.parquet")
    table.iceberg.add_files([f"{folder}/{file}.parquet" for file in ("plain", "shuffled", "empty")])
    table.settle(rows + rows)
    with table.iceberg.update_schema() as update:
        update.rename_column("id", "key").rename_column("s.y", "z").add_column(
            ("s", "w"), IntegerType()
        )
    table.change(
        lambda old: [
            {
                "key": r["id"],
                "s": {"x": r["s"]["x"], "z": r["s"]["y"], "w": None},
                "l": r["l"],
                "m": r["m"],
            }
            for r in old
        ],
        ["key", "s", "l", "m"],
    )
    table.append([{"key": 9, "s": None, "l": [], "m": None}])
    table.expect_every_state()
    table.expect(["s.z", "key"], filter="key >= 3", where=lambda r: r["key"] >= 3)
    table.expect(["key"], filter="s.x = 1", where=lambda r: r["s"] is not None and r["s"]["x"] == 1)
    return table
