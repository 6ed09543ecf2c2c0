"""The store's configuration: from `feature_store.yaml` to a table."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from feast import FeatureStore
from feast.errors import DataSourceNotFoundException, FeastExtrasDependencyImportError
from feast.infra.offline_stores.offline_utils import get_offline_store_from_config
from feast.repo_config import FeastConfigError, get_offline_config_from_type, load_repo_config
from pydantic import ValidationError

import icefield.feast
from icefield.feast import (
    CatalogSettings,
    IcebergOfflineStore,
    IcebergOfflineStoreConfig,
    SourceMismatchError,
)
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, values
from tests.feast.warehouse import Warehouse

ASKED = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"))
REFS = ["driver_stats:trips"]


def trips(store, view):
    store.apply([DRIVER, view])
    return values(store.get_historical_features(ASKED, REFS), "trips")


def test_feast_finds_the_store_and_its_configuration_by_name():
    name = "icefield.feast.IcebergOfflineStore"
    assert get_offline_config_from_type(name) is IcebergOfflineStoreConfig
    config = IcebergOfflineStoreConfig(uri="sqlite:///catalog.db")
    assert config.type == name
    assert isinstance(get_offline_store_from_config(config), IcebergOfflineStore)
    assert IcebergOfflineStore.supports_filter_by_created_timestamp


def test_a_repository_on_disk_with_relative_paths(tmp_path, monkeypatch):
    repo = tmp_path / "repo"
    warehouse = Warehouse(repo / "data")
    warehouse.write(TABLE, STATS)
    (repo / "feature_store.yaml").write_text(
        """
project: rides
registry: registry.db
provider: local
entity_key_serialization_version: 3
offline_store:
  type: icefield.feast.IcebergOfflineStore
  catalog_type: sql
  uri: sqlite:///data/catalog.db
  warehouse: data/warehouse
  namespace: feast
online_store:
  path: online.db
