"""The Feast column of the type table, in Iceberg's spelling and in Arrow's."""

import pyarrow as pa
import pytest
from feast.value_type import ValueType

from icefield.feast.types import value_type_of

ICEBERG = {
    "boolean": "BOOL",
    "int": "INT32",
    "long": "INT64",
    "float": "FLOAT",
    "double": "DOUBLE",
    "decimal(10, 2)": "DECIMAL",
    "date": "UNIX_TIMESTAMP",
    "time": "INT64",
    "timestamp": "UNIX_TIMESTAMP",
    "timestamptz": "UNIX_TIMESTAMP",
    "timestamp_ns": "UNIX_TIMESTAMP",
    "timestamptz_ns": "UNIX_TIMESTAMP",
    "string": "STRING",
    "uuid": "UUID",
    "fixed[16]": "BYTES",
    "binary": "BYTES",
    "list<int>": "INT32_LIST",
    "list<string>": "STRING_LIST",
    "list<timestamptz>": "UNIX_TIMESTAMP_LIST",
    "list<decimal(9, 0)>": "DECIMAL_LIST",
    "list<list<long>>": "VALUE_LIST",
    "list<struct<1: a: optional long>>": "STRUCT_LIST",
    "list<map<string, long>>": "MAP_LIST",
    "map<string, list<long>>": "MAP",
    "map<decimal(9, 0), string>": "SCALAR_MAP",
    "struct<1: a: optional list<long>>": "STRUCT",
    "unknown": "NULL",
    "variant": "JSON",
    "geometry(OGC:CRS84)": "BYTES",
    "geography": "BYTES",
}
ARROW = [
    (pa.bool_(), "BOOL"),
    (pa.int32(), "INT32"),
    (pa.int64(), "INT64"),
    (pa.float32(), "FLOAT"),
    (pa.float64(), "DOUBLE"),
    (pa.decimal128(38, 10), "DECIMAL"),
    (pa.date32(), "UNIX_TIMESTAMP"),
    (pa.time64("us"), "INT64"),
    (pa.timestamp("us"), "UNIX_TIMESTAMP"),
    (pa.timestamp("us", "UTC"), "UNIX_TIMESTAMP"),
    (pa.timestamp("ns"), "UNIX_TIMESTAMP"),
    (pa.timestamp("ns", "UTC"), "UNIX_TIMESTAMP"),
    (pa.string(), "STRING"),
    (pa.uuid(), "UUID"),
    (pa.binary(16), "BYTES"),
    (pa.binary(), "BYTES"),
    (pa.list_(pa.field("element", pa.float32())), "FLOAT_LIST"),
    (pa.list_(pa.field("element", pa.int64(), nullable=False)), "INT64_LIST"),
    (pa.list_(pa.field("element", pa.uuid())), "UUID_LIST"),
    (pa.list_(pa.field("element", pa.list_(pa.int64()))), "VALUE_LIST"),
    (pa.list_(pa.field("element", pa.struct([("a", pa.int64())]))), "STRUCT_LIST"),
    (pa.list_(pa.field("element", pa.map_(pa.int64(), pa.string()))), "MAP_LIST"),
    (pa.map_(pa.string(), pa.struct([("a", pa.int64())])), "MAP"),
    (pa.map_(pa.int64(), pa.string()), "SCALAR_MAP"),
    (pa.struct([("a", pa.list_(pa.int64()))]), "STRUCT"),
    (pa.null(), "NULL"),
    (pa.json_(), "JSON"),
]


@pytest.mark.parametrize(("name", "expected"), ICEBERG.items())
def test_iceberg_names(name, expected):
    assert value_type_of(name) is ValueType[expected]


@pytest.mark.parametrize(("kind", "expected"), ARROW, ids=[str(kind) for kind, _ in ARROW])
def test_arrow_names(kind, expected):
    assert value_type_of(str(kind)) is ValueType[expected]


def test_a_list_that_feast_has_no_type_for_is_unknown():
    assert value_type_of("list<unknown>") is ValueType.UNKNOWN


@pytest.mark.parametrize("name", ["", "interval", "list<interval>", "<", "map<interval, long>"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="no type of an Iceberg column"):
        value_type_of(name)
