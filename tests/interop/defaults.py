"""Defaults of columns (v3): a cell, and as the JSON of a schema has it."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

from tests.evolution.shape import Cell
from tests.interop.filters import instant_text, is_instant, is_writable
from tests.interop.random_cells import random_cell


def random_default(kind: str, rng: random.Random) -> Cell:
    """A value that JSON can say, or None."""
    if kind in ("float", "double"):
        # Of few bits: the same number in both widths.
        return repr(rng.choice([0.0, 1.5, -0.25, 1024.0]))
    cell = random_cell(kind, rng)
    return cell if is_writable(kind, cell) else None


def default_json(kind: str, cell: Cell) -> Any:
    """The cell in the specification's single-value form."""
    if is_instant(kind):
        return instant_text(kind, cell)
    if kind in ("float", "double"):
        return float(cell)
    return str(UUID(cell)) if kind == "uuid" else cell
