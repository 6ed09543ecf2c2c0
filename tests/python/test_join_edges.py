"""Joins where two things meet that work alone: shared keys, copies of tables, odd files."""

from __future__ import annotations

import decimal
import json
import shutil
import signal
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icefield
from icefield import FeatureView
from icefield.errors import CorruptDataError, InvalidArgumentError
from tests.python.lake import Lake, add_file, append_file, append_rows, ours

AT = datetime(2024, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", "UTC")


def view(name, table, keys=("k",), **options):
    return FeatureView(name, table, join_keys=list(keys), timestamp_field="at", **options)


def frame(**columns):
    rows = len(next(iter(columns.values())))
    return pa.table({**columns, "event_timestamp": pa.array([AT] * rows, STAMP)})


def keyed_table(lake: Lake, key_type: pa.DataType, keys, values=None):
    schema = pa.schema([("k", key_type), ("at", STAMP), ("x", pa.int64())])
    table = lake.create(schema)
    rows = zip(keys, values or range(1, len(keys) + 1), strict=True)
    append_rows(table, [{"k": k, "at": AT, "x": x} for k, x in rows])
    return ours(table)


@pytest.mark.parametrize("order", [["narrow", "wide"], ["wide", "narrow"]])
def test_views_of_other_key_types_do_not_share_keys(lake, order):
    tables = {
        "narrow": keyed_table(lake, pa.float32(), [0.1, 1.5]),
        "wide": keyed_table(lake, pa.float64(), [0.1, 1.5]),
    }
    views = [view(name, tables[name]) for name in order]
    joined = icefield.point_in_time_join(frame(k=[0.1, 1.5]), views, full_feature_names=True)
    assert joined.to_arrow()["wide__x"].to_pylist() == [1, 2]
    assert joined.to_arrow()["narrow__x"].to_pylist() == [None, 2]


def test_unsigned_statistics_prune_nothing(lake):
    table = lake.create(pa.schema([("k", pa.int64()), ("at", STAMP)]))
    place = append_file(table, [], with_metrics=False).with_name("unsigned.parquet")
    fields = [
        pa.field("k", pa.uint32(), metadata={"PARQUET:field_id": "1"}),
        pa.field("at", STAMP, metadata={"PARQUET:field_id": "2"}),
    ]
    rows = pa.table([[5, 3_000_000_000], [AT, AT]], schema=pa.schema(fields))
    pq.write_table(rows, place)
    add_file(table, place, record_count=2)
    assert ours(table).scan("k > 4").to_arrow()["k"].to_pylist() == [5, 3_000_000_000]
    assert ours(table).scan("k = 3000000000").to_arrow().num_rows == 1


def test_a_copied_table_is_another_table(lake, tmp_path):
    table = lake.create(pa.schema([("k", pa.int64()), ("at", STAMP), ("x", pa.int64())]))
    append_rows(table, [{"k": 1, "at": AT, "x": 1}])
    original = table.refresh().metadata_location.removeprefix("file://")
    copy = tmp_path / "copy.metadata.json"
    shutil.copy(original, copy)
    append_rows(table, [{"k": 1, "at": AT, "x": 2}])
    metadata = json.loads(copy.read_text())
    copy.write_text(json.dumps(metadata | {"location": f"file://{tmp_path}"}))
    views = [view("copied", icefield.load_table(copy)), view("own", ours(table))]
    joined = icefield.point_in_time_join(frame(k=[1]), views, full_feature_names=True).to_arrow()
    assert joined["copied__x"].to_pylist() == [1]
    assert joined["own__x"].to_pylist() == [2]


def test_latest_refuses_two_columns_of_one_name(lake):
    table = keyed_table(lake, pa.int64(), [1])
    twice = view("v", table, features=[("x", "at")])
    with pytest.raises(InvalidArgumentError, match=r"'x' and column 'at' would both be named 'at'"):
        icefield.latest(twice)


def test_latest_counts_null_features(lake):
    table = keyed_table(lake, pa.int64(), [1, 2], [None, 7])
    found = icefield.latest(view("v", table))
    assert found.to_arrow().num_rows == 2
    assert found.report()["views"][0]["null_values"] == {"x": 1}


def test_decimals_and_numbers_match_by_value(lake):
    longs = keyed_table(lake, pa.int64(), [3, 4])
    wanted = decimal.Decimal
    hits = frame(k=pa.array([wanted("3.00"), wanted("3.50")], pa.decimal128(5, 2)))
    joined = icefield.point_in_time_join(hits, [view("v", longs)]).to_arrow()
    assert joined["x"].to_pylist() == [1, None]
    decimals = keyed_table(lake, pa.decimal128(9, 1), [wanted("3.0"), wanted("4.5")])
    joined = icefield.point_in_time_join(frame(k=[3.0, 4.5]), [view("v", decimals)]).to_arrow()
    assert joined["x"].to_pylist() == [1, None]


@pytest.mark.parametrize("scale", [41, 130, -60])
def test_decimal_scales_beyond_all_powers(lake, scale):
    table = keyed_table(lake, pa.decimal128(9, 1), [decimal.Decimal("3.0")])
    odd = pa.Array.from_buffers(
        pa.decimal128(5, scale), 2, [None, pa.py_buffer(b"\x01" + bytes(15) + b"\0" * 16)]
    )
    joined = icefield.point_in_time_join(frame(k=odd), [view("v", table)]).to_arrow()
    assert joined["x"].to_pylist() == [None, None]


def test_a_file_whose_stored_type_is_no_list_is_refused(lake):
    table = lake.create(pa.schema([("id", pa.int64()), ("l", pa.list_(pa.int64()))]))
    place = Path(table.location().removeprefix("file://")) / "tensor.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    tensor = pa.FixedShapeTensorArray.from_numpy_ndarray(
        pa.array(range(4), pa.int64()).to_numpy().reshape(2, 2)
    )
    fields = [
        pa.field("id", pa.int64(), metadata={"PARQUET:field_id": "1"}),
        pa.field("l", tensor.type, metadata={"PARQUET:field_id": "2"}),
    ]
    pq.write_table(pa.table([[1, 2], tensor], schema=pa.schema(fields)), place)
    add_file(table, place, record_count=2)
    try:
        rows = ours(table).scan().to_arrow()
    except (CorruptDataError, icefield.errors.UnsupportedError) as refusal:
        assert "tensor.parquet" in str(refusal)  # noqa: PT017
    else:
        assert rows["l"].to_pylist() == [[0, 1], [2, 3]]


