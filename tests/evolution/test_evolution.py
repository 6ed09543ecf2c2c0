"""A few walks with pyiceberg; `make differential` runs many, and those of Spark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.evolution.run import open_writer, run_seed
from tests.evolution.walk import MismatchError, Walk
from tests.evolution.writer import Writer

SEEDS = [1, 3, 4, 7, 18, 22]


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with open_writer("pyiceberg") as opened:
        yield opened


@pytest.mark.parametrize("seed", SEEDS)
def test_walk(writer: Writer, seed: int) -> None:
    failure, _ = run_seed(seed, writer)
    assert failure is None, failure


def test_a_wrong_model_is_noticed(writer: Writer) -> None:
    """What says so if Icefield lost a row."""
    walk = Walk(writer, 1_000_000)
    walk.run(2)
    walk.rows = walk.rows[1:]
    with pytest.raises(MismatchError, match="not expected"):
        walk.compare(writer.state())
