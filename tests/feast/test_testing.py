"""What Icefield ships for Feast's universal suites, without those suites."""

import subprocess
import sys
from pathlib import Path

import pytest
from feast import FeatureStore, RepoConfig

from icefield.feast import IcebergLoggingDestination, SavedDatasetIcebergStorage
from icefield.feast.testing import IcebergDataSourceCreator, replace_file_store
from tests.feast.drivers import DRIVER, STATS, stats_view


@pytest.fixture
def creator():
    made = IcebergDataSourceCreator("suite", fixture_request=None)
    yield made
    made.teardown()


def make_source(creator, name="driver_stats"):
    return creator.create_data_source(
        STATS, name, timestamp_field="event_timestamp", created_timestamp_column="created"
    )


def test_a_source_is_read_through_the_creators_store(creator, tmp_path):
    source = make_source(creator)
    config = RepoConfig(
        project="suite",
        provider="local",
        registry=str(tmp_path / "registry.db"),
        offline_store=creator.create_offline_store_config(),
        online_store=None,
        entity_key_serialization_version=3,
        repo_path=str(tmp_path),
    )
    store = FeatureStore(config=config)
    store.apply([DRIVER, stats_view(source=source)])
    entities = STATS[["driver_id", "event_timestamp"]].tail(1)
    job = store.get_historical_features(entities, ["driver_stats:trips"])
    assert job.to_arrow()["trips"].to_pylist() == [50]


def test_every_table_is_a_place_of_its_own(creator):
    places = [
        make_source(creator),
        make_source(creator),
        creator.create_saved_dataset_destination(),
        creator.create_saved_dataset_destination(),
        creator.create_logged_features_destination(),
    ]
    assert len({place.table for place in places}) == 5
    assert isinstance(places[2], SavedDatasetIcebergStorage)
    assert isinstance(places[4], IcebergLoggingDestination)


def test_the_warehouse_is_gone_after_the_test(creator):
    make_source(creator)
    folder = Path(creator.create_offline_store_config().warehouse.removeprefix("file://"))
    assert folder.exists()
    creator.teardown()
    assert not folder.exists()


def test_importing_needs_none_of_feasts_tests(tmp_path):
    subprocess.run(
        [sys.executable, "-c", "import icefield.feast.testing"], cwd=tmp_path, check=True
    )


def test_replacing_without_feasts_tests_names_what_is_missing():
    with pytest.raises(ModuleNotFoundError, match=r"tests\.universal"):
        replace_file_store()