"""
    )
    monkeypatch.chdir(tmp_path)
    store = FeatureStore(repo_path=str(repo))
    assert trips(store, stats_view(source=stats_source(table="driver_stats"))) == [50]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "spark"}, "engine 'spark' does not exist yet: use 'native'"),
        ({"engine": "duckdb", "commit_cut": True}, "with commit_cut use the engine native"),
        (
            {"engine": "duckdb", "max_bytes_per_query": 1},
            "with max_bytes_per_query use the engine native",
        ),
        ({"engine": "duckdb", "progress": True}, "with progress use the engine native"),
        ({"max_bytes_per_query": -1}, "max_bytes_per_query"),
        ({"engine": "duckdb", "memory_budget": "1GiB"}, "knows no memory_budget"),
        ({"memory_budget": "much"}, "memory_budget"),
        ({"engine": "dask"}, "engine 'dask' is not known: use native, duckdb"),
        ({"catalog_type": "nessie"}, "'sql', 'rest', 'glue', 'hive', 'dynamodb' or 'none'"),
        ({"ware_house": "x"}, "ware_house"),
        ({"catalogs": {"a": {"catalog_type": "dynamo"}}}, "catalogs.a.catalog_type"),
    ],
)
def test_settings_that_are_not_known_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        IcebergOfflineStoreConfig(**settings)


def test_feast_reports_them_with_the_file(tmp_path):
    path = tmp_path / "feature_store.yaml"
    path.write_text(
        "project: p\nregistry: r.db\nprovider: local\n"
        "offline_store: {type: icefield.feast.IcebergOfflineStore, engine: flink}\n"
    )
    with pytest.raises((FeastConfigError, ValidationError), match="flink"):
        assert load_repo_config(tmp_path, path).offline_store


def test_properties_are_pyicebergs_with_absolute_paths():
    settings = CatalogSettings(
        uri="sqlite:///a/catalog.db",
        warehouse="wh",
        storage_options={"s3.endpoint": "http://127.0.0.1:9000"},
    )
    assert settings.properties(Path("/repo")) == {
        "type": "sql",
        "uri": "sqlite:////repo/a/catalog.db",
        "warehouse": "/repo/wh",
        "s3.endpoint": "http://127.0.0.1:9000",
    }


@pytest.mark.parametrize(
    ("uri", "warehouse"),
    [
        ("sqlite:////abs/catalog.db", "/abs/wh"),
        ("sqlite:///:memory:", "s3://bucket/wh"),
        ("postgresql://example.com/catalog", "file:///abs/wh"),
    ],
)
def test_what_is_absolute_stays(uri, warehouse):
    properties = CatalogSettings(uri=uri, warehouse=warehouse).properties(Path("/repo"))
    assert (properties["uri"], properties["warehouse"]) == (uri, warehouse)


def test_a_source_may_be_in_another_catalog_of_the_store(make_config, tmp_path):
    other = Warehouse(tmp_path / "other")
    other.write(TABLE, STATS.assign(trips=STATS["trips"] + 1))
    catalogs = {"lake": {"uri": other.uri, "warehouse": other.location}}
    store = FeatureStore(config=make_config(catalogs=catalogs))
    with pytest.raises(DataSourceNotFoundException):
        trips(store, stats_view())
    assert trips(store, stats_view(source=stats_source(catalog="lake"))) == [51]
    with pytest.raises(SourceMismatchError, match=r"'sea', which is not among .*: lake"):
        trips(store, stats_view(source=stats_source(catalog="sea")))


def test_without_a_catalog_a_table_is_a_path_or_a_folder(make_config, warehouse, tmp_path):
    table = warehouse.write(TABLE, STATS)
    path = Path(table.metadata_location.removeprefix("file://"))
    folder = Path(table.location().removeprefix("file://"))
    for location, name in [
        (None, str(path)),
        (None, f"file://{path}"),
        (None, str(path.relative_to(tmp_path))),
        (str(path.parent), path.name),
        (f"file://{path.parent}", path.name),
        (None, str(folder)),
        (str(folder.parent), f"./{folder.name}"),
        (str(folder.parent.parent.relative_to(tmp_path)), TABLE),
        (warehouse.location, TABLE),
    ]:
        config = make_config(catalog_type="none", uri=None, warehouse=location)
        source = stats_source(table=name)
        assert trips(FeatureStore(config=config), stats_view(source=source)) == [50], name


def test_a_metadata_path_that_is_not_there(make_config):
    store = FeatureStore(config=make_config(catalog_type="none", uri=None, warehouse=None))
    with pytest.raises(DataSourceNotFoundException, match=r"gone\.metadata\.json"):
        trips(store, stats_view(source=stats_source(table="gone.metadata.json")))


@pytest.fixture
def rest(make_config, warehouse, monkeypatch):
    """A repository whose REST catalog is, behind pyiceberg, the warehouse of the test."""
    calls = []

    def load_catalog(name, **properties):
        calls.append((name, properties))
        return warehouse.catalog

    monkeypatch.setattr("pyiceberg.catalog.load_catalog", load_catalog)
    config = make_config(
        catalog_type="rest",
        catalog_name="prod",
        uri="https://example.com/catalog",
        warehouse="s3://bucket/wh",
        storage_options={"token": "t"},
    )
    return FeatureStore(config=config), calls


def test_other_catalogs_are_reached_through_pyiceberg(rest, warehouse):
    store, calls = rest
    snapshot = warehouse.write(TABLE, STATS).current_snapshot()
    assert trips(store, stats_view(schema=[])) == [50]
    assert calls[0] == (
        "prod",
        {
            "type": "rest",
            "uri": "https://example.com/catalog",
            "warehouse": "s3://bucket/wh",
            "token": "t",
        },
    )
    job = store.get_historical_features(ASKED, REFS)
    assert job.metadata.snapshots["driver_stats"]["snapshot_id"] == snapshot.snapshot_id
    pulled = IcebergOfflineStore.pull_all_from_table_or_query(
        store.config, stats_source(), ["driver_id"], ["trips"], "event_timestamp"
    )
    assert sorted(pulled.to_arrow()["trips"].to_pylist()) == [10, 20, 25, 50]
    with pytest.raises(DataSourceNotFoundException, match=r"feast\.nowhere"):
        stats_source(table="feast.nowhere").validate(store.config)


def test_without_pyiceberg_such_a_catalog_is_a_clear_error(make_config, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog", None)
    store = FeatureStore(config=make_config(catalog_type="glue"))
    with pytest.raises(FeastExtrasDependencyImportError, match="pyiceberg"):
        stats_source().validate(store.config)


def test_a_source_of_icefield_in_a_store_of_another_kind(make_config):
    config = make_config()
    config.offline_config = {"type": "dask"}
    config._offline_store = None
    with pytest.raises(SourceMismatchError, match=r"icefield\.feast\.IcebergOfflineStore"):
        stats_source().validate(config)


def test_two_views_over_one_table_load_it_once(store, warehouse, monkeypatch):
    warehouse.write(TABLE, STATS)
    loads = []
    load = icefield.feast.views.load_table
    monkeypatch.setattr(
        icefield.feast.views, "load_table", lambda *args: loads.append(args) or load(*args)
    )
    store.apply([DRIVER, stats_view(), stats_view("again")])
    refs = ["driver_stats:trips", "again:trips"]
    result = store.get_historical_features(ASKED, refs, full_feature_names=True).to_df()
    assert isinstance(result, pd.DataFrame)
    assert len(loads) == 1


def test_without_feast_the_import_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("icefield.feast")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "feast", None)
    with pytest.raises(ImportError, match=r"pip install 'icefield\[feast\]'"):
        __import__("icefield.feast")
