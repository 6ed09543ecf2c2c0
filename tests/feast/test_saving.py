"""Where results are kept: Parquet files, exports, and what is refused; nothing half-written."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from feast import FeatureStore
from feast.data_format import DeltaFormat
from feast.errors import DataSourceNotFoundException, SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.bigquery_source import SavedDatasetBigQueryStorage
from feast.infra.offline_stores.file_source import FileSource, SavedDatasetFileStorage

import icefield.feast.parquet_files as parquet_files
from icefield.feast import (
    IcebergOfflineStore,
    NotYetSupportedError,
    SavedDatasetIcebergStorage,
    SourceMismatchError,
)
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_view
from tests.feast.test_on_demand import by_pandas

REFS = ["driver_stats:trips"]
ASKED = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"), (1, "2024-01-03"))


@pytest.fixture
def applied(make_config, warehouse, tmp_path):
    warehouse.write(TABLE, STATS)
    store = FeatureStore(config=make_config(staging_location=str(tmp_path / "staging")))
    store.apply([DRIVER, stats_view()])
    return store


@pytest.fixture
def job(applied):
    return applied.get_historical_features(ASKED, REFS)


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


class BrokenError(Exception):
    """What the reader raises after its first batch."""


def break_stream(job, monkeypatch):
    """Lets the job's streams fail at their end."""
    whole = job.to_arrow()

    def batches():
        yield from whole.to_batches()
        raise BrokenError

    monkeypatch.setattr(
        type(job),
        "to_arrow_batches",
        lambda self: pa.RecordBatchReader.from_batches(whole.schema, batches()),
    )


@pytest.fixture
def breaks(job, monkeypatch):
    break_stream(job, monkeypatch)


@pytest.mark.parametrize("name", ["saved/one.parquet", "saved/folder"])
def test_persist_to_parquet(job, tmp_path, name):
    job.persist(SavedDatasetFileStorage(name))  # relative to the repository
    assert pq.read_table(tmp_path / name).equals(job.to_arrow())
    files = (
        ["one.parquet"] if name.endswith(".parquet") else ["folder", "folder/part-00000.parquet"]
    )
    assert everything_below(tmp_path / "saved") == files


@pytest.mark.parametrize("name", ["one.parquet", "folder"])
def test_a_place_that_is_taken_is_feasts_own_error(applied, job, tmp_path, name):
    storage = SavedDatasetFileStorage(str(tmp_path / "saved" / name))
    job.persist(storage)
    other = applied.get_historical_features(ASKED[:1], REFS)
    before = everything_below(tmp_path / "saved")
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=name):
        other.persist(storage)
    assert pq.read_table(tmp_path / "saved" / name).num_rows == 2
    other.persist(storage, allow_overwrite=True)
    assert pq.read_table(tmp_path / "saved" / name).num_rows == 1
    assert everything_below(tmp_path / "saved") == before


@pytest.mark.parametrize("name", ["one.parquet", "folder"])
def test_a_failure_leaves_what_was_there(job, tmp_path, name, breaks):
    storage = SavedDatasetFileStorage(str(tmp_path / "saved" / name))
    with pytest.raises(BrokenError):
        job.persist(storage)
    assert everything_below(tmp_path / "saved") == []
    pq.write_table(pa.table({"x": [1]}), tmp_path / "saved" / name)
    with pytest.raises(BrokenError):
        job.persist(storage, allow_overwrite=True)
    assert everything_below(tmp_path / "saved") == [name]
    assert pq.read_table(tmp_path / "saved" / name).to_pydict() == {"x": [1]}


def test_on_demand_views_are_kept_too(applied, tmp_path):
    applied.apply([by_pandas])
    job = applied.get_historical_features(ASKED.assign(bonus=1.0), ["by_pandas:boosted"])
    job.persist(SavedDatasetFileStorage(str(tmp_path / "x.parquet")))
    assert pq.read_table(tmp_path / "x.parquet")["boosted"].to_pylist() == [1.5, 1.25]


