"""The same join by DuckDB, over what pyiceberg reads from the files: a second opinion.

Nothing is shared with the reference: rows come from the data files, their order of ties from the
manifests, times from DuckDB's own functions (text from pandas), and the rules are SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.types as pat
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table

from tests.pit import values
from tests.pit.model import Case, Row, ViewDef
from tests.pit.oracle import Tables
from tests.pit.tables import WrittenTable

_PLAIN = {"list", "struct", "map", "large_list"}
_ADDED = {
    "#sequence": pa.int64(),
    "#path": pa.string(),
    "#position": pa.int64(),
    "#committed": pa.int64(),
}


def _scanned(table: Table, snapshot_id: int | None) -> pa.Table:
    """The rows of a snapshot file by file, with the three columns of their rank and the
    time of their commit.
    """
    snapshot = table.snapshot_by_id(snapshot_id) if snapshot_id else table.current_snapshot()
    schema: Schema = table.schema()
    if snapshot_id is not None and snapshot is not None and snapshot.schema_id is not None:
        schema = table.schemas()[snapshot.schema_id]
    scan = ArrowScan(table.metadata, table.io, schema, AlwaysTrue())
    entries = [
        entry
        for manifest in (snapshot.manifests(table.io) if snapshot else [])
        for entry in manifest.fetch_manifest_entry(table.io)
    ]
    parts = [scan.to_table([])]
    for entry in entries:
        rows = scan.to_table([FileScanTask(entry.data_file)])
        count = rows.num_rows
        parts.append(rows.cast(parts[0].schema))
        rank = [pa.array([entry.sequence_number or 0] * count, pa.int64())]
        rank += [pa.array([entry.data_file.file_path] * count, pa.string())]
        rank += [pa.array(range(count), pa.int64())]
        added = table.snapshot_by_id(entry.snapshot_id)
        assert added is not None
        rank += [pa.array([added.timestamp_ms * 1_000_000] * count, pa.int64())]
        for name, column in zip(_ADDED, rank, strict=True):
            parts[-1] = parts[-1].append_column(name, column)
    if len(parts) == 1:
        for name, kind in _ADDED.items():
            parts[0] = parts[0].append_column(name, pa.array([], kind))
        return parts[0]
    return pa.concat_tables(parts[1:])


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in a layout in which DuckDB compares it as the other side's."""
    if isinstance(column.type, pa.UuidType):
        return pa.chunked_array([c.storage for c in column.chunks], column.type.storage_type)
    return column


def _time_sql(name: str, kind: pa.DataType) -> str:
    return f'epoch_ns(CAST("{name}" AS TIMESTAMP))' if pat.is_date(kind) else f'epoch_ns("{name}")'


def _text_times(column: pa.ChunkedArray) -> pa.Array:
    """ISO-8601 text as zone-less nanoseconds in UTC."""
    stamps = [None if text is None else pd.Timestamp(text) for text in column.to_pylist()]
    utc = [s and (s.tz_convert("UTC") if s.tz else s.tz_localize("UTC")) for s in stamps]
    return pa.array([s and s.as_unit("ns").value for s in utc], pa.timestamp("ns"))


def _key_condition(left: str, left_kind: pa.DataType, right: str, right_kind: pa.DataType) -> str:
    """Equality of two key columns by value; DuckDB's own casts would round integers."""
    if pat.is_timestamp(left_kind):
        return f"epoch_ns({left}) = epoch_ns({right})"
    floating = [
        (side, other)
        for side, kind, other in ((left, left_kind, right), (right, right_kind, left))
        if pat.is_floating(kind)
    ]
    if len(floating) == 2:
        return f"(NOT isnan({left}) AND NOT isnan({right}) AND {left} = {right})"
    if floating:
        real, whole = floating[0]
        return (
            f"CASE WHEN isfinite({real}) AND abs({real}) < 1e30 AND trunc({real}) = {real} "
            f"THEN CAST({real} AS HUGEINT) = CAST({whole} AS HUGEINT) ELSE false END"
        )
    return f"{left} = {right}"


