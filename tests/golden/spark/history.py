"""Branches, tags, write-audit-publish, rollbacks, time travel, expiry, gzip metadata."""

from __future__ import annotations

import time

from pyspark.sql import SparkSession
from pyspark.sql.functions import col

from tests.golden.instants import instant
from tests.golden.spark.kit import Script, SparkTable, deleting, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

DDL = "id BIGINT, name STRING"


def named(*ids: int, name: str = "n") -> list[Row]:
    """Rows of the table."""
    return [{"id": at, "name": f"{name}{at}"} for at in ids]


def refs(table: SparkTable) -> dict[str, int]:
    """Branches and tags of the table."""
    listed = table.spark.sql(f"SELECT name, snapshot_id FROM {table.name}.refs").collect()
    return {row.name: row.snapshot_id for row in listed}


def commit_times(table: SparkTable) -> list[tuple[int, int]]:
    """(milliseconds, snapshot) of every change of the current snapshot, in order."""
    log = table.loaded().history()
    return [(entry.timestampMillis(), entry.snapshotId()) for entry in log]


def expect_refs(table: SparkTable) -> None:
    """A read of every branch and tag."""
    for ref, snapshot_id in refs(table).items():
        table.expect_snapshot(snapshot_id, ref=ref)


@register(TABLES)
def spark_branches(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Branches that are written to, tags, fast-forward and cherry-pick, write-audit-publish.",
        ["refs.branch", "refs.tag", "refs.fast-forward", "refs.cherry-pick", "refs.wap"],
        DDL,
        write_wap_enabled="true",
        write_delete_mode="merge-on-read",
    )
    table.insert(named(1, 2, 3))
    table.sql("ALTER TABLE {t} CREATE TAG first")
    table.sql("ALTER TABLE {t} CREATE BRANCH side")
    main = list(table.rows)
    on_side = write_side(table)
    table.rows = main
    table.insert(named(20))
    staged = write_staged(table)
    table.rows = [*main, *named(20)]
    table.sql("ALTER TABLE {t} CREATE BRANCH ahead")
    ahead = append_to(table, "ahead", [*table.rows, *named(30)], named(30))
    table.call("cherrypick_snapshot", f"snapshot_id => {staged}", lambda rows: rows + named(40))
    table.expect_every_state()
    assert refs(table)["side"] == on_side
    assert refs(table)["ahead"] == ahead
    expect_refs(table)
    table.expect(
        ["id"],
        where=lambda r: r["id"] > 2,
        rows=table.snapshots[on_side][1],
        filter="id > 2",
        ref="side",
    )
    return table


def append_to(table: SparkTable, branch: str, rows: list[Row], added: list[Row]) -> int:
    """An append to a branch, whose rows are `rows` afterwards."""
    table.insert(added, branch=branch)
    return note(table, branch, rows)


def note(table: SparkTable, branch: str, rows: list[Row]) -> int:
    """Checks the rows of a branch and notes its snapshot."""
    kept, table.rows = table.rows, rows
    snapshot_id = refs(table)[branch]
    table.check(ref=branch)
    table.commit(snapshot_id)
    table.rows = kept
    return snapshot_id


def write_side(table: SparkTable) -> int:
    """Two commits on a branch: more rows, then fewer."""
    rows = table.rows + named(10, 11)
    append_to(table, "side", rows, named(10, 11))
    table.spark.sql(f"DELETE FROM {table.name}.branch_side WHERE id IN (1, 10)")
    return note(table, "side", deleting(lambda r: r["id"] in (1, 10))(rows))


def write_staged(table: SparkTable) -> int:
    """A commit that no branch shows. Returns its snapshot."""
    table.spark.conf.set("spark.wap.id", "audit-1")
    table.make_frame(named(40)).writeTo(table.name).append()
    table.spark.conf.unset("spark.wap.id")
    found = [s for s in table.loaded().snapshots() if s.summary().get("wap.id") == "audit-1"]
    kept = table.rows
    table.rows = table.rows + named(40)
    table.check(snapshot_id=found[0].snapshotId())
    table.commit(found[0].snapshotId())
    table.rows = kept
    return found[0].snapshotId()


