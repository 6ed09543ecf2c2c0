"""IcebergSource: what it keeps in the registry, and what it finds out from the catalog."""

import json

import pandas as pd
import pyarrow as pa
import pytest
from feast.data_source import DataSource
from feast.errors import DataSourceNotFoundException
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto

from icefield.feast import IcebergSource, SourceMismatchError
from tests.feast.drivers import STATS, TABLE, stats_source

FULL = {
    "name": "src",
    "table": "ns.t",
    "timestamp_field": "ts",
    "created_timestamp_column": "created",
    "field_mapping": {"id": "driver_id"},
    "catalog": "other",
    "snapshot_id": 8_123_456_789_012_345_678,
    "description": "what it is",
    "tags": {"team": "rides"},
    "owner": "someone",
}


@pytest.mark.parametrize(
    "arguments",
    [
        FULL,
        {key: FULL[key] for key in ("table", "timestamp_field")},
        {**FULL, "snapshot_id": None, "ref": "a branch"},
    ],
)
def test_the_registry_gives_back_the_same_source(arguments):
    source = IcebergSource(**arguments)
    proto = DataSourceProto.FromString(source.to_proto().SerializeToString())
    read = DataSource.from_proto(proto)
    assert isinstance(read, IcebergSource)
    assert read == source
    assert hash(read) == hash(source)
    for name, value in arguments.items():
        assert getattr(read, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("table", "ns.other"), ("catalog", None), ("snapshot_id", 2), ("ref", "main")),
        *(("name", "x"), ("field_mapping", {}), ("timestamp_field", "t2"), ("owner", "")),
    ],
)
def test_a_source_that_differs_is_not_equal(name, value):
    arguments = FULL | {name: value}
    if name == "ref":
        arguments["snapshot_id"] = None
    assert IcebergSource(**arguments) != IcebergSource(**FULL)


def test_a_source_is_named_after_its_table():
    assert IcebergSource(table="ns.t", timestamp_field="ts").name == "ns.t"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timestamp_field": ""}, "has no timestamp_field"),
        ({"table": ""}, "names no table"),
        ({"ref": "main"}, "both a snapshot_id and a ref"),
        ({"field_mapping": {"a": "x", "b": "x"}}, "maps several columns to x"),
        ({"created_timestamp_column": "ts"}, "do not use the same column"),
    ],
)
def test_contradictions_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        IcebergSource(**(FULL | changes))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (b'{"version": 2, "table": "ns.t"}', "have version 2, this Icefield reads version 1"),
        (b'{"table": "ns.t"}', "have version None"),
        (b'["version", 1]', "have version None"),
        (b'{"version": 1, "table": "ns.t", "as_of": 1}', "hold as_of, unknown here"),
        (b'{"version": 1}', "name no table"),
        (b"\xff", "are not JSON"),
        (b"", "are not JSON"),
    ],
)
def test_options_of_another_version_are_refused(options, message):
    proto = IcebergSource(**FULL).to_proto()
    proto.custom_options.configuration = options
    with pytest.raises(SourceMismatchError, match=message) as raised:
        DataSource.from_proto(proto)
    assert "'src'" in str(raised.value)


def test_the_options_say_their_version():
    options = json.loads(IcebergSource(**FULL).to_proto().custom_options.configuration)
    assert options["version"] == 1


def test_columns_and_types_come_from_the_catalog(warehouse, make_config):
    warehouse.write(TABLE, STATS)
    assert list(stats_source().get_table_column_names_and_types(make_config())) == [
        ("driver_id", "int64"),
        ("event_timestamp", "timestamp[us, tz=UTC]"),
        ("created", "timestamp[us, tz=UTC]"),
        ("rate", "double"),
        ("trips", "int64"),
    ]


def test_columns_of_a_snapshot_are_those_of_its_schema(warehouse, make_config):
    table = warehouse.write(TABLE, STATS)
    first = table.current_snapshot().snapshot_id
    with table.update_schema() as update:
        update.rename_column("rate", "share")
    later = STATS.rename(columns={"rate": "share"})
    warehouse.write(TABLE, later)
    config = make_config()
    names = dict(stats_source().get_table_column_names_and_types(config))
    assert "share" in names
    assert "rate" not in names
    pinned = stats_source(snapshot_id=first)
    assert "rate" in dict(pinned.get_table_column_names_and_types(config))


def test_validation_accepts_what_is_there(warehouse, make_config):
    warehouse.write(TABLE, STATS.rename(columns={"event_timestamp": "ts"}))
    source = stats_source(field_mapping={"ts": "event_timestamp", "rate": "conv_rate"})
    source.validate(make_config())


def test_validation_accepts_dates_as_times(warehouse, make_config):
    rows = pa.table({"k": [1], "day": pa.array([0], pa.date32())})
    warehouse.write("feast.days", rows)
    IcebergSource(table="feast.days", timestamp_field="day").validate(make_config())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timestamp_field": "ts"}, "timestamp_field of the source .* names the column 'ts'"),
        ({"created_timestamp_column": "made"}, "created_timestamp_column .* column 'made'"),
        ({"field_mapping": {"speed": "v"}}, "field_mapping .* column 'speed'"),
        ({"timestamp_field": "rate"}, "'rate' .* has type double: a timestamp or a date"),
        ({"ref": "audit"}, "ref 'audit', which the table .* does not have; it has main"),
        ({"catalog": "lake"}, "catalog 'lake', which is not among"),
    ],
)
def test_validation_names_what_is_wrong(warehouse, make_config, changes, message):
    warehouse.write(TABLE, STATS)
    with pytest.raises(SourceMismatchError, match=message):
        stats_source(**changes).validate(make_config())


def test_a_missing_table_is_feasts_own_error(warehouse, make_config):
    warehouse.write(TABLE, STATS)
    with pytest.raises(DataSourceNotFoundException, match=r"feast\.nowhere"):
        stats_source(table="feast.nowhere").validate(make_config())


def test_an_empty_table_has_columns_too(warehouse, make_config):
    warehouse.write(TABLE, pd.DataFrame(STATS[:0]))
    stats_source().validate(make_config())
