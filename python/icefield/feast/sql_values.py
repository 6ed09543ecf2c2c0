"""Arrow data as text of SQL: names of types in DuckDB's dialect, and a small table of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from icefield.feast.errors import NotYetSupportedError

ROWS_MAX = 10_000
"""A greater frame is no text that anybody would run."""

_TYPES = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.large_string(): "VARCHAR",
    pa.string_view(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.date32(): "DATE",
    pa.time64("us"): "TIME",
    pa.null(): "INTEGER",
}


def quoted(name: str) -> str:
    """An identifier of SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def type_name(kind: pa.DataType) -> str | None:
    """DuckDB's name of a type; None for types that have no plain one."""
    if pa.types.is_timestamp(kind):
        zone = "TZ" if kind.tz else ""
        return f"TIMESTAMP{zone}_NS" if kind.unit == "ns" else f"TIMESTAMP{zone}"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_fixed_size_binary(kind):
        return "BLOB"
    if isinstance(kind, pa.UuidType):
        return "UUID"
    return _TYPES.get(kind)


def values_query(table: pa.Table) -> str:
    """A query that gives the rows of a table; NotYetSupportedError names what it cannot write."""
    if len(table) > ROWS_MAX:
        raise NotYetSupportedError(
            f"the entity frame has {len(table)} rows: as a query it can have {ROWS_MAX}. Write it "
            "to a table and pass a SELECT over that as entity_df"
        )
    names = [quoted(name) for name in table.column_names]
    columns, casts = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        target = type_name(kind)
        if target is None:
            raise NotYetSupportedError(
                f"the column '{name}' of the entity frame has type {kind}, which has no plain "
                "words in SQL"
            )
        if target == "BLOB":
            casts.append(f"unhex({quoted(name)}) AS {quoted(name)}")
        else:
            casts.append(f"CAST({quoted(name)} AS {target}) AS {quoted(name)}")
        columns.append(_texts(column, kind))
    rows = [f"({', '.join(row)})" for row in zip(*columns, strict=True)]
    if not rows:
        nulls = ", ".join(f"NULL AS {name}" for name in names)
        return f"SELECT {', '.join(casts)} FROM (SELECT {nulls} WHERE false)"
    values = ",\n".join(rows)
    return f"SELECT {', '.join(casts)} FROM (VALUES\n{values}) AS entity_df({', '.join(names)})"


def _texts(column: pa.ChunkedArray, kind: pa.DataType) -> list[str]:
    plain = column.cast(kind)
    if pa.types.is_timestamp(kind):
        plain = plain.cast(pa.string())
    return [_literal(value) for value in plain.to_pylist()]


def _literal(value: Any) -> str:
    """A value as a text that DuckDB casts back to it."""
    if value is None:
        return "NULL"
    text = value.hex() if isinstance(value, bytes) else str(value)
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def name_of(parts: Iterable[str]) -> str:
    """A name of several parts."""
    return ".".join(quoted(part) for part in parts)
