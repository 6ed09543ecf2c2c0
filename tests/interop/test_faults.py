"""Writers beside each other, killed writers, full disks: what `make interop` does, in short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import concurrency
from tests.interop.killing import CATALOGS, Victim, fill_disk, kill_often


@pytest.fixture(params=CATALOGS)
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Victim]:
    table = Victim(tmp_path, request.param)
    yield table
    table.close()


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    properties = concurrency.make_table(tmp_path)
    turns = concurrency.run(properties, processes=4, seconds=2)
    assert concurrency.check(properties, turns) == []
    assert all(of["committed"] for of in turns)


def test_a_killed_writer_leaves_the_old_table_or_the_new_one(victim: Victim) -> None:
    states, wrong = kill_often(victim, trials=15, seed=1)
    assert wrong == []
    assert states["old, killed"] + states["new, killed"] > 3


def test_a_full_disk_changes_nothing_and_leaves_nothing(victim: Victim) -> None:
    assert fill_disk(victim) == []


def test_a_lost_turn_would_be_noticed(tmp_path: Path) -> None:
    properties = concurrency.make_table(tmp_path)
    turns = [{"committed": [0], "refused": [], "unknown": []}]
    assert concurrency.check(properties, turns) == ["writer 0, turn 0, committed: 0 rows"]
