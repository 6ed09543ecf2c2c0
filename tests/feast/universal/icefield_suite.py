"""Feast's universal test suites over Icefield: the module that FULL_REPO_CONFIGS_MODULE names.

The suites are Feast's and are not kept here; `tools/feast-suite` runs them from a checkout.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from warehouse import Warehouse

from icefield.feast import IcebergOfflineStoreConfig, IcebergSource
from tests.universal.feature_repos.universal.data_source_creator import DataSourceCreator


class IcebergDataSourceCreator(DataSourceCreator):
    """Writes each data frame of a test as an Iceberg table of its own."""

    def __init__(self, project_name: str, *args, **kwargs):
        super().__init__(project_name)
        self._folder = Path(tempfile.mkdtemp(prefix=project_name))
        self._warehouse = Warehouse(self._folder)
        self._tables = 0

    def create_data_source(
        self,
        df,
        destination_name,
        created_timestamp_column="created_ts",
        field_mapping=None,
        timestamp_field="ts",
    ):
        self._tables += 1
        table = f"{self.project_name}.{destination_name}_{self._tables}"
        self._warehouse.write(table, df)
        return IcebergSource(
            name=f"{self.project_name}.{destination_name}",
            table=table,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping or {"ts_1": "ts"},
        )

    def create_offline_store_config(self):
        return IcebergOfflineStoreConfig(**self._warehouse.store_config())

    def create_saved_dataset_destination(self):
        pytest.skip("Icefield does not write saved datasets yet")

    def create_logged_features_destination(self):
        pytest.skip("Icefield does not write logged features yet")

    def teardown(self):
        shutil.rmtree(self._folder, ignore_errors=True)


AVAILABLE_OFFLINE_STORES = [("local", IcebergDataSourceCreator)]
AVAILABLE_ONLINE_STORES = {"sqlite": ({"type": "sqlite"}, None)}
