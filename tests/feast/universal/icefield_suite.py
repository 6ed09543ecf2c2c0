"""Feast's universal test suites over Icefield: the module that FULL_REPO_CONFIGS_MODULE names.

The suites are Feast's and are not kept here; `tools/feast-suite` runs them from a checkout. With
ICEFIELD_ENGINE=1 materialization is Icefield's compute engine, otherwise Feast's own.
"""

import functools
import os

from icefield.feast.testing import IcebergDataSourceCreator, replace_file_store
from tests.universal.feature_repos.integration_test_repo_config import IntegrationTestRepoConfig

replace_file_store()
if os.environ.get("ICEFIELD_ENGINE"):
    IntegrationTestRepoConfig.__init__ = functools.partialmethod(
        IntegrationTestRepoConfig.__init__,
        batch_engine={"type": "icefield.feast.IcebergComputeEngine"},
    )

AVAILABLE_OFFLINE_STORES = [("local", IcebergDataSourceCreator)]
AVAILABLE_ONLINE_STORES = {"sqlite": ({"type": "sqlite"}, None)}
