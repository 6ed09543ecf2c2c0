"""A fixed set of seeds: the reference, DuckDB and the engine must agree on every cell.

More of them: `python -m tests.differential --seeds 1000 --from 1000`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.judges import duckdb_judge, engine_judge, scan_judge
from tests.differential.run import run_seed
from tests.pit.tables import Warehouse

JUDGES = [duckdb_judge, scan_judge, engine_judge]
SEEDS_TOTAL = 150
SEEDS_PER_TEST = 10


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(Path(tmp_path_factory.mktemp("differential")))


@pytest.mark.parametrize("first", range(0, SEEDS_TOTAL, SEEDS_PER_TEST))
def test_seeds(first: int, warehouse: Warehouse) -> None:
    for seed in range(first, first + SEEDS_PER_TEST):
        failure = run_seed(seed, JUDGES, warehouse)
        assert failure is None, str(failure)
