"""Why a cell differs: the rows of its key are looked up, and the rule is named."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from icefield.feast.compare.candidates import Candidate, History, ViewRows, duration_text
from icefield.feast.compare.cells import Comparison, Difference
from icefield.feast.compare.values import (
    NANOSECONDS_OF_A_SECOND,
    Instant,
    Relation,
    plain,
    relation,
)

_QUARTER = 15 * 60 * NANOSECONDS_OF_A_SECOND
_OFFSETS = [quarters * _QUARTER for quarters in range(-14 * 4, 14 * 4 + 1) if quarters]
_ROWS_THAT_MUST_AGREE = 0.9


@dataclass(frozen=True)
class EntityRow:
    """A row of the entity frame as one view sees it."""

    row: int
    key: tuple[Any, ...]
    time: Instant | None

    @property
    def has_null(self) -> bool:
        """Whether it can match nothing (P2)."""
        return self.time is None or any(
            part is None or (isinstance(part, float) and math.isnan(part)) for part in self.key
        )


@dataclass(frozen=True)
class Case:
    """A differing cell with what decides it."""

    difference: Difference
    feature: str
    entity: EntityRow
    history: History
    view: ViewRows

    @property
    def time(self) -> Instant:
        """The entity's time; only asked for where there is one."""
        assert self.entity.time is not None
        return self.entity.time

    def shown_by(self, row: Candidate | None) -> bool:
        """Whether the other store's cell is what this row, or no row, would give."""
        value = None if row is None else row.values[self.feature]
        return relation(value, self.difference.theirs) is not Relation.DIFFERENT

    def bearers(self) -> list[Candidate]:
        """The rows of the key that hold the other store's value, the newest first."""
        if self.difference.theirs is None:
            return []
        return [row for row in reversed(self.history.rows) if self.shown_by(row)]


def explain(
    comparison: Comparison,
    frame: pd.DataFrame,
    time_column: str,
    columns: Mapping[str, tuple[ViewRows, str] | None],
) -> None:
    """Gives every difference its key, its time and its reason."""
    times = [plain(value) for value in frame[time_column]]
    rows = _Entities(comparison, frame, time_column, columns)
    for difference in comparison.differences:
        if difference.row is not None:
            difference.entity_time = times[difference.row]
            if difference.column is None:
                difference.key = rows.key(difference.row)
                difference.detail += rows.why(difference.row)
    of_views: dict[int, tuple[ViewRows, list[tuple[Difference, str]]]] = {}
    for difference in comparison.differences:
        if difference.row is None or difference.column is None:
            continue
        known = columns[difference.column]
        if known is None:
            difference.key = rows.key(difference.row)
            difference.reason = difference.reason or "derived"
            difference.detail = difference.detail or (
                "an on-demand view computed it; look at the row's other differences"
            )
            continue
        view, feature = known
        of_views.setdefault(id(view), (view, []))[1].append((difference, feature))
    for view, cells in of_views.values():
        _explain_view(view, cells, comparison, _entity_rows(view, frame, times), columns)


class _Entities:
    """The entity frame's rows, and why the other store may have left one out."""

    def __init__(
        self,
        comparison: Comparison,
        frame: pd.DataFrame,
        time_column: str,
        columns: Mapping[str, tuple[ViewRows, str] | None],
    ) -> None:
        self._comparison = comparison
        keys = {key for known in columns.values() if known for key in known[0].frame_keys}
        self._keys = [name for name in frame.columns if name in keys]
        self._entities = frame
        self._kept_like = self._like_a_kept_row(time_column)
        self._views: dict[str, list[str]] = {}
        for name, known in columns.items():
            if known is not None and name in comparison.ours:
                view = known[0].requested.view.projection.name_to_use()
                self._views.setdefault(view, []).append(name)

    def _like_a_kept_row(self, time_column: str) -> set[int]:
        """The rows with the keys and the time of another one, which the other store kept."""
        same: dict[tuple[Any, ...], list[int]] = {}
        columns = (self._entities[name] for name in (*self._keys, time_column))
        for row, values in enumerate(zip(*columns, strict=True)):
            same.setdefault(tuple(map(plain, values)), []).append(row)
        found = self._comparison.found
        groups = [rows for rows in same.values() if any(found[row] is not None for row in rows)]
        return {row for rows in groups for row in rows}

    def key(self, row: int) -> dict[str, Any]:
        """The join keys of the row, of all views."""
        return {str(name): plain(self._entities[name].iloc[row]) for name in self._keys}

    def why(self, row: int) -> str:
        """What the row has that may have cost it its place; nothing for a doubled row."""
        if self._comparison.found[row] is not None:
            return ""
        if row in self._kept_like:
            return "; the frame has it more than once, and the store keeps one"
        empty = [
            view
            for view, names in self._views.items()
            if all(self._comparison.ours[name][row] is None for name in names)
        ]
        if not empty:
            return ""
        views = ", ".join(empty)
        return f"; no valid row of {views} answers it, and the store drops such entity rows"


