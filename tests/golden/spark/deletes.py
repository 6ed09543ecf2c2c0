"""Row-level deletes as Spark writes them: position deletes, deletion vectors, rewritten files."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tests.golden.spark.kit import Script, SparkTable, deleting, keeping, register, updating
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

DDL = "id BIGINT, name STRING, part STRING, score DOUBLE"
MERGE_ON_READ = {
    "write_delete_mode": "merge-on-read",
    "write_update_mode": "merge-on-read",
    "write_merge_mode": "merge-on-read",
}
COPY_ON_WRITE = dict.fromkeys(MERGE_ON_READ, "copy-on-write")
PLACES = ("id", "_file", "_pos", "_spec_id")


def people(*ids: int) -> list[Row]:
    """Rows whose cells follow from the id; every fifth has nulls."""
    return [
        {
            "id": at,
            "name": None if at % 5 == 0 else f"name {at}",
            "part": None if at % 7 == 0 else "abc"[at % 3],
            "score": None if at % 5 == 0 else repr(at / 4),
        }
        for at in ids
    ]


def merge(table: SparkTable, source: list[Row]) -> None:
    """MERGE: a source row without a name deletes, another updates or inserts."""
    table.make_frame(source).createOrReplaceTempView("source")
    given = {row["id"]: row for row in source}

    def step(rows: list[Row]) -> list[Row]:
        kept = [given.get(row["id"], row) for row in rows]
        known = {row["id"] for row in rows}
        added = [row for row in source if row["id"] not in known]
        return [row for row in kept + added if row["name"] is not None or row["id"] not in given]

    table.sql(
        "MERGE INTO {t} AS t USING source AS s ON t.id = s.id "
        "WHEN MATCHED AND s.name IS NULL THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET * "
        "WHEN NOT MATCHED AND s.name IS NOT NULL THEN INSERT *",
        step,
    )


def named(at: int, name: str | None, part: str = "m") -> Row:
    """A row of a MERGE's source."""
    return {"id": at, "name": name, "part": part, "score": "-0.5"}


def every_change(table: SparkTable) -> None:
    """Three files, then DELETE, UPDATE, MERGE and DELETE again, and reads of all that."""
    table.insert(people(*range(1, 21)), people(*range(21, 31)))
    table.insert(people(*range(31, 41)))
    table.sql("DELETE FROM {t} WHERE id % 4 = 0", deleting(lambda r: r["id"] % 4 == 0))
    table.sql(
        "UPDATE {t} SET name = concat('new ', id), part = 'u' WHERE id BETWEEN 10 AND 23",
        updating(lambda r: 10 <= r["id"] <= 23, name=lambda r: f"new {r['id']}", part="u"),
    )
    merge(
        table,
        [named(1, None), named(2, "two"), named(33, "x", "a"), named(99, "y"), named(98, None)],
    )
    table.sql("DELETE FROM {t} WHERE score IS NULL", deleting(lambda r: r["score"] is None))
    table.sql("DELETE FROM {t} WHERE id = 99", deleting(lambda r: r["id"] == 99))
    table.expect_every_state()
    table.expect(["name"])
    table.expect(
        ["score", "id"],
        filter="id > 9 and part = 'u'",
        where=lambda r: r["id"] > 9 and r["part"] == "u",
    )
    table.expect(["id"], filter="name is null", where=lambda r: r["name"] is None)
    table.expect_spark(PLACES)
    table.expect_spark(("_pos", "id"), filter="id > 20")


@register(TABLES)
def spark_mor_v2(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Position deletes per data file by DELETE, UPDATE and MERGE.",
        [
            "deletes.position.per-file",
            "deletes.position.repeated",
            "deletes.merge",
            "metadata-columns.pos",
        ],
        DDL,
        **MERGE_ON_READ,
    )
    every_change(table)
    return table


