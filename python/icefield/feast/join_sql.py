"""The point-in-time join as one query in DuckDB's dialect: the rules P1 to P8, in SQL.

Within a key the rows of a view are numbered in the order of P4 to P6, so that of several
candidates the greatest number wins. `known` says, for each moment at which a key's answer changes,
which number is the answer from then on; an ASOF join finds it for each entity row, and the TTL is
tested on the winner alone: every other candidate is older. Work grows with rows, never with rows
times rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from icefield.feast.sql_values import quoted

ROW = "__icefield_row"
"""The column of the frame's query that numbers its rows."""


def nanoseconds(kind: pa.DataType, value: str) -> str:
    """A time of this type as a count of nanoseconds since the epoch, exact over all years (P10)."""
    if pa.types.is_date(kind):
        return f"CAST(epoch_us(CAST({value} AS TIMESTAMP)) AS HUGEINT) * 1000"
    if kind.unit == "ns":
        return f"CAST(epoch_ns({value}) AS HUGEINT)"
    return f"CAST(epoch_us({value}) AS HUGEINT) * 1000"


class Fields:
    """Fields of a table, which may lie within structs, as expressions of SQL."""

    def __init__(self, schema: pa.Schema, columns: Mapping[str, str] | None = None) -> None:
        """`columns`: how the query calls the table's columns; None: by their names."""
        self._schema = schema
        self._columns = columns

    def top(self, path: str) -> str:
        """The table's column that holds the field: the longest beginning that is a column."""
        parts = path.split(".")
        beginnings = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next(name for name in beginnings if name in self._schema.names)

    def value(self, path: str) -> str:
        """The field's value."""
        top = self.top(path)
        column = quoted(top) if self._columns is None else self._columns[top]
        return ".".join([column, *(quoted(part) for part in self._inner(path))])

    def kind(self, path: str) -> pa.DataType:
        """The field's type."""
        kind = self._schema.field(self.top(path)).type
        for part in self._inner(path):
            kind = kind.field(part).type
        return kind

    def time(self, path: str) -> str:
        """A time in nanoseconds."""
        return nanoseconds(self.kind(path), self.value(path))

    def _inner(self, path: str) -> list[str]:
        top = self.top(path)
        return path[len(top) + 1 :].split(".") if path != top else []


@dataclass(frozen=True)
class KeyPair:
    """One join key as two expressions that are equal iff the values are, null where none can be."""

    rows: str
    frame: str


# A view without keys: every row matches on time alone.
_NO_KEYS = (KeyPair("0", "0"),)


def key_pair(kind: pa.DataType, rows: str, frame_kind: pa.DataType, frame: str) -> KeyPair:
    """The pair for a table's column and a frame's column whose types can hold equal values (P2)."""
    if pa.types.is_dictionary(frame_kind):
        frame_kind = frame_kind.value_type
    domain, exact = _domain(kind)
    if pa.types.is_null(frame_kind):
        return KeyPair(exact(kind, rows), f"CAST(NULL AS {domain})")
    return KeyPair(exact(kind, rows), exact(frame_kind, frame))


def key_to_itself(kind: pa.DataType, value: str) -> KeyPair:
    """A column's keys among themselves."""
    return key_pair(kind, value, kind, value)


def _domain(kind: pa.DataType) -> tuple[str, Callable[[pa.DataType, str], str]]:
    """The type of SQL in which a column's keys are compared, and how values get there exactly."""
    if pa.types.is_integer(kind):
        return "BIGINT", lambda given, value: _whole(given, value, "BIGINT")
    if pa.types.is_floating(kind):
        return "DOUBLE", _double
    if pa.types.is_decimal(kind):
        decimal = f"DECIMAL(38, {kind.scale})"
        return decimal, lambda given, value: _decimal(given, value, decimal)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "HUGEINT", nanoseconds
    if pa.types.is_time(kind):
        cast = "CASE WHEN CAST({0} AS TIME) = {0} THEN CAST({0} AS TIME) END"
        return "TIME", lambda _, value: cast.format(value)
    if pa.types.is_boolean(kind):
        return "BOOLEAN", lambda _, value: value
    if pa.types.is_string(kind):
        return "VARCHAR", lambda _, value: value
    return "BLOB", _bytes


