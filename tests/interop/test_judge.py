"""The judge itself: what is wrong with a table is noticed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import icefield
from tests.golden.cells import array_cells
from tests.interop.file_judge import JudgedFile, judge_metrics
from tests.interop.layout_judge import judge_layout
from tests.interop.lineage_judge import Lineage, judge_lineage
from tests.interop.partition_judge import judge_partition, judge_sorting, judge_summaries
from tests.interop.table_judge import TableJudge, judge_table, read_metadata
from tests.interop.values import cut_bytes, cut_text, encode, order, order_of_bytes
from tests.interop.xxhash64 import xxhash64

ROWS = {
    "k": [1, 2, 3, 4],
    "x": [1.5, float("nan"), None, -2.0],
    "s": ["a" * 20, "b", "b\U0010ffff" + "z" * 20, None],
    "u": [b"\x80" + bytes(15), b"\x7f" + bytes(15), None, None],
}


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The metadata of a table of one file."""
    folder: Path = tmp_path_factory.mktemp("judge")
    catalog = icefield.load_catalog(
        "default", type="sql", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}"
    )
    catalog.create_namespace("ns")
    schema = pa.schema([("k", pa.int64()), ("x", pa.float64()), ("s", pa.string())])
    schema = schema.append(pa.field("u", pa.uuid()))
    table = catalog.create_table(
        "ns.t",
        schema,
        partition_spec=["truncate(10, k)"],
        sort_order=["k"],
        properties={
            "write.parquet.bloom-filter-enabled.column.k": "true",
            "write.parquet.page-row-limit": "2",
        },
    )
    table.append(pa.table(ROWS, schema=schema))
    assert judge_table(table.metadata_location) == []
    return table.metadata_location


@pytest.fixture
def file(location: str) -> JudgedFile:
    judge = TableJudge(read_metadata(location))
    (snapshot,) = judge.snapshots.values()
    from tests.interop.avro_files import read_avro

    (manifest,) = read_avro(snapshot["manifest-list"])[2]
    (entry,) = read_avro(manifest["manifest_path"])[2]
    return JudgedFile(entry["data_file"], judge.schemas[0], judge.metadata["properties"])