@register(TABLES)
def spark_mor_v2_partition(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Position deletes, one delete file for all data files of a partition, a null partition "
        "too.",
        ["deletes.position.per-partition", "partition.identity.null", "deletes.merge"],
        DDL,
        "part",
        write_delete_granularity="partition",
        scheme="file:",
        **MERGE_ON_READ,
    )
    every_change(table)
    table.expect_spark(("id", "_partition", "_spec_id"))
    return table


@register(TABLES)
def spark_dv_v3(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Deletion vectors by DELETE, UPDATE and MERGE; vectors are replaced by fuller ones.",
        ["deletes.vector", "deletes.vector.replaced", "deletes.merge", "row-lineage"],
        DDL,
        version=3,
        **MERGE_ON_READ,
    )
    every_change(table)
    table.expect_spark(("id", "_row_id", "_last_updated_sequence_number"))
    return table


@register(TABLES)
def spark_dv_v3_partition(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Deletion vectors in a partitioned table; several vectors lie in one Puffin file.",
        ["deletes.vector", "deletes.vector.shared-puffin", "partition.bucket"],
        DDL,
        "part, bucket(3, id)",
        version=3,
        scheme="file://",
        **MERGE_ON_READ,
    )
    every_change(table)
    table.expect_spark(("id", "_partition"))
    return table


@register(TABLES)
def spark_upgrade_v3(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Position deletes of version 2, then deletion vectors over them after the upgrade to 3.",
        [
            "deletes.position.per-file",
            "deletes.vector",
            "upgrade.v2-v3",
            "row-lineage.null-before-v3",
        ],
        DDL,
        **MERGE_ON_READ,
    )
    table.insert(people(*range(1, 21)))
    table.insert(people(*range(21, 41)))
    table.sql("DELETE FROM {t} WHERE id % 4 = 0", deleting(lambda r: r["id"] % 4 == 0))
    table.sql("ALTER TABLE {t} SET TBLPROPERTIES ('format-version' = '3')")
    lineage = ("id", "_row_id", "_last_updated_sequence_number")
    table.expect_spark(lineage, snapshot_id=table.snapshot_id())
    table.sql("DELETE FROM {t} WHERE id IN (1, 2, 3)", deleting(lambda r: r["id"] in (1, 2, 3)))
    table.insert(people(50, 51, 52))
    table.sql(
        "UPDATE {t} SET name = 'u' WHERE id IN (5, 25, 51)",
        updating(lambda r: r["id"] in (5, 25, 51), name="u"),
    )
    table.expect_every_state()
    table.expect_spark(lineage)
    table.expect_spark(PLACES)
    return table


@register(TABLES)
def spark_upgrade_v1_v2(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Data of version 1 (sequence number 0) under position deletes of version 2.",
        ["upgrade.v1-v2", "deletes.position.per-file", "sequence-number.zero"],
        DDL,
        version=1,
        **COPY_ON_WRITE,
    )
    table.insert(people(*range(1, 11)))
    table.insert(people(*range(11, 21)))
    settings = "'format-version' = '2', 'write.delete.mode' = 'merge-on-read'"
    table.sql(f"ALTER TABLE {{t}} SET TBLPROPERTIES ({settings})")
    table.sql("DELETE FROM {t} WHERE id % 3 = 0", deleting(lambda r: r["id"] % 3 == 0))
    table.insert(people(3, 6))
    table.expect_every_state()
    table.expect_spark(PLACES)
    return table


@register(TABLES)
def spark_copy_on_write(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "The same changes by rewriting files.",
        ["commit.overwrite", "deletes.merge"],
        DDL,
        **COPY_ON_WRITE,
    )
    every_change(table)
    return table


