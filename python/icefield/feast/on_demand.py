"""On-demand views over a stream: Feast's own application of them, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from feast.infra.offline_stores.offline_store import RetrievalJob
from feast.type_map import feast_value_type_to_pa

from icefield.errors import InvalidArgumentError


class _Batch(RetrievalJob):
    """One batch of a job, as a job: Feast says which views and which of their columns are added."""

    def __init__(self, job: RetrievalJob, batch: pa.Table) -> None:
        self._job = job
        self._batch = batch

    @property
    def full_feature_names(self) -> bool:
        return self._job.full_feature_names

    @property
    def on_demand_feature_views(self) -> list[Any]:
        return self._job.on_demand_feature_views

    @property
    def metadata(self) -> Any:
        return self._job.metadata

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        del timeout
        return self._batch


def transformed(job: RetrievalJob, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The stream with the columns that the job's on-demand views add to it.

    The first batch says what types they have, the view's declaration where it holds only nulls. A
    later batch that does not fit is an InvalidArgumentError that names the column.
    """
    batches = (pa.Table.from_batches([batch]) for batch in reader)
    first = _Batch(job, next(batches, reader.schema.empty_table())).to_arrow()
    schema = pa.schema(
        [_typed(job, field) for field in first.schema], metadata=first.schema.metadata
    )
    tables = chain([first], (_Batch(job, batch).to_arrow() for batch in batches))
    return pa.RecordBatchReader.from_batches(schema, _cast(tables, schema))


def _typed(job: RetrievalJob, field: pa.Field) -> pa.Field:
    if not pa.types.is_null(field.type):
        return field
    for view in job.on_demand_feature_views:
        for feature in view.features:
            if field.name in (feature.name, f"{view.projection.name_to_use()}__{feature.name}"):
                return field.with_type(feast_value_type_to_pa(feature.dtype.to_value_type()))
    return field


def _cast(tables: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for table in tables:
        columns = []
        for field, column in zip(schema, table.columns, strict=True):
            try:
                columns.append(column.cast(field.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise InvalidArgumentError(
                    f"an on-demand view gave the column '{field.name}' as {field.type} for one "
                    f"batch and as {column.type} for a later one: use to_arrow(), which applies it "
                    "to all rows at once, or make it give one type"
                ) from error
        yield from pa.Table.from_arrays(columns, schema=schema).to_batches()
