"""Would we notice? Wrong joins, made from the reference by one change each, must be caught.

Every mutant is a mistake that a real engine makes. Both nets must catch it: some case of tests/pit,
and some seed of the fixed set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from tests.differential import reference
from tests.differential.generate import generate
from tests.differential.judges import Judge, Trial, by_rows, try_case
from tests.differential.reference import Answer, Entity, FeatureRow, View
from tests.differential.run import run_seed
from tests.pit import oracle
from tests.pit.caseformat import format_case, parse_case
from tests.pit.corpus import load_cases
from tests.pit.model import Case, Row
from tests.pit.oracle import Tables, reference_frame, reference_rows
from tests.pit.tables import Warehouse

SEEDS = range(70)

_candidate = reference.is_candidate
_made_frame = reference.made_frame


def _moved_entity(move: Callable[[int], int]) -> Callable[..., bool]:
    """A join that changes the entity time before it compares."""

    def is_candidate(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
        time = None if entity.time is None else move(entity.time)
        return _candidate(row, Entity(entity.cells, time), view, created_cut=created_cut)

    return is_candidate


def _ttl_exclusive(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    if not _candidate(row, entity, view, created_cut=created_cut):
        return False
    assert row.event is not None
    assert entity.time is not None
    return not view.ttl_ns or row.event > entity.time - view.ttl_ns


def _now_exclusive(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    return _candidate(row, entity, view, created_cut=created_cut) and row.event != entity.time


def _cut_ignored(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    return _candidate(row, entity, view, created_cut=False)


def _null_created_passes(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    cut = created_cut and row.created is not None
    return _candidate(row, entity, view, created_cut=cut)


def _commit_cut_ignored(row: FeatureRow, entity: Entity, view: View, *, created_cut: bool) -> bool:
    return _candidate(row, entity, replace(view, commit_cut=False), created_cut=created_cut)


def _now_committed_unseen(
    row: FeatureRow, entity: Entity, view: View, *, created_cut: bool
) -> bool:
    seen = not view.commit_cut or row.committed != entity.time
    return seen and _candidate(row, entity, view, created_cut=created_cut)


def _joined_text(left: Sequence[Any], right: Sequence[Any]) -> bool:
    if not all(map(reference.is_key, [*left, *right])):
        return False
    return "".join(map(str, left)) == "".join(map(str, right))


def _nulls_match(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return all(a == b for a, b in zip(left, right, strict=True))


def _first_key_only(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return all(reference.is_key(a) and a == b for a, b in list(zip(left, right, strict=True))[:1])


def _as_floats(left: Sequence[Any], right: Sequence[Any]) -> bool:
    def rounded(value: Any) -> Any:
        return float(value) if isinstance(value, int) else value

    keys = zip(map(rounded, left), map(rounded, right), strict=True)
    return all(reference.is_key(a) and reference.is_key(b) and a == b for a, b in keys)


def _null_created_newest(row: FeatureRow) -> tuple[Any, ...]:
    return (row.event, row.created is None, row.created or 0)


def _ties_ignored(rows: Sequence[FeatureRow]) -> Answer:
    return Answer(max(rows, key=lambda row: row.event or 0, default=None), False)


def _full_ties_by_path(rows: Sequence[FeatureRow]) -> Answer:
    def order(row: FeatureRow) -> tuple[Any, ...]:
        return (*reference.recency(row), *row.rank[1:])

    return Answer(max(rows, key=order, default=None), False)


def _full_ties_to_the_first(rows: Sequence[FeatureRow]) -> Answer:
    best = max(map(reference.recency, rows), default=None)
    tied = [row for row in rows if reference.recency(row) == best]
    return Answer(min(tied, key=lambda row: row.rank, default=None), False)


def _created_decides(row: FeatureRow) -> tuple[Any, ...]:
    return (row.created is not None, row.created or 0, row.event)


MUTANTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "TTL exclusive": ("is_candidate", _ttl_exclusive),
    "event at the entity time unseen": ("is_candidate", _now_exclusive),
    "nanoseconds rounded up": ("is_candidate", _moved_entity(lambda t: -(-t // 1000) * 1000)),
    "nanoseconds rounded half up": (
        "is_candidate",
        _moved_entity(lambda t: (t + 500) // 1000 * 1000),
    ),
    "nanoseconds cut off": ("is_candidate", _moved_entity(lambda t: t // 1000 * 1000)),
    "created cut ignored": ("is_candidate", _cut_ignored),
    "null created passes the cut": ("is_candidate", _null_created_passes),
    "commit cut ignored": ("is_candidate", _commit_cut_ignored),
    "commit at the entity time unseen": ("is_candidate", _now_committed_unseen),
    "keys as joined text": ("same_key", _joined_text),
    "null keys match": ("same_key", _nulls_match),
    "first key only": ("same_key", _first_key_only),
    "integers as floats": ("same_key", _as_floats),
    "null created newest": ("recency", _null_created_newest),
    "created before event": ("recency", _created_decides),
    "ties ignored": ("newest", _ties_ignored),
    "full ties by path only": ("newest", _full_ties_by_path),
    "full ties to the first": ("newest", _full_ties_to_the_first),
}


def mutant_judge(name: str) -> Judge:
    """A judge that is the reference with one mistake."""
    function, mistake = MUTANTS[name]

    def answer(case: Case, tables: Tables, frame: pa.Table | None) -> list[Row]:
        with patch.object(reference, function, mistake):
            return reference_rows(case, tables, frame)

    return by_rows(name, answer)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("mutants"))


@pytest.fixture(scope="module")
def cases(warehouse: Warehouse) -> dict[str, Trial]:
    answered = {name: case for name, case in load_cases().items() if case.error is None}
    return {name: try_case(case, warehouse) for name, case in answered.items()}


@pytest.fixture(scope="module")
def seeds(warehouse: Warehouse) -> dict[int, Trial]:
    return {seed: try_case(generate(seed), warehouse) for seed in SEEDS}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_case_catches(name: str, cases: dict[str, Trial]) -> None:
    judge = mutant_judge(name)
    assert [case for case, trial in cases.items() if judge(trial)]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_seed_catches(name: str, seeds: dict[int, Trial]) -> None:
    judge = mutant_judge(name)
    assert [seed for seed, trial in seeds.items() if judge(trial)]


def _end_exclusive(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    return [pair for pair in _made_frame(views, start, end) if pair[0] < end]


def _start_exclusive(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    return [pair for pair in _made_frame(views, start, end) if pair[0] > start]


def _first_view_alone(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    return _made_frame(views[:1], start, end)


def _keys_before_time(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    return sorted(_made_frame(views, start, end), key=lambda pair: (*pair[1:], pair[0]))


def _times_alone(views: Sequence[View], start: int, end: int) -> list[tuple[Any, ...]]:
    pairs = _made_frame(views, start, end)
    return [pair for at, pair in enumerate(pairs) if not at or pairs[at - 1][0] != pair[0]]


_FRAMES: dict[str, Callable[..., Any]] = {
    "end exclusive": _end_exclusive,
    "start exclusive": _start_exclusive,
    "first view alone": _first_view_alone,
    "keys before time": _keys_before_time,
    "times alone": _times_alone,
}


def _frame_differs(trial: Trial, mistake: Callable[..., Any]) -> bool:
    frame = trial.case.frame
    if frame is None or not frame.made:
        return False
    with patch.object(oracle, "made_frame", mistake):
        return reference_frame(trial.case, trial.tables) != frame.rows


@pytest.mark.parametrize("name", _FRAMES)
def test_wrong_frames_are_caught(
    name: str, cases: dict[str, Trial], seeds: dict[int, Trial]
) -> None:
    assert any(_frame_differs(trial, _FRAMES[name]) for trial in cases.values())
    assert any(_frame_differs(trial, _FRAMES[name]) for trial in seeds.values())


@pytest.mark.parametrize("name", ["TTL exclusive", "keys as joined text"])
def test_a_failing_seed_shrinks_to_a_case(
    name: str, seeds: dict[int, Trial], warehouse: Warehouse
) -> None:
    judge = mutant_judge(name)
    seed = next(seed for seed, trial in seeds.items() if judge(trial))
    failure = run_seed(seed, [judge], warehouse)
    assert failure is not None
    assert str(failure).startswith(f"seed {seed} fails")

    # One entity row, one feature row, and nothing in the view but what it takes to be wrong.
    case = parse_case(format_case(failure.case))
    assert case.frame is not None
    assert len(case.frame.rows) == 1
    assert sum(len(f.rows) for t in case.tables for c in t.commits for f in c.files) == 1
    assert judge(try_case(case, warehouse))