@register(TABLES)
def spark_fast_forward(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A branch with another schema's snapshots, onto which main is fast-forwarded.",
        ["refs.branch", "refs.fast-forward", "evolution.add", "time-travel.snapshot-schema"],
        DDL,
        version=3,
    )
    table.insert(named(1, 2))
    table.sql("ALTER TABLE {t} CREATE TAG `before the column`")
    table.sql(
        "ALTER TABLE {t} ADD COLUMN extra INT",
        lambda rows: [r | {"extra": None} for r in rows],
        ["id", "name", "extra"],
    )
    table.sql("ALTER TABLE {t} CREATE BRANCH `etl/2026-01`")
    added = [{"id": 3, "name": "n3", "extra": 3}]
    table.make_frame(added).createOrReplaceTempView("added")
    spark.sql(f"INSERT INTO {table.name}.`branch_etl/2026-01` SELECT * FROM added")
    rows = table.rows + added
    table.call("fast_forward", "branch => 'main', to => 'etl/2026-01'", lambda _: rows)
    table.expect_every_state()
    first = next(iter(table.snapshots))
    table.expect_snapshot(first, ref="before the column")
    table.expect_snapshot(table.snapshot_id(), ref="etl/2026-01")
    return table


@register(TABLES)
def spark_time_travel(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Times between commits, after a rollback too, under schemas that changed.",
        ["time-travel.as-of", "time-travel.rollback", "time-travel.snapshot-schema", "rollback"],
        DDL,
        write_delete_mode="merge-on-read",
    )

    def pause() -> None:
        time.sleep(0.02)

    table.insert(named(1, 2))
    first = table.snapshot_id()
    pause()
    table.insert(named(3, 4))
    second = table.snapshot_id()
    pause()
    table.sql(
        "ALTER TABLE {t} RENAME COLUMN name TO title",
        lambda rows: [{"id": r["id"], "title": r["name"]} for r in rows],
        ["id", "title"],
    )
    table.sql("DELETE FROM {t} WHERE id = 1", deleting(lambda r: r["id"] == 1))
    pause()
    rolled = [{"id": r["id"], "title": r["name"]} for r in named(1, 2)]
    table.call("rollback_to_snapshot", f"snapshot_id => {first}", lambda _: rolled)
    pause()
    table.insert([{"id": 5, "title": "five"}])
    table.expect_every_state()
    for at, snapshot_id in commit_times(table):
        table.expect_snapshot(snapshot_id, as_of=instant(at))
        table.expect_snapshot(snapshot_id, as_of=instant(at + 1))
    start = commit_times(table)[0][0]
    table.expect_error("NotFoundError", "snapshot", as_of=instant(start - 1))
    table.expect_error("NotFoundError", "snapshot", "123", snapshot_id=123)
    table.expect_error("NotFoundError", "nowhere", ref="nowhere")
    table.expect(
        ["id"],
        rows=table.snapshots[second][1],
        where=lambda r: r["name"] == "n3",
        filter="name = 'n3'",
        snapshot_id=second,
    )
    return table


@register(TABLES)
def spark_expired(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Older snapshots expired and their files gone; a tag keeps one of them.",
        ["snapshots.expired", "refs.tag", "deletes.position.per-file"],
        DDL,
        write_delete_mode="merge-on-read",
    )
    table.insert(named(*range(1, 9)))
    table.sql("DELETE FROM {t} WHERE id = 1", deleting(lambda r: r["id"] == 1))
    table.sql("ALTER TABLE {t} CREATE TAG kept")
    kept = table.snapshot_id()
    table.insert(named(10))
    table.sql("DELETE FROM {t} WHERE id > 5", deleting(lambda r: r["id"] > 5))
    table.call("rewrite_data_files", "options => map('rewrite-all', 'true')")
    table.call(
        "expire_snapshots", "older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1"
    )
    left = {s.snapshotId() for s in table.loaded().snapshots()}
    gone = set(table.snapshots) - left
    table.snapshots = {key: value for key, value in table.snapshots.items() if key in left}
    table.expect_every_state()
    table.expect_snapshot(kept, ref="kept")
    for snapshot_id in gone:
        table.expect_error("NotFoundError", str(snapshot_id), snapshot_id=snapshot_id)
    return table