def test_elements_of_lists_are_no_features(lake):
    schema = pa.schema([("k", pa.int64()), ("at", STAMP), ("l", pa.list_(pa.int64()))])
    table = lake.create(schema)
    with pytest.raises(
        InvalidArgumentError, match=r"feature view 'v'.*'l\.element'.*use 'l' whole"
    ):
        icefield.point_in_time_join(frame(k=[1]), [view("v", ours(table), features=["l.element"])])


def test_one_text_is_not_a_list_of_columns(lake):
    table = keyed_table(lake, pa.int64(), [1])
    with pytest.raises(InvalidArgumentError, match="'k' is one text"):
        FeatureView("v", table, join_keys="k", timestamp_field="at")
    with pytest.raises(InvalidArgumentError, match=r"\('k',\) is neither a column nor a pair"):
        FeatureView("v", table, join_keys=[("k",)], timestamp_field="at")
    with pytest.raises(InvalidArgumentError, match="'2024-01-01' is of type str"):
        icefield.latest(view("v", table), start="2024-01-01")


def test_a_ttl_below_a_microsecond_is_a_limit(lake):
    table = keyed_table(lake, pa.int64(), [1])
    later = pa.table({"k": [1], "event_timestamp": pa.array([AT + timedelta(days=1)], STAMP)})
    tiny = view("v", table, ttl=pd.Timedelta(1, "ns"))
    assert icefield.point_in_time_join(later, [tiny]).to_arrow()["x"].to_pylist() == [None]


def test_too_many_threads_are_refused(lake):
    table = keyed_table(lake, pa.int64(), [1])
    options = icefield.ReadOptions(threads=2**31 - 1)
    with pytest.raises(InvalidArgumentError, match="threads is 2147483647; give at most"):
        icefield.point_in_time_join(frame(k=[1]), [view("v", table)], options=options)
    with pytest.raises(InvalidArgumentError, match="threads is 2147483647; give at most"):
        table.scan(options=options).to_arrow()


class AlarmError(Exception):
    """What the handler of a signal raises."""


def test_what_a_signal_handler_raises_comes_back(lake):
    table = lake.create(pa.schema([("id", pa.int64()), ("s", pa.string())]))
    rows = pa.table({"id": range(400_000), "s": ["x" * 40] * 400_000})
    table.append(rows)

    def raise_alarm(*_):
        raise AlarmError

    def read_for_long():
        for _ in range(1000):
            ours(table).scan(options=icefield.ReadOptions(batch_size=64)).to_arrow()

    before = signal.signal(signal.SIGALRM, raise_alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(AlarmError):
            read_for_long()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_frame_whose_own_threads_need_python(lake, tmp_path):
    table = keyed_table(lake, pa.int64(), [1])
    for part in range(4):
        pq.write_table(frame(k=[1] * 50_000), tmp_path / f"{part}.parquet")
    # In a process of its own: what this guards against is a deadlock.
    program = f"""
import fsspec, icefield, pyarrow.dataset as ds, pyarrow.fs as fs
files = fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem("file")))
reader = ds.dataset({str(tmp_path)!r}, filesystem=files).scanner().to_reader()
table = icefield.load_table({table.metadata_location!r})
view = icefield.FeatureView("v", table, join_keys=["k"], timestamp_field="at")
print(icefield.point_in_time_join(reader, [view]).to_arrow().num_rows)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "200000"), done.stderr


def test_an_arrow_frame_with_broken_offsets_is_refused(lake, tmp_path):
    table = keyed_table(lake, pa.int64(), [1])
    offsets = struct.pack("<3i", 0, 1_000_000, 3)
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(offsets), pa.py_buffer(b"abc")]
    )
    broken = pa.table({"k": [1, 1], "s": texts, "event_timestamp": pa.array([AT, AT], STAMP)})
    with pa.ipc.new_file(tmp_path / "frame.arrow", broken.schema) as writer:
        writer.write_table(broken)
    views = tmp_path / "views.yaml"
    views.write_text(
        "views:\n  - {name: v, join_keys: [k], timestamp_field: at, "
        f"table: '{table.metadata_location}'}}\n"
    )
    native = Path(icefield.__file__).with_name("icefield-native")
    arguments = ["features", "get", "--frame", str(tmp_path / "frame.arrow"), "--views", str(views)]
    done = subprocess.run([native, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "")
    assert "frame.arrow" in done.stderr
