"""The engine "duckdb": rows come from Icefield's reader, DuckDB joins them.

The native engine checks the request, names the snapshots and says what the result looks like; only
the work is done elsewhere. So both engines refuse the same requests and give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

import icefield
from icefield.feast.catalogs import native_table, snapshot_of
from icefield.feast.duckdb_session import ScanDataset, session
from icefield.feast.entity_frame import is_text
from icefield.feast.errors import EngineError
from icefield.feast.join_sql import (
    ROW,
    Fields,
    SqlFrame,
    SqlView,
    join_query,
    key_to_itself,
    latest_query,
    nanoseconds,
)
from icefield.feast.row_filters import time_filter
from icefield.feast.view_sql import (
    FrameColumn,
    ViewRows,
    event_field,
    fields_of,
    frame_of_moments,
)

if TYPE_CHECKING:
    from icefield.feast.asked import Asked
    from icefield.feast.source import IcebergSource
    from icefield.feast.views import Request, RequestedView, Tables


_BATCH_ROWS = icefield.ReadOptions().batch_size


class SourceRows:
    """The rows of a source as a relation of SQL: its fields, and what orders full ties (P6)."""

    def __init__(
        self,
        name: str,
        table: icefield.Table,
        source: IcebergSource,
        paths: Sequence[str],
        row_filter: str | None,
    ) -> None:
        snapshot_id = snapshot_of(table, source)
        schema = table.schema(snapshot_id)
        tops = dict.fromkeys(Fields(schema).top(path) for path in paths)
        # Names of its own: SQL does not tell small letters from capital ones.
        columns = {top: f"c{place}" for place, top in enumerate(tops)}
        self.fields = Fields(schema, columns)
        lineage = ["_last_updated_sequence_number", "_row_id"] if table.format_version >= 3 else []
        self.ties = [*(f"lineage{place}" for place in range(len(lineage))), "place", "pos"]
        self.relation = f"{name} LEFT JOIN {name}_files ON file = path"
        selected = {column: top for top, column in columns.items()}
        selected |= {"file": "_file", "pos": "_pos"}
        selected |= {f"lineage{place}": column for place, column in enumerate(lineage)}
        scan = table.scan(row_filter, snapshot_id=snapshot_id)
        self.sources = {
            name: ScanDataset(table, snapshot_id, selected, row_filter),
            f"{name}_files": _places(scan.plan_files()),
        }


def _places(files: Sequence[icefield.FileScanTask]) -> pa.Table:
    """Each data file's place in the order that decides full ties."""
    paths = [path for _, path in sorted((f.data_sequence_number, f.file_path) for f in files)]
    places = pa.array(range(len(paths)), pa.int64())
    return pa.table({"path": pa.array(paths, pa.string()), "place": places})


class DuckdbJoin:
    """The point-in-time join of a frame with views; every run reads the same snapshots."""

    def __init__(
        self,
        tables: Tables,
        request: Request,
        asked: Asked,
        schema: pa.Schema,
        *,
        created_cut: bool,
    ) -> None:
        """`schema`: the result's, which begins with the frame's columns."""
        self._frame = asked.frame
        self._schema = schema
        self._sources: dict[str, Any] = {}
        views = [self._rows(n, tables, view, asked) for n, view in enumerate(request.views)]
        keys = {key: f"k{n}" for n, key in enumerate(asked.join_keys(request))}
        if asked.frame is None:
            called = {**keys, asked.event_timestamp: "t"}
            kinds = {name: schema.field(name).type for name in called}
            query = frame_of_moments(views, kinds, *asked.window(), list(called.values()))
            columns = {key: FrameColumn(kinds[key], name) for key, name in keys.items()}
            framed = [called[name] for name in schema.names if name in called]
            frame = SqlFrame(query, nanoseconds(kinds[asked.event_timestamp], "t"), framed)
        else:
            spine = _spine(asked.frame, keys, asked.event_timestamp)
            self._sources["icefield_frame"] = spine
            columns = {key: FrameColumn(spine.field(keys[key]).type, keys[key]) for key in keys}
            time = nanoseconds(spine.field("t").type, "t")
            frame = SqlFrame("SELECT * FROM icefield_frame", time, [])
        sql_views = [
            view.sql(columns, [f"f{n}_{i}" for i in range(len(view.view.features))])
            for n, view in enumerate(views)
        ]
        self.sql = join_query(frame, sql_views, created_cut=created_cut)

    def reader(self) -> pa.RecordBatchReader:
        """One run: the frame's columns as they came, then the features."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _rows(self, number: int, tables: Tables, view: RequestedView, asked: Asked) -> ViewRows:
        table = native_table(tables.load(view.source))
        schema = table.schema(snapshot_of(table, view.source))
        reachable = _reachable(event_field(view), schema, asked, view.view.ttl)
        name = f"icefield_view{number}"
        rows = SourceRows(name, table, view.source, fields_of(view), reachable)
        self._sources |= rows.sources
        return ViewRows(view, rows.relation, rows.fields, rows.ties)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in _run(self.sql, self._sources):
            arrays = []
            if self._frame is not None:
                part = self._frame.slice(done, len(batch)).combine_chunks()
                arrays = [column.chunk(0) for column in part.columns]
            done += len(batch)
            kinds = self._schema.types[len(arrays) :]
            arrays += [c.cast(kind) for c, kind in zip(batch.columns, kinds, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _spine(frame: pa.Table, keys: Mapping[str, str], event_timestamp: str) -> pa.Table:
    """What the join needs of a frame: the number of each row, its time, its keys."""
    columns = {name: frame[key] for key, name in keys.items()}
    numbers = pa.array(range(len(frame)), pa.int64())
    return pa.table({ROW: numbers, "t": _plain_times(frame[event_timestamp]), **columns})


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
        rows = SourceRows("icefield_source", table, source, schema.names, row_filter)
        self._sources = rows.sources
        fields = rows.fields
        view = SqlView(
            relation=rows.relation,
            keys=[key_to_itself(fields.kind(key), fields.value(key)) for key in keys],
            event=fields.time(event),
            created=fields.time(created) if created else None,
            ttl_us=0,
            features=[(fields.value(name), f"f{i}") for i, name in enumerate(schema.names)],
            ties=rows.ties,
        )
        self.sql = latest_query(view)

    def reader(self) -> pa.RecordBatchReader:
        """One run, in no order."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for batch in _run(self.sql, self._sources):
            arrays = [
                column.cast(kind)
                for column, kind in zip(batch.columns, self._schema.types, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _run(sql: str, sources: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    with session() as connection:
        import duckdb

        # Otherwise UUIDs come back as texts.
        connection.execute("SET arrow_lossless_conversion = true")
        for name, source in sources.items():
            connection.register(name, source)
        try:
            yield from connection.sql(sql).to_arrow_reader(_BATCH_ROWS)
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


def _reachable(event: str, schema: pa.Schema, asked: Asked, ttl: timedelta | None) -> str | None:
    """Rows that some entity row can see, as far as a filter in whole microseconds can say."""
    first, last = asked.range()
    if event not in schema.names or first is None or last is None:
        return None
    try:
        start = first - ttl if ttl else None
        end = last + timedelta(microseconds=1)
    except OverflowError:
        return None
    return time_filter(event, schema.field(event).type, start, end)
