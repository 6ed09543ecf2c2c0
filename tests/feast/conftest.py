"""A Feast repository over a warehouse of its own, for each test."""

import pytest
from feast import FeatureStore, RepoConfig

from tests.feast.warehouse import Warehouse


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "iceberg")


@pytest.fixture
def engine():
    """The engine of the offline store; modules whose answers do not depend on it take both."""
    return "native"


@pytest.fixture
def make_config(tmp_path, warehouse, engine):
    """Builds the configuration of a repository; arguments go to its offline store."""

    def make(coerce_tz_aware=True, **offline_store):
        offline_store.setdefault("engine", engine)
        return RepoConfig(
            project="test",
            provider="local",
            registry={
                "path": str(tmp_path / "registry.db"),
                "enable_online_feature_view_versioning": True,
            },
            offline_store=warehouse.store_config(**offline_store),
            online_store={"type": "sqlite", "path": str(tmp_path / "online.db")},
            entity_key_serialization_version=3,
            coerce_tz_aware=coerce_tz_aware,
            repo_path=str(tmp_path),
        )

    return make


@pytest.fixture
def store(make_config):
    return FeatureStore(config=make_config())
