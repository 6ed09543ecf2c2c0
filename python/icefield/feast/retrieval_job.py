"""The retrieval job: a query whose snapshots are fixed, run each time its result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from feast.feature_view import DUMMY_ENTITY_ID, DUMMY_ENTITY_VAL
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata

from icefield.feast.errors import NotYetSupportedError, SourceMismatchError
from icefield.feast.on_demand import transformed
from icefield.feast.parquet_files import write_parts
from icefield.feast.saving import persist

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from feast.on_demand_feature_view import OnDemandFeatureView
    from feast.repo_config import RepoConfig
    from feast.saved_dataset import SavedDatasetStorage


class PinnedMetadata(RetrievalMetadata):
    """Feast's metadata of a job, and the snapshots that the job reads.

    `snapshots` maps a view to its table, snapshot id (None for a table without snapshots) and the
    snapshot's time in milliseconds.
    """

    def __init__(
        self,
        features: list[str],
        keys: list[str],
        snapshots: Mapping[str, Mapping[str, Any]],
        min_event_timestamp: datetime | None = None,
        max_event_timestamp: datetime | None = None,
    ) -> None:
        super().__init__(features, keys, min_event_timestamp, max_event_timestamp)
        self.snapshots = snapshots


Report = Callable[[], Any]
Runs = Callable[[], tuple[pa.RecordBatchReader, Report | None]]


@dataclass(frozen=True)
class Query:
    """What a job runs."""

    open: Runs
    """Starts one run: its batches, and its report once they are read, where it has one."""
    columns: Sequence[str]
    """The columns of the result, in order."""
    explain: Callable[[], str]
    """The plan of a run, as text."""
    sql: Callable[[], str] | None = None
    """The same rows as a query over the catalog's tables, where there is one."""
    pandas_metadata: bytes | None = None
    """How the frame's columns were typed in pandas, for a result that goes back there."""
    dummy_entity: bool = False
    """Whether Feast's key of views without entities is added as a last column."""

    def reader(self) -> tuple[pa.RecordBatchReader, Report | None]:
        """One run as a stream of the result's columns, and its report."""
        source, report = self.open()
        fields = [source.schema.field(name) for name in self.columns]
        if self.dummy_entity:
            fields.append(pa.field(DUMMY_ENTITY_ID, pa.string()))
        metadata = {b"pandas": self.pandas_metadata} if self.pandas_metadata else None
        schema = pa.schema(fields, metadata)
        return pa.RecordBatchReader.from_batches(schema, self._batches(source, schema)), report

    def _batches(self, source: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in source:
            arrays = [batch.column(name) for name in self.columns]
            if self.dummy_entity:
                arrays.append(pa.repeat(pa.scalar(DUMMY_ENTITY_VAL, pa.string()), len(batch)))
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class IcebergRetrievalJob(RetrievalJob):
    """A lazy result: nothing but metadata is read before it is asked for.

    The snapshots, and the rows of an entity frame, were fixed when the job was made, so every run
    gives the same rows, whatever is committed meanwhile. `to_df` and `to_arrow` are Feast's own and
    apply the on-demand views. A `timeout` is not enforced.
    """

    def __init__(
        self,
        config: RepoConfig,
        query: Query,
        metadata: PinnedMetadata,
        *,
        full_feature_names: bool = False,
        on_demand_feature_views: Sequence[OnDemandFeatureView] = (),
    ) -> None:
        self._config = config
        self._query = query
        self._metadata = metadata
        self._full_feature_names = full_feature_names
        self._on_demand_feature_views = list(on_demand_feature_views)
        self._report: Report | None = None

    @property
    def full_feature_names(self) -> bool:
        """Whether features are named `view__feature`."""
        return self._full_feature_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        """The on-demand views that are applied to the result."""
        return self._on_demand_feature_views

    @property
    def metadata(self) -> PinnedMetadata:
        """The features, the keys, the range of event times and the snapshots of this job."""
        return self._metadata

    def to_arrow_batches(self) -> pa.RecordBatchReader:
        """One run as a stream, for results that need not fit in memory.

        On-demand views are applied to each batch for itself, as a server applies them to each
        request: what such a view computes over all rows at once needs `to_arrow`.
        """
        if self._on_demand_feature_views:
            return transformed(self, self._run())
        return self._run()

    def to_sql(self) -> str:
        """The rows as a query in DuckDB's dialect over tables named `namespace.table`.

        Without what on-demand views add. It reads the tables as they are when it is run. Passed as
        `entity_df`, or run by DuckDB where the catalog is attached, it gives this job's rows.
        NotYetSupportedError where there is no such query.
        """
        if self._query.sql is None:
            raise NotYetSupportedError(
                "only historical retrieval can be written as a query: use to_arrow()"
            )
        return self._query.sql()

    def explain(self) -> str:
        """The plan as text, without running it."""
        return self._query.explain()

    def report(self) -> Any:
        """What the last run read, found and missed; see `icefield.TrainingSet.report`.

        RuntimeError before a run, for the pull of all rows, and with the engine "duckdb".
        """
        if self._report is None:
            raise RuntimeError(
                "there is no report: the engine 'native' has one once to_arrow() or to_df() has run"
            )
        return self._report()

    def persist(
        self,
        storage: SavedDatasetStorage,
        allow_overwrite: bool = False,
        timeout: int | None = None,
    ) -> None:
        """Writes the result, on-demand views included, to an Iceberg table or to Parquet files.

        All of it or nothing. SavedDatasetLocationAlreadyExists where the place is taken, unless it
        may be overwritten; SourceMismatchError for storage of another kind.
        """
        del timeout
        rows, snapshots = self.to_arrow_batches(), self._metadata.snapshots
        persist(self._config, storage, rows, snapshots, allow_overwrite=allow_overwrite)

    def supports_remote_storage_export(self) -> bool:
        """Whether the store's configuration has a `staging_location`."""
        return self._staging_location is not None

    def to_remote_storage(self) -> list[str]:
        """Writes the result as Parquet files below `staging_location` and returns their paths.

        Every call makes a folder of its own, which appears once all its files are whole.
        """
        if self._staging_location is None:
            raise SourceMismatchError(
                "to_remote_storage needs a folder: set staging_location in the offline_store of "
                "feature_store.yaml"
            )
        return write_parts(self.to_arrow_batches(), self._staging_location, self._config.repo_path)

    @property
    def _staging_location(self) -> str | None:
        return getattr(self._config.offline_store, "staging_location", None)

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        del timeout
        return self._run().read_all()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        return self._to_arrow_internal(timeout).to_pandas()

    def _run(self) -> pa.RecordBatchReader:
        reader, self._report = self._query.reader()
        return reader
