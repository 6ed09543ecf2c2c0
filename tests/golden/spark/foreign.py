"""Files that Iceberg did not write, odd partitions, and the formats that are refused."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tests.golden.instants import days, micros
from tests.golden.spark.evolution import adding, alter, dropping, full, renaming
from tests.golden.spark.kit import Script, SparkTable, deleting, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

ODD = [
    "plain",
    "a/b",
    "a b",
    "a=b",
    "100%",
    "ü",
    "",
    None,
    "🙂",
    "__HIVE_DEFAULT_PARTITION__",
    "null",
    "a+b&c?d#e",
]


def write_plain(
    table: SparkTable, rows: list[Row], by: list[str], folder: str = "data/hive"
) -> str:
    """Rows as Parquet files by Spark alone, without field ids. Returns the folder."""
    path = f"{table.folder}/{folder}"
    table.make_frame(rows).write.mode("append").partitionBy(*by).parquet(path)
    return path


def add_files(table: SparkTable, path: str, rows: list[Row]) -> None:
    """The procedure, which also gives the table a name mapping."""
    table.call("add_files", f"source_table => '`parquet`.`{path}`'", lambda old: old + rows)


@register(TABLES)
def spark_add_files(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A Hive-style folder added: no field ids, so a name mapping; partition values only in the "
        "paths; then renames.",
        [
            "name-mapping",
            "partition.identity.missing-column",
            "add-files",
            "evolution.rename",
            "name-mapping.nested",
        ],
        "id INT, s STRUCT<x: INT, y: STRING>, l ARRAY<STRUCT<p: INT>>, m MAP<STRING, INT>, part "
        "STRING, day DATE",
        "part, day",
        write_delete_mode="merge-on-read",
    )
    rows = [
        {
            "id": at,
            "s": None if at == 3 else {"x": at, "y": f"y{at}"},
            "l": [{"p": at}, None],
            "m": [["k", at]],
            "part": "ab"[at % 2],
            "day": days("2024-02-29") - at % 2,
        }
        for at in range(1, 7)
    ]
    add_files(table, write_plain(table, rows, ["part", "day"]), rows)
    table.insert([rows[0] | {"id": 10}])
    alter(table, "RENAME COLUMN id TO key", renaming("id", "key"))
    alter(table, "RENAME COLUMN part TO region", renaming("part", "region"))
    alter(table, "ADD COLUMN extra INT", adding("extra"))
    alter(table, "ALTER COLUMN s.x TYPE BIGINT")
    full(table, [{"key": 11, "region": None, "day": None, "extra": 1}])
    table.sql(
        "DELETE FROM {t} WHERE key IN (2, 10)",
        deleting(lambda r: r["key"] in (2, 10)),
    )
    table.expect_every_state()
    table.expect(["region", "key"], filter="region = 'a'", where=lambda r: r["region"] == "a")
    table.expect(["key"], filter="s.x > 3", where=lambda r: r["s"] is not None and r["s"]["x"] > 3)
    table.expect(["s.y"], filter="key = 5", where=lambda r: r["key"] == 5)
    table.expect(["day"], filter="day is null", where=lambda r: r["day"] is None)
    return table


@register(TABLES)
def spark_int96(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Timestamps as INT96, decimals as fixed bytes of any length, as older Sparks wrote them.",
        ["types.int96", "types.decimal.legacy", "name-mapping", "add-files"],
        "id INT, ts TIMESTAMP, d4 DECIMAL(4,2), d12 DECIMAL(12,2), d30 DECIMAL(30,5), l "
        "ARRAY<TIMESTAMP>",
    )
    stamps = [
        "1969-12-31T23:59:59.999999",
        "1970-01-01T00:00:00",
        "2024-02-29T12:34:56.789012",
        "1900-01-01T00:00:00.000001",
        "2262-04-11T23:47:16.854776",
        "1677-09-21T00:12:43",
        "9999-12-31T23:59:59.999999",
        "0001-01-01T00:00:00",
    ]
    rows = [
        {
            "id": at,
            "ts": micros(text),
            "d4": f"{at}.25",
            "d12": f"-{at + 1}000.50",
            "d30": "1234567890.12345",
            "l": [micros(text), None],
        }
        for at, text in enumerate(stamps)
    ]
    rows.append({"id": 99, "ts": None, "d4": None, "d12": None, "d30": None, "l": None})
    spark.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
    spark.conf.set("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED")
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "true")
    path = write_plain(table, rows, [])
    for key in ("outputTimestampType", "int96RebaseModeInWrite", "writeLegacyFormat"):
        spark.conf.unset(f"spark.sql.parquet.{key}")
    add_files(table, path, rows)
    table.insert([rows[0] | {"id": 50}])
    table.expect_every_state()
    table.expect(
        ["id"],
        filter="ts < '1970-01-01T00:00:00+00:00'",
        where=lambda r: r["ts"] is not None and r["ts"] < 0,
    )
    table.expect(
        ["id", "d30"], filter="d4 > 2", where=lambda r: r["d4"] is not None and float(r["d4"]) > 2
    )
    return table


@register(TABLES)
def spark_identity_odd(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Identity partitions on a text with odd characters and nulls.",
        ["partition.identity", "partition.identity.null", "partition.identity.odd-text"],
        "id INT, p STRING",
        "p",
        write_delete_mode="merge-on-read",
    )
    table.insert([{"id": at, "p": text} for at, text in enumerate(ODD)])
    table.sql(
        "DELETE FROM {t} WHERE p IS NULL OR id = 1",
        deleting(lambda r: r["p"] is None or r["id"] == 1),
    )
    table.insert([{"id": 100 + at, "p": text} for at, text in enumerate(ODD)])
    table.expect_every_state()
    for text in ODD:
        if text is not None:
            table.expect(["id"], filter=f"p = '{text}'", where=lambda r, t=text: r["p"] == t)
    table.expect(["id"], filter="p is null", where=lambda r: r["p"] is None)
    table.expect(["id", "p"], filter="p != 'null'", where=lambda r: r["p"] not in (None, "null"))
    table.expect_spark(("id", "_partition", "_file"))
    return table


MOST_TYPES: list[Row] = [
    {
        "id": 1,
        "bo": True,
        "l": -1,
        "f": "nan",
        "dt": -1,
        "ts": -1,
        "n": -1,
        "d": "-0.001",
        "b": "00ff",
    },
    {
        "id": 2,
        "bo": False,
        "l": 2**40,
        "f": "-1.5",
        "dt": 20000,
        "ts": micros("2024-02-29T01:02:03.000004"),
        "n": micros("1968-02-29T00:00:00"),
        "d": "12345678901234567.890",
        "b": "",
    },
    {
        "id": 3,
        "bo": None,
        "l": None,
        "f": None,
        "dt": None,
        "ts": None,
        "n": None,
        "d": None,
        "b": None,
    },
    {
        "id": 4,
        "bo": True,
        "l": 0,
        "f": "inf",
        "dt": 0,
        "ts": 0,
        "n": 0,
        "d": "0.000",
        "b": "61",
    },
]


@register(TABLES)
def spark_identity_types(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Identity partitions on most types, NaN and nulls among the values.",
        [
            "partition.identity",
            "partition.identity.float",
            "partition.identity.null",
            "types.partition",
        ],
        "id INT, bo BOOLEAN, l BIGINT, f FLOAT, dt DATE, ts TIMESTAMP, n TIMESTAMP_NTZ, d "
        "DECIMAL(20,3), b BINARY",
        "bo, l, f, dt, ts, n, d, b",
    )
    table.insert(MOST_TYPES)
    table.insert([row | {"id": row["id"] + 10} for row in MOST_TYPES])
    table.expect_every_state()
    table.expect(["id"], filter="f is nan", where=lambda r: r["f"] == "nan")
    table.expect(["id"], filter="f < 0", where=lambda r: r["f"] == "-1.5")
    table.expect(["id"], filter="ts < '1970-01-01T00:00:00+00:00'", where=lambda r: r["ts"] == -1)
    table.expect(["id"], filter="d = -0.001", where=lambda r: r["d"] == "-0.001")
    table.expect(["id"], filter="bo is null", where=lambda r: r["bo"] is None)
    table.expect(["id"], filter="l != 0", where=lambda r: r["l"] not in (None, 0))
    return table


@register(TABLES)
def spark_nested_partition(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Partitioned by a field of a struct.",
        ["partition.nested-source", "partition.identity"],
        "id INT, s STRUCT<x: INT, y: STRING>",
        "s.y, bucket(2, s.x)",
    )
    table.insert([{"id": at, "s": {"x": at, "y": "ab"[at % 2]}} for at in range(6)])
    alter(
        table,
        "RENAME COLUMN s.y TO z",
        lambda rows: [r | {"s": {"x": r["s"]["x"], "z": r["s"]["y"]}} for r in rows],
    )
    full(table, [{"id": 7, "s": {"x": None, "z": None}}])
    table.expect_every_state()
    table.expect(["id"], filter="s.z = 'a'", where=lambda r: r["s"]["z"] == "a")
    table.expect(["id"], filter="s.x = 3", where=lambda r: r["s"]["x"] == 3)
    return table


def other_format(spark: SparkSession, name: str, file_format: str) -> SparkTable:
    """A Parquet file first, then one of the other format."""
    table = SparkTable(
        spark,
        name,
        f"Data files in {file_format.upper()}, refused by name; what came before is read.",
        [f"refused.{file_format}-data"],
        "id INT, s STRING",
    )
    table.insert([{"id": 1, "s": "x"}])
    before = table.snapshot_id()
    table.sql(f"ALTER TABLE {{t}} SET TBLPROPERTIES ('write.format.default'='{file_format}')")
    table.insert([{"id": 2, "s": "y"}])
    table.expect_snapshot(before)
    table.expect_error("UnsupportedError", file_format)
    table.expect_error("UnsupportedError", file_format, snapshot_id=table.snapshot_id())
    return table


@register(TABLES)
def spark_avro_data(spark: SparkSession, name: str) -> SparkTable:
    return other_format(spark, name, "avro")


@register(TABLES)
def spark_orc_data(spark: SparkSession, name: str) -> SparkTable:
    return other_format(spark, name, "orc")


def other_deletes(spark: SparkSession, name: str, file_format: str) -> SparkTable:
    """Parquet data under position deletes of the other format."""
    table = SparkTable(
        spark,
        name,
        f"Position deletes in {file_format.upper()}, refused by name; what came before is read.",
        [f"refused.{file_format}-deletes"],
        "id INT, s STRING",
        write_delete_mode="merge-on-read",
        write_delete_format_default=file_format,
    )
    table.insert([{"id": at, "s": "x"} for at in range(5)])
    before = table.snapshot_id()
    table.sql("DELETE FROM {t} WHERE id = 2", deleting(lambda r: r["id"] == 2))
    table.expect_snapshot(before)
    table.expect_error("UnsupportedError", file_format)
    table.expect_error("UnsupportedError", file_format, snapshot_id=table.snapshot_id())
    return table


@register(TABLES)
def spark_avro_deletes(spark: SparkSession, name: str) -> SparkTable:
    return other_deletes(spark, name, "avro")


@register(TABLES)
def spark_orc_deletes(spark: SparkSession, name: str) -> SparkTable:
    return other_deletes(spark, name, "orc")


@register(TABLES)
def spark_add_files_remapped(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A mapped column is dropped and its name added again: the mapping gives it the old data.",
        ["name-mapping", "evolution.re-add", "add-files"],
        "id INT, a STRING, b INT",
    )
    rows = [{"id": at, "a": f"a{at}", "b": at} for at in range(4)]
    add_files(table, write_plain(table, rows, []), rows)
    alter(table, "DROP COLUMN a", dropping("a"))
    alter(table, "ADD COLUMN a STRING", lambda _: rows)
    full(table, [{"id": 9, "b": 9, "a": None}])
    alter(table, "RENAME COLUMN id TO key", renaming("id", "key"))
    table.read_anew()
    table.expect_every_state()
    table.expect(["a", "key"], filter="a is null", where=lambda r: r["a"] is None)
    table.expect(["key"], filter="a = 'a2'", where=lambda r: r["a"] == "a2")
    return table
