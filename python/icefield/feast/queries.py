"""The engine's three questions, as queries of a retrieval job: join, latest, scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

import icefield
from icefield.feast.asked import Asked, Joining
from icefield.feast.catalogs import AnyTable, native_table, snapshot_of
from icefield.feast.duckdb_engine import DuckdbJoin, DuckdbLatest
from icefield.feast.errors import SourceMismatchError
from icefield.feast.retrieval_job import Query, Runs
from icefield.feast.row_filters import time_filter, to_utc
from icefield.feast.to_sql import historical_query
from icefield.feast.views import Request, Tables

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig

    from icefield.feast.source import IcebergSource

Snapshots = Mapping[str, Mapping[str, Any]]


def join(
    config: RepoConfig, tables: Tables, request: Request, asked: Asked, joining: Joining
) -> tuple[Query, Snapshots]:
    """The point-in-time join of the frame with the requested views, and the snapshots it reads."""
    views = [view.compile(tables, joining.full_feature_names) for view in request.views]
    # Feast's own rule: views without a created column are unaffected by the cut.
    cut: Literal["where_available", False] = "where_available" if joining.created_cut else False

    def training_set() -> icefield.TrainingSet:
        return icefield.point_in_time_join(
            asked.frame,
            views,
            entity_timestamp=asked.event_timestamp,
            created_cut=cut,
            commit_cut=joining.commit_cut,
            start=asked.start,
            end=asked.end,
            options=icefield.ReadOptions(max_bytes=joining.max_bytes, progress=joining.progress),
            memory_budget=joining.memory,
        )

    first = training_set()
    schema = first.schema
    if joining.engine == "duckdb":
        work = DuckdbJoin(tables, request, asked, schema, created_cut=joining.created_cut)
        runs, explain = _by_duckdb(first, work)
    else:
        runs, explain = _by_icefield(first, training_set)
    features = set(request.columns)
    query = Query(
        runs,
        [*(name for name in schema.names if name not in features), *request.columns],
        explain,
        sql=lambda: historical_query(config, tables, request, asked, schema, joining),
        pandas_metadata=asked.pandas_metadata(),
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
    engine: str = "native"
    max_bytes: int | None = None
    memory: icefield.MemoryBudget = field(default_factory=icefield.MemoryBudget)
    progress: bool = False

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
        start = None if self.start is None else to_utc(self.start)
        end = None if self.end is None else to_utc(self.end)
        # Incremental materialization that is up to date asks for such a range.
        nothing = start is not None and end is not None and start > end
        view = icefield.FeatureView(
            self.source.name,
            self.table,
            join_keys=list(self.join_keys),
            timestamp_field=self.timestamp_field,
            created_timestamp_column=self.created_timestamp_column,
            features=[name for name in columns if name not in others],
            row_filter="false" if nothing else None,
            snapshot_id=self.source.snapshot_id,
            ref=self.source.ref,
        )

        def training_set() -> icefield.TrainingSet:
            return icefield.latest(
                view,
                start=start,
                end=None if nothing else end,
                memory_budget=self.memory,
                options=self._options(),
            )

        first = training_set()
        if self.engine == "duckdb":
            work = DuckdbLatest(
                native_table(self.table),
                self.source,
                self.join_keys,
                self.timestamp_field,
                self.created_timestamp_column,
                pa.schema([self._schema().field(name) for name in columns]),
                self._time_filter(),
            )
            runs, explain = _by_duckdb(first, work)
        else:
            runs, explain = _by_icefield(first, training_set)
        return Query(runs, columns, explain, dummy_entity=not self.join_keys), first.snapshots

    def scan(self) -> tuple[Query, Snapshots]:
        """Every row with start <= event time <= end."""
        table = native_table(self.table)
        snapshot_id = snapshot_of(table, self.source)
        columns = self.columns()
        rows = self._time_filter()
        # The current snapshot is not named by its id: its schema may be older than the table's.
        scan = table.scan(
            row_filter=rows,
            selected_fields=tuple(columns),
            snapshot_id=snapshot_id,
            options=self._options(),
        )
        query = Query(
            lambda: (scan.to_arrow_batch_reader(), None),
            columns,
            explain=scan.explain,
            dummy_entity=not self.join_keys,
        )
        return query, {self.source.name: _pinned(table, snapshot_id)}

    def _options(self) -> icefield.ReadOptions:
        return icefield.ReadOptions(max_bytes=self.max_bytes, progress=self.progress)

    def _time_filter(self) -> str | None:
        kind = self._schema().field(self.timestamp_field).type
        return time_filter(self.timestamp_field, kind, self.start, self.end)

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


def _by_icefield(
    first: icefield.TrainingSet, again: Callable[[], icefield.TrainingSet]
) -> tuple[Runs, Callable[[], str]]:
    return _Runs(first, again), lambda: str(again().explain())


def _by_duckdb(
    first: icefield.TrainingSet, work: DuckdbJoin | DuckdbLatest
) -> tuple[Runs, Callable[[], str]]:
    def explain() -> str:
        return f"{first.explain()}\n\nDuckDB runs over these rows:\n{work.sql}"

    return lambda: (work.reader(), None), explain


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
