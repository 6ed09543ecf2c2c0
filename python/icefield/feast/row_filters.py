"""Row filters for Icefield's scans, out of Feast's dates and of conditions that DuckDB pushes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pyarrow as pa


def time_filter(
    column: str, kind: pa.DataType, start: datetime | None, end: datetime | None
) -> str | None:
    """The rows with start <= column <= end as a row filter; None where there is no bound.

    The bounds are written in the column's own type: a date column is compared at UTC midnight.
    """
    name = _column(column)
    bounds = []
    if start is not None:
        bounds.append(f"{name} >= '{_literal(to_utc(start), kind, round_up=True)}'")
    if end is not None:
        bounds.append(f"{name} <= '{_literal(to_utc(end), kind, round_up=False)}'")
    return " and ".join(bounds) or None


def to_utc(value: datetime) -> datetime:
    """The instant in UTC; a zone-less value is UTC (P10)."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def pushed_filter(condition: str, schema: pa.Schema) -> str | None:
    """A row filter that keeps at least the rows of a pyarrow condition, given as its text.

    Only comparisons of integers, texts, dates and times with constants, joined by "and", are taken
    over; what else is in the condition prunes nothing. None where nothing is left.
    """
    if not all(name.isidentifier() for name in schema.names):
        return None  # The text does not quote names: it could be read in two ways.
    taken = (_comparison(part, schema) for part in _conjuncts(condition))
    return " and ".join(part for part in taken if part is not None) or None


def _column(name: str) -> str:
    escaped = name.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _literal(instant: datetime, kind: pa.DataType, *, round_up: bool) -> str:
    if pa.types.is_date(kind):
        day = instant.date()
        if round_up and instant.timetz().replace(tzinfo=None) != time.min:
            day += timedelta(days=1)
        return day.isoformat()
    if getattr(kind, "tz", None) is None:
        instant = instant.replace(tzinfo=None)
    return instant.isoformat(timespec="microseconds")


def _conjuncts(condition: str) -> Iterator[str]:
    """The parts of nested "(a and b)", in the text that pyarrow writes of a condition."""
    pending = [condition]
    while pending:
        part = pending.pop()
        place = _top_level(part, " and ")
        if place is None:
            yield part
        else:
            pending += [part[place + len(" and ") : -1], part[1:place]]


def _top_level(text: str, operator: str) -> int | None:
    """Where the operator stands within the outermost brackets of the text and no others."""
    depth, inside_quotes, place = 0, False, 0
    while place < len(text):
        character = text[place]
        if inside_quotes and character == "\\":
            place += 1
        elif character == '"':
            inside_quotes = not inside_quotes
        elif not inside_quotes:
            depth += (character in "([{") - (character in ")]}")
            if depth == 1 and text[0] == "(" and text.startswith(operator, place):
                return place
        place += 1
    return None


_COMPARISON = re.compile(r"\((\w+) (==|<|<=|>|>=) (.+)\)", re.DOTALL)
_OPERATORS = {"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(Z?)")


def _comparison(text: str, schema: pa.Schema) -> str | None:
    found = _COMPARISON.fullmatch(text)
    if found is None or found[1] not in schema.names:
        return None
    constant = _constant(found[3], schema.field(found[1]).type)
    return None if constant is None else f"{_column(found[1])} {_OPERATORS[found[2]]} {constant}"


def _constant(text: str, kind: pa.DataType) -> str | None:
    if pa.types.is_integer(kind):
        return text if re.fullmatch(r"-?\d+", text) else None
    if pa.types.is_string(kind):
        found = re.fullmatch(r'"([^"\\]*)"', text)
        if found is None:
            return None
        escaped = found[1].replace("'", "''")
        return f"'{escaped}'"
    if pa.types.is_date(kind):
        return f"'{text}'" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    if pa.types.is_timestamp(kind) and kind.unit == "us":
        moment = _TIME.fullmatch(text)
        if moment is None or bool(moment[3]) != (kind.tz is not None):
            return None
        return f"'{moment[1]}T{moment[2]}{'+00:00' if moment[3] else ''}'"
    return None
