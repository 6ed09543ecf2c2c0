"""The engine "duckdb": rows come from Icefield's reader, DuckDB joins them.

The native engine checks the request, names the snapshots and says what the result looks like; only
the work is done elsewhere. So both engines refuse the same requests and give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from icefield.feast.catalogs import native_table, snapshot_of
from icefield.feast.duckdb_session import ScanDataset, session
from icefield.feast.entity_frame import is_text, time_range
from icefield.feast.errors import EngineError
from icefield.feast.join_sql import (
    ROW,
    SqlFrame,
    SqlView,
    join_query,
    key_pair,
    latest_query,
    nanoseconds,
    quoted,
)
from icefield.feast.row_filters import time_filter

if TYPE_CHECKING:
    import duckdb

    import icefield
    from icefield.feast.source import IcebergSource
    from icefield.feast.views import RequestedView, Tables

_FRAME = "icefield_frame"
_FILES = {"path": pa.string(), "place": pa.int64()}


@dataclass(frozen=True)
class Registered:
    """What a query reads, by the names that it uses."""

    sources: dict[str, Any] = field(default_factory=dict)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes all of them visible in the session."""
        for name, source in self.sources.items():
            connection.register(name, source)


class SourceRows:
    """The rows of a source as a relation of SQL: its fields, and what orders full ties (P6)."""

    def __init__(
        self,
        name: str,
        table: icefield.Table,
        source: IcebergSource,
        fields: Sequence[str],
        row_filter: str | None,
    ) -> None:
        self._name = name
        self._schema = table.schema(snapshot_of(table, source))
        self._columns: dict[str, str] = {}
        for path in fields:
            self._columns.setdefault(self._top(path), f"c{len(self._columns)}")
        lineage = ["_last_updated_sequence_number", "_row_id"] if table.format_version >= 3 else []
        selected = {column: path for path, column in self._columns.items()}
        selected |= {"file": "_file", "pos": "_pos"}
        selected |= {f"lineage{place}": path for place, path in enumerate(lineage)}
        self.ties = [*(f"lineage{place}" for place in range(len(lineage))), "place", "pos"]
        snapshot_id = snapshot_of(table, source)
        self._rows = ScanDataset(table, snapshot_id, selected, row_filter)
        scan = table.scan(row_filter, snapshot_id=snapshot_id)
        files = sorted((task.data_sequence_number, task.file_path) for task in scan.plan_files())
        self._files = pa.table(
            {"path": [path for _, path in files], "place": list(range(len(files)))},
            schema=pa.schema(list(_FILES.items())),
        )

    @property
    def relation(self) -> str:
        """What stands after FROM."""
        return f"{self._name} LEFT JOIN {self._name}_files ON file = path"

    def register(self, registered: Registered) -> None:
        """Adds what the relation reads."""
        registered.sources[self._name] = self._rows
        registered.sources[f"{self._name}_files"] = self._files

    def value(self, path: str) -> str:
        """A field, which may lie within structs, as an expression."""
        top = self._top(path)
        inner = path[len(top) + 1 :].split(".") if path != top else []
        return ".".join([self._columns[top], *(quoted(part) for part in inner)])

    def kind(self, path: str) -> pa.DataType:
        """The type of a field."""
        top = self._top(path)
        kind = self._schema.field(top).type
        for part in path[len(top) + 1 :].split(".") if path != top else []:
            kind = kind.field(part).type
        return kind

    def time(self, path: str) -> str:
        """A time field in nanoseconds."""
        return nanoseconds(self.kind(path), self.value(path))

    def _top(self, path: str) -> str:
        """The table's column that holds the field: the longest beginning that is a column."""
        parts = path.split(".")
        beginnings = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next(name for name in beginnings if name in self._schema.names)


