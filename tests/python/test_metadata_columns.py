"""Columns that every table has without storing them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.python.files import columns, foreign_file, read, with_id
from tests.raw import RawTable

ROW_ID, LAST_UPDATED = "_row_id", "_last_updated_sequence_number"


def by_id(table, *names, **scan):
    rows = read(table, "id", *names, **scan).to_pylist()
    return {row.pop("id"): row for row in rows}


def test_files_and_positions_across_row_groups_and_filters(tmp_path):
    table = RawTable(tmp_path, [("id", "long")])
    files = [
        table.write_data([(at,) for at in range(start, start + 10)], row_group_rows=3)
        for start in (0, 10)
    ]
    table.commit(files)
    wanted = {
        at: {"_file": files[at // 10].path, "_pos": at % 10, "_spec_id": 0} for at in range(20)
    }
    assert by_id(table, "_file", "_pos", "_spec_id") == wanted
    some = by_id(table, "_file", "_pos", "_spec_id", row_filter="id in (4, 8, 11)")
    assert some == {at: wanted[at] for at in (4, 8, 11)}
    only = read(table, "_pos")
    assert only.schema.field("_pos") == pa.field("_pos", pa.int64(), nullable=False)
    assert sorted(only["_pos"].to_pylist()) == sorted([*range(10), *range(10)])


def test_partitions_of_every_spec_in_one_struct(tmp_path):
    table = RawTable(tmp_path, [("id", "long"), ("k", "int")], spec=[("k", "identity")])
    table.commit(table.write_partitioned([(1, 5), (2, None)]))
    table.change_column("k", type="long")
    table.set_spec([("id", "truncate[10]")])
    table.commit(table.write_partitioned([(13, 6)]))
    table.set_spec([])
    table.commit([table.write_data([(4, 7)])])
    assert by_id(table, "_partition", "_spec_id") == {
        1: {"_partition": {"k": 5, "id_truncate": None}, "_spec_id": 0},
        2: {"_partition": {"k": None, "id_truncate": None}, "_spec_id": 0},
        13: {"_partition": {"k": None, "id_truncate": 10}, "_spec_id": 1},
        4: {"_partition": {"k": None, "id_truncate": None}, "_spec_id": 2},
    }
    assert read(table, "_partition.k").schema.types == [pa.int64()]


def test_row_ids_are_inherited_and_stored_ones_kept(tmp_path):
    table = RawTable(tmp_path, [("id", "long")], format_version=3)
    table.commit([table.write_data([(1,), (2,)])])
    stored = columns(id=pa.array([3, 4]))
    for name, field_id, values in (
        (ROW_ID, 2147483540, [0, None]),
        (LAST_UPDATED, 2147483539, [None, 1]),
    ):
        field = with_id(pa.field(name, pa.int64()), field_id)
        stored = stored.append_column(field, pa.array(values, pa.int64()))
    table.commit([foreign_file(table, stored)])
    assert by_id(table, ROW_ID, LAST_UPDATED) == {
        1: {ROW_ID: 0, LAST_UPDATED: 1},
        2: {ROW_ID: 1, LAST_UPDATED: 1},
        3: {ROW_ID: 0, LAST_UPDATED: 2},
        4: {ROW_ID: 3, LAST_UPDATED: 1},
    }


@pytest.mark.parametrize("version", [1, 2])
def test_before_version_3_rows_have_no_ids(tmp_path, version):
    table = RawTable(tmp_path, [("id", "long")], format_version=version)
    table.commit([table.write_data([(1,), (2,)])])
    table.upgrade(3)
    got = read(table, ROW_ID, LAST_UPDATED)
    assert all(pc.all(pc.is_null(column)).as_py() for column in got.columns)
    table.commit([table.write_data([(3,)])])
    ids = {at: row[ROW_ID] for at, row in by_id(table, ROW_ID).items()}
    assert sorted(ids.values()) == [0, 1, 2]


def test_a_column_of_the_table_goes_before_a_metadata_column_of_its_name(tmp_path):
    table = RawTable(tmp_path, [("id", "long"), ("_pos", "string")])
    table.commit([table.write_data([(1, "own")])])
    assert read(table, "_pos")["_pos"].to_pylist() == ["own"]


def test_metadata_columns_are_no_part_of_all_columns(tmp_path):
    table = RawTable(tmp_path, [("id", "long")], format_version=3)
    table.commit([table.write_data([(1,)])])
    assert read(table).column_names == ["id"]
