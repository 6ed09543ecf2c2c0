from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.compare import Comparison, Run
from bench.job import Job, JobTable
from bench.suites import SUITES
from bench.targets import Target, across, beside, in_memory, times_better
from bench.workload import SIZES, Case, Dataset

CASE = Case(Dataset(SIZES["S"]))
MIB = 1 << 20


def measured(cpu_s: float, **more: Any) -> dict[str, Any]:
    return {"cpu_s": cpu_s, "difference": None, "notes": {}, **more}


def comparison(cpu_s: dict[str, list[float]], **more: Any) -> Comparison:
    """A case that these peers answered in so much processor time, round by round."""
    table = JobTable("table0", "bench.table0", (), 0, (), 0, row_group_bytes=10 * MIB)
    job = Job(CASE, {}, (table,), Path(), Path())
    rounds = max(map(len, cpu_s.values()))
    runs = [
        Run(peer, at, 0.0, measured(value, **more))
        for peer, values in cpu_s.items()
        for at, value in enumerate(values)
    ]
    return Comparison(CASE, job, Path(), tuple(cpu_s), rounds, runs)


def result(target: Target, **cases: Comparison) -> tuple[list[float], bool | None]:
    ratios = target.ratios(cases)
    return ratios, target.is_met(ratios)


@pytest.mark.parametrize(("bound", "met"), [(1.9, False), (2.0, True)])
def test_the_median_of_rounds_decides(bound: float, met: bool) -> None:
    case = comparison({"limit": [1, 1, 2], "icefield": [2, 1, 20]})
    assert result(beside("case", "limit", "cpu_s", bound), case=case) == ([2, 1, 10], met)


@pytest.mark.parametrize(("bound", "met"), [(3, True), (3.1, False)])
def test_a_peer_must_take_so_many_times_more(bound: float, met: bool) -> None:
    case = comparison({"duckdb": [6], "icefield": [2]})
    assert result(times_better("case", "duckdb", "cpu_s", bound), case=case) == ([3], met)


def test_multiples_of_the_limit_are_compared_across_cases() -> None:
    case = comparison({"limit": [2], "icefield": [6]})
    base = comparison({"limit": [1], "icefield": [2]})
    target = across("case", "base", "cpu_s", 1.5, over="limit")
    assert result(target, case=case, base=base) == ([1.5], True)
    assert result(target, case=case) == ([], None)


def test_a_wrong_answer_leaves_a_target_unmeasured() -> None:
    case = comparison({"limit": [1], "icefield": [1]})
    wrong = measured(1) | {"difference": "one row too many"}
    case.runs.append(Run("icefield", 1, 0.0, wrong))
    assert result(beside("case", "limit", "cpu_s", 2), case=case) == ([], None)


def test_a_stream_checked_wrong_leaves_a_target_unmeasured() -> None:
    case = comparison({"limit": [1], "icefield": [1]})
    case.checks.append(Run("icefield", -1, 0.0, measured(1) | {"difference": "a cell"}))
    assert result(beside("case", "limit", "cpu_s", 2), case=case) == ([], None)


def test_memory_that_a_stream_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    allowed = (4 + 2 * 2 * 10 + 256) * MIB
    case = comparison({"icefield": [1]}, frame_bytes=4 * MIB, peak_bytes=allowed)
    assert result(in_memory("case"), case=case) == ([1], True)


@pytest.mark.parametrize("suite", SUITES)
def test_every_target_is_of_cases_and_peers_of_its_group(suite: str) -> None:
    for group in SUITES[suite]():
        peers = {entry.case.slug: entry.peers for entry in group.entries}
        assert len(peers) == len(group.entries)
        for target in group.targets:
            for quantity in (target.of, target.per):
                assert quantity.peer in peers[quantity.case]
                assert quantity.over is None or quantity.over in peers[quantity.case]