def _whole(kind: pa.DataType, value: str, target: str) -> str:
    if pa.types.is_integer(kind):
        return f"TRY_CAST({value} AS {target})"
    return f"CASE WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS {target}) END"


def _double(kind: pa.DataType, value: str) -> str:
    double = f"CAST({value} AS DOUBLE)"
    if pa.types.is_integer(kind):
        return f"CASE WHEN TRY_CAST({double} AS HUGEINT) = {value} THEN {double} END"
    return f"CASE WHEN NOT isnan({double}) THEN {double} END"


def _decimal(kind: pa.DataType, value: str, target: str) -> str:
    if pa.types.is_floating(kind):
        return f"TRY_CAST({_whole(kind, value, 'HUGEINT')} AS {target})"
    cast = f"TRY_CAST({value} AS {target})"
    return f"CASE WHEN {cast} = {value} THEN {cast} END"


def _bytes(kind: pa.DataType, value: str) -> str:
    if isinstance(kind, pa.UuidType):
        return f"unhex(replace(CAST({value} AS VARCHAR), '-', ''))"
    return value


@dataclass(frozen=True)
class SqlView:
    """A view as the query sees it. All expressions but the frame's are over `relation`."""

    relation: str
    """What stands after FROM."""
    keys: Sequence[KeyPair]
    event: str
    """Event time in nanoseconds; so is `created`."""
    created: str | None
    ttl_us: int
    """0: no limit."""
    features: Sequence[tuple[str, str]]
    """Expressions and the names of their columns in the result."""
    ties: Sequence[str] = field(default=())
    """What decides between rows of equal event and created times, the first first (P6)."""


@dataclass(frozen=True)
class SqlFrame:
    """The entity frame as the query sees it."""

    query: str
    """Gives the frame's columns and ROW."""
    time: str
    """Entity time in nanoseconds."""
    columns: Sequence[str]
    """Columns that the result starts with."""


def join_query(
    frame: SqlFrame,
    views: Sequence[SqlView],
    *,
    created_cut: bool,
    order: Sequence[str] | None = None,
) -> str:
    """The whole query; its rows are those of the frame, in the order of ROW.

    order: the features in the order they are asked for; None: view by view.
    """
    spine_keys = [
        f"{pair.frame} AS v{number}_k{place}"
        for number, view in enumerate(views)
        for place, pair in enumerate(view.keys or _NO_KEYS)
    ]
    tables = [
        f"frame AS MATERIALIZED ({frame.query})",
        f"spine AS MATERIALIZED (SELECT {_list([ROW, f'{frame.time} AS t', *spine_keys])} "
        "FROM frame)",
    ]
    for number, view in enumerate(views):
        tables += _view_tables(number, view, created_cut=created_cut)
    features = {
        name: f"v{number}.f{place} AS {quoted(name)}"
        for number, view in enumerate(views)
        for place, (_, name) in enumerate(view.features)
    }
    outputs = [f"frame.{quoted(name)}" for name in frame.columns]
    outputs += [features[name] for name in order or features]
    joins = [_winner_join(number, view) for number, view in enumerate(views)]
    return "\n".join(
        [
            "WITH " + ",\n".join(tables),
            f"SELECT {_list(outputs)}",
            f"FROM frame JOIN spine USING ({ROW})",
            *joins,
            f"ORDER BY {ROW}",
        ]
    )


@dataclass(frozen=True)
class Moments:
    """The rows of a view at whose times its keys are asked for without a frame (P14)."""

    relation: str
    keys: Sequence[tuple[str, str]]
    """For each key its value in the result, and in comparisons: null where it has none."""
    event: str
    """Event time in the type of the result."""
    nanoseconds: str


def moments_query(
    views: Sequence[Moments], columns: Sequence[str], start_ns: int, end_ns: int
) -> str:
    """The distinct keys and event times of the views in the range, by time, then by keys.

    columns: the names of the keys, then that of the event time.
    """
    *keys, event = [quoted(name) for name in columns]
    parts = []
    for view in views:
        values = [f"{value} AS {name}" for (value, _), name in zip(view.keys, keys, strict=True)]
        values.append(f"{view.event} AS {event}")
        conditions = [f"{view.nanoseconds} BETWEEN {start_ns} AND {end_ns}"]
        conditions += [f"{compared} IS NOT NULL" for _, compared in view.keys]
        parts.append(
            f"SELECT DISTINCT {_list(values)} FROM {view.relation} WHERE {' AND '.join(conditions)}"
        )
    order = _list([event, *keys])
    return f"SELECT *, row_number() OVER (ORDER BY {order}) AS {ROW} FROM ({' UNION '.join(parts)})"


