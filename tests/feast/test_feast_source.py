"""Feast's own IcebergSource in front of this store: the definitions stay as they are."""

import warnings

import pytest
from feast import FeatureStore
from feast.data_source import DataSource
from feast.errors import DataSourceNotFoundException
from feast.infra.data_sources.contrib.iceberg_catalog import IcebergSource as FeastSource
from feast.infra.data_sources.contrib.iceberg_catalog import UnityCatalogSource

from icefield.feast import IcebergOfflineStore, SourceMismatchError
from icefield.feast.feast_source import adopt
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, values

ASKED = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"), (1, "2024-01-03"))
REFS = ["driver_stats:rate", "driver_stats:trips"]


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


def feast_source(warehouse, **changes):
    arguments = {
        "name": "driver_stats",
        "catalog_type": "sql",
        "catalog_name": "default",
        "endpoint": warehouse.uri,
        "warehouse": warehouse.location,
        "namespace": "feast",
        "table": "driver_stats",
        "timestamp_field": "event_timestamp",
        "created_timestamp_column": "created",
    }
    return FeastSource(**(arguments | changes))


def test_a_view_over_feasts_source_answers_like_one_over_icefields(store, warehouse):
    warehouse.write(TABLE, STATS)
    view = stats_view(source=feast_source(warehouse), schema=[])
    store.apply([DRIVER, view, stats_view("own", source=stats_source(name="own"))])
    again = FeatureStore(config=store.config)
    assert type(again.get_feature_view("driver_stats").batch_source) is FeastSource
    job = again.get_historical_features(ASKED, REFS)
    assert values(job, "rate") == [0.5, 0.25]
    assert values(job, "trips") == [50, 25]
    own = again.get_historical_features(ASKED, ["own:rate", "own:trips"])
    assert own.to_arrow().equals(job.to_arrow())
    ids = {
        entry["snapshot_id"] for entry in (job.metadata.snapshots | own.metadata.snapshots).values()
    }
    assert len(ids) == 1


def test_p13_its_field_mapping_holds(store, warehouse):
    renamed = {"driver_id": "id", "event_timestamp": "ts", "rate": "r"}
    warehouse.write(TABLE, STATS.rename(columns=renamed))
    mapping = {"id": "driver_id", "ts": "event_timestamp", "r": "rate"}
    store.apply([DRIVER, stats_view(source=feast_source(warehouse, field_mapping=mapping))])
    assert values(store.get_historical_features(ASKED, REFS), "rate") == [0.5, 0.25]


def test_it_materializes(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(source=feast_source(warehouse))])
    store.materialize(STATS["event_timestamp"].min(), STATS["event_timestamp"].max())
    online = store.get_online_features(REFS, [{"driver_id": 1}, {"driver_id": 2}]).to_dict()
    assert online["trips"] == [25, 50]


def test_its_table_in_a_query_is_that_of_the_stores_catalog(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(source=feast_source(warehouse))])
    query = f"SELECT DISTINCT driver_id, TIMESTAMPTZ '2024-01-02 12:00:00+00' AS ts FROM {TABLE}"
    job = store.get_historical_features(query + " ORDER BY 1", REFS)
    assert values(job, "trips") == [25, 50]


def test_a_missing_table_is_feasts_own_error(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(source=feast_source(warehouse))])
    warehouse.catalog.drop_table(TABLE)
    with pytest.raises(DataSourceNotFoundException, match=r"feast\.driver_stats"):
        store.get_historical_features(ASKED, REFS)


def test_what_else_it_says_goes_to_the_catalog(warehouse, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_TOKEN", "secret")
    monkeypatch.setenv("LAKE_S3__REGION", "eu")
    rest = adopt(
        FeastSource(
            catalog_name="prod",
            endpoint="https://example.com/catalog",
            warehouse="main",
            namespace="a.b",
            table="t",
            token_env_var="MY_TOKEN",
            credential_vending=False,
            catalog_properties={"s3.endpoint": "http://127.0.0.1:9000"},
            timestamp_field="ts",
        )
    )
    assert (rest.table, rest.timestamp_field, rest.settings.catalog_name) == ("a.b.t", "ts", "prod")
    assert not rest.settings.is_native
    assert rest.settings.properties(tmp_path) == {
        "type": "rest",
        "uri": "https://example.com/catalog",
        "warehouse": "main",
        "token": "secret",
        "s3.endpoint": "http://127.0.0.1:9000",
        "header.X-Iceberg-Access-Delegation": "",
    }


def test_its_own_properties_go_first_and_paths_are_the_working_directorys(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    source = FeastSource(
        catalog_type="sql",
        endpoint="sqlite:///other.db",
        warehouse="wh",
        namespace="ns",
        table="t",
        catalog_properties={"uri": "sqlite:///mine.db", "type": "sql"},
        timestamp_field="ts",
    )
    settings = adopt(source).settings
    assert settings.is_native
    assert settings.properties(tmp_path / "repo") == {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/mine.db",
        "warehouse": str(tmp_path / "wh"),
    }


def test_sql_catalogs_that_are_not_on_sqlite_are_reached_through_pyiceberg(
    store, warehouse, monkeypatch
):
    warehouse.write(TABLE, STATS)
    calls = []

    def load_catalog(name, **properties):
        calls.append(properties)
        return warehouse.catalog

    monkeypatch.setattr("pyiceberg.catalog.load_catalog", load_catalog)
    source = feast_source(warehouse, endpoint="postgresql://example.com/catalog")
    store.apply([DRIVER, stats_view(source=source)])
    assert values(store.get_historical_features(ASKED, REFS), "trips") == [50, 25]
    assert calls[-1]["uri"] == "postgresql://example.com/catalog"


def test_classes_derived_from_it_are_taken(monkeypatch):
    source = UnityCatalogSource(
        warehouse="main",
        namespace="ns",
        table="t",
        endpoint="https://uc/iceberg",
        timestamp_field="ts",
    )
    monkeypatch.setenv("DATABRICKS_TOKEN", "t")
    settings = adopt(DataSource.from_proto(source.to_proto())).settings
    assert (settings.uri, settings.storage_options["token"]) == ("https://uc/iceberg", "t")


def test_a_type_of_catalog_that_nobody_knows_is_refused(warehouse):
    with pytest.raises(
        SourceMismatchError, match="'driver_stats' is in a catalog of the type 'nessie'"
    ):
        adopt(feast_source(warehouse, catalog_type="nessie"))


def test_other_sources_are_not_adopted():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert adopt(stats_source()) is None
        assert adopt(object()) is None
    assert IcebergOfflineStore.supports_filter_by_created_timestamp
