"""Appends, overwrites and deletes, read back by pyiceberg and by Icefield itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.expressions import And, EqualTo, GreaterThan
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    IdentityTransform,
    TruncateTransform,
)
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, TimestamptzType

import icefield
from icefield import errors
from tests.python.lake import Lake
from tests.raw import RawTable

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        ("region", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
    ]
)
ICEBERG_SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "region", StringType()),
    NestedField(3, "at", TimestamptzType()),
    NestedField(4, "value", DoubleType()),
)
START = datetime(2024, 3, 1, tzinfo=UTC)


def rows(first: int, count: int) -> pa.Table:
    ids = range(first, first + count)
    return pa.table(
        {
            "id": list(ids),
            "region": [None if i % 7 == 0 else f"r{i % 3}" for i in ids],
            "at": [START + timedelta(hours=i) for i in ids],
            "value": [None if i % 5 == 0 else i / 4 for i in ids],
        },
        schema=SCHEMA,
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def spec(*fields: tuple[int, Any, str]) -> PartitionSpec:
    return PartitionSpec(*(PartitionField(s, 1000 + i, t, n) for i, (s, t, n) in enumerate(fields)))


SPECS = {
    "unpartitioned": PartitionSpec(),
    "region": spec((2, IdentityTransform(), "region")),
    "day": spec((3, DayTransform(), "at_day")),
    "bucket and truncate": spec(
        (1, BucketTransform(4), "id_bucket"), (2, TruncateTransform(1), "region_trunc")
    ),
}


class Both:
    """One table, as pyiceberg and as Icefield see it."""

    def __init__(self, lake: Lake, theirs: Any, through: str) -> None:
        self.theirs = theirs
        name = ".".join(theirs.name())
        if through == "catalog":
            self.ours = icefield.load_catalog("default", **lake.properties).load_table(name)
        else:
            self.ours = icefield.Table.from_pyiceberg(theirs)

    def read(self) -> list[dict[str, Any]]:
        """The rows, which both readers must agree on."""
        theirs = self.theirs.refresh().scan().to_arrow().sort_by("id")
        ours = self.ours.scan().to_arrow().sort_by("id")
        assert ours.to_pylist() == theirs.to_pylist()
        return ours.to_pylist()


@pytest.fixture(params=["catalog", "pyiceberg"])
def make(lake: Lake, request: pytest.FixtureRequest) -> Callable[..., Both]:
    def create(**arguments: Any) -> Both:
        return Both(lake, lake.create(ICEBERG_SCHEMA, **arguments), request.param)

    return create


@pytest.mark.parametrize("partitioning", SPECS)
def test_appends_are_read_by_both(make: Callable[..., Both], partitioning: str) -> None:
    table = make(spec=SPECS[partitioning])
    table.ours.append(rows(0, 100), snapshot_properties={"job": "first"})
    table.ours.append(rows(100, 50).to_reader(max_chunksize=7))
    assert table.read() == rows(0, 150).to_pylist()
    snapshot = table.theirs.current_snapshot()
    assert [s.summary["operation"] for s in table.ours.snapshots()] == ["append", "append"]
    assert snapshot.summary["total-records"] == "150"
    assert snapshot.summary["added-records"] == "50"
    assert table.ours.snapshots()[0].summary["job"] == "first"


@pytest.mark.parametrize("partitioning", SPECS)
def test_deletes_take_exactly_what_passes(make: Callable[..., Both], partitioning: str) -> None:
    table = make(spec=SPECS[partitioning])
    table.ours.append(rows(0, 200))
    table.ours.delete("region = 'r1' and value > 10")
    gone = lambda row: row["region"] == "r1" and (row["value"] or 0) > 10  # noqa: E731
    expected = [row for row in rows(0, 200).to_pylist() if not gone(row)]
    assert table.read() == expected
    assert table.theirs.current_snapshot().summary["operation"].value == "overwrite"
    table.ours.delete(GreaterThan("id", 100))
    assert table.read() == [row for row in expected if row["id"] <= 100]
    before = len(table.ours.snapshots())
    table.ours.delete("id > 1000")
    assert len(table.ours.snapshots()) == before
    table.ours.delete()
    assert table.read() == []
    assert table.theirs.current_snapshot().summary["operation"].value == "delete"


def test_nulls_and_nan_outlive_a_delete_of_what_they_are_not(lake: Lake) -> None:
    schema = pa.schema([("id", pa.int64()), ("x", pa.float64())])
    both = Both(lake, lake.create(schema), "catalog")
    values = [None, float("nan"), -0.0, 0.0, 1.0, float("inf")]
    both.ours.append(pa.table({"id": list(range(6)), "x": values}, schema=schema))
    both.ours.delete("x < 1.0")
    assert [row["id"] for row in both.ours.scan().to_arrow().sort_by("id").to_pylist()] == [
        0,
        1,
        4,
        5,
    ]
    both.ours.delete("not (x > 5)")
    assert [row["id"] for row in both.ours.scan().to_arrow().sort_by("id").to_pylist()] == [0, 5]


def test_overwrites_replace_what_passes_in_one_snapshot(make: Callable[..., Both]) -> None:
    table = make(spec=SPECS["region"])
    table.ours.append(rows(0, 60))
    table.ours.overwrite(rows(1000, 5), And(EqualTo("region", "r2"), GreaterThan("id", 30)))
    kept = [r for r in rows(0, 60).to_pylist() if not (r["region"] == "r2" and r["id"] > 30)]
    assert table.read() == kept + rows(1000, 5).to_pylist()
    assert len(table.ours.snapshots()) == 2
    table.ours.overwrite(rows(7, 3))
    assert table.read() == rows(7, 3).to_pylist()


def test_partitions_are_replaced_whole(make: Callable[..., Both]) -> None:
    table = make(spec=SPECS["region"])
    table.ours.append(rows(0, 60))
    fresh = rows(0, 60).filter(pa.compute.equal(rows(0, 60)["region"], "r1")).slice(0, 2)
    table.ours.dynamic_partition_overwrite(fresh)
    kept = [row for row in rows(0, 60).to_pylist() if row["region"] != "r1"]
    assert table.read() == sorted(kept + fresh.to_pylist(), key=lambda row: row["id"])


def test_rows_keep_their_ids_when_their_file_is_written_again(lake: Lake) -> None:
    table = Both(lake, lake.create(ICEBERG_SCHEMA), "catalog")
    table.ours.set_properties({"format-version": "3"})
    table.ours.append(rows(0, 10))
    table.ours.append(rows(10, 10))
    columns = ("id", "_row_id", "_last_updated_sequence_number")
    before = {r["id"]: r for r in table.ours.scan(selected_fields=columns).to_arrow().to_pylist()}
    table.ours.delete("id = 3 or id = 15")
    after = {r["id"]: r for r in table.ours.scan(selected_fields=columns).to_arrow().to_pylist()}
    assert after == {key: row for key, row in before.items() if key not in (3, 15)}


def test_files_are_sorted_and_of_bounded_size(lake: Lake) -> None:
    theirs = lake.catalog.create_table(
        "ns.sorted",
        ICEBERG_SCHEMA,
        sort_order=SortOrder(SortField(2, IdentityTransform()), SortField(1, IdentityTransform())),
        properties={"write.target-file-size-bytes": "10000"},
    )
    table = Both(lake, theirs, "catalog")
    table.ours.append(rows(0, 2000).to_reader(max_chunksize=100))
    files = [task.file_path for task in table.ours.scan().plan_files()]
    assert len(files) > 3
    for file in files:
        stored = pq.read_table(file.removeprefix("file://"))
        keys = [(r["region"] is not None, r["region"] or "", r["id"]) for r in stored.to_pylist()]
        assert keys == sorted(keys)
    assert table.read() == rows(0, 2000).to_pylist()
    entries = table.theirs.inspect.files().to_pylist()
    assert {entry["sort_order_id"] for entry in entries} == {1}


def test_branches_take_writes_apart(make: Callable[..., Both]) -> None:
    table = make()
    table.ours.append(rows(0, 10))
    table.ours.append(rows(10, 5), branch="audit")
    assert table.read() == rows(0, 10).to_pylist()
    branch = table.ours.scan().use_ref("audit").to_arrow().sort_by("id")
    assert branch.to_pylist() == rows(0, 15).to_pylist()
    assert table.theirs.refresh().refs()["audit"].snapshot_ref_type == "branch"


def test_others_who_commit_first_do_not_hinder_an_append(make: Callable[..., Both]) -> None:
    table = make()
    table.ours.append(rows(0, 5))
    table.theirs.refresh().append(rows(5, 5))
    table.ours.append(rows(10, 5))
    assert table.read() == rows(0, 15).to_pylist()


def test_a_delete_meets_rows_that_it_did_not_see(make: Callable[..., Both]) -> None:
    table = make()
    table.ours.append(rows(0, 10))
    table.theirs.refresh().append(rows(10, 10))
    with pytest.raises(errors.ConflictError, match="load the table again"):
        table.ours.delete("id > 5")
    table.ours.refresh()
    table.ours.delete("id > 5")
    assert table.read() == rows(0, 6).to_pylist()


def test_a_delete_passes_rows_that_do_not_concern_it(make: Callable[..., Both]) -> None:
    table = make()
    table.ours.append(rows(0, 10))
    table.theirs.refresh().append(rows(100, 10))
    table.ours.delete("id < 5")
    assert table.read() == rows(5, 5).to_pylist() + rows(100, 10).to_pylist()


def test_threads_lose_nothing(lake: Lake) -> None:
    lake.create(ICEBERG_SCHEMA, commit_retry_num__retries="20")
    name = "ns.t001"
    lake.catalog.load_table(name).transaction().set_properties(
        {"commit.retry.num-retries": "50"}
    ).commit_transaction()

    def work(number: int) -> None:
        table = icefield.load_catalog("default", **lake.properties).load_table(name)
        for turn in range(5):
            table.append(rows(number * 100 + turn * 10, 10))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = lake.catalog.load_table(name).scan().to_arrow()["id"].to_pylist()
    assert sorted(read) == sorted(n * 100 + i for n in range(4) for i in range(50))


def test_what_does_not_fit_is_refused_and_leaves_nothing(lake: Lake) -> None:
    both = Both(lake, lake.create(ICEBERG_SCHEMA), "catalog")
    data = Path(both.theirs.location().removeprefix("file://")) / "data"
    wrong = {
        "no id": pa.table({"region": ["a"]}),
        "unknown": rows(0, 1).append_column("extra", pa.array([1])),
        "type": rows(0, 1).set_column(3, "value", pa.array(["x"])),
        "null": pa.table({"id": pa.array([None], pa.int64())}),
    }
    for table in wrong.values():
        with pytest.raises(errors.InvalidArgumentError, match=r"ns\.t001"):
            both.ours.append(table)
    assert both.ours.snapshots() == []
    assert not data.exists() or list(data.iterdir()) == []


def test_a_stream_that_breaks_leaves_nothing(lake: Lake) -> None:
    both = Both(lake, lake.create(ICEBERG_SCHEMA), "catalog")

    def batches() -> Any:
        yield from rows(0, 10).to_batches()
        raise RuntimeError("the source broke")

    with pytest.raises(errors.IcefieldError, match="the source broke"):
        both.ours.append(pa.RecordBatchReader.from_batches(SCHEMA, batches()))
    data = Path(both.theirs.location().removeprefix("file://")) / "data"
    assert not data.exists() or list(data.iterdir()) == []
    assert both.read() == []


def test_manifests_are_merged_when_there_are_many(lake: Lake) -> None:
    theirs = lake.create(ICEBERG_SCHEMA)
    theirs.transaction().set_properties(
        {"commit.manifest.min-count-to-merge": "4"}
    ).commit_transaction()
    both = Both(lake, theirs, "catalog")
    for turn in range(9):
        both.ours.append(rows(turn * 3, 3))
    assert both.read() == rows(0, 27).to_pylist()
    assert len(both.theirs.current_snapshot().manifests(both.theirs.io)) < 4
    assert {s["snapshot_id"] for s in both.theirs.inspect.entries().to_pylist()} == {
        s.snapshot_id for s in both.ours.snapshots()
    }


def test_properties_are_set_and_removed(make: Callable[..., Both]) -> None:
    table = make()
    table.ours.set_properties({"a": "1", "b": "2"})
    table.ours.remove_properties("a", "nothing")
    assert table.ours.properties["b"] == "2"
    assert "a" not in table.theirs.refresh().properties
    with pytest.raises(errors.InvalidArgumentError, match="format version"):
        table.ours.set_properties({"format-version": "1"})


def test_an_upgraded_table_gives_all_rows_ids(lake: Lake) -> None:
    table = Both(lake, lake.create(ICEBERG_SCHEMA), "catalog")
    table.ours.append(rows(0, 3))
    table.ours.set_properties({"format-version": "3"})
    table.ours.append(rows(3, 3))
    assert table.read() == rows(0, 6).to_pylist()
    ids = table.ours.scan(selected_fields=("_row_id",)).to_arrow()["_row_id"].to_pylist()
    assert len(set(ids)) == 6


def test_a_table_without_a_catalog_is_only_read(lake: Lake) -> None:
    theirs = lake.create(ICEBERG_SCHEMA)
    table = icefield.load_table(theirs.metadata_location)
    with pytest.raises(errors.InvalidArgumentError, match="catalog"):
        table.append(rows(0, 1))


def test_pages_are_indexed_and_short(lake: Lake) -> None:
    theirs = lake.create(ICEBERG_SCHEMA)
    theirs.transaction().set_properties(
        {"write.parquet.bloom-filter-enabled.column.id": "true"}
    ).commit_transaction()
    both = Both(lake, theirs, "catalog")
    both.ours.append(rows(0, 50_000))
    (task,) = both.ours.scan().plan_files()
    column = pq.read_metadata(task.file_path.removeprefix("file://")).row_group(0).column(0)
    assert column.has_offset_index
    assert column.has_column_index
    assert schema_to_pyarrow(theirs.schema()).names == SCHEMA.names


def isolated(table: Both, **levels: str) -> None:
    table.ours.set_properties(
        {f"write.{change}.isolation-level": level for change, level in levels.items()}
    )


def test_snapshot_isolation_leaves_rows_that_a_delete_did_not_see(
    make: Callable[..., Both],
) -> None:
    table = make()
    isolated(table, delete="snapshot", update="serializable")
    table.ours.append(rows(0, 10))
    table.theirs.refresh().append(rows(10, 10))
    table.ours.delete("id > 5")
    assert table.read() == rows(0, 6).to_pylist() + rows(10, 10).to_pylist()
    table.theirs.refresh().append(rows(20, 1))
    with pytest.raises(errors.ConflictError, match="load the table again"):
        table.ours.overwrite(rows(30, 1), "id > 2")


def test_snapshot_isolation_of_overwrites(make: Callable[..., Both]) -> None:
    table = make(spec=SPECS["region"])
    isolated(table, delete="serializable", update="snapshot")
    table.ours.append(rows(0, 10))
    table.theirs.refresh().append(rows(10, 10))
    table.ours.overwrite(rows(30, 1), "id > 5")
    expected = [*rows(0, 6).to_pylist(), *rows(10, 10).to_pylist(), *rows(30, 1).to_pylist()]
    assert table.read() == expected
    table.theirs.refresh().append(rows(39, 1))
    fresh = rows(36, 1)
    assert fresh["region"] == rows(39, 1)["region"]
    table.ours.dynamic_partition_overwrite(fresh)
    kept = [row for row in expected if row["region"] != fresh["region"][0].as_py()]
    assert table.read() == [*kept, *fresh.to_pylist(), *rows(39, 1).to_pylist()]
    table.theirs.refresh().append(rows(50, 1))
    with pytest.raises(errors.ConflictError, match="load the table again"):
        table.ours.delete("id > 5")


def test_what_was_taken_out_by_others_conflicts_in_both_isolations(
    make: Callable[..., Both],
) -> None:
    table = make()
    isolated(table, delete="snapshot")
    table.ours.append(rows(0, 10))
    table.theirs.refresh().delete("id < 5")
    with pytest.raises(errors.ConflictError, match="taken out of the table by another"):
        table.ours.delete("id > 7")


def test_isolations_that_do_not_exist_are_named(make: Callable[..., Both]) -> None:
    table = make()
    isolated(table, delete="read-committed", update="none")
    table.ours.append(rows(0, 10))
    with pytest.raises(errors.InvalidArgumentError, match=r"write\.delete\.isolation-level"):
        table.ours.delete("id > 5")
    with pytest.raises(errors.InvalidArgumentError, match=r"write\.update\.isolation-level"):
        table.ours.overwrite(rows(30, 1))
    assert table.read() == rows(0, 10).to_pylist()


@pytest.mark.parametrize("with_deletes", [False, True])
def test_delete_files_of_data_that_stays_are_not_lost(
    lake: Lake, tmp_path: Path, with_deletes: bool
) -> None:
    """Snapshot isolation: a replaced partition that was empty when the overwrite was planned."""
    raw = RawTable(
        tmp_path / "raw",
        [("id", "long"), ("region", "string")],
        spec=[("region", "identity")],
        properties={"write.update.isolation-level": "snapshot"},
    )
    raw.commit([raw.write_data([(1, "a")], partition=("a",))])
    raw.register(lake.catalog, "ns.raw")
    table = icefield.load_catalog("default", **lake.properties).load_table("ns.raw")
    files = [raw.write_data([(at, "b"), (at + 1, "b")], partition=("b",)) for at in (2, 4)]
    raw.commit(files)
    if with_deletes:
        raw.commit(deletes=raw.position_deletes({file: [0] for file in files}))
    lake.catalog.drop_table("ns.raw")
    raw.register(lake.catalog, "ns.raw")
    fresh = pa.table({"id": [9], "region": ["b"]})
    if with_deletes:
        with pytest.raises(errors.ConflictError, match="the delete file"):
            table.dynamic_partition_overwrite(fresh)
    else:
        table.dynamic_partition_overwrite(fresh)
    left = table.refresh().scan().to_arrow()["id"].to_pylist()
    assert sorted(left) == ([1, 3, 5] if with_deletes else [1, 2, 3, 4, 5, 9])
