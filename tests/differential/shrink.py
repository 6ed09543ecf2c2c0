"""Cuts a failing case down while it still fails, so that a person can read it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tests.differential.generate import answer_columns, made_columns
from tests.pit.model import Case, Change, Column, Commit, FileDef, Row, TableDef, ViewDef, evolve

T = TypeVar("T")
EVALUATIONS_MAX = 600


def shrink(
    case: Case, fails: Callable[[Case], bool], evaluations_max: int = EVALUATIONS_MAX
) -> Case:
    """The smallest case found from which `fails` still says so; `case` itself must fail.

    `fails` must be false for a case that makes no sense (a view without its table, say).
    """
    evaluations = itertools.count(1)
    smaller: Case | None = case
    while smaller is not None:
        case = smaller
        smaller = None
        for candidate in _candidates(case):
            if next(evaluations) > evaluations_max:
                return case
            try:
                candidate = replace(candidate, answer=answer_columns(candidate))
                if candidate.frame and candidate.frame.made:
                    frame = replace(candidate.frame, columns=made_columns(candidate), rows=[])
                    candidate = replace(candidate, frame=frame)
            except LookupError:  # a view asks for what was cut away
                continue
            if fails(candidate):
                smaller = candidate
                break
    return case


def _chunks_removed(items: Sequence[T]) -> Iterator[list[T]]:
    """The items without a half, a quarter, ... and without each single one."""
    size = len(items)
    while size > 0:
        for start in range(0, len(items), size):
            yield [*items[:start], *items[start + size :]]
        size //= 2


def _candidates(case: Case) -> Iterator[Case]:
    """Smaller cases, the largest cuts first."""
    yield from _without_views(case)
    yield from _with_smaller_frame(case)
    for table in case.tables:
        for smaller in _smaller_tables(table):
            tables = [smaller if t is table else t for t in case.tables]
            yield replace(case, tables=tables)
        yield from _without_renames(case, table)
    for view in case.views:
        for simpler in _simpler_views(view):
            yield replace(case, views=[simpler if v is view else v for v in case.views])
    if case.created_cut:
        yield replace(case, created_cut=False)
    if case.commit_cut:
        yield replace(case, commit_cut=False)
    if case.full_feature_names:
        yield replace(case, full_feature_names=False)
    if case.latest:
        if case.latest.start is not None:
            yield replace(case, latest=replace(case.latest, start=None))
        if case.latest.end is not None:
            yield replace(case, latest=replace(case.latest, end=None))


def _without_views(case: Case) -> Iterator[Case]:
    for views in _chunks_removed(case.views):
        used = {view.table for view in views}
        if views and (case.latest is None or any(v.name == case.latest.view for v in views)):
            yield replace(case, views=views, tables=[t for t in case.tables if t.name in used])


def _with_smaller_frame(case: Case) -> Iterator[Case]:
    frame = case.frame
    if frame is None or frame.made:
        return
    for rows in _chunks_removed(frame.rows):
        yield replace(case, frame=replace(frame, rows=rows))
    used = {name for view in case.views for _, name in view.keys} | {frame.time}
    for at, column in enumerate(frame.columns):
        if column.name not in used:
            columns = [*frame.columns[:at], *frame.columns[at + 1 :]]
            rows = [[*row[:at], *row[at + 1 :]] for row in frame.rows]
            yield replace(case, frame=replace(frame, columns=columns, rows=rows))
    if frame.library != "pyarrow":
        yield replace(case, frame=replace(frame, library="pyarrow"))
    if frame.chunk is not None:
        yield replace(case, frame=replace(frame, chunk=None))


def _smaller_tables(table: TableDef) -> Iterator[TableDef]:
    for at, step in enumerate(table.steps):
        if isinstance(step, Change):
            if step.verb != "rename":
                yield _replayed(table, without_step=at)
        else:
            for commit in _smaller_commits(step):
                steps = [commit if s is step else s for s in table.steps]
                yield replace(table, steps=[s for s in steps if s is not None])
    for column in table.columns:
        yield _replayed(table, without_column=column.name)
    if table.partition:
        yield replace(table, partition="")
    if table.properties:
        yield replace(table, properties={})
    if table.format_version != 2 and not any(_is(step, "upgrade") for step in table.steps):
        yield replace(table, format_version=2)


def _is(step: Commit | Change, verb: str) -> bool:
    return isinstance(step, Change) and step.verb == verb


def _smaller_commits(commit: Commit) -> Iterator[Commit | None]:
    yield None
    for files in _chunks_removed(commit.files):
        if files:
            yield replace(commit, files=files)
    for file in commit.files:
        for rows in _chunks_removed(file.rows):
            if rows:
                smaller = FileDef(file.name, rows)
                files = [smaller if f is file else f for f in commit.files]
                yield replace(commit, files=files)


def _without_renames(case: Case, table: TableDef) -> Iterator[Case]:
    """The case as if a column had always kept its name, in the table and in its views."""
    for at, step in enumerate(table.steps):
        if isinstance(step, Change) and step.verb == "rename":
            back = {step.to: step.subject}
            views = [_renamed(v, back) if v.table == table.name else v for v in case.views]
            replayed = _replayed(table, without_step=at)
            yield replace(
                case, views=views, tables=[replayed if t is table else t for t in case.tables]
            )


def _renamed(view: ViewDef, names: dict[str, str]) -> ViewDef:
    features = [(names.get(c, c), names.get(n, n)) for c, n in view.features or []]
    return replace(view, features=features)


def _replayed(
    table: TableDef, *, without_step: int | None = None, without_column: str | None = None
) -> TableDef:
    """The table with a step or a column taken out, and every later row made to fit."""
    old = table.columns
    new = first = [column for column in old if column.name != without_column]
    names: dict[str, str] = {}
    steps: list[Commit | Change] = []
    for at, step in enumerate(table.steps):
        if isinstance(step, Commit):
            steps.append(_fitted(step, old, [names.get(c.name, c.name) for c in new]))
            continue
        old = evolve(old, step)
        if at == without_step:
            if step.verb == "rename":
                names[step.subject] = step.to
            continue
        original = next((mine for mine, theirs in names.items() if theirs == step.subject), None)
        if step.subject == without_column and step.verb in ("drop", "promote"):
            continue
        if original is not None and step.verb in ("drop", "rename", "promote"):
            step = replace(step, subject=original)
            names.pop(original)
        new = evolve(new, step)
        steps.append(step)
    return replace(table, columns=first, steps=steps)


def _fitted(commit: Commit, columns: list[Column], wanted: list[str]) -> Commit:
    at = {column.name: index for index, column in enumerate(columns)}

    def fit(row: Row) -> list[Any]:
        return [row[at[name]] if name in at else None for name in wanted]

    files = [FileDef(file.name, [fit(row) for row in file.rows]) for file in commit.files]
    return replace(commit, files=files)


def _simpler_views(view: ViewDef) -> Iterator[ViewDef]:
    if view.features:
        for features in _chunks_removed(view.features):
            yield replace(view, features=features)
    for keys in _chunks_removed(view.keys):
        yield replace(view, keys=keys)
    if view.ttl_ns is not None:
        yield replace(view, ttl_ns=None)
    if view.created is not None:
        yield replace(view, created=None)
    if view.pin is not None:
        yield replace(view, pin=None)
