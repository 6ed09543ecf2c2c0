"""Updates as deletes: rows that would win are added to a table, and removed again.

For every row there are a twin that ties with it from a later place, and a successor that is newer;
both have features of other rows. Where deletes are applied, no answer differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.pit.history import has_ties, history, is_partitioned, replay
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
    evolve,
)

Kind = Literal["positions", "vectors", "equality", "mixed"]

DECOY = "decoy"
"""The column by whose values decoys are removed; null in all other rows."""
_SHIFT_BEFORE = 7_258_118_400_000_000_000
"""2200-01-01: a time after this is not made later, it may be the last of its type."""


def with_decoys(case: Case, table: TableDef, kind: Kind) -> TableDef:
    """The table with decoys; the table itself where these deletes cannot leave its answers alone.

    That is: version 1 has no deletes before its upgrade, the commit cut none before version 3, and
    row ids order ties otherwise than paths do.
    """
    if not table.only_appends or not history(table).rows or table.row_ids != "all":
        return table
    if table.is_expired or (case.commit_cut and kind != "vectors"):
        return table
    has_marks = any(isinstance(step, Change) and step.verb == "mark" for step in table.steps)
    if table.format_version == 1 and has_marks:
        return table
    gets_row_ids = kind in ("vectors", "mixed") and table.format_version < 3
    if gets_row_ids and table.format_version == 1:
        return table
    if gets_row_ids and has_ties(case, table.name) and is_partitioned(table):
        return table
    if kind in ("positions", "equality", "mixed") and table.last_version > 2:
        return table
    if kind == "mixed" and (has_marks or has_ties(case, table.name)):
        return table
    return _Decoys(case, table, kind).table()


def _roles(case: Case, table: TableDef) -> tuple[set[int], set[int]]:
    """The identities of key columns and of times in the views over the table."""
    past = history(table)
    keys: set[int] = set()
    times: set[int] = set()
    for view in case.views:
        if view.table == table.name:
            schema = past.marks[view.pin[1]][1] if view.pin else past.schema
            keys |= {schema[key] for key, _ in view.keys if key in schema}
            times |= {schema[name] for name in (view.time, view.created) if name in schema}
    return keys, times


Cells = dict[int, Any]
"""A row by the identities of its columns."""


@dataclass
class _Pending:
    """Decoys that are not removed yet: places and numbers of those written, and those to be added
    in a later commit.
    """

    positions: dict[str, list[int]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    late: list[Cells] = field(default_factory=list)


class _Decoys:
    def __init__(self, case: Case, table: TableDef, kind: Kind) -> None:
        self.definition = table
        self.kind = kind
        self.by_value = kind in ("equality", "mixed")
        self.keys, self.times = _roles(case, table)
        self.columns = [*table.columns, Column(DECOY, "int")] if self.by_value else table.columns
        self.identities = dict[str, int]()
        self.pool: list[Cells] = []
        self.pending = _Pending()
        self.steps: list[Commit | Change] = []
        self.count = 0

    def table(self) -> TableDef:
        definition = self.definition
        first_columns = self.columns
        for step, columns, self.identities in replay(definition):
            if isinstance(step, Commit):
                self.commit(step, {self.identities[c.name]: c.type for c in columns})
                continue
            if step.verb == "mark":
                self.flush(at_mark=True)
            self.change(step)
        if definition.last_version == 1:
            self.change(Change("upgrade", "2"))
        self.flush(at_mark=False)
        version = 3 if self.kind == "vectors" else definition.format_version
        return replace(definition, steps=self.steps, columns=first_columns, format_version=version)

    def change(self, change: Change) -> None:
        self.columns = evolve(self.columns, change)
        self.steps.append(change)

    def commit(self, commit: Commit, types: dict[int, str]) -> None:
        """The commit with decoys around its rows."""
        if self.by_value and all(column.name != DECOY for column in self.columns):
            self.change(Change("add", DECOY, "int"))
        identities = self.identities.values()
        held = {
            file.name: [dict(zip(identities, row, strict=True)) for row in file.rows]
            for file in commit.files
        }
        self.pool += [cells for rows in held.values() for cells in rows]
        names = list(held)
        if self.kind == "vectors" and self.definition.format_version < 3:
            names.sort()  # row ids follow the manifest, P6 followed the paths
        files = [self.file(name, held[name], types) for name in names]
        self.steps.append(Commit(files, at=commit.at))

    def file(self, name: str, held: list[Cells], types: dict[int, str]) -> FileDef:
        rows: list[Row] = []
        for at, cells in enumerate(held):
            newer = self.decoy(cells, types, newer=True)
            if at % 2:
                self.add(rows, newer, name)
            rows.append(self.row(cells, None))
            self.add(rows, self.decoy(cells, types, newer=False), name)
            self.pending.late.append(newer)
        return FileDef(name, rows)

    def decoy(self, cells: Cells, types: dict[int, str], *, newer: bool) -> Cells:
        """A row with the keys and times of another, or newer times, and features of a third."""
        self.count += 1
        third = self.pool[self.count * 7 % len(self.pool)]
        if third is cells or self.count % 3 == 0:
            third = {}
        made = {identity: third.get(identity) for identity in cells}
        for identity in (self.keys | self.times) & set(cells):
            made[identity] = value = cells[identity]
            is_time = identity in self.times and types[identity].startswith("timestamp")
            if newer and is_time and value is not None and value < _SHIFT_BEFORE:
                made[identity] = value + 1000
        return made

    def add(self, rows: list[Row], decoy: Cells, file: str) -> None:
        """Adds a decoy to a file, and to what is to be removed."""
        self.count += 1
        by_value = self.kind == "equality" or (self.kind == "mixed" and self.count % 2 == 0)
        if by_value:
            self.pending.numbers.append(self.count)
        else:
            self.pending.positions.setdefault(file, []).append(len(rows))
        rows.append(self.row(decoy, self.count if by_value else None))

    def row(self, cells: Cells, number: int | None) -> Row:
        return [
            number if column.name == DECOY else cells.get(self.identities[column.name])
            for column in self.columns
        ]

    def flush(self, *, at_mark: bool) -> None:
        """Removes all decoys added so far; the newest snapshot then holds the rows of the case."""
        pending, self.pending = self.pending, _Pending()
        if not pending.late:
            return
        name = f"decoys-{self.count:05}"
        late = []
        for cells in pending.late:
            self.count += 1
            pending.numbers.append(self.count)
            late.append(self.row(cells, self.count))
        deletes: list[DeletePositions | DeleteEqual] = [
            DeletePositions(file, positions) for file, positions in pending.positions.items()
        ]
        if not self.by_value:
            gone = DeletePositions(name, range(len(late)))
            self.steps.append(Commit([FileDef(name, late)], [*deletes, gone]))
            return
        by_number = DeleteEqual((DECOY,), [[number] for number in pending.numbers])
        self.steps.append(Commit([FileDef(name, late)], deletes[::2]))
        self.steps.append(Commit([], [by_number]))
        self.change(Change("drop", DECOY))
        if at_mark:
            self.steps.append(Commit([]))
        if self.kind == "mixed":
            self.change(Change("upgrade", "3"))
            self.steps.append(Commit([], deletes[1::2] + deletes[:1]))
