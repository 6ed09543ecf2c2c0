"""Feast's universal test suites over Icefield, for those who have a checkout of them.

`IcebergDataSourceCreator` has the methods that the suites ask of their DataSourceCreator, without
inheriting from it: that class exists only in Feast's tests. A repository configuration, the module
that FULL_REPO_CONFIGS_MODULE names, is

    from icefield.feast.testing import IcebergDataSourceCreator, replace_file_store

    replace_file_store()
    AVAILABLE_OFFLINE_STORES = [("local", IcebergDataSourceCreator)]
    AVAILABLE_ONLINE_STORES = {"sqlite": ({"type": "sqlite"}, None)}
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import icefield
from icefield.feast.casting import FittedStream, iceberg_schema
from icefield.feast.logging_destination import IcebergLoggingDestination
from icefield.feast.offline_store import IcebergOfflineStoreConfig
from icefield.feast.saved_dataset import SavedDatasetIcebergStorage
from icefield.feast.source import IcebergSource

if TYPE_CHECKING:
    import pandas as pd

_FEAST_REPOS = "tests.universal.feature_repos"


class IcebergDataSourceCreator:
    """Makes a warehouse for one test: a SQLite catalog and its tables in a temporary folder."""

    def __init__(self, project_name: str, *args: Any, **kwargs: Any) -> None:
        del args, kwargs  # what some of Feast's own creators are given
        self.project_name = project_name
        self._folder = Path(tempfile.mkdtemp(prefix=project_name))
        self._tables = 0

    def create_data_source(
        self,
        df: pd.DataFrame,
        destination_name: str,
        created_timestamp_column: str | None = "created_ts",
        field_mapping: dict[str, str] | None = None,
        timestamp_field: str | None = "ts",
    ) -> IcebergSource:
        """Writes the frame as a table of its own, and returns a source that reads it."""
        rows = pa.Table.from_pandas(df, preserve_index=False).replace_schema_metadata(None)
        schema = iceberg_schema(rows.schema)
        identifier = self._new_table(destination_name)
        catalog = icefield.load_catalog("default", **self._catalog_properties())
        catalog.create_namespace_if_not_exists(self.project_name)
        table = catalog.create_table(identifier, schema)
        table.append(FittedStream(rows.to_batches(), schema, identifier).reader())
        return IcebergSource(
            name=f"{self.project_name}.{destination_name}",
            table=identifier,
            timestamp_field=timestamp_field or "ts",
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping or {"ts_1": "ts"},
        )

    def setup(self, registry: Any) -> None:
        """Nothing: the warehouse needs no server."""

    def create_offline_store_config(self) -> IcebergOfflineStoreConfig:
        """The store over this warehouse."""
        properties = self._catalog_properties()
        return IcebergOfflineStoreConfig(
            catalog_type="sql", uri=properties["uri"], warehouse=properties["warehouse"]
        )

    def create_saved_dataset_destination(self) -> SavedDatasetIcebergStorage:
        """The place of a table that is not there yet."""
        return SavedDatasetIcebergStorage(table=self._new_table("saved"))

    def create_logged_features_destination(self) -> IcebergLoggingDestination:
        """The place of a table that is not there yet."""
        return IcebergLoggingDestination(table=self._new_table("logs"))

    def teardown(self) -> None:
        """Removes the warehouse."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def xdist_groups() -> list[str]:
        """No groups: every test has a warehouse of its own."""
        return []

    @staticmethod
    def test_markers() -> list[Any]:
        """No marks."""
        return []

    def _catalog_properties(self) -> dict[str, str]:
        return {
            "type": "sql",
            "uri": f"sqlite:///{self._folder}/catalog.db",
            "warehouse": f"file://{self._folder}/warehouse",
        }

    def _new_table(self, name: str) -> str:
        self._tables += 1
        return f"{self.project_name}.{name.replace('.', '_')}_{self._tables}"


def replace_file_store(creator: type[Any] = IcebergDataSourceCreator) -> None:
    """Runs the tests on the creator that Feast's suites pin to their own file store.

    Materialization and online tests always take the file source, persistence and retrieval without
    an entity frame the file store: without this they say nothing about Icefield. To be called
    while the repository configuration is imported; needs Feast's tests on the path.
    """
    files: Any = importlib.import_module(f"{_FEAST_REPOS}.universal.data_sources.file")
    files.FileDataSourceCreator = creator
    configuration: Any = importlib.import_module(f"{_FEAST_REPOS}.repo_configuration")
    configuration.OFFLINE_STORE_TO_PROVIDER_CONFIG["file"] = ("local", creator)
    configuration.FileDataSourceCreator = creator
