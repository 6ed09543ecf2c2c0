"""Files without field ids: by the table's name mapping, never by position."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.types import LongType

import icefield
from icefield.errors import CorruptDataError, UnsupportedError
from tests.python.files import foreign_file, read
from tests.python.lake import ours, rows_of
from tests.raw import RawTable

PROPERTY = "schema.name-mapping.default"


def mapped(field_id, *names, fields=()):
    found = {"field-id": field_id, "names": list(names)}
    return {**found, "fields": list(fields)} if fields else found


def raw_table(folder, columns, mapping, **options):
    properties = {} if mapping is None else {PROPERTY: json.dumps(mapping)}
    return RawTable(folder, columns, properties=properties, **options)


def test_files_that_pyiceberg_takes_over(lake, tmp_path):
    schema = pa.schema(
        [
            ("id", pa.int64()),
            ("point", pa.struct([("x", pa.int32()), ("tags", pa.list_(pa.string()))])),
            ("prices", pa.map_(pa.string(), pa.struct([("amount", pa.float64())]))),
        ]
    )
    rows = [
        {"id": 1, "point": {"x": 3, "tags": ["a", None]}, "prices": [("p", {"amount": 1.5})]},
        {"id": 2, "point": None, "prices": None},
    ]
    table = lake.create(schema)
    path = tmp_path / "plain.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    table.add_files([f"file://{path}"])
    assert rows_of(ours(table).scan().to_arrow()) == rows
    with table.update_schema() as update:
        update.rename_column("id", "key").rename_column("point.x", "y")
        update.delete_column("prices").add_column("new", LongType())
    got = rows_of(ours(table).scan().to_arrow(), "key")
    assert got == [
        {"key": 1, "point": {"y": 3, "tags": ["a", None]}, "new": None},
        {"key": 2, "point": None, "new": None},
    ]
    found = ours(table).scan("point.y = 3", selected_fields=("key",)).to_arrow()
    assert found["key"].to_pylist() == [1]


def test_columns_are_taken_by_name_wherever_they_stand(tmp_path):
    table = raw_table(
        tmp_path,
        [("a", "long"), ("b", "long"), ("c", "long")],
        [mapped(1, "a"), mapped(2, "b", "old b"), mapped(3, "c.d")],
    )
    first = pa.table({"b": [20], "a": [10], "extra": [0], "c.d": [30]})
    second = pa.table({"old b": [21], "c": [99]})
    table.commit([foreign_file(table, first), foreign_file(table, second)])
    rows = sorted(read(table).to_pylist(), key=lambda row: row["b"])
    assert rows == [{"a": 10, "b": 20, "c": 30}, {"a": None, "b": 21, "c": None}]


def test_filters_and_row_groups_go_by_the_mapped_ids(tmp_path):
    """The statistics of a column of the same name and another id must not prune."""
    table = raw_table(tmp_path, [("a", "long"), ("b", "long")], [mapped(1, "b"), mapped(2, "a")])
    rows = pa.table({"a": range(100), "b": [-value for value in range(100)]})
    table.commit([foreign_file(table, rows, row_group_size=10)])
    got = read(table, row_filter="a <= -95")
    assert sorted(got["b"].to_pylist()) == [95, 96, 97, 98, 99]
    assert read(table, row_filter="b < 0").num_rows == 0
    assert read(table, "b", row_filter="a = -7")["b"].to_pylist() == [7]


def test_nested_levels_have_the_names_of_the_specification(tmp_path):
    """Lists and maps map to element, key and value, whatever a file calls them."""
    element = {"type": "struct", "fields": [{"id": 3, "name": "x", "required": False}]}
    element["fields"][0]["type"] = "long"
    listed = {"type": "list", "element-id": 2, "element": element, "element-required": False}
    table_map = {"type": "map", "key-id": 5, "key": "string", "value-id": 6}
    table_map |= {"value": {**element, "fields": [{**element["fields"][0], "id": 7}]}}
    columns = {
        "type": "struct",
        "fields": [
            {"id": 1, "name": "l", "required": False, "type": listed},
            {
                "id": 4,
                "name": "m",
                "required": False,
                "type": {**table_map, "value-required": False},
            },
        ],
    }
    mapping = [
        mapped(1, "items", fields=[mapped(2, "element", fields=[mapped(3, "a")])]),
        mapped(4, "pairs", fields=[mapped(5, "key"), mapped(6, "value", fields=[mapped(7, "b")])]),
    ]
    table = raw_table(tmp_path, columns, mapping)
    rows = pa.table(
        {
            "pairs": pa.array(
                [[("k", {"a": 1, "b": 2})]],
                pa.map_(pa.string(), pa.struct([("a", pa.int64()), ("b", pa.int64())])),
            ),
            "items": pa.array([[{"b": 3, "a": 4}, None]]),
        }
    )
    for compliant in (True, False):
        table.commit([foreign_file(table, rows, use_compliant_nested_type=compliant)])
    assert read(table).to_pylist() == [{"l": [{"x": 4}, None], "m": [("k", {"x": 2})]}] * 2


def test_a_file_with_ids_does_not_care_for_the_mapping(tmp_path):
    table = raw_table(tmp_path, [("a", "long"), ("b", "long")], [mapped(1, "b"), mapped(2, "a")])
    table.commit([table.write_data([(1, 2)])])
    assert read(table).to_pylist() == [{"a": 1, "b": 2}]
    table.metadata["properties"][PROPERTY] = "{"
    table.save()
    assert read(table).to_pylist() == [{"a": 1, "b": 2}]
    table.commit([foreign_file(table, pa.table({"a": [1]}))])
    with pytest.raises(CorruptDataError, match=r"foreign.*schema\.name-mapping\.default"):
        read(table)


def test_without_a_mapping_such_files_are_refused_with_advice(tmp_path):
    table = raw_table(tmp_path, [("a", "long")], None)
    table.commit([foreign_file(table, pa.table({"a": [1]}))])
    with pytest.raises(
        UnsupportedError, match=r"foreign.*set the table property schema\.name-mapping\.default"
    ):
        read(table)
    table.metadata["properties"][PROPERTY] = json.dumps([mapped(1, "a")])
    table.save()
    assert read(table).to_pylist() == [{"a": 1}]


def test_two_columns_of_one_id_are_refused(tmp_path):
    table = raw_table(tmp_path, [("a", "long")], [mapped(1, "a", "b")])
    table.commit([foreign_file(table, pa.table({"a": [1], "b": [2]}))])
    with pytest.raises(CorruptDataError, match="both 'a' and 'b'"):
        read(table)


def test_columns_that_a_file_lacks_take_their_defaults(tmp_path):
    columns = {
        "type": "struct",
        "fields": [
            {"id": 1, "name": "a", "required": False, "type": "long"},
            {"id": 2, "name": "b", "required": True, "type": "long", "initial-default": 5},
        ],
    }
    table = raw_table(tmp_path, columns, [mapped(1, "a"), mapped(2)], format_version=3)
    table.commit([foreign_file(table, pa.table({"a": [1], "b": [7]}))])
    assert read(table).to_pylist() == [{"a": 1, "b": 5}]


def test_views_over_mapped_files(tmp_path):
    table = raw_table(
        tmp_path,
        [("key", "string"), ("event_timestamp", "timestamp"), ("value", "double")],
        [mapped(1, "k"), mapped(2, "at"), mapped(3, "v")],
    )
    rows = pa.table(
        {
            "v": [1.0, 2.0, 3.0],
            "k": ["a", "a", "b"],
            "at": pa.array([0, 10, 5], pa.timestamp("us")),
        }
    )
    table.commit([foreign_file(table, rows)])
    view = icefield.FeatureView(
        "view",
        icefield.load_table(table.metadata_location),
        join_keys=["key"],
        timestamp_field="event_timestamp",
    )
    frame = pa.table({"key": ["b", "a"], "event_timestamp": pa.array([9, 9], pa.timestamp("us"))})
    got = icefield.point_in_time_join(frame, [view]).to_arrow()
    assert got["value"].to_pylist() == [3.0, 1.0]