def _entity_rows(
    view: ViewRows, frame: pd.DataFrame, times: Sequence[Instant | None]
) -> list[EntityRow]:
    keys = [[plain(value) for value in frame[name]] for name in view.frame_keys]
    return [
        EntityRow(row, tuple(column[row] for column in keys), time)
        for row, time in enumerate(times)
    ]


def _explain_view(
    view: ViewRows,
    cells: Sequence[tuple[Difference, str]],
    comparison: Comparison,
    entities: Sequence[EntityRow],
    columns: Mapping[str, tuple[ViewRows, str] | None],
) -> None:
    for difference, _ in cells:
        entity = entities[difference.row or 0]
        difference.key = dict(zip(view.frame_keys, entity.key, strict=True))
    open_cells = [(difference, feature) for difference, feature in cells if not difference.reason]
    wanted = {entities[difference.row or 0].key for difference, _ in open_cells}
    view.read({key for key in wanted if not EntityRow(0, key, Instant(0)).has_null})
    left: list[Case] = []
    for difference, feature in open_cells:
        entity = entities[difference.row or 0]
        case = Case(difference, feature, entity, view.history(entity.key), view)
        found = _first_reason(case)
        if found is None:
            left.append(case)
        else:
            difference.reason, difference.detail = found
    known = [entity for entity in entities if entity.key in wanted and not entity.has_null]
    offset = _offset(left, known, comparison, _columns_of(view, columns))
    for case in left:
        case.difference.reason, case.difference.detail = _last_reason(case, offset)


def _columns_of(
    view: ViewRows, columns: Mapping[str, tuple[ViewRows, str] | None]
) -> dict[str, str]:
    return {
        name: known[1] for name, known in columns.items() if known is not None and known[0] is view
    }


Reason = tuple[str, str]


def _first_reason(case: Case) -> Reason | None:
    """The reasons that one cell alone proves."""
    if case.entity.has_null:
        return "key", "a null key or time matches nothing (P2)"
    own = case.view.winner(case.history, case.time)
    value = own.values[case.feature] if own is not None else None
    if relation(value, case.difference.ours) is Relation.DIFFERENT:
        return "unexplained", (
            f"the rules give {value!r} for this cell, which is not Icefield's answer: report it"
        )
    for rule in (_nanoseconds, _shifted_value, _tie, _ttl, _created, _filled):
        found = rule(case, own)
        if found is not None:
            return found
    return None


def _nanoseconds(case: Case, own: Candidate | None) -> Reason | None:
    """A table in microseconds cannot tell a row from an entity that is less than one before it."""
    exact = case.time.ns % 1_000 == 0 and not case.view.floored
    edges = [(own, case.time.ns)]
    if case.view.ttl:
        edges.append((own or case.history.newest(case.time, False), case.time.ns - case.view.ttl))
    for row, edge in edges:
        if exact or row is None or row.time.ns // 1_000 != edge // 1_000:
            continue
        rest = [other for other in case.history.until(case.time) if other is not row]
        if case.shown_by(rest[-1] if rest else None) or case.shown_by(row):
            if case.view.floored:
                return "type", f"the row's time {row.time} lost its nanoseconds in the import"
            return "type", (
                f"the row's time {row.time} has microseconds, the entity's {case.time} nanoseconds"
            )
    return None


def _shifted_value(case: Case, own: Candidate | None) -> Reason | None:
    ours, theirs = case.difference.ours, case.difference.theirs
    if own is None or not isinstance(ours, Instant) or not isinstance(theirs, Instant):
        return None
    shift = theirs.ns - ours.ns
    if shift in _OFFSETS and not case.bearers():
        return "zone", f"the time is {_signed(shift)} off: read in another zone (P10)"
    return None


def _tie(case: Case, own: Candidate | None) -> Reason | None:
    if own is None:
        return None
    tied = [row for row in case.history.until(case.time) if row.time == own.time]
    for other in tied:
        if other is own or not case.shown_by(other):
            continue
        lost = ", in whole microseconds since the import" if case.view.floored else ""
        where = f"{len(tied)} rows at {own.time}{lost}; "
        if other.created != own.created:
            return "tie", (
                f"{where}Icefield takes the one created {own.created or 'at no known time'}, the "
                f"other store one created {other.created or 'at no known time'} (P5)"
            )
        return "tie", (
            f"{where}equal created times, Icefield takes the one written last (P6), the other "
            "store another"
        )
    return None