class DuckdbJoin:
    """The point-in-time join of a frame with views; every run reads the same snapshots."""

    def __init__(
        self,
        tables: Tables,
        views: Sequence[RequestedView],
        frame: pa.Table,
        event_timestamp: str,
        schema: pa.Schema,
        *,
        created_cut: bool,
    ) -> None:
        self._frame = frame
        self._schema = schema
        self._registered = Registered()
        keys = list(dict.fromkeys(key for view in views for _, key in view.join_keys))
        times = _plain_times(frame[event_timestamp])
        columns = {f"k{place}": frame[key] for place, key in enumerate(keys)}
        spine = pa.table({ROW: pa.array(range(len(frame)), pa.int64()), "t": times} | columns)
        self._registered.sources[_FRAME] = spine
        key_columns = {key: f"k{place}" for place, key in enumerate(keys)}
        asked = time_range(frame[event_timestamp])
        sql_views = [
            self._view(number, tables, view, key_columns, asked)
            for number, view in enumerate(views)
        ]
        sql_frame = SqlFrame(f"SELECT * FROM {_FRAME}", nanoseconds(times.type, "t"), [ROW])
        self.sql = join_query(sql_frame, sql_views, created_cut=created_cut)

    def reader(self) -> pa.RecordBatchReader:
        """One run: the frame's columns as they came, then the features."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _view(
        self,
        number: int,
        tables: Tables,
        view: RequestedView,
        key_columns: Mapping[str, str],
        asked: tuple[datetime | None, datetime | None],
    ) -> SqlView:
        source = view.source
        event = source.column_of(source.timestamp_field)
        created = source.column_of(source.created_timestamp_column) or None
        features = [source.column_of(feature) for feature in view.features]
        table = native_table(tables.load(source))
        kind = table.schema(snapshot_of(table, source))
        rows = SourceRows(
            f"icefield_view{number}",
            table,
            source,
            [
                *(key for key, _ in view.join_keys),
                event,
                *([created] if created else []),
                *features,
            ],
            _reachable(event, kind, asked, view.view.ttl),
        )
        rows.register(self._registered)
        return SqlView(
            relation=rows.relation,
            keys=[
                key_pair(
                    rows.kind(key),
                    rows.value(key),
                    self._registered.sources[_FRAME].schema.field(key_columns[asked_key]).type,
                    key_columns[asked_key],
                )
                for key, asked_key in view.join_keys
            ],
            event=rows.time(event),
            created=rows.time(created) if created else None,
            ttl_us=(view.view.ttl or timedelta(0)) // timedelta(microseconds=1),
            # Under names of their own: SQL does not tell small letters from capital ones.
            features=[(rows.value(name), f"f{number}_{i}") for i, name in enumerate(features)],
            ties=rows.ties,
        )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        features = self._schema.names[self._frame.num_columns :]
        done = 0
        for batch in _run(self.sql, self._registered):
            part = self._frame.slice(done, len(batch)).combine_chunks()
            done += len(batch)
            arrays = [column.chunk(0) for column in part.columns]
            for place, name in enumerate(features):
                arrays.append(batch.column(1 + place).cast(self._schema.field(name).type))
            yield pa.RecordBatch.from_arrays(arrays, schema=self._schema)


class DuckdbLatest:
    """The newest row of each key of one source."""

    def __init__(
        self,
        table: icefield.Table,
        source: IcebergSource,
        keys: Sequence[str],
        event: str,
        created: str | None,
        schema: pa.Schema,
        row_filter: str | None,
    ) -> None:
        self._schema = schema
        self._registered = Registered()
        rows = SourceRows("icefield_source", table, source, schema.names, row_filter)
        rows.register(self._registered)
        kinds = {key: rows.kind(key) for key in keys}
        view = SqlView(
            relation=rows.relation,
            keys=[
                key_pair(kinds[key], rows.value(key), kinds[key], rows.value(key)) for key in keys
            ],
            event=rows.time(event),
            created=rows.time(created) if created else None,
            ttl_us=0,
            features=[(rows.value(name), f"c{i}") for i, name in enumerate(schema.names)],
            ties=rows.ties,
        )
        self.sql = latest_query(view)

    def reader(self) -> pa.RecordBatchReader:
        """One run, in no order."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for batch in _run(self.sql, self._registered):
            arrays = [
                column.cast(kind)
                for column, kind in zip(batch.columns, self._schema.types, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _run(sql: str, registered: Registered) -> Iterator[pa.RecordBatch]:
    with session() as connection:
        import duckdb

        # Otherwise UUIDs come back as texts.
        connection.execute("SET arrow_lossless_conversion = true")
        registered.attach(connection)
        try:
            yield from connection.sql(sql).to_arrow_reader()
        except duckdb.Error as error:
            raise EngineError(f"DuckDB could not join: {error}") from error


def _plain_times(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Entity times as times of Arrow; zone-less texts are UTC (P10)."""
    if pa.types.is_dictionary(times.type):
        times = times.cast(times.type.value_type)
    if is_text(times.type):
        parsed = pd.to_datetime(times.to_pandas(), utc=True, format="ISO8601")
        return pa.chunked_array([pa.array(parsed, pa.timestamp("ns", "UTC"))])
    return times.cast(pa.timestamp("us")) if pa.types.is_null(times.type) else times


def _reachable(
    event: str,
    schema: pa.Schema,
    asked: tuple[datetime | None, datetime | None],
    ttl: timedelta | None,
) -> str | None:
    """Rows that some entity row can see, as far as a filter in whole microseconds can say."""
    first, last = asked
    if event not in schema.names or first is None or last is None:
        return None
    try:
        start = first - ttl if ttl else None
        end = last + timedelta(microseconds=1)
    except OverflowError:
        return None
    return time_filter(event, schema.field(event).type, start, end)
