"""What a case says, as values: parsed from text, cut by the shrinker, run in every mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Row = list[Any]


@dataclass(frozen=True)
class Column:
    """A column and its type as text: Iceberg's in a table, Arrow's in a frame."""

    name: str
    type: str


LINEAGE = ("_row_id", "_last_updated_sequence_number")
"""Columns that a file of version 3 may store; null or not stored, they are inherited."""


@dataclass
class FileDef:
    """Rows of one data file, in the order of the schema at that commit. Paths sort by `name`.

    Where lineage columns are `stored`, rows end in their values.
    """

    name: str
    rows: list[Row]
    stored: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeletePositions:
    """Removes rows of a file of this or an earlier commit: by position deletes in version 2, by a
    deletion vector in version 3.
    """

    file: str
    positions: Sequence[int]


@dataclass
class DeleteEqual:
    """Removes rows of earlier commits that hold one of the rows in these columns."""

    columns: tuple[str, ...]
    rows: list[Row]


@dataclass
class Commit:
    """One snapshot: its files get one data sequence number. `removed` names files of before."""

    files: list[FileDef]
    deletes: list[DeletePositions | DeleteEqual] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    at: int | None = None
    """The time of its snapshot, in nanoseconds; None: some time after the one before."""

    @property
    def only_appends(self) -> bool:
        return not self.deletes and not self.removed and not any(f.stored for f in self.files)


@dataclass(frozen=True)
class Change:
    """A change of the table: add, drop, rename, promote, repartition, upgrade, mark or expire."""

    verb: str
    subject: str
    to: str = ""


@dataclass
class TableDef:
    """A table: its first schema and spec, and what happened to it, in order."""

    name: str
    columns: list[Column]
    steps: list[Commit | Change] = field(default_factory=list)
    partition: str = ""
    format_version: int = 2
    properties: dict[str, str] = field(default_factory=dict)
    row_ids: str = "all"
    """Which files a commit of version 3 gives row ids: all that have none, or only `new` ones."""

    @property
    def commits(self) -> list[Commit]:
        return [step for step in self.steps if isinstance(step, Commit)]

    @property
    def last_version(self) -> int:
        """The format version after all steps."""
        upgrades = [s for s in self.steps if isinstance(s, Change) and s.verb == "upgrade"]
        return int(upgrades[-1].subject) if upgrades else self.format_version

    @property
    def only_appends(self) -> bool:
        return all(commit.only_appends for commit in self.commits)

    @property
    def is_dated(self) -> bool:
        """Whether the case says when its commits were made."""
        return any(commit.at is not None for commit in self.commits)

    @property
    def is_expired(self) -> bool:
        """Whether a snapshot of it is gone."""
        return any(isinstance(s, Change) and s.verb == "expire" for s in self.steps)


def evolve(columns: list[Column], change: Change) -> list[Column]:
    """The columns after a change of the schema; other changes leave them as they are."""
    match change.verb:
        case "add":
            return [*columns, Column(change.subject, change.to)]
        case "drop":
            return [column for column in columns if column.name != change.subject]
        case "rename":
            return [_replaced(c, change.subject, Column(change.to, c.type)) for c in columns]
        case "promote":
            return [_replaced(c, change.subject, Column(c.name, change.to)) for c in columns]
        case _:
            return columns


def _replaced(column: Column, name: str, new: Column) -> Column:
    return new if column.name == name else column


@dataclass
class ViewDef:
    """A feature view. `pin` is (snapshot | ref | as_of, mark); no features means all."""

    name: str
    table: str
    time: str
    keys: list[tuple[str, str]] = field(default_factory=list)
    created: str | None = None
    ttl_ns: int | None = None
    features: list[tuple[str, str]] | None = None
    pin: tuple[str, str] | None = None


@dataclass
class FrameDef:
    """The entity frame, given to the engine by `library`, in chunks of `chunk` rows.

    A `made` one is not given: its rows are those that the views must make between `start` and `end`
    (P14), both in nanoseconds.
    """

    columns: list[Column]
    rows: list[Row]
    library: str = "pyarrow"
    chunk: int | None = None
    time: str = "event_timestamp"
    made: bool = False
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class LatestDef:
    """A call of `latest` over one view; both bounds in nanoseconds."""

    view: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class ErrorDef:
    """The expected error: its class without "Error", and what the message must name."""

    kind: str
    mentions: Sequence[str]


@dataclass
class Case:
    """One case. `answer` are the expected columns (of `latest`: all of interest, else the features)
    with their Iceberg types, `expected` their rows.
    """

    title: str
    rules: list[str]
    tables: list[TableDef]
    views: list[ViewDef]
    frame: FrameDef | None = None
    latest: LatestDef | None = None
    full_feature_names: bool = False
    created_cut: bool | str = False
    commit_cut: bool = False
    answer: list[Column] = field(default_factory=list)
    expected: list[Row] | None = None
    error: ErrorDef | None = None
    reports: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def view(self, name: str) -> ViewDef:
        return next(view for view in self.views if view.name == name)

    def table(self, name: str) -> TableDef:
        return next(table for table in self.tables if table.name == name)
