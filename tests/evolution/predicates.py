"""Random row filters: their text, and SQL's three-valued logic over cells."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.evolution.shape import Cell, Path, Row, Struct, leaf, leaves, primitive_cell

_EPOCH = dt.datetime(1970, 1, 1)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Predicate:
    """A filter: its text, and what it says of a row."""

    text: str
    holds: Callable[[Row], bool | None]

    def takes(self, row: Row) -> bool:
        """Whether the row is taken: unknown is not enough."""
        return self.holds(row) is True


def _comparable(kind: str, cell: Cell) -> Any:
    if kind in ("float", "double"):
        return float(cell)
    return Decimal(cell) if kind.startswith("decimal") else cell


def _micros(cell: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=cell)).isoformat()


def literal(kind: str, cell: Cell) -> str:
    """A value as a filter has it."""
    if kind == "boolean":
        return str(cell).lower()
    if kind in ("int", "long", "float", "double") or kind.startswith("decimal"):
        return str(cell)
    if kind == "date":
        return f"'{(_EPOCH + dt.timedelta(days=cell)).date().isoformat()}'"
    if kind == "time":
        return f"'{(_EPOCH + dt.timedelta(microseconds=cell)).time().isoformat()}'"
    if kind in ("timestamp", "timestamptz"):
        return f"'{_micros(cell)}{'+00:00' if kind == 'timestamptz' else ''}'"
    if kind == "uuid":
        return f"'{UUID(cell)}'"
    if kind == "string":
        return "'" + cell.replace("'", "''") + "'"
    return f"'{cell}'"


def _is_number(kind: str) -> bool:
    return kind in ("float", "double")


def _comparison(path: Path, kind: str, rng: random.Random) -> Predicate:
    name, cell = ".".join(path), primitive_cell(kind, rng)
    while _is_number(kind) and not math.isfinite(float(cell)):
        cell = primitive_cell(kind, rng)
    ordered = kind not in ("boolean",)
    sign = rng.choice(list(_COMPARE) if ordered else ["=", "!="])

    def holds(row: Row) -> bool | None:
        value = leaf(row, path)
        if value is None:
            return None
        return _COMPARE[sign](_comparable(kind, value), _comparable(kind, cell))

    return Predicate(f"{name} {sign} {literal(kind, cell)}", holds)


def _test(path: Path, kind: str, rng: random.Random) -> Predicate:
    name = ".".join(path)
    if _is_number(kind) and rng.random() < 0.5:

        def is_nan(row: Row) -> bool | None:
            value = leaf(row, path)
            return None if value is None else value == "nan"

        return Predicate(f"{name} is nan", is_nan)
    if rng.random() < 0.5:
        return Predicate(f"{name} is not null", lambda row: leaf(row, path) is not None)
    return Predicate(f"{name} is null", lambda row: leaf(row, path) is None)


def _set(path: Path, kind: str, rng: random.Random) -> Predicate:
    name = ".".join(path)
    cells = [primitive_cell(kind, rng) for _ in range(rng.choice([1, 2, 3]))]
    cells = [c for c in cells if not _is_number(kind) or math.isfinite(float(c))] or ["0.0"]
    values = [_comparable(kind, cell) for cell in cells]
    inside = rng.random() < 0.6

    def holds(row: Row) -> bool | None:
        value = leaf(row, path)
        return None if value is None else (_comparable(kind, value) in values) is inside

    word = "in" if inside else "not in"
    text = ", ".join(literal(kind, cell) for cell in cells)
    return Predicate(f"{name} {word} ({text})", holds)


def _prefix(path: Path, rng: random.Random) -> Predicate:
    name, start = ".".join(path), rng.choice(["a", "é", "x", "it"])
    negated = rng.random() < 0.3

    def holds(row: Row) -> bool | None:
        value = leaf(row, path)
        return None if value is None else value.startswith(start) is not negated

    word = "not starts with" if negated else "starts with"
    return Predicate(f"{name} {word} '{start}'", holds)


def _negated(one: Predicate) -> Predicate:
    def holds(row: Row) -> bool | None:
        value = one.holds(row)
        return None if value is None else not value

    return Predicate(f"not ({one.text})", holds)


def _chained(word: str, left: Predicate, right: Predicate) -> Predicate:
    deciding = word == "or"

    def holds(row: Row) -> bool | None:
        values = (left.holds(row), right.holds(row))
        if deciding in values:
            return deciding
        return None if None in values else not deciding

    return Predicate(f"({left.text} {word} {right.text})", holds)


def random_predicate(columns: Struct, rng: random.Random, depth: int = 2) -> Predicate:
    """A filter over primitive columns and fields of structs."""
    pick = rng.random()
    if depth and pick < 0.15:
        return _negated(random_predicate(columns, rng, depth - 1))
    if depth and pick < 0.4:
        parts = [random_predicate(columns, rng, depth - 1) for _ in range(2)]
        return _chained(rng.choice(["and", "or"]), *parts)
    path, kind = rng.choice(leaves(columns))
    if pick < 0.55:
        return _test(path, kind, rng)
    if pick < 0.65 and kind == "string":
        return _prefix(path, rng)
    return (_set if pick < 0.75 and kind != "boolean" else _comparison)(path, kind, rng)


def below(name: str, bound: int) -> Predicate:
    """A filter on an integer column without nulls, which reads the same in SQL."""
    return Predicate(f"{name} < {bound}", lambda row: row[name] < bound)


def among(name: str, numbers: list[int]) -> Predicate:
    """The rows whose integer is one of some; reads the same in SQL."""
    listed = ", ".join(map(str, numbers))
    return Predicate(f"{name} in ({listed})", lambda row: row[name] in numbers)
