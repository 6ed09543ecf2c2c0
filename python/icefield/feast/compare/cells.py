"""Two training sets cell by cell: entity rows are found again by the number that each was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from icefield.errors import InvalidArgumentError
from icefield.feast.compare.values import Relation, cells, relation

ROW = "icefield_row"
"""The column that numbers the entity rows; both stores carry it through like any other column."""


@dataclass
class Difference:
    """A cell, an entity row or a column that differs, and why."""

    row: int | None
    column: str | None
    ours: Any = None
    theirs: Any = None
    reason: str = ""
    detail: str = ""
    key: Mapping[str, Any] = field(default_factory=dict)
    entity_time: Any = None


@dataclass(frozen=True)
class TypeNote:
    """A feature column whose Arrow types differ; the values may still be equal."""

    column: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Comparison:
    """What the two training sets have in common, and what not."""

    rows: int
    columns: list[str]
    differences: list[Difference]
    types: list[TypeNote]
    ordered: bool
    """Whether the other store's rows come in the order of the entity frame."""
    ours: Mapping[str, Sequence[Any]]
    theirs: Mapping[str, Sequence[Any]]
    """Cells by column, in the order of the frame; None, too, for rows that are missing."""
    found: Sequence[int | None]
    """For each entity row its place in the other store's answer; None where it is missing."""

    @property
    def cells(self) -> int:
        """How many cells were compared."""
        return self.rows * len(self.columns)


def compare(ours: pa.Table, theirs: pa.Table, rows: int, columns: Sequence[str]) -> Comparison:
    """Compares the feature columns of Icefield's answer and of the other store's.

    Differences come by row. They have no reasons yet, but for missing and doubled rows, missing
    columns and values that only rounding tells apart.
    """
    our_places, _ = _places(ours, rows, "Icefield")
    their_places, doubled = _places(theirs, rows, "the other store")
    differences = [
        Difference(row, None, reason="rows", detail="the other store has no row for it (P1)")
        for row, place in enumerate(their_places)
        if place is None
    ]
    differences += [
        Difference(row, None, reason="rows", detail=f"the other store has {count} rows for it (P1)")
        for row, count in sorted(doubled.items())
    ]
    if any(place is None for place in our_places):
        raise InvalidArgumentError("Icefield's answer lacks entity rows: please report it")
    shared: list[str] = []
    types: list[TypeNote] = []
    our_cells: dict[str, list[Any]] = {}
    their_cells: dict[str, list[Any]] = {}
    for column in columns:
        lacking = [
            side
            for side, table in (("Icefield", ours), ("the other store", theirs))
            if column not in table.column_names
        ]
        if lacking:
            detail = f"{' and '.join(lacking)} gave no such column"
            differences.append(Difference(None, column, reason="column", detail=detail))
            continue
        shared.append(column)
        our_cells[column] = _placed(cells(ours[column]), our_places)
        their_cells[column] = _placed(cells(theirs[column]), their_places)
        kinds = ours.schema.field(column).type, theirs.schema.field(column).type
        if not _alike(*kinds):
            types.append(TypeNote(column, str(kinds[0]), str(kinds[1])))
        same_type = kinds[0] == kinds[1]
        for row, (a, b) in enumerate(zip(our_cells[column], their_cells[column], strict=True)):
            if their_places[row] is not None:
                differences += _cell(row, column, a, b, same_type, kinds)
    differences.sort(key=lambda found: -1 if found.row is None else found.row)
    present = [place for place in their_places if place is not None]
    ordered = present == sorted(present)
    return Comparison(
        rows, shared, differences, types, ordered, our_cells, their_cells, their_places
    )


def _cell(
    row: int, column: str, ours: Any, theirs: Any, same_type: bool, kinds: tuple[Any, Any]
) -> list[Difference]:
    found = relation(ours, theirs, same_type)
    if found is Relation.SAME:
        return []
    difference = Difference(row, column, ours, theirs)
    if found is Relation.ROUNDED:
        difference.reason = "type"
        difference.detail = f"{kinds[0]} in Icefield, {kinds[1]} in the other store"
    elif relation(ours, theirs) is Relation.ROUNDED and (ours is None or theirs is None):
        difference.reason = "type"
        difference.detail = "the other store does not tell NaN from null"
    return [difference]


def _places(table: pa.Table, rows: int, side: str) -> tuple[list[int | None], dict[int, int]]:
    """Where each entity row is in a result, and how often those that are there more than once."""
    if ROW not in table.column_names:
        raise InvalidArgumentError(
            f"{side} dropped the column '{ROW}' of the entity frame, so its rows cannot be told "
            "apart"
        )
    places: list[int | None] = [None] * rows
    counts: dict[int, int] = {}
    for place, number in enumerate(table[ROW].to_pylist()):
        row = int(number)
        counts[row] = counts.get(row, 0) + 1
        if places[row] is None:
            places[row] = place
    return places, {row: count for row, count in counts.items() if count > 1}


def _placed(values: Sequence[Any], places: Sequence[int | None]) -> list[Any]:
    return [None if place is None else values[place] for place in places]


def _alike(ours: pa.DataType, theirs: pa.DataType) -> bool:
    """Whether the types are one to a reader: large and view forms do not count."""
    families: tuple[Callable[[pa.DataType], bool], ...] = (
        lambda kind: pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind),
        lambda kind: pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_binary_view(kind),
        lambda kind: pt.is_list(kind) or pt.is_large_list(kind),
    )
    return bool(ours == theirs) or any(family(ours) and family(theirs) for family in families)
