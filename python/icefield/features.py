"""Feature views and retrieval: point-in-time joins and latest rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import pyarrow as pa

from icefield import _native
from icefield.arguments import optional_number, whole_number
from icefield.arrow import to_stream
from icefield.catalog import Catalog
from icefield.errors import InvalidArgumentError
from icefield.filters import filter_text
from icefield.instants import Instant, duration_micros, instant_micros
from icefield.options import MemoryBudget, ReadOptions, native_memory
from icefield.table import Table, load_table
from icefield.training_set import Plan, TrainingSet, Why

ColumnPair = str | tuple[str, str]
_INT64_MAX = 2**63 - 1


def _native_table(table: Any, catalog: Catalog | None) -> _native.NativeTable:
    if isinstance(table, Table):
        return table._native
    if isinstance(table, str):
        if catalog is None:
            raise InvalidArgumentError(
                f"table {table!r} is a name; say in which catalog it is with catalog="
            )
        return catalog.load_table(table)._native
    location = getattr(table, "metadata_location", None)
    if isinstance(location, str):
        return load_table(location)._native
    raise InvalidArgumentError(
        f"table= is of type {type(table).__name__}; give an Icefield table, a pyiceberg Table, "
        "or a name with catalog="
    )


def _pairs(columns: Iterable[ColumnPair]) -> list[tuple[str, str]]:
    if isinstance(columns, str):
        raise InvalidArgumentError(f"{columns!r} is one text; give a list of columns")
    for column in columns:
        if not isinstance(column, str) and len(column) != 2:
            raise InvalidArgumentError(f"{column!r} is neither a column nor a pair of two names")
    return [
        (column, column) if isinstance(column, str) else (column[0], column[1])
        for column in columns
    ]


_ALL_TIMES = 2 * _INT64_MAX + 1
"""Microseconds from the first time to the last."""


def _ttl_micros(ttl: timedelta) -> int:
    # A pandas ttl below a microsecond is not "no limit"; one beyond all times is.
    micros = duration_micros(ttl)
    if micros == 0 and ttl > timedelta(0):
        return 1
    if micros > _ALL_TIMES:
        return 0
    if micros > _INT64_MAX:
        raise InvalidArgumentError(
            f"a ttl of {micros} microseconds is no number of 64 bits: give at most {_INT64_MAX}, "
            "or none"
        )
    return max(-1, micros)


class FeatureView:
    """Which columns of a table are keys, times and features.

    table: an Icefield table, a pyiceberg Table (its metadata location is taken), or a name with
    catalog=.
    join_keys: columns, or (table column, entity frame column) pairs; none: rows match on time
    alone.
    ttl: None or zero means no limit; otherwise inclusive (P3).
    features: columns (dotted for nested ones), or (column, output name) pairs; None: all but keys
    and times.
    row_filter: rows that do not pass do not exist.
    snapshot_id, ref, as_of: at most one; the state to read, with that state's schema. None: as the
    table was loaded.
    Nothing is checked against the table before the view is used.
    """

    def __init__(
        self,
        name: str,
        table: Any,
        join_keys: Sequence[ColumnPair] = (),
        timestamp_field: str = "event_timestamp",
        created_timestamp_column: str | None = None,
        ttl: timedelta | None = None,
        features: Sequence[ColumnPair] | None = None,
        row_filter: Any = None,
        snapshot_id: int | None = None,
        ref: str | None = None,
        as_of: Instant | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        self.name = name
        self._reaches_back_to_all = ttl is not None and duration_micros(ttl) > _ALL_TIMES
        self._native = _native.NativeView.make(
            table=_native_table(table, catalog),
            name=name,
            join_keys=_pairs(join_keys),
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column or None,
            ttl_us=_ttl_micros(ttl) if ttl is not None else 0,
            features=_pairs(features) if features is not None else None,
            row_filter=filter_text(row_filter) if row_filter is not None else None,
            snapshot_id=optional_number(snapshot_id, "snapshot_id"),
            ref=ref,
            as_of_ms=instant_micros(as_of) // 1000 if as_of is not None else None,
        )

    def __repr__(self) -> str:
        return f"FeatureView({self.name!r})"


CreatedCut = bool | Literal["where_available"]


def _cut_text(created_cut: CreatedCut) -> str:
    cuts: dict[Any, str] = {False: "none", True: "everywhere", "where_available": "where_available"}
    if not isinstance(created_cut, Hashable) or created_cut not in cuts:
        raise InvalidArgumentError(
            f"created_cut is {created_cut!r}; give True, False or 'where_available'"
        )
    return cuts[created_cut]


def _checked(view: Any) -> FeatureView:
    if isinstance(view, FeatureView):
        return view
    raise InvalidArgumentError(
        f"{view!r} of type {type(view).__name__} is no feature view; give an icefield.FeatureView"
    )


def _all_checked(views: Any) -> list[FeatureView]:
    if isinstance(views, FeatureView) or not isinstance(views, Iterable):
        raise InvalidArgumentError(f"views is {views!r}; give a list of feature views")
    return [_checked(view) for view in views]


def point_in_time_join(
    entity_frame: Any,
    views: Sequence[FeatureView],
    *,
    entity_timestamp: str = "event_timestamp",
    full_feature_names: bool = False,
    created_cut: CreatedCut = False,
    commit_cut: bool = False,
    provenance: bool = False,
    start: Instant | None = None,
    end: Instant | None = None,
    memory_budget: int | str | MemoryBudget | None = None,
    options: ReadOptions | None = None,
) -> TrainingSet:
    """For every entity row the features of each view as they were known at its entity time.

    entity_frame: anything that speaks Arrow (pandas, polars, DuckDB, pyarrow). None: the distinct
        join keys and event times of the views' own rows with start <= event time <= end, both
        inclusive, ordered by time, then keys (P14); the views must share their join keys. Its
        columns are the join keys as the first view has them, then `entity_timestamp`, in UTC.
    start, end: only without a frame. end defaults to now, start to end less the longest ttl of the
        views, or less 30 days where none has one.
    created_cut: True lets through only rows created by the entity time and refuses views without a
    created
        column; "where_available" leaves those views as they are (P8).
    commit_cut: only rows committed by the entity time (P9): of a table of version 3 by the snapshot
        that wrote each row last; before, by its file's, and only where the table was never anything
        but appended to. UnsupportedError names the table and the snapshot whose time is not known.
        Rows deleted later are not brought back.
    provenance: behind the features of each view the columns <view>__snapshot_id (of the snapshot
        that added the winner's file), <view>__file, <view>__position, <view>__event_timestamp and,
        where the view has one, <view>__created_timestamp; null for a miss.
    memory_budget: bytes, or a text such as "2GiB", that the join may use beside the frame and the
        batches that it gave away, or a MemoryBudget. None: a quarter of what this process may use.
        What does not fit is spilled, or joined in several passes; the report says so.
    Snapshots are resolved now; data is read when the result is. Raises icefield.errors:
    InvalidArgumentError names
    the view, the table and the column.
    """
    views = _all_checked(views)
    return TrainingSet(
        _native.point_in_time_join(
            frame=None if entity_frame is None else to_stream(entity_frame),
            start_us=_start_micros(start, entity_frame, views),
            end_us=instant_micros(end) if end is not None else None,
            views=[view._native for view in views],
            entity_timestamp=entity_timestamp,
            full_feature_names=full_feature_names,
            created_cut=_cut_text(created_cut),
            commit_cut=bool(commit_cut),
            provenance=bool(provenance),
            memory=native_memory(memory_budget),
            read=(options or ReadOptions()).native(),
        )
    )


def _start_micros(
    start: Instant | None, entity_frame: Any, views: Sequence[FeatureView]
) -> int | None:
    if start is not None:
        return instant_micros(start)
    # The longest ttl before the end (P14).
    if entity_frame is None and any(view._reaches_back_to_all for view in views):
        return -_INT64_MAX - 1
    return None


def explain(
    entity_frame: Any, views: Sequence[FeatureView], *, footers: bool = False, **arguments: Any
) -> Plan:
    """What point_in_time_join with the same arguments would read; see TrainingSet.explain."""
    return point_in_time_join(entity_frame, views, **arguments).explain(footers=footers)


def why(
    entity_row: Any,
    view: FeatureView,
    *,
    entity_timestamp: str = "event_timestamp",
    created_cut: CreatedCut = False,
    commit_cut: bool = False,
    rows: int = 20,
    options: ReadOptions | None = None,
) -> Why:
    """Why an entity row gets the features that it gets: the rows of its key, each with its verdict.

    entity_row: a mapping of the join keys and the entity time, or a frame of one row.
    created_cut, commit_cut: as of point_in_time_join.
    rows: most rows that are listed; the others are counted.
    The winner is the join's own; InternalError if the rules, applied row by row, give another.
    """
    row = (
        pa.Table.from_pylist([dict(entity_row)]) if isinstance(entity_row, Mapping) else entity_row
    )
    return Why(
        *_native.why(
            entity_row=to_stream(row),
            view=_checked(view)._native,
            entity_timestamp=entity_timestamp,
            created_cut=_cut_text(created_cut),
            commit_cut=bool(commit_cut),
            rows_max=whole_number(rows, "rows"),
            read=(options or ReadOptions()).native(),
        )
    )


def latest(
    view: FeatureView,
    start: Instant | None = None,
    end: Instant | None = None,
    since_snapshot_id: int | None = None,
    *,
    provenance: bool = False,
    memory_budget: int | str | MemoryBudget | None = None,
    options: ReadOptions | None = None,
) -> TrainingSet:
    """The newest row of every key with start <= event time <= end, both inclusive (P15).

    since_snapshot_id: only rows that were appended after this snapshot up to the view's own. Put
        over the latest rows as of that snapshot (for each key the greater event time, then created
        time, null lowest, then the appended row) they give the latest rows of now. Rows that were
        compacted since are read from the files that they were appended in. Where anything but
        appends and compactions happened in between, UnsupportedError names the snapshot and its
        operation; NotFoundError: a snapshot in between has expired, or the table does not know
        this one; InvalidArgumentError: it is no ancestor of the view's snapshot. Then ask for all
        rows.
    Columns: join keys, features, event time, created time, by the table's names. Rows with a null
    key or time are dropped and counted in the report. provenance, memory_budget: as of
    point_in_time_join, the former behind all columns.
    """
    return TrainingSet(
        _native.latest(
            view=_checked(view)._native,
            start_us=instant_micros(start) if start is not None else None,
            end_us=instant_micros(end) if end is not None else None,
            since_snapshot_id=optional_number(since_snapshot_id, "since_snapshot_id"),
            provenance=bool(provenance),
            memory=native_memory(memory_budget),
            read=(options or ReadOptions()).native(),
        )
    )