def _ttl(case: Case, own: Candidate | None) -> Reason | None:
    if not case.view.ttl:
        return None
    edge, ttl = Instant(case.time.ns - case.view.ttl), duration_text(case.view.ttl)
    if own is not None and own.time == edge and case.difference.theirs is None:
        return "ttl", f"the row of {own.time} is exactly {ttl} old, which is not too old (P3)"
    if own is None and case.difference.theirs is not None:
        row = case.history.newest(case.time, case.view.created_cut)
        expired = [
            r for r in case.bearers() if r.time <= case.time and case.view.has_expired(r, case.time)
        ]
        if row is not None and expired:
            age = duration_text(case.time.ns - expired[0].time.ns)
            return "ttl", f"the row of {expired[0].time} is {age} old, beyond the TTL of {ttl} (P3)"
    return None


def _created(case: Case, own: Candidate | None) -> Reason | None:
    if not case.view.created_cut:
        return None
    for row in case.history.until(case.time):
        late = row.created is None or row.created > case.time
        if late and row is not own and case.difference.theirs is not None and case.shown_by(row):
            return "created", (
                f"the row of {row.time} was created {row.created or 'at no known time'}, after "
                "the entity's time (P8)"
            )
    return None


def _filled(case: Case, own: Candidate | None) -> Reason | None:
    """The other store goes back to the last value that is not null."""
    if own is None or own.values[case.feature] is not None:
        return None
    for row in reversed(case.history.until(case.time)):
        if row is not own and row.values[case.feature] is not None:
            if case.shown_by(row):
                return "null", (
                    f"the newest row, of {own.time}, has null here (P7); the other store shows the "
                    f"older row of {row.time}"
                )
            return None
    return None


def _offset(
    left: Iterable[Case],
    known: Sequence[EntityRow],
    comparison: Comparison,
    columns: Mapping[str, str],
) -> int | None:
    """The whole offset of time that explains the cells that are left, if there is one.

    A wrong zone moves every row alike: the offset must give nearly all cells of the keys at hand.
    """
    votes: Counter[int] = Counter()
    view: ViewRows | None = None
    for case in left:
        view = case.view
        for offset in _OFFSETS:
            if case.shown_by(view.winner(case.history, Instant(case.time.ns + offset))):
                votes[offset] += 1
    best = sorted(votes, key=lambda offset: (-votes[offset], offset % (4 * _QUARTER), abs(offset)))
    for offset in best[:24]:
        assert view is not None
        agree = [_agrees(view, entity, offset, comparison, columns) for entity in known]
        judged = [verdict for verdict in agree if verdict is not None]
        if judged and sum(judged) >= _ROWS_THAT_MUST_AGREE * len(judged):
            return offset
    return None


def _agrees(
    view: ViewRows,
    entity: EntityRow,
    offset: int,
    comparison: Comparison,
    columns: Mapping[str, str],
) -> bool | None:
    """Whether the other store's whole row is what its time, moved by the offset, would give."""
    if entity.time is None or comparison.found[entity.row] is None:
        return None
    row = view.winner(view.history(entity.key), Instant(entity.time.ns + offset))
    return all(
        relation(
            None if row is None else row.values[feature], comparison.theirs[column][entity.row]
        )
        is not Relation.DIFFERENT
        for column, feature in columns.items()
        if column in comparison.theirs
    )


def _last_reason(case: Case, offset: int | None) -> Reason:
    if offset is not None:
        moved = case.view.winner(case.history, Instant(case.time.ns + offset))
        if case.shown_by(moved):
            return "zone", f"as if all entity times were {_signed(offset)} off (P10)"
    if case.difference.theirs is None:
        return "null", "the other store finds no row; " + _own_row(case)
    bearers = case.bearers()
    if not bearers:
        return "data", "no row of this key in the table has the other store's value"
    past = [row for row in bearers if row.time <= case.time]
    if not past:
        return "future", f"the other store shows the row of {bearers[-1].time} (P2)"
    return "older", f"the other store shows the row of {past[0].time} (P4); " + _own_row(case)


def _own_row(case: Case) -> str:
    own = case.view.winner(case.history, case.time)
    return "Icefield finds none" if own is None else f"Icefield takes that of {own.time}"


def _signed(ns: int) -> str:
    hours = ns / (3_600 * NANOSECONDS_OF_A_SECOND)
    return f"{hours:+g} h"
