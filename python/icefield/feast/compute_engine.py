"""The compute engine: materialization in one pass over the table.

In `feature_store.yaml`:

    batch_engine:
      type: icefield.feast.IcebergComputeEngine
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from feast.feature_view import DUMMY_ENTITY_ID
from feast.infra.common.materialization_job import MaterializationJobStatus
from feast.infra.compute_engines.local.compute import LocalComputeEngine
from feast.infra.compute_engines.local.job import LocalMaterializationJob
from feast.repo_config import FeastConfigBaseModel
from feast.utils import _convert_arrow_to_proto, _get_column_names
from pydantic import StrictStr

from icefield.feast.errors import SourceMismatchError
from icefield.feast.offline_store import IcebergOfflineStore

if TYPE_CHECKING:
    from feast.feature_view import FeatureView
    from feast.infra.common.materialization_job import MaterializationTask
    from feast.infra.registry.base_registry import BaseRegistry

_ROWS_PER_WRITE = 10_000
ENGINE_NAME = "icefield.feast.IcebergComputeEngine"


class IcebergComputeEngineConfig(FeastConfigBaseModel):
    """The `batch_engine` of `feature_store.yaml`."""

    type: StrictStr = ENGINE_NAME
    backend: StrictStr | None = None
    """The frames of Feast's local engine ("pandas", "polars"), for views that it materializes."""


class IcebergComputeEngine(LocalComputeEngine):
    """Writes the newest row of each key to the online store, batch by batch.

    The table is read once and streamed: what must fit in memory are the keys, not their rows. Rows
    are written in steps of `materialization.online_write_batch_size` (10,000 unless it is set).

    Views whose rows are computed and not merely chosen (a transformation, aggregations, a filter,
    other views as sources, validation) are left to Feast's local engine, whole. A view with
    `offline=True` gets no second copy of the rows that are in its table already.
    """

    def __init__(self, **settings: Any) -> None:
        stores = {
            name: settings.pop(name) for name in ("repo_config", "offline_store", "online_store")
        }
        super().__init__(backend=IcebergComputeEngineConfig(**settings).backend, **stores)

    def _materialize_one(
        self, registry: BaseRegistry, task: MaterializationTask, **kwargs: Any
    ) -> LocalMaterializationJob:
        if not _only_chooses(task):
            return super()._materialize_one(registry, task, **kwargs)
        job_id = f"{task.feature_view.name}-{task.start_time}-{task.end_time}"
        try:
            self._write_latest(registry, task)
        except Exception as error:  # Feast raises what the job says
            return LocalMaterializationJob(job_id, MaterializationJobStatus.ERROR, error)
        return LocalMaterializationJob(job_id, MaterializationJobStatus.SUCCEEDED)

    def _write_latest(self, registry: BaseRegistry, task: MaterializationTask) -> None:
        view = task.feature_view
        if not view.online:
            return
        if self.online_store is None:
            raise SourceMismatchError(
                f"the feature view '{view.name}' is to be materialized, but feature_store.yaml has "
                "no online_store"
            )
        key_types = {key.name: key.dtype.to_value_type() for key in view.entity_columns}
        size = self.repo_config.materialization_config.online_write_batch_size or _ROWS_PER_WRITE
        # How many keys there are is known when they have been read.
        bar = task.tqdm_builder(0) if task.tqdm_builder else None
        try:
            for batch in _steps(self._latest(registry, task), size):
                rows = _convert_arrow_to_proto(batch, view, key_types)
                progress = bar.update if bar is not None else None
                self.online_store.online_write_batch(self.repo_config, view, rows, progress)
        finally:
            if bar is not None:
                bar.close()

    def _latest(
        self, registry: BaseRegistry, task: MaterializationTask
    ) -> Iterator[pa.RecordBatch]:
        """The newest row of each key, in Feast's column names."""
        view = task.feature_view
        entities = [registry.get_entity(name, task.project) for name in view.entities]
        keys, features, time, created = _get_column_names(view, entities)
        job = IcebergOfflineStore.pull_latest_from_table_or_query(
            config=self.repo_config,
            data_source=view.batch_source,
            join_key_columns=keys,
            feature_name_columns=features,
            timestamp_field=time,
            created_timestamp_column=created,
            start_date=task.start_time,
            end_date=task.end_time,
        )
        columns = _columns_by_feast_name(view, keys, features, time, created)
        for batch in job.to_arrow_batches():
            yield pa.RecordBatch.from_pydict(
                {name: batch.column(column) for name, column in columns.items()}
            )


def _only_chooses(task: MaterializationTask) -> bool:
    view = task.feature_view
    computed = ("feature_transformation", "aggregations", "filter", "enable_validation")
    return (
        task.only_latest
        and not view.source_views
        and not any(getattr(view, name, None) for name in computed)
    )


def _columns_by_feast_name(
    view: FeatureView, keys: list[str], features: list[str], time: str, created: str | None
) -> dict[str, str]:
    """From the names that Feast looks for in the rows to those of the table."""
    source = view.batch_source
    mapping = source.field_mapping or {}
    columns = {mapping.get(column, column): column for column in [*keys, *features]}
    if not keys:
        columns[DUMMY_ENTITY_ID] = DUMMY_ENTITY_ID
    columns[source.timestamp_field] = time
    if created:
        columns[source.created_timestamp_column] = created
    return columns


def _steps(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)
