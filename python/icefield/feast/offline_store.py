"""The offline store: Feast's questions, answered by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from feast.infra.offline_stores.offline_store import OfflineStore
from feast.on_demand_feature_view import OnDemandFeatureView
from pydantic import Field, StrictStr, field_validator, model_validator

from icefield import MemoryBudget
from icefield.arguments import byte_size
from icefield.feast import sql_frame, writes
from icefield.feast.asked import Asked, Joining, time_window
from icefield.feast.catalogs import CatalogSettings
from icefield.feast.entity_frame import to_arrow
from icefield.feast.queries import Pull, join
from icefield.feast.retrieval_job import IcebergRetrievalJob, PinnedMetadata
from icefield.feast.saved_files import is_saved_file, scan
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

_ENGINES = ("native", "duckdb")


class IcebergOfflineStoreConfig(CatalogSettings):
    """The `offline_store` of `feature_store.yaml`: the store's catalog, and others by name."""

    type: StrictStr = STORE_NAME
    engine: StrictStr = "native"
    """Who joins: "native", or "duckdb" over the same reader; the rows are the same."""
    commit_cut: bool = False
    """Whether a row must also have been committed at or before the entity's time (P9).

    Feast has no argument for it: it holds for every historical retrieval of the repository.
    """
    max_bytes_per_query: int | None = Field(default=None, ge=0)
    """Most bytes that one query may be planned to read: compressed columns, and delete files.

    More is ResourceExhaustedError before any of them is read.
    """
    memory_budget: int | None = None
    """What one retrieval may use beside its frame and result: bytes, or a text such as "2GiB".

    None: a quarter of the memory that the process may use. What does not fit is spilled.
    """
    spill_directory: StrictStr | None = None
    """Where spilled features lie; None: the directory of TMPDIR, else /tmp."""
    progress: bool = False
    """Whether reads show on the terminal's stderr how far they have come."""
    staging_location: StrictStr | None = None
    """A folder, local or of an object store, for `RetrievalJob.to_remote_storage`."""
    catalogs: dict[str, CatalogSettings] = Field(default_factory=dict)
    """Further catalogs, for sources that name one."""

    @field_validator("memory_budget", mode="before")
    @classmethod
    def _bytes(cls, budget: Any) -> int | None:
        return None if budget is None else byte_size(budget, "memory_budget")

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, engine: str) -> str:
        if engine == "spark":
            raise ValueError(
                "the engine 'spark' does not exist yet: use 'native', which needs no cluster, or "
                "'duckdb'"
            )
        if engine not in _ENGINES:
            raise ValueError(f"the engine '{engine}' is not known: use {', '.join(_ENGINES)}")
        return engine

    @model_validator(mode="after")
    def _engine_can(self) -> Self:
        if self.engine == "native":
            return self
        if self.memory_budget is not None:
            raise ValueError(
                f"the engine '{self.engine}' knows no memory_budget: leave it out, or use the "
                "engine native"
            )
        if self.commit_cut:
            raise ValueError(
                f"the engine '{self.engine}' does not know when rows were committed: with "
                "commit_cut use the engine native"
            )
        if self.max_bytes_per_query is not None:
            raise ValueError(
                f"the engine '{self.engine}' does not know what a query will read: with "
                "max_bytes_per_query use the engine native"
            )
        if self.progress:
            raise ValueError(
                f"the engine '{self.engine}' does not say how far it has come: with progress use "
                "the engine native"
            )
        return self

    def memory(self) -> MemoryBudget:
        """What one retrieval may use."""
        return MemoryBudget(size=self.memory_budget, spill_directory=self.spill_directory)


class IcebergOfflineStore(OfflineStore):
    """Features in Iceberg tables. Every answer is computed by Icefield's engine.

    Sources must be IcebergSource. Jobs are lazy and read the snapshots that were current when they
    were made.
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

        `entity_df` is a pandas or polars frame, speaks the Arrow C stream interface, or is a SELECT
        of DuckDB over the catalog's tables, which is run now. Without one, the moments at which the
        views have rows between `start_date` and `end_date` are asked for (P14).
        With `filter_by_created_timestamp`, rows that were created after the entity's time are not
        seen; views without a created column are unaffected.
        """
        tables = Tables(config)
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        request = resolve(feature_refs, feature_views, on_demand, project, full_feature_names)
        if entity_df is None:
            asked = time_window(request, start_date, end_date)
        else:
            sql = entity_df if isinstance(entity_df, str) else None
            frame, time = to_arrow(entity_df if sql is None else sql_frame.run(tables, sql))
            request.check_frame(frame.column_names, time)
            asked = Asked(frame, time, sql=sql)
        store = config.offline_store
        query, snapshots = join(
            config,
            tables,
            request,
            asked,
            Joining(
                full_feature_names=full_feature_names,
                created_cut=filter_by_created_timestamp,
                commit_cut=store.commit_cut,
                engine=store.engine,
                max_bytes=store.max_bytes_per_query,
                memory=store.memory(),
                progress=store.progress,
            ),
        )
        metadata = PinnedMetadata(feature_refs, asked.keys(request), snapshots, *asked.range())
        return IcebergRetrievalJob(
            config,
            query,
            metadata,
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
            engine=config.offline_store.engine,
            max_bytes=config.offline_store.max_bytes_per_query,
            memory=config.offline_store.memory(),
            progress=config.offline_store.progress,
        )
        query, snapshots = pull.latest()
        return IcebergRetrievalJob(
            config, query, PinnedMetadata(feature_name_columns, join_key_columns, snapshots)
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
        are UTC. Parquet files are taken too: a dataset may have been saved there.
        """
        if is_saved_file(data_source):
            columns = [*join_key_columns, *feature_name_columns, timestamp_field]
            named = dict.fromkeys(columns) if feature_name_columns else []
            saved = scan(config, data_source, list(named), timestamp_field, start_date, end_date)
            metadata = PinnedMetadata(feature_name_columns, join_key_columns, {})
            return IcebergRetrievalJob(config, saved, metadata)
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
            max_bytes=config.offline_store.max_bytes_per_query,
            progress=config.offline_store.progress,
        )
        query, snapshots = pull.scan()
        return IcebergRetrievalJob(
            config, query, PinnedMetadata(feature_name_columns, join_key_columns, snapshots)
        )

    @staticmethod
    def offline_write_batch(
        config: RepoConfig,
        feature_view: FeatureView,
        table: pa.Table,
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Appends the rows to the view's table in one commit.

        The columns must be the table's, in its order, else a ValueError that shows both; values
        are cast to its types, times floored to microseconds. `progress` gets the number of rows.
        """
        writes.write_batch(config, feature_view, table, progress)

    @staticmethod
    def write_logged_features(
        config: RepoConfig,
        data: pa.Table | Path,
        source: LoggingSource,
        logging_config: LoggingConfig,
        registry: BaseRegistry,
    ) -> None:
        """Appends logs of served features to the table of an IcebergLoggingDestination.

        `data` is a table or a folder of Parquet files. The destination's table is made by the
        first write.
        """
        writes.write_logs(config, data, source, logging_config, registry)
