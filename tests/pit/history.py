"""What a table holds after its steps, from the case alone: rows by column identity, and layouts.

A column keeps its identity through renames and promotions; a re-added name is a new column (P12).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from typing import Any

from tests.pit import values
from tests.pit.model import (
    Case,
    Change,
    Column,
    Commit,
    DeleteEqual,
    DeletePositions,
    FileDef,
    Row,
    TableDef,
    ViewDef,
    evolve,
)

Place = tuple[int, str, int]
"""Where a row was declared: (number of its commit, name of its file, position in it)."""


@dataclass
class History:
    """Every row with its place, and the schema (name to identity) of every snapshot."""

    rows: list[tuple[Place, dict[int, Any]]] = field(default_factory=list)
    ends: dict[Place, int] = field(default_factory=dict)
    """The commit that removed a row."""
    schema: dict[str, int] = field(default_factory=dict)
    marks: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)

    def read(self, mark: str | None = None) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The rows of the snapshot at the mark, or of the newest, by the names of its schema."""
        commits, schema = self.marks[mark] if mark else (None, self.schema)
        for place, cells in self.rows:
            if commits is not None and place[0] >= commits:
                continue
            if place in self.ends and (commits is None or self.ends[place] < commits):
                continue
            yield place, {name: cells.get(identity) for name, identity in schema.items()}

    def add(self, number: int, commit: Commit) -> None:
        """Applies a commit."""
        for file in commit.files:
            for position, row in enumerate(file.rows):
                cells = dict(zip(self.schema.values(), row[: len(self.schema)], strict=True))
                self.rows.append(((number, file.name, position), cells))
        for name in commit.removed:
            newest = self._newest(name, number)
            self._end(number, (place for place, _ in self.rows if place[:2] == newest))
        for delete in commit.deletes:
            if isinstance(delete, DeletePositions):
                at, name = self._newest(delete.file, number + 1)
                self._end(number, ((at, name, position) for position in delete.positions))
            else:
                self._end(number, self._equal(delete, number))

    def _newest(self, file: str, before: int) -> tuple[int, str]:
        """The file of that name that was added last."""
        return max(place[:2] for place, _ in self.rows if place[1] == file and place[0] < before)

    def _equal(self, delete: DeleteEqual, number: int) -> Iterator[Place]:
        identities = [self.schema[name] for name in delete.columns]
        keys = {values.cell(row) for row in delete.rows}
        for place, cells in self.rows:
            if place[0] < number and values.cell([cells.get(i) for i in identities]) in keys:
                yield place

    def _end(self, number: int, places: Iterable[Place]) -> None:
        for place in places:
            self.ends.setdefault(place, number)


def replay(table: TableDef) -> Iterator[tuple[Commit | Change, list[Column], dict[str, int]]]:
    """Every step with the columns, and the identities of their names, after it."""
    identities = count()
    columns = table.columns
    schema = {column.name: next(identities) for column in columns}
    for step in table.steps:
        if isinstance(step, Change):
            columns = evolve(columns, step)
            old = {
                step.to if step.verb == "rename" and n == step.subject else n: i
                for n, i in schema.items()
            }
            schema = {c.name: old[c.name] if c.name in old else next(identities) for c in columns}
        yield step, columns, schema


def history(table: TableDef) -> History:
    """Replays the steps of a table."""
    past = History(schema={column.name: at for at, column in enumerate(table.columns)})
    at_snapshot = past.schema
    commits = 0
    for step, _, schema in replay(table):
        past.schema = schema
        if isinstance(step, Commit):
            past.add(commits, step)
            commits += 1
            at_snapshot = schema
        elif step.verb == "mark":
            past.marks[step.subject] = (commits, at_snapshot)
    return past


def has_ties(case: Case, table: str) -> bool:
    """Whether P6 decides anywhere in the table: then places of rows are part of the answer."""
    past = history(case.table(table))
    return any(_view_has_ties(view, past) for view in case.views if view.table == table)


def _view_has_ties(view: ViewDef, past: History) -> bool:
    columns = [key for key, _ in view.keys] + [view.time] + ([view.created] if view.created else [])
    rows = [
        tuple(map(_hashable, map(cells.get, columns)))
        for _, cells in past.read(view.pin[1] if view.pin else None)
    ]
    return len(set(rows)) < len(rows)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict) else value


# --- layouts --------------------------------------------------------------------------------------


def split(table: TableDef) -> TableDef:
    """Every row in its own file. The paths sort as the rows did: P6 does not change."""

    def apart(commit: Commit) -> Commit:
        files = [
            FileDef(f"{file.name}-{position:05}", [row])
            for file in commit.files
            for position, row in enumerate(file.rows)
        ]
        return Commit(files, at=commit.at)

    steps = [apart(step) if isinstance(step, Commit) else step for step in table.steps]
    return replace(table, steps=steps)


def _runs(steps: Sequence[Commit | Change]) -> Iterator[list[Commit] | Change]:
    """Neighbouring commits together, changes alone."""
    for is_commit, group in groupby(steps, lambda step: isinstance(step, Commit)):
        if is_commit:
            yield [step for step in group if isinstance(step, Commit)]
        else:
            yield from (step for step in group if isinstance(step, Change))


def joined(table: TableDef) -> TableDef:
    """All rows between two changes of the table in one file, in P6's order."""

    def order(commits: list[Commit]) -> list[Row]:
        if table.format_version > 2:
            return [row for c in commits for f in c.files for row in f.rows]
        if table.format_version > 1:
            return [row for c in commits for f in _by_name(c.files) for row in f.rows]
        return [row for f in _by_name([f for c in commits for f in c.files]) for row in f.rows]

    steps: list[Commit | Change] = []
    for run in _runs(table.steps):
        if isinstance(run, Change):
            steps.append(run)
        else:
            steps.append(Commit([FileDef(run[0].files[0].name, order(run))]))
    return replace(table, steps=steps)


def _by_name(files: list[FileDef]) -> list[FileDef]:
    return sorted(files, key=lambda file: file.name)


def is_partitioned(table: TableDef) -> bool:
    """Whether the table ever has a partition spec with fields."""
    changes = (step for step in table.steps if isinstance(step, Change))
    return bool(table.partition) or any(step.verb == "repartition" for step in changes)


def joining_keeps_order(table: TableDef) -> bool:
    """Whether `joined` leaves P6's order alone even where rows tie."""
    runs = [run for run in _runs(table.steps) if isinstance(run, list)]
    gets_row_ids = table.format_version < 3 <= table.last_version
    in_order = table.format_version > 1 or len(runs) == 1
    return in_order and not is_partitioned(table) and not gets_row_ids


def shuffled(table: TableDef, *, keep_places: bool, seed: int = 7) -> TableDef:
    """Files in another order in their commits; rows in other files too, unless places matter."""
    rng = random.Random(seed)
    steps: list[Commit | Change] = []
    for run in _runs(table.steps):
        if isinstance(run, Change):
            steps.append(run)
            continue
        rows = [row for commit in run for file in commit.files for row in file.rows]
        rng.shuffle(rows)
        deck = iter(rows)
        for commit in run:
            files = [
                file if keep_places else FileDef(file.name, [next(deck) for _ in file.rows])
                for file in commit.files
            ]
            rng.shuffle(files)
            steps.append(Commit(files))
    return replace(table, steps=steps)
