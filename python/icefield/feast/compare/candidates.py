"""The rows of a view's table that can answer an entity row, and the rules that choose one.

The rules of docs/pit-semantics.md are followed once more in plain Python, so that a reason does not
rest on the engine that it explains.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import icefield
from icefield.errors import UnsupportedError
from icefield.feast.catalogs import native_table
from icefield.feast.compare.values import NANOSECONDS_OF_A_SECOND, Instant, cells
from icefield.feast.views import RequestedView, Tables

_KEYS_IN_A_FILTER = 500
_SEQUENCE, _ROW_ID = "_last_updated_sequence_number", "_row_id"


@dataclass(frozen=True)
class Candidate:
    """A row of a feature table."""

    time: Instant
    created: Instant | None
    place: tuple[Any, ...]
    """What breaks full ties (P6): greater wins."""
    values: Mapping[str, Any]

    @property
    def rank(self) -> tuple[Any, ...]:
        """The one order of rows (P4-P6): the greatest candidate wins."""
        created = self.created.ns if self.created is not None else 0
        return (self.time.ns, self.created is not None, created, self.place)


class History:
    """All rows of one key, by rank."""

    def __init__(self, rows: Iterable[Candidate]) -> None:
        self.rows = sorted(rows, key=lambda row: row.rank)
        self._times = [row.time.ns for row in self.rows]

    def until(self, time: Instant) -> Sequence[Candidate]:
        """The rows at or before a time (P2), the newest last."""
        return self.rows[: bisect.bisect_right(self._times, time.ns)]

    def newest(self, time: Instant, created_cut: bool) -> Candidate | None:
        """The newest row at a time that passes the cut (P4-P6, P8), whatever its age."""
        for row in reversed(self.until(time)):
            if not created_cut or (row.created is not None and row.created <= time):
                return row
        return None


class ViewRows:
    """A view's rules, and the rows of the keys that were asked for."""

    def __init__(
        self,
        requested: RequestedView,
        tables: Tables,
        snapshot_id: int | None,
        *,
        created_cut: bool,
        floored: bool,
    ) -> None:
        source = requested.source
        self.requested = requested
        self.frame_keys = [frame for _, frame in requested.join_keys]
        self._table_keys = [column for column, _ in requested.join_keys]
        self._time = source.column_of(source.timestamp_field)
        self._created = source.column_of(source.created_timestamp_column or "") or None
        ttl = requested.view.ttl
        self.ttl = ttl // timedelta(microseconds=1) * 1_000 if ttl else 0
        """In nanoseconds; 0 for no limit."""
        self.floored = floored
        """Whether times of the table lost nanoseconds when they were imported."""
        self.created_cut = created_cut and self._created is not None
        self._columns = {name: source.column_of(name) for name in requested.features}
        self._snapshot_id = snapshot_id
        self._table = native_table(tables.load(source))
        self._histories: dict[tuple[Any, ...], History] = {}

    def winner(self, history: History, time: Instant) -> Candidate | None:
        """The row that answers at a time, by P2 to P6 and P8."""
        row = history.newest(time, self.created_cut)
        return None if row is None or self.has_expired(row, time) else row

    def has_expired(self, row: Candidate, time: Instant) -> bool:
        """Whether the row is beyond its time to live (P3, inclusive)."""
        return self.ttl > 0 and row.time.ns < time.ns - self.ttl

    def history(self, key: tuple[Any, ...]) -> History:
        """The rows of a key; none for one that was not read or is not there."""
        return self._histories.get(key, _EMPTY)

    def read(self, keys: set[tuple[Any, ...]]) -> None:
        """Reads the rows of these keys, of the snapshot that Icefield answered from."""
        found: dict[tuple[Any, ...], list[Candidate]] = {}
        metadata = [_SEQUENCE, _ROW_ID] if self._table.format_version >= 3 else ["_file", "_pos"]
        wanted = [self._time, *([self._created] if self._created else []), *self._table_keys]
        columns = list(dict.fromkeys([*wanted, *self._columns.values(), *metadata]))
        scan = self._table.scan(
            row_filter=self._pruning(keys), selected_fields=columns, snapshot_id=self._snapshot_id
        )
        order = _Places(self._table, self._snapshot_id)
        for batch in scan.to_arrow_batch_reader():
            chosen = self._only(batch, keys)
            if len(chosen):
                for key, row in self._rows(chosen, order):
                    if key in keys:
                        found.setdefault(key, []).append(row)
        self._histories = {key: History(rows) for key, rows in found.items()}

    def _only(self, batch: pa.RecordBatch, keys: set[tuple[Any, ...]]) -> pa.RecordBatch:
        """The batch without the rows of other first keys, by Arrow where it can compare them."""
        if not self._table_keys:
            return batch
        column = batch.column(self._table_keys[0])
        try:
            values = pa.array(sorted({key[0] for key in keys}), column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            return batch
        return batch.filter(pc.is_in(column, value_set=values))

    def _rows(self, batch: pa.RecordBatch, order: _Places) -> Iterable[tuple[Any, Candidate]]:
        table = pa.table(batch)
        times = cells(_nested(table, self._time))
        created = cells(_nested(table, self._created)) if self._created else [None] * len(table)
        keys = [cells(_nested(table, name)) for name in self._table_keys]
        features = {name: cells(_nested(table, of)) for name, of in self._columns.items()}
        for index, place in enumerate(order.of(table)):
            if times[index] is not None:
                yield (
                    tuple(column[index] for column in keys),
                    Candidate(
                        times[index],
                        created[index],
                        place,
                        {name: column[index] for name, column in features.items()},
                    ),
                )

    def _pruning(self, keys: set[tuple[Any, ...]]) -> str | None:
        """A filter that leaves out files of other keys, where that is safe to say."""
        if not self._table_keys or len(keys) > _KEYS_IN_A_FILTER:
            return None
        column = self._table_keys[0]
        kind = self._table.schema(self._snapshot_id).field(column.split(".")[0]).type
        firsts = {key[0] for key in keys}
        if pa.types.is_integer(kind) and all(
            isinstance(key, (int, float)) and float(key).is_integer() for key in firsts
        ):
            return f'"{column}" in ({", ".join(str(int(key)) for key in sorted(firsts))})'
        if pa.types.is_string(kind) and all(isinstance(key, str) for key in firsts):
            quoted = (key.replace("'", "''") for key in sorted(firsts))
            return f'"{column}" in ({", ".join(f"{chr(39)}{key}{chr(39)}" for key in quoted)})'
        return None


_EMPTY = History(())


class _Places:
    """What breaks full ties (P6): by row lineage in v3, else by commit, file and position."""

    def __init__(self, table: icefield.Table, snapshot_id: int | None) -> None:
        self._by_lineage = table.format_version >= 3
        self._sequence: dict[str, int] = {}
        if not self._by_lineage:
            tasks = table.scan(snapshot_id=snapshot_id).plan_files()
            self._sequence = {task.file_path: task.data_sequence_number for task in tasks}

    def of(self, table: pa.Table) -> Iterable[tuple[Any, ...]]:
        if self._by_lineage:
            lineage = zip(table[_SEQUENCE].to_pylist(), table[_ROW_ID].to_pylist(), strict=True)
            return [
                (-1 if sequence is None else sequence, -1 if row is None else row)
                for sequence, row in lineage
            ]
        files = table["_file"].to_pylist()
        return [
            (self._sequence[file], file, position)
            for file, position in zip(files, table["_pos"].to_pylist(), strict=True)
        ]


def _nested(table: pa.Table, column: str) -> pa.ChunkedArray:
    """A column by its name, dotted for a nested field."""
    if column in table.column_names:
        return table[column]
    first, *fields = column.split(".")
    if first not in table.column_names:
        raise UnsupportedError(f"the column '{column}' cannot be looked up for a reason")
    return pc.struct_field(table[first], fields)


def duration_text(ns: int) -> str:
    """A span of time in words."""
    seconds = ns / NANOSECONDS_OF_A_SECOND
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
