"""Icefield as a plug-in of Feast: an offline store over Apache Iceberg tables, with all it needs.

In `feature_store.yaml`:

    offline_store:
      type: icefield.feast.IcebergOfflineStore
      catalog_type: sql
      uri: sqlite:///data/catalog.db
      warehouse: data/warehouse
    batch_engine:
      type: icefield.feast.IcebergComputeEngine

In the feature definitions: `IcebergSource(table="ns.table", timestamp_field="event_timestamp")`.
Logs of served features go to an `IcebergLoggingDestination`, saved datasets to a
`SavedDatasetIcebergStorage`. The batch engine is optional: Feast's own materializes too.
"""

try:
    import feast as _feast  # noqa: F401
except ImportError as error:
    raise ImportError(
        "icefield.feast is a plug-in of Feast, which is not installed here: "
        "pip install 'icefield[feast]'"
    ) from error

from icefield.feast.catalogs import CatalogSettings
from icefield.feast.compute_engine import IcebergComputeEngine, IcebergComputeEngineConfig
from icefield.feast.errors import (
    EngineError,
    EntityQueryError,
    NotYetSupportedError,
    SourceMismatchError,
)
from icefield.feast.logging_destination import IcebergLoggingDestination
from icefield.feast.offline_store import IcebergOfflineStore, IcebergOfflineStoreConfig
from icefield.feast.retrieval_job import IcebergRetrievalJob, PinnedMetadata
from icefield.feast.saved_dataset import SavedDatasetIcebergStorage
from icefield.feast.source import IcebergSource

__all__ = [
    "CatalogSettings",
    "EngineError",
    "EntityQueryError",
    "IcebergComputeEngine",
    "IcebergComputeEngineConfig",
    "IcebergLoggingDestination",
    "IcebergOfflineStore",
    "IcebergOfflineStoreConfig",
    "IcebergRetrievalJob",
    "IcebergSource",
    "NotYetSupportedError",
    "PinnedMetadata",
    "SavedDatasetIcebergStorage",
    "SourceMismatchError",
]
