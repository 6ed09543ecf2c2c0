"""`python -m bench`: prepares workloads, compares the peers, writes the result (see README.md)."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.compare import ROOT, Comparison, compare
from bench.peers import PEERS
from bench.prepare import prepare
from bench.workload import (
    FEATURES,
    SIZES,
    Case,
    Dataset,
    FrameKind,
    KeyKind,
    Layout,
    Operation,
    default_cache,
)

DEFAULT_PEERS = ("limit", "limit_narrow", "duckdb", "polars", "icefield")
QUICK_PEERS = ("limit", "duckdb", "icefield")
KNOW_DELETES = ("limit", "limit_narrow", "limit_whole", "icefield")
"""Peers for tables with deletes: the others are given data files, and know of no others."""


def suite() -> list[Case]:
    """What runs when no workload is named. L is asked for by name: it takes 8 GB of disk."""
    small, medium, several = (Dataset(SIZES[name]) for name in ("S", "M", "M5"))
    bucketed = Dataset(SIZES["M"], layout=Layout.BUCKETED)
    by_day = Dataset(SIZES["M"], layout=Layout.DAY)
    return [
        Case(small),
        Case(medium),
        Case(Dataset(SIZES["M"], layout=Layout.DELETES)),
        Case(medium, feature_count=3),
        Case(medium, FrameKind.SPARSE),
        Case(medium, operation=Operation.LATEST),
        Case(Dataset(SIZES["M"], KeyKind.STRING)),
        Case(bucketed, FrameKind.SPARSE),
        Case(bucketed, FrameKind.TINY),
        Case(by_day, FrameKind.LAST),
        Case(several),
    ]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Compares Icefield with its peers. Without --workload: the whole suite.",
    )
    parser.add_argument("--workload", action="append", choices=list(SIZES), default=[])
    parser.add_argument("--key", type=KeyKind, choices=list(KeyKind), default=KeyKind.INT64)
    parser.add_argument("--layout", type=Layout, choices=list(Layout), default=Layout.PLAIN)
    parser.add_argument("--frame", type=FrameKind, choices=list(FrameKind), default=FrameKind.FULL)
    parser.add_argument(
        "--operation", type=Operation, choices=list(Operation), default=Operation.JOIN
    )
    parser.add_argument(
        "--features", type=int, choices=range(1, len(FEATURES) + 1), default=len(FEATURES)
    )
    parser.add_argument("--peers", nargs="+", choices=list(PEERS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--quick", action="store_true", help=f"only {', '.join(QUICK_PEERS)}, unless --peers"
    )
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--prepare-only", action="store_true", help="write the data, run nothing")
    options = parser.parse_args(arguments)
    if options.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    return options


def _cases(options: argparse.Namespace) -> list[Case]:
    if not options.workload:
        return suite()
    return [
        Case(
            Dataset(SIZES[name], options.key, options.layout),
            options.frame,
            options.operation,
            options.features,
        )
        for name in options.workload
    ]


def main(arguments: Sequence[str]) -> int:
    """0: every answer of every peer was right; 1: one was wrong, or a peer failed."""
    options = parse(arguments)
    begin = time.monotonic()

    def announce(text: str) -> None:
        print(f"[{time.monotonic() - begin:6.1f} s] {text}", file=sys.stderr, flush=True)

    cases = _cases(options)
    if options.prepare_only:
        for case in cases:
            prepare(case, options.cache, announce)
        return 0
    peers = options.peers or (QUICK_PEERS if options.quick else DEFAULT_PEERS)
    facts = report.environment()
    comparisons: list[Comparison] = []
    for case in cases:
        asked = peers
        if case.dataset.layout is Layout.DELETES:
            asked = tuple(peer for peer in peers if peer in KNOW_DELETES)
        comparisons.append(compare(case, asked, options.repetitions, options.cache, announce))
        page = report.write(facts, comparisons, options.results)
    print(page.read_text())
    print(f"written to {page} and {page.with_suffix('.json')}")
    return int(any(each.fault(peer) is not None for each in comparisons for peer in each.peers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