def latest_query(view: SqlView) -> str:
    """For each key the features of its greatest row in the order of P4 to P6 (P15)."""
    places = range(len(view.keys))
    known = ["event IS NOT NULL", *(f"k{place} IS NOT NULL" for place in places)]
    outputs = [f"f{place} AS {quoted(name)}" for place, (_, name) in enumerate(view.features)]
    return (
        f"SELECT {_list(outputs)} FROM ({_rows(view, view.keys)}) "
        f"WHERE {' AND '.join(known)} "
        f"QUALIFY row_number() OVER ({_partition(view.keys)}"
        f"ORDER BY {_list(_order(view, ' DESC NULLS LAST'))}) = 1"
    )


def _view_tables(number: int, view: SqlView, *, created_cut: bool) -> list[str]:
    pairs = view.keys or _NO_KEYS
    name = f"v{number}"
    keys = [f"k{place}" for place in range(len(pairs))]
    matches = _matches(number, pairs)
    nth = f"row_number() OVER ({_partition(pairs)}ORDER BY {_list(_order(view, ' NULLS FIRST'))})"
    if created_cut and view.created is not None:
        known = (
            f"SELECT DISTINCT {_list(keys)}, since, max(nth) OVER ({_partition(pairs)}"
            "ORDER BY since RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS best "
            f"FROM (SELECT {_list(keys)}, nth, greatest(event, created) AS since FROM {name} "
            "WHERE created IS NOT NULL)"
        )
    else:
        known = f"SELECT {_list(keys)}, event AS since, max(nth) AS best FROM {name} GROUP BY ALL"
    return [
        f"{name} AS MATERIALIZED (SELECT *, {nth} AS nth FROM ({_rows(view, pairs)}) "
        f"SEMI JOIN spine ON {matches} WHERE event IS NOT NULL)",
        f"{name}_known AS ({known})",
        f"{name}_won AS (SELECT {ROW}, best FROM spine ASOF JOIN {name}_known "
        f"ON {matches} AND t >= since)",
    ]


def _winner_join(number: int, view: SqlView) -> str:
    name = f"v{number}"
    conditions = [_matches(number, view.keys or _NO_KEYS, name), f"{name}.nth = {name}_won.best"]
    if view.ttl_us:
        conditions.append(f"{name}.event >= spine.t - CAST({view.ttl_us} AS HUGEINT) * 1000")
    return f"LEFT JOIN {name}_won USING ({ROW}) LEFT JOIN {name} ON {' AND '.join(conditions)}"


def _rows(view: SqlView, pairs: Sequence[KeyPair]) -> str:
    columns = [f"{pair.rows} AS k{place}" for place, pair in enumerate(pairs)]
    columns.append(f"{view.event} AS event")
    columns.append(f"{view.created or 'NULL'} AS created")
    columns += [f"{tie} AS o{place}" for place, tie in enumerate(view.ties)]
    columns += [f"{value} AS f{place}" for place, (value, _) in enumerate(view.features)]
    return f"SELECT {_list(columns)} FROM {view.relation}"


def _order(view: SqlView, direction: str) -> list[str]:
    ties = [f"o{place}" for place in range(len(view.ties))]
    return [f"{column}{direction}" for column in ("event", "created", *ties)]


def _partition(pairs: Sequence[KeyPair]) -> str:
    return f"PARTITION BY {_list(f'k{place}' for place in range(len(pairs)))} " if pairs else ""


def _matches(number: int, pairs: Sequence[KeyPair], rows: str = "") -> str:
    """Entity rows and rows of one key; `rows` says whose columns the keys are where SQL cannot."""
    owner = f"{rows}." if rows else ""
    return " AND ".join(f"v{number}_k{place} = {owner}k{place}" for place in range(len(pairs)))


def _list(parts: Iterable[str]) -> str:
    return ", ".join(parts)