def _bound(side: str, number: int, value: bytes) -> Callable[[dict[str, Any]], None]:
    return lambda said: said[f"{side}_bounds"].update({number: value})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda said: said.update(record_count=5), "record_count"),
        (lambda said: said.update(file_size_in_bytes=1), "file_size_in_bytes"),
        (lambda said: said.update(split_offsets=[5]), "split_offsets"),
        (lambda said: said["value_counts"].update({1: 3}), "value_counts of k"),
        (lambda said: said["null_value_counts"].update({3: 0}), "null_value_counts of s"),
        (lambda said: said["nan_value_counts"].update({2: 0}), "nan_value_counts of x"),
        (lambda said: said["nan_value_counts"].pop(2), "nan_value_counts of x"),
        (lambda said: said["column_sizes"].update({1: 7}), "column_sizes of k"),
        (lambda said: said["value_counts"].update({77: 3}), "no leaves"),
        (_bound("lower", 1, struct.pack("<q", 2)), "LOWER BOUND ABOVE"),
        (_bound("lower", 1, struct.pack("<q", 0)), "true but not tight"),
        (_bound("upper", 1, struct.pack("<i", 4)), "no value"),
        (_bound("upper", 2, struct.pack("<d", float("nan"))), "bounds of x"),
        (_bound("upper", 3, b"b"), "UPPER BOUND BELOW"),
        (_bound("upper", 4, b"\x7f" + bytes(15)), "UPPER BOUND BELOW"),
        (lambda said: said["upper_bounds"].pop(1), "bounds of k"),
    ],
)
def test_wrong_metrics_are_noticed(
    file: JudgedFile, change: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    judge_metrics(file)
    assert file.complaints == []
    change(file.said)
    judge_metrics(file)
    assert any(complaint in text for text in file.complaints), file.complaints


def test_a_wrong_partition_is_noticed(file: JudgedFile) -> None:
    spec = {"fields": [{"name": "p", "transform": "truncate[3]", "source-id": 1}]}
    judge_partition(file, spec)
    assert "partition p" in file.complaints[0]


def test_a_wrong_order_is_noticed(file: JudgedFile) -> None:
    fields = [
        {"source-id": 1, "transform": "identity", "direction": "desc", "null-order": "nulls-first"}
    ]
    judge_sorting(file, {1: {"fields": fields}})
    assert "not in sort order" in file.complaints[0]


def test_pages_that_are_too_long_are_noticed(file: JudgedFile) -> None:
    file.properties["write.parquet.page-row-limit"] = "1"
    judge_layout(file)
    assert any("a page of 2 rows" in text for text in file.complaints)


def test_an_absent_bloom_filter_is_noticed(file: JudgedFile) -> None:
    file.properties["write.parquet.bloom-filter-enabled.column.s"] = "true"
    judge_layout(file)
    assert any("column s has no bloom filter" in text for text in file.complaints)


def test_a_bloom_filter_that_forgets_is_noticed(file: JudgedFile) -> None:
    file.values[1][0] = 12345
    judge_layout(file)
    assert any("bloom filter of k does not know" in text for text in file.complaints)


def test_wrong_values_in_pages_are_noticed(file: JudgedFile) -> None:
    file.values[1][3] = -5
    judge_layout(file)
    assert any("lower" in text and "page at row 2" in text for text in file.complaints)


def test_wrong_summaries_are_noticed() -> None:
    spec = {"fields": [{"name": "p"}]}
    said = {"contains_null": False, "contains_nan": None, "lower_bound": b"\x01\0\0\0"}
    manifest = {"partitions": [{**said, "upper_bound": b"\x02\0\0\0"}]}
    assert judge_summaries(manifest, spec, ["int"], [[1], [2]]) == []
    assert "upper_bound" in judge_summaries(manifest, spec, ["int"], [[1], [3]])[0]
    assert "contains_null" in judge_summaries(manifest, spec, ["int"], [[1], [2], [None]])[0]


def test_totals_are_added_up(location: str) -> None:
    judge = TableJudge(read_metadata(location))
    for snapshot in judge.snapshots.values():
        snapshot["summary"]["total-records"] = "5"
    assert any("total-records" in text for text in judge.judge())


def test_hashes_are_those_of_xxhash() -> None:
    assert xxhash64(b"") == 0xEF46DB3751D8E999
    assert xxhash64(b"abc") == 0x44BC2CF5AD770999
    assert xxhash64(b"Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1


def test_values_are_ordered_and_cut_as_the_specification_has_it() -> None:
    assert cut_text("ab\U0010ffffc", 3) == ("ab\U0010ffff", "ac")
    assert cut_text("a\ud7ffc", 2) == ("a\ud7ff", "a\ue000")
    assert cut_text("\U0010ffff\U0010ffff", 1)[1] is None
    assert cut_bytes(b"\x01\xff\x05", 2) == (b"\x01\xff", b"\x02")
    assert encode("decimal(9, 2)", "-1.28") == b"\x80"
    assert encode("decimal(9, 2)", "1.28") == b"\x00\x80"
    with pytest.raises(ValueError, match="minimal"):
        order_of_bytes("decimal(9, 2)", b"\x00\x01")
    zeros = [("float", struct.pack("<d", zero)) for zero in (0.0, -0.0)]
    assert order("double", zeros[1]) < order("double", zeros[0])
    assert order("uuid", "80" + "00" * 15) > order("uuid", "7f" + "00" * 15)
    assert array_cells(pa.array([1.5]))[0] == ("float", struct.pack("<d", 1.5))


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"old": (1, 2), "new": (7, 4)}, None),
        ({"old": (7, 2), "new": (8, 4)}, "the row old was (1, 2) and is (7, 2)"),
        ({"old": (1, 4), "new": (7, 4)}, "the row old was (1, 2) and is (1, 4)"),
        ({"new": (2, 4)}, "the row new got the id 2, which is not in range(7, 9)"),
        ({"new": (7, 3)}, "the row new was added by 4 and says 3"),
        ({"old": (1, 2), "new": (None, None)}, "the row new has no id"),
        ({"new": (8, 4), "newer": (8, 4)}, "two rows have one id"),
    ],
)
def test_rows_that_lose_their_ids_are_noticed(own: Lineage, says: str | None) -> None:
    snapshot = {"first-row-id": 7, "added-rows": 2, "sequence-number": 4}
    found = list(judge_lineage(snapshot, own, {"old": (1, 2)}, 7))
    assert found == [] if says is None else [text for text in found if says in text]


def test_row_ids_that_are_given_twice_are_noticed() -> None:
    snapshot = {"first-row-id": 7, "added-rows": 2, "sequence-number": 4}
    assert list(judge_lineage(snapshot, {}, {}, 8)) == [
        "first-row-id 7, but ids up to 8 were given before"
    ]