def test_a_saved_dataset_in_files_comes_back(applied, job, tmp_path):
    storage = SavedDatasetFileStorage(str(tmp_path / "saved.parquet"))
    saved = applied.create_saved_dataset(job, "mine", storage)
    for dataset in (saved, applied.get_saved_dataset("mine")):
        result = dataset.to_df().sort_values("driver_id")
        assert list(result["driver_id"]) == [1, 2]
        assert list(result["trips"]) == [25, 50]
    again = applied.get_saved_dataset("mine").storage
    assert isinstance(again, SavedDatasetFileStorage)


def test_saved_files_that_do_not_fit_are_named(applied, tmp_path):
    def pull(path, features, time="event_timestamp"):
        return IcebergOfflineStore.pull_all_from_table_or_query(
            applied.config, FileSource(path=str(tmp_path / path)), ["driver_id"], features, time
        )

    with pytest.raises(DataSourceNotFoundException, match="gone"):
        pull("gone.parquet", ["trips"])
    pq.write_table(pa.Table.from_pandas(STATS), tmp_path / "stats.parquet")
    assert pull("stats.parquet", []).to_arrow().num_rows == 4
    with pytest.raises(SourceMismatchError, match="do not have the columns speed; they"):
        pull("stats.parquet", ["speed"])
    with pytest.raises(SourceMismatchError, match=r"'trips' .* has type int64: a timestamp"):
        pull("stats.parquet", ["trips"], time="trips")


def test_other_storage_is_refused(job, tmp_path):
    with pytest.raises(SourceMismatchError, match="SavedDatasetBigQueryStorage is no place"):
        job.persist(SavedDatasetBigQueryStorage("t"))
    storage = SavedDatasetFileStorage(str(tmp_path / "d"), file_format=DeltaFormat())
    with pytest.raises(NotYetSupportedError, match="DeltaFormat"):
        job.persist(storage)
    assert not (tmp_path / "d").exists()


def test_an_export_is_a_set_of_whole_files(job, tmp_path, monkeypatch):
    assert job.supports_remote_storage_export()
    paths = job.to_remote_storage()
    assert [Path(path).name for path in paths] == ["part-00000.parquet"]
    assert pq.read_table(paths[0]).equals(job.to_arrow())
    monkeypatch.setattr(parquet_files, "PART_BYTES", 1)
    more = job.to_remote_storage()
    assert not set(more) & set(paths)
    assert pa.concat_tables(map(pq.read_table, more)).equals(job.to_arrow())


def test_a_great_export_has_several_parts(applied, monkeypatch):
    monkeypatch.setattr(parquet_files, "PART_BYTES", 1_000_000)
    asked = pd.concat([ASKED] * 100_000, ignore_index=True)
    job = applied.get_historical_features(asked, REFS)
    paths = job.to_remote_storage()
    assert len(paths) > 1
    parts = [pq.read_table(path) for path in paths]
    assert all(part.num_rows for part in parts)
    assert sum(part.num_rows for part in parts) == 200_000


def test_an_export_without_rows_is_one_file(applied):
    job = applied.get_historical_features(ASKED[:0], REFS)
    [path] = job.to_remote_storage()
    assert pq.read_table(path).column_names == ["driver_id", "event_timestamp", "trips"]


def test_a_failing_export_leaves_nothing(job, tmp_path, breaks):
    with pytest.raises(BrokenError):
        job.to_remote_storage()
    assert everything_below(tmp_path / "staging") == []


