"""The engine's three questions, as queries of a retrieval job: join, latest, scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

import icefield
from icefield.feast.catalogs import AnyTable, native_table, snapshot_of
from icefield.feast.errors import SourceMismatchError
from icefield.feast.retrieval_job import Query
from icefield.feast.views import Request, Tables

if TYPE_CHECKING:
    from icefield.feast.source import IcebergSource

Snapshots = Mapping[str, Mapping[str, Any]]


def join(
    tables: Tables,
    request: Request,
    frame: pa.Table,
    event_timestamp: str,
    *,
    full_feature_names: bool,
    created_cut: bool,
) -> tuple[Query, Snapshots]:
    """The point-in-time join of the frame with the requested views, and the snapshots it reads."""
    views = [view.compile(tables, full_feature_names) for view in request.views]
    # Feast's own rule: views without a created column are unaffected by the cut.
    cut: Literal["where_available", False] = "where_available" if created_cut else False

    def training_set() -> icefield.TrainingSet:
        return icefield.point_in_time_join(
            frame, views, entity_timestamp=event_timestamp, created_cut=cut
        )

    columns = [*frame.column_names, *request.columns]
    first = training_set()
    metadata = (frame.schema.metadata or {}).get(b"pandas")
    query = Query(
        _Runs(first, training_set),
        columns,
        explain=lambda: training_set().explain(),
        pandas_metadata=metadata,
    )
    return query, first.snapshots


@dataclass(frozen=True)
class Pull:
    """What materialization asks of one source, in the source's own column names."""

    source: IcebergSource
    table: AnyTable
    join_keys: Sequence[str]
    features: Sequence[str]
    """None at all means all columns."""
    timestamp_field: str
    created_timestamp_column: str | None
    start: datetime | None
    end: datetime | None

    def columns(self) -> list[str]:
        """The columns of the result: keys, features, times; the table's own order for all."""
        times = [self.timestamp_field, self.created_timestamp_column or self.timestamp_field]
        wanted = dict.fromkeys([*self.join_keys, *self.features, *times])
        schema = self._schema()
        missing = [name for name in wanted if name not in schema.names]
        if missing:
            raise SourceMismatchError(
                f"the table '{self.source.table}' of the source '{self.source.name}' does not have "
                f"the columns {', '.join(missing)}; it has {', '.join(schema.names)}"
            )
        return list(wanted) if self.features else list(schema.names)

    def latest(self) -> tuple[Query, Snapshots]:
        """The newest row of each key with start <= event time <= end."""
        columns = self.columns()
        others = {*self.join_keys, self.timestamp_field, self.created_timestamp_column}
        view = icefield.FeatureView(
            self.source.name,
            self.table,
            join_keys=list(self.join_keys),
            timestamp_field=self.timestamp_field,
            created_timestamp_column=self.created_timestamp_column,
            features=[name for name in columns if name not in others],
            snapshot_id=self.source.snapshot_id,
            ref=self.source.ref,
        )

        start = None if self.start is None else _utc(self.start)
        end = None if self.end is None else _utc(self.end)

        def training_set() -> icefield.TrainingSet:
            return icefield.latest(view, start=start, end=end)

        first = training_set()
        query = Query(
            _Runs(first, training_set),
            columns,
            explain=lambda: training_set().explain(),
            dummy_entity=not self.join_keys,
        )
        return query, first.snapshots

    def scan(self) -> tuple[Query, Snapshots]:
        """Every row with start <= event time <= end."""
        table = native_table(self.table)
        snapshot_id = snapshot_of(table, self.source)
        columns = self.columns()
        kind = self._schema().field(self.timestamp_field).type
        rows = time_filter(self.timestamp_field, kind, self.start, self.end)
        # The current snapshot is not named by its id: its schema may be older than the table's.
        scan = table.scan(row_filter=rows, selected_fields=tuple(columns), snapshot_id=snapshot_id)
        query = Query(
            lambda: (scan.to_arrow_batch_reader(), None),
            columns,
            explain=scan.explain,
            dummy_entity=not self.join_keys,
        )
        return query, {self.source.name: _pinned(table, snapshot_id)}

    def _schema(self) -> pa.Schema:
        table = native_table(self.table)
        return table.schema(snapshot_of(table, self.source))


def _pinned(table: icefield.Table, snapshot_id: int | None) -> Mapping[str, Any]:
    """What `TrainingSet.snapshots` says of a view, for a scan of this snapshot or the current."""
    current = table.current_snapshot()
    if snapshot_id is None and current is not None:
        snapshot_id = current.snapshot_id
    times = {entry.snapshot_id: entry.timestamp_ms for entry in table.snapshots()}
    return {
        "table": table.name(),
        "snapshot_id": snapshot_id,
        "timestamp_ms": None if snapshot_id is None else times[snapshot_id],
    }


def time_filter(
    column: str, kind: pa.DataType, start: datetime | None, end: datetime | None
) -> str | None:
    """The rows with start <= column <= end as a row filter; None where there is no bound.

    The bounds are written in the column's own type: a date column is compared at UTC midnight.
    """
    name = '"' + column.replace("\\", r"\\").replace('"', r"\"") + '"'
    bounds = []
    if start is not None:
        bounds.append(f"{name} >= '{_literal(_utc(start), kind, round_up=True)}'")
    if end is not None:
        bounds.append(f"{name} <= '{_literal(_utc(end), kind, round_up=False)}'")
    return " and ".join(bounds) or None


def _literal(instant: datetime, kind: pa.DataType, *, round_up: bool) -> str:
    if pa.types.is_date(kind):
        day = instant.date()
        if round_up and instant.timetz().replace(tzinfo=None) != time.min:
            day += timedelta(days=1)
        return day.isoformat()
    if getattr(kind, "tz", None) is None:
        instant = instant.replace(tzinfo=None)
    return instant.isoformat(timespec="microseconds")


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Runs:
    """Runs of one training set: the one that fixed the snapshots first, then equal ones."""

    def __init__(
        self, first: icefield.TrainingSet, again: Callable[[], icefield.TrainingSet]
    ) -> None:
        self._unread = [first]
        self._again = again

    def __call__(self) -> tuple[pa.RecordBatchReader, Callable[[], Any]]:
        try:
            run = self._unread.pop()
        except IndexError:
            run = self._again()
        return run.reader(), run.report
