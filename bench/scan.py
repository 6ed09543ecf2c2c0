"""`python -m bench.scan`: full scans of tables with and without deletes (see README.md)."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import report
from bench.compare import ROOT, environment_of_runs, warm
from bench.scan_job import ScanJob
from bench.scan_workload import scan_folder, scan_jobs
from bench.workload import SIZES, default_cache

_MIB = 2**20


@dataclass
class ScanResult:
    """The runs of one scan: by peer and repetition what was measured, and what is wrong."""

    job: ScanJob
    measured: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def good(self, peer: str) -> dict[int, dict[str, Any]]:
        """Measurements by repetition; none at all once one was wrong or failed."""
        return {} if peer in self.faults else self.measured.get(peer, {})

    def add(self, peer: str, repetition: int, path: Path) -> str:
        """Runs the peer once more and keeps the figures."""
        measured, error = run_one(path, peer)
        if measured is None:
            self.faults[peer] = f"failed: {error}"
            return self.faults[peer]
        rows = int(self.job.answer.split()[0])
        if measured["rows"] != rows:
            self.faults[peer] = f"{measured['rows']} rows instead of {rows}"
            return self.faults[peer]
        earlier = self.measured.setdefault(peer, {})
        if any(run["build"] != measured["build"] for run in earlier.values()):
            self.faults[peer] = "rebuilt between repetitions: the runs are not of one program"
        earlier[repetition] = measured
        wall, cpu, peak = (measured[name] for name in ("wall_s", "cpu_s", "peak_bytes"))
        return f"{wall:.2f} s wall, {cpu:.2f} s CPU, {peak / _MIB:.0f} MiB"

    def check(self, peer: str, path: Path) -> str:
        """Compares the digest of the peer's rows with the right one."""
        measured, error = run_one(path, peer, "--check")
        if measured is None:
            self.faults[peer] = f"failed: {error}"
        elif measured["digest"] != self.job.answer:
            self.faults[peer] = f"wrong rows: {measured['digest']} instead of {self.job.answer}"
        return self.faults.get(peer, "right")


def run_one(path: Path, peer: str, *more: str) -> tuple[dict[str, Any] | None, str]:
    """A process of its own: what it measured, or why it failed."""
    process = subprocess.run(
        [sys.executable, "-m", "bench.scan_one", str(path), peer, *more],
        env=environment_of_runs(),
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        lines = process.stderr.strip().splitlines() or [f"exit code {process.returncode}"]
        return None, lines[-1]
    return json.loads(process.stdout.strip().splitlines()[-1]), ""


def measure(
    jobs: Sequence[ScanJob], repetitions: int, folder: Path, announce: Callable[[str], None]
) -> list[ScanResult]:
    """Every scan by every peer: checked once, then measured in turns."""
    results = [ScanResult(job) for job in jobs]
    paths = {job.name: folder / f"{job.name.replace(' ', '-')}.json" for job in jobs}
    for job in jobs:
        paths[job.name].write_text(job.dumps())
        warm(job.files)
    pairs = [(result, peer) for result in results for peer in result.job.peers]
    for result, peer in pairs:
        name = result.job.name
        announce(f"{name}, {peer}: {result.check(peer, paths[name])}")
    for repetition in range(repetitions):
        for result, peer in pairs:
            if peer not in result.faults:
                name = result.job.name
                told = result.add(peer, repetition, paths[name])
                announce(f"{name} {repetition + 1}/{repetitions} {peer}: {told}")
    return results


def _ratios(results: Sequence[ScanResult], result: ScanResult, peer: str, figure: str) -> str:
    scan, base = result.job.base if peer == "icefield" else (result.job.name, "limit")
    other = next(each for each in results if each.job.name == scan).good(base)
    own = result.good(peer)
    rounds = sorted(own.keys() & other.keys())
    return report.spread([own[at][figure] / other[at][figure] for at in rounds])


def _row(results: Sequence[ScanResult], result: ScanResult, peer: str) -> str:
    job = result.job
    if peer in result.faults:
        return f"| {job.name} | {peer} | {result.faults[peer]} | | | | | | |"
    runs = result.good(peer).values()
    base = " ".join(job.base) if peer == "icefield" else f"{job.name} limit"
    wall, cpu = (statistics.median(run[name] for run in runs) for name in ("wall_s", "cpu_s"))
    peak = statistics.median(run["peak_bytes"] for run in runs) / _MIB
    cells = (
        job.name,
        peer,
        base,
        _ratios(results, result, peer, "cpu_s"),
        _ratios(results, result, peer, "wall_s"),
        f"{cpu:.3f}",
        f"{wall:.3f}",
        f"{peak:.0f}",
        job.answer.split()[0],
    )
    return f"| {' | '.join(cells)} |"


def markdown(facts: dict[str, Any], size: str, results: Sequence[ScanResult]) -> str:
    """The result as a page."""
    lines = [
        f"# Scans of {size}, {facts['started']}",
        "",
        f"Commit {facts['commit']}; {facts['cpu']}, {facts['cores']} cores, {facts['memory']};"
        f" {facts['system']}; Python {facts['python']}; seed {facts['seed']};"
        f" load {os.getloadavg()[0]:.1f} at the end.",
        "",
        "Ratios are of one round each, median [min, max]. Batches are dropped as they come; peak"
        " memory is over a baseline after imports and table load. The rows of every peer were"
        " right by a digest over all their cells.",
        "",
        "| scan | peer | base | CPU / base | wall / base | CPU s | wall s | peak MiB | rows |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(results, result, peer) for result in results for peer in result.job.peers]
    return "\n".join(lines) + "\n"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="S")
    parser.add_argument("--scan", nargs="+", help="names of scans; all by default")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """0: all rows of all peers were right; 1: some were wrong, or a peer failed."""
    options = parse(arguments)
    begin = time.monotonic()

    def announce(text: str) -> None:
        print(f"[{time.monotonic() - begin:6.1f} s] {text}", file=sys.stderr, flush=True)

    facts = report.environment()
    jobs = scan_jobs(SIZES[options.size], options.cache, announce)
    if options.scan:
        wanted = {*options.scan, *(job.base[0] for job in jobs if job.name in options.scan)}
        jobs = [job for job in jobs if job.name in wanted]
    folder = scan_folder(SIZES[options.size], options.cache)
    results = measure(jobs, options.repetitions, folder, announce)
    options.results.mkdir(parents=True, exist_ok=True)
    name = f"{report.file_name(facts)}-scan-{options.size}"
    raw = [{"scan": r.job.name, "measured": r.measured, "faults": r.faults} for r in results]
    page = options.results / f"{name}.md"
    page.write_text(markdown(facts, options.size, results))
    page.with_suffix(".json").write_text(
        json.dumps({"environment": facts, "scans": raw}, indent=1) + "\n"
    )
    print(page.read_text())
    print(f"written to {page} and {page.with_suffix('.json')}")
    return int(any(result.faults for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