def test_without_a_staging_location_there_is_no_export(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    store = FeatureStore(config=make_config())
    store.apply([DRIVER, stats_view()])
    job = store.get_historical_features(ASKED, REFS)
    assert not job.supports_remote_storage_export()
    with pytest.raises(SourceMismatchError, match="set staging_location"):
        job.to_remote_storage()


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A file system that is not the local one, so that folders are not moved."""
    (tmp_path / "bucket").mkdir()
    filesystem = pafs.SubTreeFileSystem(str(tmp_path / "bucket"), pafs.LocalFileSystem())
    monkeypatch.setattr(
        FileSource,
        "create_filesystem_and_path",
        lambda path, *_: (filesystem, path.split("://")[1]),
    )
    return tmp_path / "bucket"


def test_object_stores_get_whole_objects(job, bucket, make_config):
    job.persist(SavedDatasetFileStorage("s3://b/one.parquet"))
    job.persist(SavedDatasetFileStorage("s3://b/folder"))
    job.persist(SavedDatasetFileStorage("s3://b/folder"), allow_overwrite=True)
    with pytest.raises(SavedDatasetLocationAlreadyExists):
        job.persist(SavedDatasetFileStorage("s3://b/folder"))
    found = ["b", "b/folder", "b/folder/part-00000.parquet", "b/one.parquet"]
    assert everything_below(bucket) == found
    assert pq.read_table(bucket / "b/folder").equals(job.to_arrow())


def test_an_export_to_an_object_store(make_config, warehouse, bucket):
    warehouse.write(TABLE, STATS)
    store = FeatureStore(config=make_config(staging_location="s3://b/staging/"))
    store.apply([DRIVER, stats_view()])
    [path] = store.get_historical_features(ASKED, REFS).to_remote_storage()
    assert path.startswith("s3://b/staging/export-")
    assert pq.read_table(bucket / path.removeprefix("s3://")).num_rows == 2


@pytest.fixture(params=["sql", "rest"])
def lake(request, make_config, warehouse, monkeypatch):
    """A repository whose tables are in a catalog of Icefield's, and in one that pyiceberg opens."""
    warehouse.write(TABLE, STATS)
    monkeypatch.setattr("pyiceberg.catalog.load_catalog", lambda *_, **__: warehouse.catalog)
    store = FeatureStore(config=make_config(catalog_type=request.param))
    store.apply([DRIVER, stats_view()])
    return store


def test_a_saved_dataset_in_a_table_comes_back(lake, warehouse):
    storage = SavedDatasetIcebergStorage("saved.mine")
    job = lake.get_historical_features(ASKED, REFS)
    lake.create_saved_dataset(job, "mine", storage)
    result = lake.get_saved_dataset("mine").to_df().sort_values("driver_id")
    assert list(result["trips"]) == [25, 50]
    table = warehouse.catalog.load_table("saved.mine")
    [snapshot] = table.snapshots()
    read = warehouse.catalog.load_table(TABLE).current_snapshot().snapshot_id
    pin = snapshot.summary.additional_properties["icefield.source.driver_stats"]
    assert pin == f"{TABLE}@{read}"
    assert table.scan().to_arrow().column_names == job.to_arrow().column_names
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=r"saved\.mine"):
        job.persist(storage)
    lake.get_historical_features(ASKED[:1], REFS).persist(storage, allow_overwrite=True)
    assert list(lake.get_saved_dataset("mine").to_df()["driver_id"]) == [2]


def test_a_failure_leaves_no_table_and_no_rows(lake, warehouse, monkeypatch):
    storage = SavedDatasetIcebergStorage("saved.mine")
    job = lake.get_historical_features(ASKED, REFS)
    break_stream(job, monkeypatch)
    with pytest.raises(BrokenError):
        job.persist(storage)
    assert not warehouse.catalog.table_exists("saved.mine")
    warehouse.write("saved.mine", STATS)
    with pytest.raises(BrokenError):
        job.persist(storage, allow_overwrite=True)
    assert len(warehouse.catalog.load_table("saved.mine").scan().to_arrow()) == len(STATS)


def test_a_saved_table_is_a_frame_of_a_query(lake, warehouse):
    job = lake.get_historical_features(ASKED, REFS)
    job.persist(SavedDatasetIcebergStorage("saved.mine"))
    query = "SELECT driver_id, event_timestamp FROM saved.mine ORDER BY driver_id"
    again = lake.get_historical_features(query, REFS)
    assert again.to_arrow()["trips"].to_pylist() == [25, 50]
