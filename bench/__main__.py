"""`python -m bench`: prepares workloads, compares the peers, writes the result (see README.md)."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.compare import ROOT, Entry, compare
from bench.peers import PEERS
from bench.prepare import prepare
from bench.suites import SUITES, Group
from bench.workload import (
    SIZES,
    Case,
    Consumer,
    Dataset,
    FrameKind,
    KeyKind,
    Layout,
    Operation,
    default_cache,
)

DEFAULT_PEERS = ("limit", "limit_narrow", "duckdb", "polars", "icefield")
QUICK_PEERS = ("limit", "duckdb", "icefield")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Compares Icefield with its peers. Without --workload: a whole suite.",
    )
    parser.add_argument(
        "--suite", choices=list(SUITES), default="targets", help="targets by default"
    )
    parser.add_argument(
        "--only", type=re.compile, metavar="REGEX", help="of the suite: cases with such names"
    )
    parser.add_argument("--list", action="store_true", help="names the cases, runs nothing")
    parser.add_argument("--workload", action="append", choices=list(SIZES), default=[])
    parser.add_argument("--key", type=KeyKind, choices=list(KeyKind), default=KeyKind.INT64)
    parser.add_argument("--layout", type=Layout, choices=list(Layout), default=Layout.PLAIN)
    parser.add_argument("--frame", type=FrameKind, choices=list(FrameKind), default=FrameKind.FULL)
    parser.add_argument(
        "--operation", type=Operation, choices=list(Operation), default=Operation.JOIN
    )
    parser.add_argument("--features", type=int, help="of each view; all by default")
    parser.add_argument("--views", type=int, help="one a table by default")
    parser.add_argument("--tables", type=int, help="of the workload; all by default")
    parser.add_argument(
        "--stream", action="store_true", help="drop batches as they come: no result in the peak"
    )
    parser.add_argument("--budget-mib", type=int, help="Icefield's memory budget")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--quick", action="store_true", help=f"only {', '.join(QUICK_PEERS)}, unless --peers"
    )
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--prepare-only", action="store_true", help="write the data, run nothing")
    options = parser.parse_args(arguments)
    for name in ("repetitions", "features", "views", "tables", "budget_mib"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    return options


def _groups(options: argparse.Namespace) -> list[Group]:
    """What is asked for, without cases that --only leaves out and peers that --peers does."""
    if options.workload:
        asked = options.peers or (QUICK_PEERS if options.quick else DEFAULT_PEERS)
        return [Group((Entry(_case(name, options), tuple(asked)),)) for name in options.workload]
    wanted = set(options.peers or (QUICK_PEERS if options.quick else PEERS))
    groups = []
    for group in SUITES[options.suite]():
        kept = group.only(options.only) if options.only else group
        entries = tuple(
            Entry(entry.case, tuple(peer for peer in entry.peers if peer in wanted))
            for entry in kept.entries
        )
        if entries:
            groups.append(Group(entries, kept.targets))
    return groups


def _case(size: str, options: argparse.Namespace) -> Case:
    return Case(
        Dataset(SIZES[size], options.key, options.layout),
        options.frame,
        options.operation,
        options.features,
        options.views,
        options.tables,
        Consumer.STREAM if options.stream else Consumer.TABLE,
        options.budget_mib,
    )


def _stop(number: int, _: object) -> None:
    """Ends as an exception does, which leaves nothing half written."""
    print(f"stopped by signal {number}", file=sys.stderr)
    sys.exit(128 + number)


def main(arguments: Sequence[str]) -> int:
    """0: every answer of every peer was right; 1: one was wrong, or a peer failed."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _stop)
    begin = time.monotonic()

    def announce(text: str) -> None:
        print(f"[{time.monotonic() - begin:6.1f} s] {text}", file=sys.stderr, flush=True)

    groups = _groups(options)
    cases = [entry.case for group in groups for entry in group.entries]
    if options.list:
        print(*(case.slug for case in cases), sep="\n")
        return 0
    if options.prepare_only:
        for case in cases:
            prepare(case, options.cache, announce)
        return 0
    facts = report.environment()
    results: list[report.Result] = []
    for group in groups:
        comparisons = compare(group.entries, options.repetitions, options.cache, announce)
        results.append(report.Result(comparisons, group.targets))
        page = report.write(facts, results, options.results)
        announce(f"so far in {page}")
    print(page.read_text())
    print(f"written to {page} and {page.with_suffix('.json')}")
    measured = [comparison for result in results for comparison in result.comparisons]
    return int(any(each.fault(peer) is not None for each in measured for peer in each.peers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
