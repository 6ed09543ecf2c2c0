"""Saved datasets: the storage in the registry, and the table that it names."""

import json

import pyarrow as pa
import pytest
from feast import FeatureStore
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source import (
    IcebergSource as FeastsIcebergSource,
)
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as StorageProto
from feast.saved_dataset import SavedDatasetStorage

from icefield.feast import IcebergSource, SavedDatasetIcebergStorage, SourceMismatchError
from icefield.feast.writes import write_dataset
from tests.feast.drivers import DRIVER, STATS, frame, stats_source, stats_view

SAVED = "training.march"
STORAGE = SavedDatasetIcebergStorage(table=SAVED)
ROWS = pa.table({"event_timestamp": pa.array([1, 2], pa.timestamp("ns", "UTC")), "x": [1, 2]})


def reader(table=ROWS, fail_after=None):
    """The table row by row; with `fail_after`, a stream that breaks behind that many rows."""

    def batches():
        for number, batch in enumerate(table.to_batches(max_chunksize=1)):
            if number == fail_after:
                raise RuntimeError("the stream broke")
            yield batch

    return pa.RecordBatchReader.from_batches(table.schema, batches())


def stored(warehouse, *columns):
    table = warehouse.catalog.load_table(SAVED).scan().to_arrow()
    return sorted(zip(*(table[name].to_pylist() for name in columns), strict=True))


@pytest.fixture
def config(make_config, warehouse):
    warehouse.write("feast.driver_stats", STATS)
    return make_config()


@pytest.mark.parametrize("catalog", [None, "other"])
def test_a_storage_survives_the_registry(catalog):
    storage = SavedDatasetIcebergStorage(table=SAVED, catalog=catalog)
    read = SavedDatasetStorage.from_proto(
        StorageProto.FromString(storage.to_proto().SerializeToString())
    )
    assert read == storage
    assert read.to_data_source() == IcebergSource(
        table=SAVED, catalog=catalog, timestamp_field="event_timestamp"
    )


def test_a_storage_of_another_version_is_refused():
    options = json.loads(STORAGE.to_proto().custom_storage.configuration) | {"version": 2}
    proto = StorageProto(
        custom_storage=DataSourceProto.CustomSourceOptions(
            configuration=json.dumps(options).encode()
        )
    )
    with pytest.raises(SourceMismatchError, match="version 2"):
        SavedDatasetIcebergStorage.from_proto(proto)


def test_a_storage_needs_a_table():
    with pytest.raises(ValueError, match="needs a table"):
        SavedDatasetIcebergStorage(table="")


def test_feast_finds_the_storage_of_a_source():
    storage = SavedDatasetStorage.from_data_source(stats_source(catalog="other"))
    assert storage == SavedDatasetIcebergStorage("feast.driver_stats", "other")


def test_feasts_own_source_of_the_same_name_is_left_to_feast():
    source = FeastsIcebergSource(
        warehouse="w", namespace="n", table="t", timestamp_field="event_timestamp"
    )
    with pytest.raises(ValueError, match="does not support feast"):
        SavedDatasetStorage.from_data_source(source)


def test_a_dataset_is_one_commit_of_a_new_table(config, warehouse):
    write_dataset(config, STORAGE, reader(), snapshot_properties={"icefield.note": "a note"})
    table = warehouse.catalog.load_table(SAVED)
    [snapshot] = table.snapshots()
    assert snapshot.summary["icefield.note"] == "a note"
    assert stored(warehouse, "x") == [(1,), (2,)]
    assert table.scan().to_arrow().schema.field("event_timestamp").type.unit == "us"


def test_a_dataset_without_rows_is_a_table_without_rows(config, warehouse):
    write_dataset(config, STORAGE, reader(ROWS.slice(0, 0)))
    table = warehouse.catalog.load_table(SAVED).scan().to_arrow()
    assert (table.num_rows, table.column_names) == (0, ["event_timestamp", "x"])


def test_a_table_that_is_there_is_not_touched(config, warehouse):
    write_dataset(config, STORAGE, reader())
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=SAVED):
        write_dataset(config, STORAGE, reader(ROWS.slice(0, 1)))
    assert stored(warehouse, "x") == [(1,), (2,)]


def test_overwriting_replaces_the_rows_and_the_columns(config, warehouse):
    write_dataset(config, STORAGE, reader())
    write_dataset(config, STORAGE, reader(ROWS.slice(1)), allow_overwrite=True)
    assert stored(warehouse, "x") == [(2,)]
    other = ROWS.rename_columns(["event_timestamp", "y"])
    write_dataset(config, STORAGE, reader(other), allow_overwrite=True)
    assert stored(warehouse, "y") == [(1,), (2,)]
    assert warehouse.catalog.load_table(SAVED).schema().column_names == ["event_timestamp", "y"]


