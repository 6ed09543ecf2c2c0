"""What Feast writes through a catalog of pyiceberg: the same calls, committed by that catalog.

The catalog is the warehouse's own, handed out where the configuration says "rest".
"""

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureService, FeatureStore
from feast.errors import DataSourceNotFoundException, SavedDatasetLocationAlreadyExists
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig

from icefield.feast import IcebergLoggingDestination, SavedDatasetIcebergStorage
from icefield.feast.writes import write_batch, write_dataset
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_view

NEW = frame(list(STATS.columns), (3, "2024-01-03T00:00", "2024-01-03T00:10", 0.7, 70))
STORAGE = SavedDatasetIcebergStorage(table="training.march")
ROWS = pa.table({"event_timestamp": pa.array([1, 2], pa.timestamp("us", "UTC")), "x": [1, 2]})


@pytest.fixture
def commits():
    """What was committed through the catalog since its first table was made."""
    return []


@pytest.fixture
def config(make_config, warehouse, monkeypatch, commits):
    def load_catalog(name, **properties):
        assert (name, properties["type"]) == ("default", "rest")
        return warehouse.catalog

    commit = warehouse.catalog.commit_table

    def counted(*arguments):
        commits.append(arguments)
        return commit(*arguments)

    monkeypatch.setattr("pyiceberg.catalog.load_catalog", load_catalog)
    monkeypatch.setattr(warehouse.catalog, "commit_table", counted)
    warehouse.write(TABLE, STATS)
    commits.clear()
    return make_config(catalog_type="rest", uri="http://localhost:1")


def column(warehouse, table, name):
    return sorted(warehouse.catalog.load_table(table).scan().to_arrow()[name].to_pylist())


def test_a_batch(config, warehouse, commits):
    write_batch(config, stats_view(), pa.Table.from_pandas(NEW), None)
    assert column(warehouse, TABLE, "trips") == [10, 20, 25, 50, 70]
    assert len(commits) == 1


def test_a_missing_table(config, warehouse):
    warehouse.catalog.drop_table(TABLE)
    with pytest.raises(DataSourceNotFoundException, match=TABLE):
        write_batch(config, stats_view(), pa.Table.from_pandas(NEW), None)


def test_a_saved_dataset(config, warehouse):
    write_dataset(config, STORAGE, ROWS.to_reader())
    assert column(warehouse, STORAGE.table, "x") == [1, 2]
    with pytest.raises(SavedDatasetLocationAlreadyExists):
        write_dataset(config, STORAGE, ROWS.to_reader())
    grown = ROWS.append_column("y", pa.array(["a", "b"])).drop_columns("x").slice(1)
    write_dataset(config, STORAGE, grown.to_reader(), allow_overwrite=True)
    assert column(warehouse, STORAGE.table, "y") == ["b"]


def test_a_stream_that_breaks_leaves_no_table(config, warehouse):
    def batches():
        yield ROWS.to_batches()[0]
        raise RuntimeError("the stream broke")

    with pytest.raises(RuntimeError, match="the stream broke"):
        write_dataset(config, STORAGE, pa.RecordBatchReader.from_batches(ROWS.schema, batches()))
    assert not warehouse.catalog.table_exists(STORAGE.table)


def test_logs_by_day(config, warehouse):
    store = FeatureStore(config=config)
    service = FeatureService(
        name="scoring",
        features=[stats_view()[["trips"]]],
        logging_config=LoggingConfig(IcebergLoggingDestination(table="monitoring.served")),
    )
    store.apply([DRIVER, stats_view(), service])
    schema = FeatureServiceLoggingSource(service, store.project).get_schema(store.registry)
    time = datetime(2024, 1, 3, 12, tzinfo=UTC)
    row = dict.fromkeys(schema.names) | {"driver_id": 1, "__log_timestamp": time}
    logs = pa.Table.from_pylist([row], schema=schema)
    store.write_logged_features(logs, service)
    store.write_logged_features(logs, service)
    table = warehouse.catalog.load_table("monitoring.served")
    assert [str(field.transform) for field in table.spec().fields] == ["day"]
    assert column(warehouse, "monitoring.served", "driver_id") == [1, 1]
    assert pd.Timestamp(table.scan().to_arrow()["__log_timestamp"][0].as_py()) == pd.Timestamp(time)