@register(TABLES)
def spark_replaced_table(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "CREATE OR REPLACE: another schema and spec over the history of the old one.",
        ["table.replaced", "time-travel.snapshot-schema", "partition.evolution"],
        DDL,
        "bucket(2, id)",
    )
    table.insert(named(1, 2, 3))
    table.spark.sql(
        f"CREATE OR REPLACE TABLE {table.name} USING iceberg PARTITIONED BY (name) "
        f"LOCATION '{table.folder}' TBLPROPERTIES ('format-version'='2') "
        f"AS SELECT CAST(id AS STRING) AS name, CAST(id AS INT) AS id, true AS ok FROM {table.name}"
    )
    table.columns = ["name", "id", "ok"]
    table.rows = [{"name": str(at), "id": at, "ok": True} for at in (1, 2, 3)]
    table.settle()
    table.insert([{"name": "4", "id": 4, "ok": None}])
    table.expect_every_state()
    table.expect(["id"], filter="name = '2'", where=lambda r: r["name"] == "2")
    return table


@register(TABLES)
def spark_overwrites(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "INSERT OVERWRITE, static and dynamic, and an overwrite by filter.",
        ["commit.overwrite", "partition.identity"],
        DDL,
        "name",
    )

    def same(*ids: int, name: str) -> list[Row]:
        return [{"id": at, "name": name} for at in ids]

    table.insert(same(1, 2, name="a") + same(3, name="b") + same(4, name="c"))
    table.make_frame(same(5, 6, name="b")).writeTo(table.name).overwritePartitions()
    table.rows = same(1, 2, name="a") + same(4, name="c") + same(5, 6, name="b")
    table.settle()
    table.sql(
        "INSERT OVERWRITE {t} PARTITION (name = 'a') VALUES (7)",
        lambda rows: [r for r in rows if r["name"] != "a"] + same(7, name="a"),
    )
    table.make_frame(same(8, name="c")).writeTo(table.name).overwrite(col("name") > "a")
    table.rows = same(7, name="a") + same(8, name="c")
    table.settle()
    table.expect_every_state()
    return table


@register(TABLES)
def spark_gzip_metadata(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Metadata compressed with gzip, manifests with zstd.",
        ["metadata.gzip", "manifests.zstd"],
        DDL,
        write_metadata_compression__codec="gzip",
        write_avro_compression__codec="zstd",
        write_manifest_compression__codec="zstd",
    )
    table.insert(named(1, 2))
    table.insert(named(3))
    table.expect_every_state()
    assert ".gz." in table.metadata()
    return table


@register(TABLES)
def spark_hadoop_catalog(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A table of a Hadoop catalog: metadata named v1, v2, ..., gzip, a version hint.",
        ["metadata.gzip", "metadata.hadoop-names", "manifests.snappy"],
        DDL,
        catalog="h",
        version=1,
        write_metadata_compression__codec="gzip",
        write_avro_compression__codec="snappy",
        write_manifest_compression__codec="snappy",
    )
    table.insert(named(1, 2))
    table.sql("DELETE FROM {t} WHERE id = 1", deleting(lambda r: r["id"] == 1))
    table.insert(named(3))
    table.expect_every_state()
    return table


@register(TABLES)
def spark_no_snapshot(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A table that nothing was ever written to.",
        ["table.empty"],
        DDL,
        "bucket(2, id)",
        version=3,
    )
    table.expect()
    table.expect(["name"], filter="id = 1")
    table.expect_error("NotFoundError", "snapshot", as_of="2030-01-01T00:00:00+00:00")
    return table
