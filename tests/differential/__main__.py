"""`python -m tests.differential --seeds 500 --from 1000`: random cases until one fails."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.differential.judges import Judge, duckdb_judge, engine_judge, scan_judge
from tests.differential.run import run_seed
from tests.pit.tables import Warehouse

JUDGES: dict[str, list[Judge]] = {
    "both": [duckdb_judge, scan_judge, engine_judge],
    "engine": [scan_judge, engine_judge],
    "duckdb": [duckdb_judge],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many seeds to run")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="S", help="first seed")
    parser.add_argument(
        "--against", choices=JUDGES, default="both", help="whom to compare with the reference"
    )
    parser.add_argument("--keep-going", action="store_true", help="do not stop at a failing seed")
    parser.add_argument("--trace", action="store_true", help="name every seed before it runs")
    options = parser.parse_args()

    started, failed = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="icefield-differential-") as folder:
        warehouse = Warehouse(Path(folder))
        for done, seed in enumerate(range(options.first, options.first + options.seeds), 1):
            if options.trace:
                print(f"seed {seed}", file=sys.stderr, flush=True)
            failure = run_seed(seed, JUDGES[options.against], warehouse)
            if failure is not None:
                failed += 1
                print(failure, flush=True)
                if not options.keep_going:
                    return 1
            if done % 25 == 0 or done == options.seeds:
                seconds = time.monotonic() - started
                print(f"{done} seeds, {failed} failed, {seconds:.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
