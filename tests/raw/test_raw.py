"""What the raw writer writes is what other readers understand, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.avro.file import AvroFile
from pyiceberg.conversions import from_bytes
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table.puffin import PuffinFile
from pyiceberg.types import StringType
from pyroaring import BitMap, BitMap64

from tests.raw import RawTable, Stats
from tests.raw.data_file import EQUALITY_DELETES
from tests.raw.roaring import Containers, serialize32, serialize64
from tests.raw.schema import find_field

COLUMNS = [("id", "long", True), ("name", "string")]
ROWS = [(at, f"row {at}") for at in range(20)]


def ids(table: RawTable, **scan: Any) -> list[int]:
    return sorted(table.pyiceberg().scan(**scan).to_arrow()["id"].to_pylist())


def manifest_entries(path: Path) -> list[Any]:
    with AvroFile[Any](PyArrowFileIO().new_input(str(path))) as reader:
        return list(reader)


# --- bitmaps --------------------------------------------------------------------------------------

SETS: dict[str, Callable[[np.random.Generator], np.ndarray[Any, Any]]] = {
    "empty": lambda _: np.array([], np.int64),
    "one": lambda _: np.array([0]),
    "array": lambda rng: rng.choice(65_536, 4096, replace=False),
    "bitmap": lambda rng: rng.choice(65_536, 4097, replace=False),
    "full container": lambda _: np.arange(65_536),
    "runs, three containers": lambda _: np.r_[5:70_000, 140_000:140_010],
    "runs, four containers": lambda _: np.r_[5:70_000, 140_000:140_010, 200_000:200_001],
    "sparse": lambda rng: rng.choice(2**31, 3000, replace=False),
    "mixed": lambda rng: np.r_[0:9000, 65_536:131_072:2, rng.choice(10**6, 500)],
    "high": lambda rng: np.r_[3, 2**32 - 1, 2**32, 2**33 + rng.choice(10**5, 9000), 2**60],
}


@pytest.mark.parametrize("containers", ["smallest", "no runs", "runs"])
@pytest.mark.parametrize("name", SETS)
def test_bitmaps_are_those_of_another_library(name: str, containers: Containers) -> None:
    values = np.unique(SETS[name](np.random.default_rng(1)))
    assert BitMap64.deserialize(serialize64(values, containers)) == BitMap64(values.tolist())
    low = values[values < 2**32].astype(np.uint32)
    written = serialize32(low, containers)
    assert BitMap.deserialize(written) == BitMap(low.tolist())
    if containers != "smallest" and len(low):
        assert written[:2] == (b"\x3a\x30" if containers == "no runs" else b"\x3b\x30")


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gzip_metadata", [False, True])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_is_read(version: int, gzip_metadata: bool, tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS, format_version=version, gzip_metadata=gzip_metadata)
    first = table.commit([table.write_data(ROWS[:10], row_group_rows=3)])
    table.set_ref("then", first)
    table.change_column("id", name="key")
    table.add_column("extra", "double")
    table.set_spec([("key", "bucket[4]")])
    rows: list[tuple[Any, ...]] = [(at, None, at / 2) for at in range(10, 20)]
    table.commit(table.write_partitioned(rows))
    scanned = table.pyiceberg().scan().to_arrow().sort_by("key")
    assert scanned["key"].to_pylist() == list(range(20))
    assert scanned["extra"].to_pylist() == [None] * 10 + [at / 2 for at in range(10, 20)]
    assert table.pyiceberg().scan("key = 13").to_arrow().num_rows == 1
    assert ids(table, snapshot_id=first) == list(range(10))
    reread = table.pyiceberg()
    assert reread.metadata.format_version == version
    assert reread.snapshot_by_name("then") == reread.snapshot_by_id(first)


@pytest.mark.parametrize("per_file", [False, True])
def test_position_deletes(per_file: bool, tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS, spec=[("name", "truncate[1]"), ("id", "bucket[2]")])
    files = table.write_partitioned(ROWS, row_group_rows=2)
    table.commit(files)
    targets = {file: range(0, file.record_count, 3) for file in files}
    deletes = table.position_deletes(targets, per_file=per_file, referenced=True)
    table.commit(deletes=deletes)
    assert [file.partition for file in deletes] == [file.partition for file in files]
    assert [file.referenced_data_file for file in deletes] == [file.path for file in files]
    gone = set()
    for file in files:
        gone |= set(pq.read_table(table.path(file.path))["id"].to_pylist()[::3])
    assert ids(table) == sorted(set(range(20)) - gone)
    written = pq.ParquetFile(table.path(deletes[0].path)).schema_arrow
    assert [field.metadata[b"PARQUET:field_id"] for field in written] == [
        b"2147483546",
        b"2147483545",
    ]


def test_deletion_vectors_share_a_file(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS, format_version=3)
    files = [table.write_data(ROWS[:10]), table.write_data(ROWS[10:])]
    table.commit(files)
    vectors = table.deletion_vectors([(files[0], [0, 3]), (files[1], range(5, 10))])
    table.commit(deletes=vectors)
    assert ids(table) == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    blobs = PuffinFile(table.path(vectors[0].path).read_bytes()).footer.blobs
    assert [(blob.offset, blob.length) for blob in blobs] == [
        (vector.content_offset, vector.content_size) for vector in vectors
    ]
    table.commit(deletes=table.deletion_vectors({files[0]: [0, 3, 4]}), remove=[vectors[0]])
    assert ids(table) == [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]


def test_equality_deletes_hold_keys_by_id(tmp_path: Path) -> None:
    place = {"type": "struct", "fields": [{"id": 9, "name": "x", "type": "int", "required": False}]}
    table = RawTable(tmp_path, [*COLUMNS, ("place", place), ("gone", "int")])
    table.drop_column("gone")
    file = table.equality_deletes(["gone", "place.x"], [(1, None), (None, 2)])
    table.commit(deletes=[file])
    assert file.content == EQUALITY_DELETES
    assert file.equality_ids == [4, 9]
    written = pq.read_table(table.path(file.path))
    assert written.to_pylist() == [
        {"gone": 1, "place": {"x": None}},
        {"gone": None, "place": {"x": 2}},
    ]
    assert written.schema.field("gone").metadata[b"PARQUET:field_id"] == b"4"
    assert written.schema.field("place").type[0].metadata[b"PARQUET:field_id"] == b"9"
    (manifest,) = table.manifests[table.current_snapshot_id() or 0]
    (entry,) = manifest_entries(table.path(manifest.path))
    assert entry[4][0] == EQUALITY_DELETES
    assert entry[4][13] == [4, 9]


def test_sequence_numbers_are_inherited_or_explicit(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS)
    old = table.write_data(ROWS[:10])
    table.commit([old])
    table.commit([table.write_data(ROWS[10:])])
    compacted = table.write_data(ROWS[:10])
    table.commit([compacted], remove=[old], sequence_number=1)
    reread = table.pyiceberg()
    snapshot = reread.current_snapshot()
    assert snapshot is not None
    found = {
        entry.data_file.file_path: (entry.sequence_number, entry.file_sequence_number)
        for manifest in snapshot.manifests(reread.io)
        for entry in manifest.fetch_manifest_entry(reread.io, discard_deleted=True)
    }
    assert found == {
        entry.file.path: (entry.sequence_number, entry.file_sequence_number)
        for entry in table.entries()
    }
    assert found[compacted.path] == (1, 3)
    assert ids(table) == list(range(20))


def test_row_ids_of_an_upgraded_table(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS)
    files = [table.write_data(ROWS[:3]), table.write_data(ROWS[3:10])]
    before = table.commit(files)
    table.upgrade(3)
    assert [entry.first_row_id for entry in table.entries()] == [None, None]
    table.commit([table.write_data(ROWS[10:14])])
    assert [entry.first_row_id for entry in table.entries()] == [0, 4, 7]
    table.commit([table.write_data(ROWS[14:])], remove=[files[0]])
    assert sorted(entry.first_row_id or 0 for entry in table.entries()) == [0, 7, 14]
    assert table.metadata["next-row-id"] == 20
    assert table.manifests[before][0].first_row_id is None
    rewritten = table.manifests[table.current_snapshot_id() or 0][-1]
    written = {e[4][1]: e[4][15] for e in manifest_entries(table.path(rewritten.path))}
    assert written == {files[0].path: 4, files[1].path: 7}


def test_statistics_may_be_left_out_or_cut(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS)
    rows = [(1, "abcdef"), (2, "ab\U0010ffff\U0010ffff"), (3, None)]
    file = table.write_data(rows, stats=Stats(truncate=4))
    assert file.null_counts == {1: 0, 2: 1}
    assert file.lower is not None
    assert file.upper is not None
    assert from_bytes(StringType(), file.lower[2]) == "abcd"
    assert from_bytes(StringType(), file.upper[2]) == "ab\U0010ffff\U0010ffff"
    cut = table.write_data(rows, stats=Stats(truncate=3))
    assert cut.upper is not None
    assert from_bytes(StringType(), cut.upper[2]) == "ac"
    none = table.write_data([(1, "\U0010ffff" * 5)], stats=Stats(truncate=3, columns=[2]))
    assert (none.value_counts, none.upper) == ({2: 1}, {})


# --- what is wrong on purpose ---------------------------------------------------------------------


def test_what_is_wrong_is_written_as_asked(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS, format_version=3)
    file = table.write_data(ROWS)
    table.commit([file])
    vector = table.deletion_vector(file, [1])
    other = table.deletion_vector(file, [2, 3])
    unknown = replace(vector, content=7, path="nowhere", record_count=5)
    table.commit(deletes=[vector, other, unknown])
    manifest = table.manifests[table.current_snapshot_id() or 0][0]
    written = [entry[4] for entry in manifest_entries(table.path(manifest.path))]
    assert [(item[0], item[4]) for item in written] == [(1, 1), (1, 2), (7, 5)]
    assert {item[16] for item in written} == {file.path}
    assert written[2][1] == "nowhere"


def test_files_without_field_ids(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS)
    lists = pa.table({"id": [1], "tags": [[1, 2]], "pairs": [{"a": 1}], "_row_id": [7]})
    plain = table.path(table.write_data(lists, with_field_ids=False).path)
    identified = table.path(table.write_data(lists).path)
    assert "field_id=-1" in str(pq.ParquetFile(plain).schema)
    assert "field_id=1 " not in str(pq.ParquetFile(plain).schema)
    assert "field_id=2147483540" in str(pq.ParquetFile(identified).schema)


def test_fields_are_found_when_dropped(tmp_path: Path) -> None:
    table = RawTable(tmp_path, COLUMNS)
    table.drop_column("name")
    table.add_column("name", "int")
    assert find_field(table.schemas, "name")[1]["id"] == 3
    assert find_field(table.schemas, 2)[1]["type"] == "string"
