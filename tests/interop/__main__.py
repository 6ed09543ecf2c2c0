"""`python -m tests.interop --seeds 50 --readers pyiceberg,duckdb`: random tables by Icefield."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack, closing
from pathlib import Path

from tests.interop.engines import DuckReader, JavaReader, SparkReader
from tests.interop.readers import IcefieldReader, PyicebergReader, Reader
from tests.interop.run import Tally, run_seed
from tests.interop.writer import IcefieldWriter, OwnWriter

READERS: dict[str, type[Reader]] = {
    reader.name: reader
    for reader in (IcefieldReader, PyicebergReader, DuckReader, SparkReader, JavaReader)
}


def main() -> int:
    """Runs the walks; 1 if a reader or a judge found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="how many walks")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first seed")
    parser.add_argument("--readers", default="icefield,pyiceberg", help=", ".join(READERS))
    parser.add_argument("--filters", type=int, default=2, metavar="N", help="for each column")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at a failing seed")
    parser.add_argument("--keep", type=Path, help="the folder of the tables, which stays")
    options = parser.parse_args()
    logging.getLogger("pyiceberg").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    tally, failed, started = Tally(), 0, time.monotonic()
    with ExitStack() as stack:
        folder = options.keep or stack.enter_context(tempfile.TemporaryDirectory("-interop"))
        Path(folder).mkdir(exist_ok=True)
        names = options.readers.split(",")
        readers = [stack.enter_context(closing(READERS[name]())) for name in names]
        writers = [make(Path(folder) / make.__name__) for make in (OwnWriter, IcefieldWriter)]
        for seed in range(options.first, options.first + options.seeds):
            wrong = run_seed(
                seed, writers[seed % 2], readers, tally, "spark" in names, options.filters
            )
            if wrong:
                failed += 1
                print(f"seed {seed}:\n" + "\n".join(wrong), flush=True)
                if not options.keep_going:
                    break
    print(tally.text())
    print(f"{options.seeds} walks, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
