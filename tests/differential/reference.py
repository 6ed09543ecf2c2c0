"""The reference point-in-time join: nested loops over plain Python values, obviously right.

Times are integers (nanoseconds since 1970-01-01 UTC), so they compare exactly (P10). Keys are
Python values, whose `==` is the equality of P2: 1 == 1.0 == Decimal(1), -0.0 == 0.0, and integers
beyond 2**53 compare exactly with floats. Names, types and errors (P13) are not its business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FeatureRow:
    """One row of a view's table. `rank` orders full ties (P6): greater wins."""

    cells: Mapping[str, Any]
    event: int | None
    created: int | None
    rank: tuple[Any, ...]
    committed: int | None = None


@dataclass(frozen=True)
class View:
    """Keys are pairs (column of the rows, column of the frame); features name columns of rows."""

    rows: Sequence[FeatureRow]
    keys: Sequence[tuple[str, str]]
    features: Sequence[str]
    ttl_ns: int | None = None
    has_created: bool = False
    commit_cut: bool = False


@dataclass(frozen=True)
class Entity:
    """One row of the entity frame."""

    cells: Mapping[str, Any]
    time: int | None


@dataclass(frozen=True)
class Answer:
    """The winner for one entity row in one view, and whether only its rank made it win."""

    winner: FeatureRow | None
    tied: bool


def is_key(value: Any) -> bool:
    """A null or NaN key matches nothing (P2)."""
    return value is not None and value == value


def same_key(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Typed equality of whole keys, null-free (P2)."""
    return all(is_key(a) and is_key(b) and a == b for a, b in zip(left, right, strict=True))


def is_candidate(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    """P2, P3, P8 and P9."""
    if row.event is None or entity.time is None:
        return False
    row_key = [row.cells[column] for column, _ in view.keys]
    entity_key = [entity.cells[column] for _, column in view.keys]
    if not same_key(row_key, entity_key) or row.event > entity.time:
        return False
    if view.ttl_ns and row.event < entity.time - view.ttl_ns:
        return False
    if view.commit_cut and (row.committed is None or row.committed > entity.time):
        return False
    if created_cut and view.has_created:
        return row.created is not None and row.created <= entity.time
    return True


def recency(row: FeatureRow) -> tuple[Any, ...]:
    """P4 and P5: newest event time, then newest created time, null before any other."""
    return (row.event, row.created is not None, row.created or 0)


def newest(rows: Sequence[FeatureRow]) -> Answer:
    """P4 to P6."""
    if not rows:
        return Answer(None, False)
    best = max(map(recency, rows))
    tied = [row for row in rows if recency(row) == best]
    return Answer(max(tied, key=lambda row: row.rank), len(tied) > 1)


def answers(view: View, entities: Sequence[Entity], *, created_cut: bool = False) -> list[Answer]:
    """One answer for every entity row, in order (P1)."""
    return [
        newest([r for r in view.rows if is_candidate(r, entity, view, created_cut=created_cut)])
        for entity in entities
    ]


def features(view: View, answer: Answer) -> list[Any]:
    """P7: all features of the winner, nulls included, or null for each."""
    if answer.winner is None:
        return [None] * len(view.features)
    return [answer.winner.cells[column] for column in view.features]


def training_rows(
    entities: Sequence[Entity], views: Sequence[View], *, created_cut: bool = False
) -> list[list[Any]]:
    """The features of every entity row, view after view, in the order asked for (P1)."""
    by_view = [
        [features(view, answer) for answer in answers(view, entities, created_cut=created_cut)]
        for view in views
    ]
    return [[cell for part in row for cell in part] for row in zip(*by_view, strict=True)]


def made_frame(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    """P14: the distinct (event time, keys as the first view has them), in order."""
    pairs = set()
    for view in views:
        columns = {name: column for column, name in view.keys}
        for row in view.rows:
            key = [row.cells[columns[name]] for _, name in views[0].keys]
            if row.event is not None and start <= row.event <= end and all(map(is_key, key)):
                pairs.add((row.event, *(k + 0.0 if isinstance(k, float) else k for k in key)))
    return sorted(pairs)


def latest(view: View, start: int | None, end: int | None) -> Iterator[FeatureRow]:
    """P15: the newest row of every key with start <= event time <= end."""
    groups: list[tuple[list[Any], list[FeatureRow]]] = []
    for row in view.rows:
        key = [row.cells[column] for column, _ in view.keys]
        if row.event is None or not all(map(is_key, key)):
            continue
        if (start is not None and row.event < start) or (end is not None and row.event > end):
            continue
        same = next((rows for other, rows in groups if same_key(other, key)), None)
        if same is None:
            groups.append((key, [row]))
        else:
            same.append(row)
    for _, rows in groups:
        winner = newest(rows).winner
        assert winner is not None
        yield winner
