"""`python -m tests.evolution --seeds 100 --writer pyiceberg`: random walks until one fails."""

from __future__ import annotations

import argparse
import sys
import time

from tests.evolution.run import WRITERS, open_writer, run_seed


def main() -> int:
    """Runs the walks; 1 if Icefield differed from the model in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.evolution", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many walks")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first seed")
    parser.add_argument("--writer", choices=WRITERS, default="pyiceberg")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at a failing seed")
    parser.add_argument("--trace", action="store_true", help="print every walk")
    options = parser.parse_args()

    started, failed, done = time.monotonic(), 0, 0
    with open_writer(options.writer) as writer:
        for seed in range(options.first, options.first + options.seeds):
            if time.monotonic() - started > options.seconds:
                break
            failure, log = run_seed(seed, writer)
            done += 1
            if options.trace:
                print(f"seed {seed}\n  " + "\n  ".join(log), flush=True)
            if failure is None:
                continue
            failed += 1
            command = (
                f"python -m tests.evolution --writer {options.writer} --first {seed} --seeds 1"
            )
            print(f"{failure}\nagain: {command}", flush=True)
            if not options.keep_going:
                break
    seconds = time.monotonic() - started
    print(f"{done} walks, {failed} failed, {seconds:.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
