"""Views and frames that contradict their tables: the same clear errors from both engines."""

from pathlib import Path

import pytest
from feast import Entity, Field
from feast.errors import DataSourceNotFoundException, FeastError
from feast.types import Int64

from icefield.errors import IcefieldError
from icefield.feast import EngineError
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view

ASKED = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"))
REFS = ["driver_stats:trips"]


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


def refused(store, view, asked=ASKED, refs=REFS):
    key = Entity(name="driver", join_keys=["driver_id"])
    store.apply([key, view])
    with pytest.raises((FeastError, IcefieldError)) as raised:
        store.get_historical_features(asked, refs)
    return str(raised.value)


def test_a_table_that_is_missing(store):
    store.apply([DRIVER, stats_view()])
    with pytest.raises(DataSourceNotFoundException, match=r"feast\.driver_stats"):
        store.get_historical_features(ASKED, REFS)


@pytest.mark.parametrize("gone", ["trips", "driver_id", "event_timestamp", "created"])
def test_a_column_that_is_missing(store, warehouse, gone):
    warehouse.write(TABLE, STATS.drop(columns=gone))
    message = refused(store, stats_view())
    assert f"'{gone}'" in message
    assert "driver_stats" in message


@pytest.mark.parametrize("column", ["event_timestamp", "created"])
def test_a_time_of_another_type(store, warehouse, column):
    warehouse.write(TABLE, STATS.assign(**{column: "then"}))
    message = refused(store, stats_view())
    assert f"'{column}'" in message
    assert "string" in message


def test_p2_a_key_of_another_type(store, warehouse):
    warehouse.write(TABLE, STATS.astype({"driver_id": "string"}))
    message = refused(store, stats_view())
    assert "'driver_id'" in message
    assert "int64" in message
    assert "string" in message


def test_p2_a_frame_whose_key_is_of_another_type(store, warehouse):
    warehouse.write(TABLE, STATS)
    message = refused(store, stats_view(), ASKED.astype({"driver_id": "string"}))
    assert "'driver_id'" in message


def test_p13_two_columns_of_one_name(store, warehouse):
    warehouse.write(TABLE, STATS)
    message = refused(store, stats_view(), ASKED.assign(trips=1))
    assert "'trips'" in message


def test_a_negative_ttl(store, warehouse):
    from datetime import timedelta

    warehouse.write(TABLE, STATS)
    assert "ttl" in refused(store, stats_view(ttl=timedelta(days=-1))).lower()


def test_a_snapshot_that_is_not_there(store, warehouse):
    warehouse.write(TABLE, STATS)
    fields = [Field(name="driver_id", dtype=Int64), Field(name="trips", dtype=Int64)]
    view = stats_view(source=stats_source(snapshot_id=7), schema=fields)
    assert "7" in refused(store, view)


def test_a_data_file_that_is_gone_is_named_when_the_result_is_asked_for(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    job = store.get_historical_features(ASKED, REFS)
    [file] = warehouse.catalog.load_table(TABLE).inspect.files()["file_path"].to_pylist()
    Path(file.removeprefix("file://")).unlink()
    with pytest.raises((IcefieldError, EngineError), match=Path(file).name):
        job.to_arrow()