@register(TABLES)
def spark_row_lineage(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Row ids through copy-on-write updates, MERGE and compaction: stored in the files, then.",
        ["row-lineage", "row-lineage.stored", "commit.replace", "commit.overwrite"],
        DDL,
        version=3,
        **COPY_ON_WRITE,
    )
    table.insert(people(*range(1, 9)), people(*range(9, 13)))
    table.expect_lineage()
    table.sql(
        "UPDATE {t} SET name = 'u' WHERE id IN (2, 9)",
        updating(lambda r: r["id"] in (2, 9), name="u"),
    )
    table.expect_lineage()
    merge(table, [named(3, "three"), named(4, None), named(20, "twenty")])
    table.expect_lineage()
    table.sql("DELETE FROM {t} WHERE id = 12", deleting(lambda r: r["id"] == 12))
    table.expect_lineage()
    table.insert(people(30, 31))
    table.call("rewrite_data_files", "options => map('rewrite-all', 'true')")
    table.expect_lineage()
    table.sql(
        "UPDATE {t} SET score = 9.0 WHERE id >= 20", updating(lambda r: r["id"] >= 20, score="9.0")
    )
    table.expect_lineage()
    table.expect_every_state()
    table.expect_spark(("_row_id",), filter="id > 5")
    return table


@register(TABLES)
def spark_compaction(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Position deletes through rewrite_position_delete_files and rewrite_data_files, manifests "
        "too.",
        [
            "commit.replace",
            "deletes.position.rewritten",
            "manifests.rewritten",
            "sequence-number.of-compaction",
        ],
        DDL,
        "part",
        **MERGE_ON_READ,
    )
    for start in (1, 21, 41):
        table.insert(people(*range(start, start + 20)))
    for rest in (0, 1, 2):
        table.sql(
            f"DELETE FROM {{t}} WHERE id % 7 = {rest}",
            deleting(lambda r, rest=rest: r["id"] % 7 == rest),
        )
    table.call("rewrite_position_delete_files", "options => map('rewrite-all', 'true')")
    table.sql("DELETE FROM {t} WHERE id % 7 = 3", deleting(lambda r: r["id"] % 7 == 3))
    table.call("rewrite_manifests")
    table.call("rewrite_data_files", "where => 'id < 30', options => map('rewrite-all', 'true')")
    table.sql("DELETE FROM {t} WHERE id = 55", deleting(lambda r: r["id"] == 55))
    table.insert(people(7, 8, 9))
    table.expect_every_state()
    table.expect_spark(("id", "_pos"))
    return table


@register(TABLES)
def spark_dv_compaction(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Deletion vectors through rewrite_data_files and a rollback to before them.",
        ["deletes.vector", "commit.replace", "rollback", "row-lineage.stored"],
        DDL,
        version=3,
        **MERGE_ON_READ,
    )
    lineage = ("id", "_row_id", "_last_updated_sequence_number")
    table.insert(people(*range(1, 31)))
    table.sql("DELETE FROM {t} WHERE id < 12", deleting(lambda r: r["id"] < 12))
    before = table.snapshot_id()
    rows = list(table.rows)
    table.call("rewrite_data_files", "options => map('rewrite-all', 'true')")
    table.expect_lineage()
    table.sql("DELETE FROM {t} WHERE id > 20", deleting(lambda r: r["id"] > 20))
    table.call("rollback_to_snapshot", f"snapshot_id => {before}", lambda _: rows)
    table.sql("DELETE FROM {t} WHERE id = 25", deleting(lambda r: r["id"] == 25))
    table.expect_every_state()
    table.expect_spark(lineage)
    return table


@register(TABLES)
def spark_all_deleted(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Whole files dropped by metadata, a file whose every row is deleted by position, an empty "
        "table.",
        ["commit.delete", "deletes.position.every-row", "table.empty"],
        DDL,
        "part",
        **MERGE_ON_READ,
    )
    table.insert(people(*range(1, 13)))
    table.sql("DELETE FROM {t} WHERE part = 'a'", deleting(lambda r: r["part"] == "a"))
    table.sql("DELETE FROM {t} WHERE id % 3 = 1", deleting(lambda r: r["id"] % 3 == 1))
    table.sql("DELETE FROM {t}", lambda _: [])
    table.sql("INSERT INTO {t} SELECT * FROM {t}", keeping)
    table.insert(people(1, 2))
    table.sql("TRUNCATE TABLE {t}", lambda _: [])
    table.expect_every_state()
    return table
