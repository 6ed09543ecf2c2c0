"""Schemas and partition specs that change under the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql import SparkSession

from tests.golden.instants import days, micros
from tests.golden.spark.kit import Script, SparkTable, Step, deleting, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}


def adding(name: str) -> Step:
    """ADD COLUMN."""
    return lambda rows: [row | {name: None} for row in rows]


def dropping(name: str) -> Step:
    """DROP COLUMN."""
    return lambda rows: [{k: v for k, v in row.items() if k != name} for row in rows]


def renaming(old: str, new: str) -> Step:
    """RENAME COLUMN."""
    return lambda rows: [{new if k == old else k: v for k, v in row.items()} for row in rows]


def inside(column: str, change: Step) -> Step:
    """A change of the structs in a column: a struct, the elements of a list or values of a map."""

    def within(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            return change([value])[0]
        if value and isinstance(value[0], list):
            return [[key, within(item)] for key, item in value]
        return [within(item) for item in value]

    return lambda rows: [row | {column: within(row[column])} for row in rows]


def nested(at: int, **others: Any) -> Row:
    """A row of the first schema; every fourth has nulls inside, every sixth only nulls."""
    if at % 6 == 0:
        return {"id": at, **others}
    hole = None if at % 4 == 0 else at
    return {
        "id": at,
        "a": f"a{at}",
        "f": repr(at + 0.5),
        "d": f"{at}.25",
        "s": {"x": hole, "y": f"y{at}"},
        "l": [{"p": at, "q": "q"}, None, {"p": hole, "q": None}] if at % 4 else [],
        "m": [["k", {"v": at}], ["n", None]] if at % 4 else [],
        **others,
    }


NESTED = (
    "id INT, a STRING, f FLOAT, d DECIMAL(5,2), s STRUCT<x: INT, y: STRING>, "
    "l ARRAY<STRUCT<p: INT, q: STRING>>, m MAP<STRING, STRUCT<v: INT>>"
)


def alter(table: SparkTable, clause: str, step: Step = lambda rows: rows) -> None:
    """ALTER TABLE; the order of the columns is Spark's, their contents are the model's."""
    table.spark.sql(f"ALTER TABLE {table.name} {clause}")
    table.rows = step(table.rows)
    table.columns = table.spark_columns()
    assert all(set(row) == set(table.columns) for row in table.rows)
    table.settle()


def full(table: SparkTable, rows: list[Row]) -> None:
    """An INSERT of rows that may lack columns."""
    table.insert([{c: row.get(c) for c in table.columns} for row in rows])


def change_columns(table: SparkTable) -> None:
    """Adds, renames, promotes, drops and adds again, at the top level."""
    full(table, [nested(at) for at in (1, 4, 6)])
    alter(table, "ADD COLUMN b STRING COMMENT 'told later' AFTER id", adding("b"))
    alter(table, "ADD COLUMN z BINARY FIRST", adding("z"))
    full(table, [nested(at, b=f"b{at}", z="00ff") for at in (7, 8)])
    alter(table, "RENAME COLUMN a TO aa", renaming("a", "aa"))
    alter(table, "ALTER COLUMN id TYPE BIGINT")
    alter(table, "ALTER COLUMN f TYPE DOUBLE")
    alter(table, "ALTER COLUMN d TYPE DECIMAL(18,2)")
    rows = [nested(at, b="b") for at in (9, 10)]
    big = {"id": 2**40, "f": "0.1", "d": "1234567890123456.78"}
    full(table, renaming("a", "aa")([rows[0] | big, rows[1]]))
    alter(table, "DROP COLUMN b", dropping("b"))
    alter(table, "ADD COLUMN b INT", adding("b"))
    alter(table, "ALTER COLUMN aa AFTER d")
    alter(table, "ALTER COLUMN b FIRST")
    alter(table, "RENAME COLUMN z TO a", renaming("z", "a"))
    full(table, [{"id": 11, "b": 5, "a": "0a", "aa": "eleven", "f": "nan", "d": "-0.01"}])


def change_nested(table: SparkTable) -> None:
    """The same inside of structs, lists and maps."""
    alter(table, "ALTER COLUMN s.x TYPE BIGINT")
    alter(table, "ADD COLUMN s.w DATE FIRST", inside("s", adding("w")))
    alter(table, "RENAME COLUMN s.y TO yy", inside("s", renaming("y", "yy")))
    alter(table, "ADD COLUMN l.element.r STRUCT<deep: INT>", inside("l", adding("r")))
    alter(table, "RENAME COLUMN l.element.q TO qq", inside("l", renaming("q", "qq")))
    alter(table, "ALTER COLUMN m.value.v TYPE BIGINT")
    alter(table, "ADD COLUMN m.value.u STRING", inside("m", adding("u")))
    full(
        table,
        [
            {
                "id": 20,
                "s": {"w": days("1969-07-20"), "x": 2**33, "yy": None},
                "l": [{"p": 1, "qq": "q", "r": {"deep": 7}}, {"p": 2, "qq": None, "r": None}],
                "m": [["k", {"v": 2**34, "u": "u"}]],
            }
        ],
    )
    alter(table, "DROP COLUMN s.x", inside("s", dropping("x")))
    alter(table, "ADD COLUMN s.x STRING", inside("s", adding("x")))
    alter(table, "DROP COLUMN l.element.p", inside("l", dropping("p")))
    full(table, [{"id": 21, "s": {"w": None, "yy": "y", "x": "text"}, "l": [None], "m": []}])


@register(TABLES)
def spark_schema_evolution(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Every ALTER TABLE on columns, at the top and inside of structs, lists and maps.",
        [
            "evolution.add",
            "evolution.drop",
            "evolution.rename",
            "evolution.re-add",
            "evolution.reorder",
            "evolution.promote",
            "evolution.nested",
            "time-travel.snapshot-schema",
        ],
        NESTED,
    )
    change_columns(table)
    change_nested(table)
    table.expect_every_state()
    table.expect(["aa", "id"])
    table.expect(["id"], filter="b = 5", where=lambda r: r["b"] == 5)
    table.expect(["id", "b"], filter="b is null", where=lambda r: r["b"] is None)
    table.expect(["id", "d"], filter="id > 8", where=lambda r: r["id"] > 8)
    table.expect(["id", "f"], filter="f is nan", where=lambda r: r["f"] == "nan")
    table.expect(["id"], filter="aa = 'a7'", where=lambda r: r["aa"] == "a7")
    table.expect(["id"], filter="a is not null", where=lambda r: r["a"] is not None)
    table.expect(["s.yy", "id"])
    table.expect(["s.x", "aa", "s.w"])
    return table


@register(TABLES)
def spark_schema_evolution_deletes(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Deletion vectors on columns that were renamed, promoted, dropped and added again "
        "(version 3).",
        ["deletes.vector", "evolution.rename", "evolution.promote", "evolution.re-add"],
        "id INT, a STRING, f FLOAT",
        version=3,
        write_delete_mode="merge-on-read",
    )
    cells = [{"id": at, "a": f"a{at}", "f": repr(at + 0.5)} for at in range(1, 13)]
    table.insert(cells)
    table.sql("DELETE FROM {t} WHERE a IN ('a2', 'a3')", deleting(lambda r: r["a"] in ("a2", "a3")))
    alter(table, "RENAME COLUMN a TO b", renaming("a", "b"))
    alter(table, "ALTER COLUMN id TYPE BIGINT")
    table.sql("DELETE FROM {t} WHERE id = 4 OR b = 'a5'", deleting(lambda r: r["id"] in (4, 5)))
    alter(table, "DROP COLUMN b", dropping("b"))
    alter(table, "ADD COLUMN b DATE", adding("b"))
    full(table, [{"id": 2**40, "b": 5}, {"id": 6, "b": None}])
    table.sql(
        "DELETE FROM {t} WHERE b IS NULL AND id < 7",
        deleting(lambda r: r["b"] is None and r["id"] < 7),
    )
    table.expect_every_state()
    table.expect(
        ["f"], filter="b is null and id > 8", where=lambda r: r["b"] is None and r["id"] > 8
    )
    return table


@register(TABLES)
def spark_required_to_optional(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Required columns that became optional; required ones inside of structs.",
        ["evolution.required-to-optional", "types.required"],
        "id BIGINT NOT NULL, a STRING NOT NULL, s STRUCT<x: INT NOT NULL, y: INT> NOT NULL",
    )
    table.insert([{"id": at, "a": f"a{at}", "s": {"x": at, "y": None}} for at in (1, 2, 3)])
    alter(table, "ALTER COLUMN a DROP NOT NULL")
    alter(table, "ALTER COLUMN s.x DROP NOT NULL")
    alter(table, "ALTER COLUMN s DROP NOT NULL")
    full(table, [{"id": 4, "a": None, "s": {"x": None, "y": 1}}, {"id": 5, "a": None, "s": None}])
    table.expect_every_state()
    table.expect(["id"], filter="a is null", where=lambda r: r["a"] is None)
    return table


def visits(*ids: int) -> list[Row]:
    """Events around 1970, nulls in between."""
    rows = []
    for at in ids:
        ts = micros("1969-12-30T22:59:59.999999") + at * 5_400_000_000 if at % 9 else None
        rows.append(
            {
                "id": at,
                "name": ["straße", "stra", "a/b=c d", "", "🙂🙂🙂x", None][at % 6],
                "ts": ts,
                "d": None if ts is None else ts // 86_400_000_000,
                "amount": None if at % 10 == 0 else f"{at - 15}.50",
            }
        )
    return rows


VISITS = "id BIGINT, name STRING, ts TIMESTAMP, d DATE, amount DECIMAL(9,2)"
SPECS: list[str | tuple[str, ...]] = [
    ("ADD PARTITION FIELD bucket(4, id)",),
    ("ADD PARTITION FIELD days(ts)", "DROP PARTITION FIELD bucket(4, id)"),
    ("REPLACE PARTITION FIELD days(ts) WITH hours(ts)",),
    ("REPLACE PARTITION FIELD ts_hour WITH truncate(3, name)",),
    ("ADD PARTITION FIELD months(d)", "ADD PARTITION FIELD truncate(10, amount)"),
    ("DROP PARTITION FIELD name_trunc_3", "DROP PARTITION FIELD d_month"),
    ("DROP PARTITION FIELD amount_trunc_10", "ADD PARTITION FIELD years(ts) AS y"),
    ("DROP PARTITION FIELD y",),
    ("ADD PARTITION FIELD name",),
]


def walk_specs(table: SparkTable, change: Callable[[SparkTable, int], None]) -> None:
    """Inserts under every spec; `change` follows each insert."""
    table.insert(visits(*range(1, 7)))
    for step, clauses in enumerate(SPECS, 1):
        for clause in clauses:
            table.sql(f"ALTER TABLE {{t}} {clause}")
        start = 1 + 6 * step
        table.insert(visits(*range(start, start + 6)))
        change(table, step)
    table.expect_every_state()
    early = micros("1970-01-01T00:00:00")
    table.expect(
        ["id", "ts"],
        filter="ts < '1970-01-01T00:00:00+00:00'",
        where=lambda r: r["ts"] is not None and r["ts"] < early,
    )
    table.expect(["id"], filter="name = ''", where=lambda r: r["name"] == "")
    table.expect(["id"], filter="name is null", where=lambda r: r["name"] is None)
    table.expect(
        ["id", "name"],
        filter="name starts with 'stra'",
        where=lambda r: (r["name"] or "").startswith("stra"),
    )
    table.expect(
        ["id", "name"],
        filter="name starts with '🙂'",
        where=lambda r: (r["name"] or "").startswith("🙂"),
    )
    table.expect(
        ["amount"],
        filter="amount < -5",
        where=lambda r: r["amount"] is not None and float(r["amount"]) < -5,
    )
    table.expect(["id"], filter="id in (2, 9, 31)", where=lambda r: r["id"] in (2, 9, 31))


@register(TABLES)
def spark_partition_evolution(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Ten partition specs over one table, all transforms, times before 1970, and merge-on-read "
        "deletes under each.",
        [
            "partition.evolution",
            "partition.transforms",
            "partition.before-1970",
            "deletes.position.across-specs",
        ],
        VISITS,
        write_delete_mode="merge-on-read",
    )

    def delete(table: SparkTable, step: int) -> None:
        if step % 3 == 0:
            table.sql(
                f"DELETE FROM {{t}} WHERE id % 10 = {step}",
                deleting(lambda r: r["id"] % 10 == step),
            )

    walk_specs(table, delete)
    table.expect_spark(("id", "_spec_id", "_partition"))
    return table


@register(TABLES)
def spark_partition_evolution_v1(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "The same specs in version 1, where a dropped field becomes a void one.",
        ["partition.evolution", "partition.void", "partition.before-1970", "format.v1"],
        VISITS,
        version=1,
    )
    walk_specs(table, lambda table, step: None)
    table.expect_spark(("id", "_spec_id"))
    return table


@register(TABLES)
def spark_partition_source_dropped(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "The source column of a former partition field is dropped, and its name taken by another "
        "column.",
        ["partition.evolution", "partition.source-dropped", "evolution.re-add"],
        "id BIGINT, part STRING, x INT",
        "part",
    )
    table.insert([{"id": at, "part": "ab"[at % 2], "x": at} for at in range(1, 7)])
    table.sql("ALTER TABLE {t} DROP PARTITION FIELD part")
    table.insert([{"id": 7, "part": "c", "x": 7}])
    alter(table, "DROP COLUMN part", dropping("part"))
    alter(table, "ADD COLUMN part INT", adding("part"))
    full(table, [{"id": 8, "x": 8, "part": 1}])
    table.expect_every_state()
    table.expect(["id", "part"], filter="part is null", where=lambda r: r["part"] is None)
    return table


def instants_before_1970() -> list[Row]:
    """Whole units, one microsecond to either side, and the last microsecond of a second."""
    marks = [
        "1969-01-01T00:00:00",
        "1968-12-31T00:00:00",
        "1969-12-31T23:00:00",
        "1969-12-31T00:00:00",
        "1970-01-01T00:00:00",
        "1970-01-01T01:00:00",
        "1900-01-01T00:00:00",
        "2024-02-29T00:00:00",
    ]
    offsets = (-1, 0, 1, 999_999, 1_000_000)
    stamps = [micros(mark) + offset for mark in marks for offset in offsets]
    rows = [
        {"id": at, "ts": ts, "n": ts, "d": ts // 86_400_000_000} for at, ts in enumerate(stamps)
    ]
    return [*rows, {"id": 1000, "ts": None, "n": None, "d": None}]


@register(TABLES)
def spark_time_transforms(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Hours, days, months and years of dates and timestamps around units before 1970; Java "
        "writes some of them one"
        " unit too low.",
        [
            "partition.hour",
            "partition.day",
            "partition.month",
            "partition.year",
            "partition.before-1970",
        ],
        "id BIGINT, ts TIMESTAMP, n TIMESTAMP_NTZ, d DATE",
        "hours(ts)",
    )
    rows = instants_before_1970()
    table.insert(rows)
    for clause in (
        "ts_hour WITH days(ts)",
        "ts_day WITH days(n)",
        "n_day WITH months(n)",
        "n_month WITH years(ts)",
        "ts_year WITH months(d)",
        "d_month WITH years(d)",
    ):
        table.sql(f"ALTER TABLE {{t}} REPLACE PARTITION FIELD {clause}")
        table.insert(rows)
    table.expect_every_state()
    for mark in (
        "1969-12-31T23:00:00",
        "1969-12-31T00:00:00.999999",
        "1969-01-01T00:00:00",
        "1970-01-01T00:00:00",
    ):
        at = micros(mark)
        for column, zone in (("ts", "+00:00"), ("n", "")):
            for sign, holds in (("<", int.__lt__), (">=", int.__ge__), ("=", int.__eq__)):
                table.expect(
                    ["id", column],
                    filter=f"{column} {sign} '{mark}{zone}'",
                    where=lambda r, c=column, h=holds, at=at: r[c] is not None and h(r[c], at),
                )
    table.expect(
        ["d"], filter="d < '1969-12-31'", where=lambda r: r["d"] is not None and r["d"] < -1
    )
    return table


@register(TABLES)
def spark_truncate_bucket(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Truncate and bucket of every type that Spark has, negative numbers and characters of "
        "four bytes.",
        ["partition.truncate", "partition.bucket", "partition.null"],
        "i INT, l BIGINT, s STRING, b BINARY, d DECIMAL(10,3), t TIMESTAMP, dt DATE",
        "truncate(10, i)",
    )
    rows: list[Row] = [
        {
            "i": i,
            "l": i * 3_000_000_000,
            "s": f"{'🙂é'[: n % 3]}{i}",
            "b": f"{n:02x}ff00",
            "d": f"{i}.{n:03d}",
            "t": i * 1_000_001,
            "dt": i,
        }
        for n, i in enumerate((-21, -20, -11, -10, -1, 0, 1, 9, 10, 11))
    ]
    rows.append(dict.fromkeys(rows[0]))
    table.insert(rows)
    for old, new in (
        ("truncate(10, i)", "truncate(7, l)"),
        ("l_trunc_7", "truncate(2, s)"),
        ("s_trunc_2", "truncate(1, b)"),
        ("b_trunc_1", "truncate(50, d)"),
        ("d_trunc_50", "bucket(3, i)"),
        ("i_bucket_3", "bucket(3, l)"),
        ("l_bucket_3", "bucket(3, s)"),
        ("s_bucket_3", "bucket(3, b)"),
        ("b_bucket_3", "bucket(3, d)"),
        ("d_bucket_3", "bucket(3, t)"),
        ("t_bucket_3", "bucket(3, dt)"),
    ):
        table.sql(f"ALTER TABLE {{t}} REPLACE PARTITION FIELD {old} WITH {new}")
        table.insert(rows)
    table.expect_every_state()
    for text, holds in (
        ("i < -10", lambda r: r["i"] is not None and r["i"] < -10),
        ("i = -1", lambda r: r["i"] == -1),
        ("l = -63000000000", lambda r: r["l"] == -63_000_000_000),
        ("l is null", lambda r: r["l"] is None),
        ("s starts with '🙂é'", lambda r: (r["s"] or "").startswith("🙂é")),
        ("s starts with '🙂'", lambda r: (r["s"] or "").startswith("🙂")),
        ("s in ('0', '🙂-1')", lambda r: r["s"] in ("0", "🙂-1")),
        ("d >= 9.5", lambda r: r["d"] is not None and float(r["d"]) >= 9.5),
        ("dt = '1969-12-31'", lambda r: r["dt"] == -1),
        ("not (i > 0)", lambda r: r["i"] is not None and not r["i"] > 0),
        ("i != 0", lambda r: r["i"] is not None and r["i"] != 0),
        ("i not in (0, 1)", lambda r: r["i"] is not None and r["i"] not in (0, 1)),
    ):
        table.expect(["i", "s"], filter=text, where=holds)
    return table