class _View:
    """One view's rows in DuckDB as `f`, and the SQL pieces that speak about them."""

    def __init__(self, view: ViewDef, written: WrittenTable) -> None:
        self.view = view
        snapshot_id = written.snapshots[view.pin[1]] if view.pin else None
        self.rows = _scanned(written.table, snapshot_id)
        self.kinds = {field.name: field.type for field in self.rows.schema}

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        view = self.view
        names = [*dict.fromkeys(name for name, _ in view.keys), view.time]
        names += [view.created] if view.created else []
        names += _ADDED
        columns = {name: _storage(self.rows[name]) for name in names}
        columns["#id"] = pa.chunked_array([pa.array(range(self.rows.num_rows), pa.int64())])
        connection.register("raw", pa.table(columns))
        created = _time_sql(view.created, self.kinds[view.created]) if view.created else "NULL"
        connection.execute(
            f"CREATE OR REPLACE TABLE f AS SELECT *, {_time_sql(view.time, self.kinds[view.time])}"
            f' AS "#event", CAST({created} AS BIGINT) AS "#created" FROM raw'
        )

    def features(self, winners: list[int | None], names: list[str]) -> Iterator[Row]:
        columns = [values.plain_column(self.column(name)) for name in names]
        for winner in winners:
            yield [None if winner is None else column[winner] for column in columns]

    def column(self, name: str) -> pa.ChunkedArray:
        column = self.rows[name]
        return column if pat.is_nested(column.type) else column.cast(column.type)


_ORDER = (
    'f."#event" DESC NULLS LAST, f."#created" DESC NULLS LAST,'
    ' f."#sequence" DESC, f."#path" DESC, f."#position" DESC'
)


def _join_sql(view: _View, frame: pa.Table, case: Case) -> str:
    conditions = [
        _key_condition(
            f'f."{left}"', view.kinds[left], f'e."{right}"', frame.schema.field(right).type
        )
        for left, right in view.view.keys
    ]
    conditions.append('f."#event" <= e."#time"')
    if view.view.ttl_ns:
        conditions.append(f'f."#event" >= e."#time" - {view.view.ttl_ns}')
    if case.created_cut and view.view.created:
        conditions.append('f."#created" <= e."#time"')
    if case.commit_cut:
        conditions.append('f."#committed" <= e."#time"')
    return (
        f'SELECT f."#id" FROM e LEFT JOIN f ON {" AND ".join(conditions)} QUALIFY row_number() OVER'
        f' (PARTITION BY e."#row" ORDER BY {_ORDER}) = 1 ORDER BY e."#row"'
    )


def _register_frame(connection: duckdb.DuckDBPyConnection, case: Case, frame: pa.Table) -> None:
    assert case.frame is not None
    time = frame[case.frame.time]
    columns = {name: _storage(frame[name]) for name in frame.column_names}
    if values.is_text(time.type):
        columns[case.frame.time] = _text_times(time)
        time_sql = f'epoch_ns("{case.frame.time}")'
    else:
        time_sql = _time_sql(case.frame.time, time.type)
    columns["#row"] = pa.array(range(frame.num_rows), pa.int64())
    connection.register("raw_frame", pa.table(columns))
    connection.execute(
        f'CREATE OR REPLACE TABLE e AS SELECT *, {time_sql} AS "#time" FROM raw_frame'
    )


def _latest_sql(view: _View, start: int | None, end: int | None) -> str:
    keys = [f'f."{name}"' for name, _ in view.view.keys]
    # Adding 0.0 makes one partition of -0.0 and 0.0.
    groups = [
        f"{key} + 0.0" if pat.is_floating(view.kinds[name]) else key
        for key, (name, _) in zip(keys, view.view.keys, strict=True)
    ]
    conditions = [f"{key} IS NOT NULL" for key in keys] + ['f."#event" IS NOT NULL']
    if start is not None:
        conditions.append(f'f."#event" >= {start}')
    if end is not None:
        conditions.append(f'f."#event" <= {end}')
    partition = f"PARTITION BY {', '.join(groups)} " if groups else ""
    return (
        f'SELECT f."#id" FROM f WHERE {" AND ".join(conditions)}'
        f" QUALIFY row_number() OVER ({partition}ORDER BY {_ORDER}) = 1"
    )


def duck_rows(case: Case, tables: Tables, frame: pa.Table | None) -> list[Row]:
    """What DuckDB gives for the case: features, or the rows of `latest`."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if case.latest is not None:
            view = _View(case.view(case.latest.view), tables[case.views[0].table])
            view.register(connection)
            found = connection.execute(_latest_sql(view, case.latest.start, case.latest.end))
            winners = [row for (row,) in found.fetchall()]
            return list(view.features(winners, [column.name for column in case.answer]))
        assert frame is not None, "a case without `latest` has a frame"
        _register_frame(connection, case, frame)
        parts: list[list[Row]] = []
        for definition in case.views:
            view = _View(definition, tables[definition.table])
            view.register(connection)
            sql = _join_sql(view, frame, case)
            winners = [row for (row,) in connection.execute(sql).fetchall()]
            names = [column for column, _ in definition.features or []]
            parts.append(list(view.features(winners, names)))
        return [[cell for part in row for cell in part] for row in zip(*parts, strict=True)]


def cells(rows: list[Row]) -> list[Any]:
    """Rows in a form that compares cell for cell."""
    return [values.cell(row) for row in rows]
