"""Scans of Parquet files as other writers lay them out, of strange names and of wide tables."""

from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType, TimestampType

import icefield
from icefield import ReadOptions
from icefield.errors import InvalidArgumentError
from tests.python.lake import (
    add_file,
    append_file,
    append_rows,
    every_row,
    every_type,
    ours,
    rows_of,
)
from tests.python.test_scan import plain

LAYOUTS = {
    "uncompressed": {"compression": "none"},
    "snappy": {"compression": "snappy"},
    "gzip": {"compression": "gzip"},
    "zstd": {"compression": "zstd"},
    "lz4": {"compression": "lz4"},
    "brotli": {"compression": "brotli"},
    "old format": {"version": "1.0"},
    "data pages v2": {"data_page_version": "2.0"},
    "no dictionary": {"use_dictionary": False},
    "no statistics": {"write_statistics": False},
    "page index": {"write_page_index": True, "write_page_checksum": True, "data_page_size": 1},
    "int96": {"use_deprecated_int96_timestamps": True},
    "byte stream split": {
        "use_byte_stream_split": ["float", "double"],
        "use_dictionary": ["string"],
    },
    "decimals as integers": {"store_decimal_as_integer": True},
    "unnamed lists": {"use_compliant_nested_type": False},
}


def layout_rows(layout):
    """INT96 in Arrow's reader holds nanoseconds of 64 bits: the years 1678 to 2261."""
    rows = every_row()
    if layout == "int96":
        early = datetime.datetime(1678, 1, 1)
        for row in rows:
            row["timestamp"] = max(row["timestamp"] or early, early)
    return rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_parquet(lake, layout):
    rows = layout_rows(layout)
    schema = every_type()
    if layout == "int96":  # It has no mark for a zone.
        schema = schema.select("id", "timestamp")
        rows = [{name: row[name] for name in ("id", "timestamp")} for row in rows]
    table = lake.create(schema)
    append_file(table, rows, row_group_size=5, with_metrics=False, **LAYOUTS[layout])
    for batch_size in (3, 65536):
        got = ours(table).scan(options=ReadOptions(batch_size=batch_size)).to_arrow()
        assert plain(rows_of(got)) == rows


@pytest.mark.parametrize("encoding", ["DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY", "PLAIN"])
def test_delta_encodings(lake, encoding):
    table = lake.create(
        Schema(NestedField(1, "id", LongType(), True), NestedField(2, "s", StringType(), False))
    )
    kinds = {
        "id": "PLAIN" if encoding == "DELTA_BYTE_ARRAY" else encoding,
        "s": "DELTA_LENGTH_BYTE_ARRAY" if encoding == "DELTA_BINARY_PACKED" else encoding,
    }
    rows = [{"id": at * 7 - 50, "s": None if at % 5 == 0 else f"text {at}"} for at in range(300)]
    append_file(table, rows, use_dictionary=False, column_encoding=kinds)
    assert rows_of(ours(table).scan().to_arrow()) == rows


def test_row_groups_without_rows(lake, tmp_path):
    table = lake.create(Schema(NestedField(1, "id", LongType(), True)))
    schema = schema_to_pyarrow(table.schema())
    path = tmp_path / "gaps.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        for ids in ([], [1, 2], [], [3], []):
            writer.write_table(pa.table({"id": ids}, schema=schema))
    assert pq.read_metadata(path).num_row_groups == 5
    add_file(table, path, record_count=3)
    for limit in (None, 2, 3):
        got = ours(table).scan(limit=limit).to_arrow()["id"].to_pylist()
        assert got == [1, 2, 3][:limit]


def test_columns_of_a_file_in_another_order_and_with_strangers(lake, tmp_path):
    table = lake.create(
        Schema(NestedField(1, "id", LongType(), True), NestedField(2, "s", StringType(), False))
    )
    text, number, stranger = (
        pa.field(name, kind, metadata={"PARQUET:field_id": str(at)} if at else None)
        for name, kind, at in (
            ("id", pa.string(), 2),
            ("other", pa.int64(), 1),
            ("s", pa.int8(), 0),
        )
    )
    data = pa.table([["a"], [5], [1]], schema=pa.schema([text, number, stranger]))
    path = tmp_path / "order.parquet"
    pq.write_table(data, path)
    add_file(table, path, record_count=1)
    assert ours(table).scan().to_arrow().to_pylist() == [{"id": 5, "s": "a"}]


def test_row_group_limits_of_the_table_are_met(lake):
    limits = {"write_parquet_row-group-limit": "64", "write_parquet_page-row-limit": "8"}
    table = lake.create(pa.schema([("id", pa.int64())]), **limits)
    table.append(pa.table({"id": range(1000)}))
    file = ours(table).scan().plan_files()[0].file_path.removeprefix("file://")
    assert pq.read_metadata(file).num_row_groups > 10
    for threads in (1, 4):
        got = ours(table).scan(options=ReadOptions(threads=threads)).to_arrow()
        assert got["id"].to_pylist() == list(range(1000))


# --- names and widths ---

STRANGE = [
    "a.b",
    "ä€𝄞",
    'say "x"',
    "it's",
    "row",
    "",
    " ",
    "select",
    "A",
    "a",
    "x\ny",
    "back\\slash",
]


