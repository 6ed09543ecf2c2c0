"""Random tables by Icefield: the files are judged, pyiceberg and Icefield read them. No JVM."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.readers import IcefieldReader, PyicebergReader
from tests.interop.run import Tally, run_seed
from tests.interop.writer import IcefieldWriter, OwnWriter

# What each seed's walk is for. By Icefield's own catalog where they are even; through pyiceberg's
# where they are odd.
SEEDS = {
    12: {"in a partition of NaN", "with row ids of their own"},
    34: {"of several row groups", "of several pages", "with row ids of their own"},
    26: {"of several row groups"},
    37: {"in a partition of NaN"},
    13: {"of several row groups"},
}


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[IcefieldWriter]]:
    logging.getLogger("pyiceberg").setLevel(logging.ERROR)
    folder: Path = tmp_path_factory.mktemp("interop")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield [make(folder / make.__name__) for make in (OwnWriter, IcefieldWriter)]


@pytest.mark.parametrize("seed", SEEDS)
def test_walk(writers: list[IcefieldWriter], seed: int) -> None:
    tally = Tally()
    wrong = run_seed(seed, writers[seed % 2], [IcefieldReader(), PyicebergReader()], tally)
    assert not wrong, "\n".join(wrong)
    assert tally.counts["icefield", "right"] > 10
    assert set(tally.counts) & {("icefield", "wrong"), ("icefield", "failed")} == set()
    assert {what for what in SEEDS[seed] if not tally.counts["files", what]} == set()
