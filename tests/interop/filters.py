"""Row filters as values: what they say of a row, and how each reader is asked."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from pyiceberg import expressions as px

from tests.evolution.predicates import literal
from tests.evolution.shape import Cell, Path, Row, Struct, leaf, leaves
from tests.interop.random_cells import random_cell

_EPOCH = dt.datetime(1970, 1, 1)
_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_PYICEBERG = {
    "=": px.EqualTo,
    "!=": px.NotEqualTo,
    "<": px.LessThan,
    "<=": px.LessThanOrEqual,
    ">": px.GreaterThan,
    ">=": px.GreaterThanOrEqual,
    "in": px.In,
    "not in": px.NotIn,
    "starts with": px.StartsWith,
    "not starts with": px.NotStartsWith,
    "is null": px.IsNull,
    "is not null": px.NotNull,
    "is nan": px.IsNaN,
}


def comparable(kind: str, cell: Cell) -> Any:
    """A cell as Python compares it as SQL would."""
    if kind in ("float", "double"):
        return float(cell)
    return Decimal(cell) if kind.startswith("decimal") else cell


def instant_text(kind: str, cell: int) -> str:
    """A date or time as an ISO text."""
    if kind == "date":
        return (_EPOCH + dt.timedelta(days=cell)).date().isoformat()
    if kind == "time":
        return (_EPOCH + dt.timedelta(microseconds=cell)).time().isoformat()
    micros, rest = divmod(cell, 1000) if kind.endswith("_ns") else (cell, None)
    text = (_EPOCH + dt.timedelta(microseconds=micros)).isoformat(timespec="microseconds")
    text += f"{rest:03}" if rest is not None else ""
    return text + ("+00:00" if kind.startswith("timestamptz") else "")


def is_instant(kind: str) -> bool:
    """Whether ISO texts are its literals."""
    return kind in ("date", "time") or kind.startswith("timestamp")


@dataclass(frozen=True)
class Filter:
    """A comparison of a leaf, or a chain of filters: and, or, not with its `parts`."""

    op: str
    path: Path = ()
    kind: str = ""
    cells: tuple[Cell, ...] = ()
    parts: tuple[Filter, ...] = ()

    def holds(self, row: Row) -> bool | None:
        """By SQL's three-valued logic and IEEE's comparisons."""
        if self.op == "not":
            value = self.parts[0].holds(row)
            return None if value is None else not value
        if self.parts:
            values = [part.holds(row) for part in self.parts]
            if (self.op == "or") in values:
                return self.op == "or"
            return None if None in values else self.op == "and"
        cell = leaf(row, self.path)
        if self.op in ("is null", "is not null"):
            return (cell is None) is (self.op == "is null")
        return None if cell is None else self._compare(cell)

    def _compare(self, cell: Cell) -> bool:
        if self.op == "is nan":
            return bool(cell == "nan")
        if self.op.endswith("starts with"):
            return cell.startswith(self.cells[0]) is (self.op == "starts with")
        value, others = comparable(self.kind, cell), [comparable(self.kind, c) for c in self.cells]
        if self.op in ("in", "not in"):
            return (value in others) is (self.op == "in")
        sign = _SIGNS.index(self.op)
        other = others[0]
        answers = (value == other, value != other, value < other, value <= other, value > other)
        return bool((*answers, value >= other)[sign])

    def takes(self, row: Row) -> bool:
        """Whether the row passes."""
        return self.holds(row) is True

    def terms(self) -> list[Filter]:
        """The comparisons in it."""
        return [term for part in self.parts for term in part.terms()] or [self]

    @property
    def text(self) -> str:
        """As Icefield reads it."""
        if self.op == "not":
            return f"not ({self.parts[0].text})"
        if self.parts:
            return "(" + f" {self.op} ".join(part.text for part in self.parts) + ")"
        name = ".".join(self.path)
        texts = [self._literal(cell) for cell in self.cells]
        if self.op in ("in", "not in"):
            return f"{name} {self.op} ({', '.join(texts)})"
        return " ".join([name, self.op, *texts])

    def _literal(self, cell: Cell) -> str:
        if is_instant(self.kind):
            return f"'{instant_text(self.kind, cell)}'"
        return literal(self.kind, cell)

    def pyiceberg(self) -> Any:
        """As pyiceberg has it."""
        if self.op == "not":
            return px.Not(self.parts[0].pyiceberg())
        if self.parts:
            kind = px.And if self.op == "and" else px.Or
            return kind(*(part.pyiceberg() for part in self.parts))
        name, made = ".".join(self.path), _PYICEBERG[self.op]
        values = [_python(self.kind, cell) for cell in self.cells]
        if self.op in ("in", "not in"):
            return made(name, values)
        return made(name, *values)

    def json(self) -> dict[str, Any]:
        """As the Java reader is asked."""
        if self.parts:
            return {"op": self.op, "parts": [part.json() for part in self.parts]}
        cells = [instant_text(self.kind, c) if is_instant(self.kind) else c for c in self.cells]
        return {"op": self.op, "column": ".".join(self.path), "kind": self.kind, "values": cells}


def _python(kind: str, cell: Cell) -> Any:
    if is_instant(kind):
        return instant_text(kind, cell)
    if kind == "uuid":
        return UUID(cell)
    if kind == "binary" or kind.startswith("fixed"):
        return bytes.fromhex(cell)
    return comparable(kind, cell)


def _literal_near(kind: str, known: list[Cell], rng: random.Random) -> Cell:
    """A value of the rows more often than another one; never NaN or infinite."""
    cells = [c for c in known if c is not None and rng.random() < 0.7]
    for _ in range(20):
        cell = rng.choice(cells) if cells and rng.random() < 0.7 else random_cell(kind, rng)
        if kind not in ("float", "double") or math.isfinite(float(cell)):
            return cell
    return "1.0"


def is_writable(kind: str, cell: Cell) -> bool:
    """Whether there is a literal for it that every reader knows."""
    if kind == "string":
        return "\x00" not in cell
    if kind.endswith("_ns"):
        return abs(cell) < 2**61
    if kind.startswith("timestamp"):
        return -62_135_596_800_000_000 <= cell <= 253_402_300_799_999_999
    return kind != "date" or -719_162 <= cell <= 2_932_896


def random_term(columns: Struct, rows: list[Row], rng: random.Random, op: str = "") -> Filter:
    """A comparison of one leaf with values that may be in the rows."""
    path, kind = rng.choice(leaves(columns))
    known = [leaf(row, path) for row in rows]
    op = op or rng.choice(["is null", "is not null", "in", "not in", *_SIGNS, *_SIGNS])
    if kind == "string" and rng.random() < 0.3:
        op = rng.choice(["starts with", "not starts with"])
    if kind in ("float", "double") and rng.random() < 0.15:
        op = "is nan"
    if kind == "boolean" and op in ("<", "<=", ">", ">=", "in", "not in"):
        op = "="
    if op.startswith("is "):
        return Filter(op, path, kind)
    cells = []
    while len(cells) < (rng.choice([1, 2, 3]) if op.endswith("in") else 1):
        cell = _literal_near(kind, known, rng)
        if op.endswith("starts with"):
            cell = cell[: rng.choice([1, 2, 5, 16, 20])] or "a"
        if is_writable(kind, cell):
            cells.append(cell)
    return Filter(op, path, kind, tuple(cells))


def random_filter(columns: Struct, rows: list[Row], rng: random.Random, depth: int = 1) -> Filter:
    """A comparison, or a few of them."""
    pick = rng.random()
    if depth and pick < 0.4:
        parts = tuple(random_filter(columns, rows, rng, depth - 1) for _ in range(2))
        return Filter(rng.choice(["and", "or"]), parts=parts)
    if depth and pick < 0.5:
        return Filter("not", parts=(random_filter(columns, rows, rng, depth - 1),))
    return random_term(columns, rows, rng)