def test_overwriting_what_is_not_there_makes_it(config, warehouse):
    write_dataset(config, STORAGE, reader(), allow_overwrite=True)
    assert stored(warehouse, "x") == [(1,), (2,)]


def test_overwriting_with_another_type_is_refused(config, warehouse):
    write_dataset(config, STORAGE, reader())
    texts = ROWS.set_column(1, "x", pa.array(["a", "b"]))
    with pytest.raises(SourceMismatchError, match=r"'x' of type int64.*has string"):
        write_dataset(config, STORAGE, reader(texts), allow_overwrite=True)
    assert stored(warehouse, "x") == [(1,), (2,)]


@pytest.mark.parametrize("fail_after", [0, 1])
def test_a_stream_that_breaks_leaves_nothing_behind(config, warehouse, fail_after):
    with pytest.raises(RuntimeError, match="the stream broke"):
        write_dataset(config, STORAGE, reader(fail_after=fail_after))
    assert not warehouse.catalog.table_exists(SAVED)
    write_dataset(config, STORAGE, reader())
    with pytest.raises(RuntimeError, match="the stream broke"):
        write_dataset(config, STORAGE, reader(fail_after=fail_after), allow_overwrite=True)
    assert stored(warehouse, "x") == [(1,), (2,)]


def test_a_name_without_namespace_is_refused(make_config, config, warehouse):
    with pytest.raises(ValueError, match="'march' has no namespace"):
        write_dataset(config, SavedDatasetIcebergStorage("march"), reader())
    write_dataset(make_config(namespace="training"), SavedDatasetIcebergStorage("march"), reader())
    assert stored(warehouse, "x") == [(1,), (2,)]


def test_another_stores_storage_is_refused(config, tmp_path):
    with pytest.raises(SourceMismatchError, match="SavedDatasetFileStorage"):
        write_dataset(config, SavedDatasetFileStorage(path=str(tmp_path)), reader())


def test_a_column_that_iceberg_cannot_hold_is_refused_before_anything_is_made(config, warehouse):
    odd = pa.table({"d": pa.array([1], pa.duration("s"))})
    with pytest.raises(SourceMismatchError, match="'d' has type duration"):
        write_dataset(config, STORAGE, reader(odd))
    assert not warehouse.catalog.table_exists(SAVED)


ENTITIES = frame(
    ["driver_id", "event_timestamp", "label"],
    (1, "2024-01-02T06:00", 0),
    (2, "2024-01-01T18:00", 1),
    (3, "2024-01-01T18:00", 0),
)


@pytest.fixture
def store(config):
    store = FeatureStore(config=config)
    store.apply([DRIVER, stats_view()])
    return store


def job(store, rows=ENTITIES, **more):
    return store.get_historical_features(rows, ["driver_stats:trips", "driver_stats:rate"], **more)


@pytest.mark.parametrize("full_names", [False, True])
def test_a_saved_dataset_is_read_back_in_another_process(make_config, store, full_names):
    made = store.create_saved_dataset(
        from_=job(store, full_feature_names=full_names), name="march", storage=STORAGE
    )
    read = FeatureStore(config=make_config()).get_saved_dataset("march")
    assert read.storage == STORAGE
    trips = "driver_stats__trips" if full_names else "trips"
    for dataset in (made, read):
        rows = dataset.to_df().sort_values("driver_id")
        assert rows["driver_id"].tolist() == [1, 2, 3]
        assert rows[trips].tolist()[:2] == [25, 50]
        assert rows[trips].isna().tolist() == [False, False, True]
        assert rows["event_timestamp"].tolist() == ENTITIES["event_timestamp"].tolist()


def test_a_saved_dataset_is_overwritten_only_when_that_is_asked(store, warehouse):
    store.create_saved_dataset(from_=job(store), name="march", storage=STORAGE)
    with pytest.raises(SavedDatasetLocationAlreadyExists):
        store.create_saved_dataset(from_=job(store), name="march", storage=STORAGE)
    less = job(store, ENTITIES.head(1))
    store.create_saved_dataset(from_=less, name="march", storage=STORAGE, allow_overwrite=True)
    assert stored(warehouse, "driver_id", "trips", "label") == [(1, 25, 0)]
