"""The offline store: Feast's questions, answered by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feast.infra.offline_stores.offline_store import OfflineStore
from feast.on_demand_feature_view import OnDemandFeatureView
from pydantic import Field, StrictStr, field_validator

from icefield.feast.catalogs import CatalogSettings
from icefield.feast.entity_frame import time_range, to_arrow
from icefield.feast.errors import NotYetSupportedError
from icefield.feast.queries import Pull, join
from icefield.feast.retrieval_job import IcebergRetrievalJob, PinnedMetadata
from icefield.feast.views import STORE_NAME, Tables, iceberg_source, resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa
    from feast.data_source import DataSource
    from feast.feature_logging import LoggingConfig, LoggingSource
    from feast.feature_view import FeatureView
    from feast.infra.registry.base_registry import BaseRegistry
    from feast.repo_config import RepoConfig

_ENGINES = ("native",)


class IcebergOfflineStoreConfig(CatalogSettings):
    """The `offline_store` of `feature_store.yaml`: the store's catalog, and others by name."""

    type: StrictStr = STORE_NAME
    engine: StrictStr = "native"
    catalogs: dict[str, CatalogSettings] = Field(default_factory=dict)
    """Further catalogs, for sources that name one."""

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, engine: str) -> str:
        if engine not in _ENGINES:
            raise ValueError(f"the engine '{engine}' is not available: use {', '.join(_ENGINES)}")
        return engine


class IcebergOfflineStore(OfflineStore):
    """Features in Iceberg tables. Every answer is computed by Icefield's engine.

    Sources must be IcebergSource. Jobs are lazy and read the snapshots that were current when they
    were made. Does not write yet.
    """

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: Any,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        *,
        filter_by_created_timestamp: bool = False,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> IcebergRetrievalJob:
        """One row for each row of `entity_df`, in its order, with the features known at its time.

        `entity_df` is a pandas frame or speaks the Arrow C stream interface. With
        `filter_by_created_timestamp`, rows that were created after the entity's time are not seen;
        views without a created column are unaffected.
        """
        del start_date, end_date  # they belong to retrieval without a frame, refused by to_arrow
        frame, event_timestamp = to_arrow(entity_df)
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        request = resolve(feature_refs, feature_views, on_demand, project, full_feature_names)
        request.check_frame(frame.column_names, event_timestamp)
        query, snapshots = join(
            Tables(config),
            request,
            frame,
            event_timestamp,
            full_feature_names=full_feature_names,
            created_cut=filter_by_created_timestamp,
        )
        first, last = time_range(frame[event_timestamp])
        keys = [name for name in frame.column_names if name != event_timestamp]
        return IcebergRetrievalJob(
            query,
            PinnedMetadata(feature_refs, keys, snapshots, first, last),
            full_feature_names=full_feature_names,
            on_demand_feature_views=on_demand,
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime | None,
        end_date: datetime | None,
    ) -> IcebergRetrievalJob:
        """The newest row of each key in [start_date, end_date], in the source's column names.

        No feature names mean all columns. Without keys, one row, with Feast's dummy key. Rows with
        a null key or time are left out. Zone-less dates are UTC.
        """
        source = iceberg_source(data_source)
        pull = Pull(
            source,
            Tables(config).load(source),
            join_key_columns,
            feature_name_columns,
            timestamp_field,
            created_timestamp_column or None,
            start_date,
            end_date,
        )
        query, snapshots = pull.latest()
        return IcebergRetrievalJob(
            query, PinnedMetadata(feature_name_columns, join_key_columns, snapshots)
        )

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> IcebergRetrievalJob:
        """Every row in [start_date, end_date], in the source's column names and in no order.

        No feature names mean all columns. Without keys, Feast's dummy key is added. Zone-less dates
        are UTC.
        """
        source = iceberg_source(data_source)
        pull = Pull(
            source,
            Tables(config).load(source),
            join_key_columns,
            feature_name_columns,
            timestamp_field,
            created_timestamp_column or None,
            start_date,
            end_date,
        )
        query, snapshots = pull.scan()
        return IcebergRetrievalJob(
            query, PinnedMetadata(feature_name_columns, join_key_columns, snapshots)
        )

    @staticmethod
    def offline_write_batch(
        config: RepoConfig,
        feature_view: FeatureView,
        table: pa.Table,
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Not supported yet: NotYetSupportedError."""
        del config, table, progress
        raise NotYetSupportedError(
            f"writing to the offline store is not supported yet (feature view "
            f"'{feature_view.name}'): append to its Iceberg table with pyiceberg or Spark"
        )

    @staticmethod
    def write_logged_features(
        config: RepoConfig,
        data: pa.Table | Path,
        source: LoggingSource,
        logging_config: LoggingConfig,
        registry: BaseRegistry,
    ) -> None:
        """Not supported yet: NotYetSupportedError."""
        del config, data, source, logging_config, registry
        raise NotYetSupportedError("feature logging into Iceberg tables is not supported yet")
