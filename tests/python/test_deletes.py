"""Deletes where other parts of a table change around them; tables that no library writes."""

from __future__ import annotations

import os
import struct
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

import icefield
from tests.raw import RawTable


@pytest.fixture
def new(tmp_path: Path):
    def make(columns, **options) -> RawTable:
        return RawTable(tmp_path / f"t{len(list(tmp_path.iterdir()))}", columns, **options)

    return make


def read(table: RawTable, **scan):
    return icefield.load_table(table.metadata_location).scan(**scan).to_arrow().to_pylist()


def test_a_key_that_only_a_dropped_partition_column_knows_still_deletes(new):
    table = new([("id", "long"), ("dt", "string")], spec=[("dt", "identity")])
    file = table.write_data(pa.table({"id": pa.array([1, 2, 3])}), partition=("x",))
    table.commit([file])
    table.commit(deletes=[table.equality_deletes(["id", "dt"], [(2, "x")], partition=("x",))])
    assert [row["id"] for row in read(table)] == [1, 3]
    table.set_spec([])
    table.drop_column("dt")
    assert read(table) == [{"id": 1}, {"id": 3}]


def test_a_file_that_is_listed_twice_loses_its_rows_twice(new):
    table = new([("id", "long")])
    file = table.write_data([(1,), (2,), (3,)])
    table.commit([file, file])
    table.commit(deletes=table.position_deletes({file: [1]}))
    assert read(table) == [{"id": 1}, {"id": 3}] * 2


def test_many_deletes_of_many_files_are_read_once_each(new):
    table = new([("id", "long")])
    files = [table.write_data([(at,), (-1 - at,)]) for at in range(100)]
    table.commit(files)
    for at in range(0, 60, 2):
        table.commit(deletes=[table.equality_deletes(["id"], [(at,)])])
    table.commit(deletes=table.position_deletes({file: [1] for file in files}, per_file=False))
    assert sorted(row["id"] for row in read(table)) == sorted(
        set(range(100)) - set(range(0, 60, 2))
    )
    plan = icefield.load_table(table.metadata_location).scan().plan_files()
    assert {delete.content for task in plan for delete in task.delete_files} == {
        "equality deletes",
        "position deletes",
    }


def test_bounds_in_a_finer_unit_than_the_column_are_no_damage(new):
    table = new([("id", "long"), ("at", "timestamp")])
    nanos = pa.array([1001, 2001], pa.timestamp("ns"))
    file = table.write_data(pa.table({"id": [1, 2], "at": nanos}))
    floored = {2: (struct.pack("<q", 1), struct.pack("<q", 2))}
    file = replace(
        file,
        lower={**file.lower, 2: floored[2][0]},
        upper={**file.upper, 2: floored[2][1]},
    )
    table.commit([file])
    assert [row["at"] for row in read(table)] == [
        datetime(1970, 1, 1, 0, 0, 0, 1),
        datetime(1970, 1, 1, 0, 0, 0, 2),
    ]


def test_lists_can_be_tested_for_null(new):
    tags = {"type": "list", "element-id": 3, "element": "string", "element-required": False}
    table = new([("id", "long"), ("tags", tags)])
    table.commit([table.write_data([(1, ["a"]), (2, None), (3, [])])])
    assert [row["id"] for row in read(table, row_filter="tags is null")] == [2]
    assert [row["id"] for row in read(table, row_filter="tags is not null")] == [1, 3]


def test_no_columns_are_still_rows(new):
    table = new([("id", "long")])
    file = table.write_data([(at,) for at in range(10)])
    table.commit([file])
    table.commit(deletes=table.position_deletes({file: [0, 5]}))
    scan = icefield.load_table(table.metadata_location).scan(selected_fields=())
    assert (scan.to_arrow().num_columns, scan.to_arrow().num_rows) == (0, 8)


def test_columns_named_like_row_lineage_do_not_hide_it(new):
    columns = [("id", "long"), ("ts", "timestamp"), ("_row_id", "long")]
    table = new(columns, format_version=3)
    stamp = datetime(2026, 1, 1)
    table.commit([table.write_data([(1, stamp, 5)])])
    view = icefield.FeatureView(
        "v", icefield.load_table(table.metadata_location), ["id"], "ts", features=["_row_id"]
    )
    assert icefield.latest(view).to_arrow()["_row_id"].to_pylist() == [5]