def test_columns_of_strange_names(lake):
    fields = [NestedField(at + 2, name, LongType(), False) for at, name in enumerate(STRANGE)]
    table = lake.create(Schema(NestedField(1, "id", LongType(), True), *fields))
    rows = [{"id": at, **{name: at * 10 + k for k, name in enumerate(STRANGE)}} for at in range(3)]
    append_file(table, rows)
    assert rows_of(ours(table).scan().to_arrow()) == rows
    for name in STRANGE:
        got = ours(table).scan(selected_fields=("id", name)).to_arrow()
        assert rows_of(got) == [{"id": row["id"], name: row[name]} for row in rows], name
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        found = ours(table).scan(f"{quoted} = {rows[1][name]}").to_arrow()
        assert found["id"].to_pylist() == [1], name


def test_columns_of_strange_names_as_pyiceberg_writes_them(lake):
    """It writes such names in another spelling; only the field id tells them."""
    names = ["a.b", "with space", "ünï", "1st", "dash-ed"]
    table = lake.create(pa.schema([(name, pa.int64()) for name in ["id", *names]]))
    append_rows(table, [{"id": 1, **dict.fromkeys(names, 7)}])
    assert ours(table).scan().to_arrow().to_pylist() == [{"id": 1, **dict.fromkeys(names, 7)}]


def test_a_dotted_name_and_a_path_of_the_same_text(lake):
    inner = pa.struct([("b", pa.int64())])
    table = lake.create(pa.schema([("id", pa.int64()), ("a", inner), ("x.b", pa.int64())]))
    append_file(table, [{"id": 1, "a": {"b": 2}, "x.b": 3}])
    got = ours(table).scan(selected_fields=("a.b", "x.b")).to_arrow()
    assert got.to_pylist() == [{"a.b": 2, "x.b": 3}]


def test_a_thousand_columns(lake):
    names = [f"c{at}" for at in range(1000)]
    table = lake.create(
        Schema(*(NestedField(k + 1, n, LongType(), False) for k, n in enumerate(names)))
    )
    append_file(table, [{name: at for at, name in enumerate(names)}], with_metrics=False)
    got = ours(table).scan().to_arrow()
    assert got.column_names == names
    assert got.to_pylist() == [{name: at for at, name in enumerate(names)}]
    few = ours(table).scan(selected_fields=("c999", "c0", "c500")).to_arrow()
    assert few.to_pylist() == [{"c999": 999, "c0": 0, "c500": 500}]


def test_names_of_partitions_with_every_kind_of_letter(lake):
    schema = Schema(
        NestedField(1, "id", LongType(), True), NestedField(2, "p", StringType(), False)
    )
    table = lake.create(schema, 2, PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "p")))
    values = ["a/b", "a%2Fb", "a b", "ä", "x=y", "#?&", None, ""]
    rows = [{"id": at, "p": value} for at, value in enumerate(values)]
    append_rows(table, rows)
    assert rows_of(ours(table).scan().to_arrow()) == rows
    for row in rows[:-2]:
        got = ours(table).scan(f"p = '{row['p']}'")
        assert got.to_arrow().to_pylist() == [row]
        assert len(got.plan_files()) == 1


def test_far_times_and_large_numbers_under_filters(lake):
    fields = [NestedField(1, "id", LongType(), True), NestedField(2, "at", TimestampType(), False)]
    table = lake.create(Schema(*fields))
    times = [
        datetime.datetime(1, 1, 1),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    ]
    big = [-(2**63), -1, 2**63 - 1]
    append_file(
        table, [{"id": i, "at": at} for i, at in zip(big, times, strict=True)], row_group_size=1
    )
    for text, ids in [
        ("at < '1970-01-01'", big[:2]),
        ("at >= '9999-12-31T23:59:59.999999'", big[2:]),
        ("at = '0001-01-01T00:00:00'", big[:1]),
        (f"id = {2**63 - 1}", big[2:]),
        (f"id = {-(2**63)}", big[:1]),
        (f"id < {2**63}", big),
        (f"id > {2**63}", []),
        (f"id >= {-(2**70)}", big),
        (f"id in ({2**70}, -1)", [-1]),
    ]:
        assert ours(table).scan(text).to_arrow()["id"].to_pylist() == ids, text


def test_decimals_of_every_width(lake):
    precisions = range(1, 39)
    fields = [("id", pa.int64()), *((f"d{p}", pa.decimal128(p, p // 2)) for p in precisions)]
    table = lake.create(pa.schema(fields))
    with decimal.localcontext(prec=50):
        digits = {f"d{p}": decimal.Decimal("9" * p).scaleb(-(p // 2)) for p in precisions}
        rows = [
            {"id": 1, **digits},
            {"id": 2, **{name: -value for name, value in digits.items()}},
            {"id": 3, **dict.fromkeys(digits)},
        ]
        append_rows(table, rows)
        assert rows_of(ours(table).scan().to_arrow()) == rows
        for name, value in digits.items():
            assert ours(table).scan(f"{name} = {value:f}").to_arrow()["id"].to_pylist() == [1], name


def test_an_unknown_name_suggests_a_near_one(lake):
    table = lake.create(pa.schema([("temperature", pa.int64())]))
    with pytest.raises(InvalidArgumentError, match=r"temprature.*temperature"):
        icefield.load_table(table.metadata_location).scan(
            selected_fields=("temprature",)
        ).to_arrow()