def test_a_child_process_may_drop_a_reader_that_it_inherited(new):
    table = new([("id", "long")])
    table.commit([table.write_data([(at,) for at in range(50_000)], row_group_rows=500)])
    loaded = icefield.load_table(table.metadata_location)
    reader = loaded.scan().to_arrow_batch_reader()
    reader.read_next_batch()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            try:
                reader.read_next_batch()
            except icefield.errors.InvalidArgumentError:
                del reader
                code = 0 if loaded.scan().to_arrow().num_rows == 50_000 else 2
        finally:
            os._exit(code)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    if ended[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended[0] == child
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    assert sum(batch.num_rows for batch in reader) < 50_000


def test_filters_on_row_lineage_see_what_is_read_not_what_is_stored(new):
    """_row_id is first_row_id plus the position where the file stores a null (row 3 here)."""
    table = new([("id", "long")], format_version=3)
    stored = pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "_row_id": pa.array([5, 6, None], pa.int64()),
            "_last_updated_sequence_number": pa.array([1, 1, None], pa.int64()),
        }
    )
    ids = {"id": "1", "_row_id": "2147483540", "_last_updated_sequence_number": "2147483539"}
    for at, field in enumerate(stored.schema):
        number = {b"PARQUET:field_id": ids[field.name].encode()}
        schema = stored.schema.set(at, field.with_metadata(number))
        stored = stored.cast(schema)
    table.commit([table.write_data([(at,) for at in range(10)])])
    table.commit([table.write_data(stored)])
    rows = read(table, selected_fields=("id", "_row_id"))
    assert rows[-3:] == [{"id": 1, "_row_id": 5}, {"id": 2, "_row_id": 6}, {"id": 3, "_row_id": 12}]
    assert read(table, row_filter="_row_id = 12") == [{"id": 3}]
    assert read(table, row_filter="_row_id > 9") == [{"id": 3}]
    assert read(table, row_filter="_last_updated_sequence_number = 2") == [{"id": 3}]


def test_members_of_partition_are_no_columns_of_their_number(new):
    """Partition fields are numbered from 1000 on, and a wide table's columns reach that."""
    table = new([("id", "long"), ("p", "int")], spec=[("p", "identity")])
    table.metadata["last-column-id"] = 999
    table.add_column("wide", "long")
    table.commit(table.write_partitioned([(1, 7, 57), (2, 8, 58)]))
    rows = read(table, selected_fields=("id", "_partition.p"), row_filter="_partition.p = 7")
    assert rows == [{"id": 1, "_partition.p": 7}]


def test_deletes_of_files_that_are_gone_are_not_opened(new):
    table = new([("id", "long")])
    file, other = table.write_data([(1,), (2,)]), table.write_data([(3,)])
    table.commit([file, other])
    (deletes,) = table.position_deletes({file: [0]})
    table.commit(deletes=[deletes])
    table.commit(remove=[file])
    table.path(deletes.path).unlink()
    assert read(table) == [{"id": 3}]


def test_an_older_snapshot_sees_partition_values_in_its_own_type(new):
    table = new([("id", "long"), ("p", "int")], spec=[("p", "identity")])
    table.commit([table.write_data(pa.table({"id": pa.array([1])}), partition=(7,))])
    before = table.current_snapshot_id()
    table.change_column("p", type="long")
    assert read(table, snapshot_id=before) == read(table) == [{"id": 1, "p": 7}]


def test_bounds_of_imported_files_may_be_in_another_unit(new):
    """The Java library copies the footer's milliseconds into the manifest of an imported file."""
    mapping = '[{"field-id": 1, "names": ["id"]}, {"field-id": 2, "names": ["at"]}]'
    table = new(
        [("id", "long"), ("at", "timestamp")], properties={"schema.name-mapping.default": mapping}
    )
    rows = pa.table({"id": [1], "at": pa.array([datetime(2011, 1, 1)], pa.timestamp("ms"))})
    file = table.write_data(rows, with_field_ids=False)
    millis = struct.pack("<q", rows["at"].cast("int64")[0].as_py())
    table.commit([replace(file, lower={2: millis}, upper={2: millis})])
    assert len(read(table, row_filter="at >= '2010-01-01'")) == 1
    view = icefield.FeatureView("v", icefield.load_table(table.metadata_location), ["id"], "at")
    assert icefield.latest(view, start=datetime(2010, 1, 1)).to_arrow().num_rows == 1
