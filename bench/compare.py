"""Runs the peers of cases in turn, each in a process of its own, and keeps what they say."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.job import Job
from bench.peers import NotInstalledError, interpreter
from bench.prepare import prepare
from bench.workload import Case, Consumer

ROOT = Path(__file__).resolve().parent.parent
_READ_BYTES = 1 << 24


@dataclass(frozen=True)
class Run:
    """One process: which peer, in which round, under which load, and what it measured."""

    peer: str
    repetition: int
    load_before: float
    """The machine's load average over one minute when the process started."""
    measured: dict[str, Any] | None
    """The fields of `run_one.Measurement`; None if the process failed."""
    error: str | None = None


@dataclass(frozen=True)
class Entry:
    """A case and who answers it."""

    case: Case
    peers: tuple[str, ...]


@dataclass
class Comparison:
    """All runs of one case, in the order in which they ran."""

    case: Case
    job: Job
    job_path: Path
    peers: tuple[str, ...]
    repetitions: int
    runs: list[Run] = field(default_factory=list)
    checks: list[Run] = field(default_factory=list)
    """Runs with a stream's rows kept and compared: of their figures none counts."""

    def good(self, peer: str) -> dict[int, dict[str, Any]]:
        """Measurements by repetition; none at all once one answer was wrong or one run failed."""
        runs = [run for run in self.runs if run.peer == peer]
        if self.fault(peer) is not None:
            return {}
        return {run.repetition: run.measured for run in runs if run.measured is not None}

    def fault(self, peer: str) -> str | None:
        """Why a peer's times do not count: it failed, was wrong, or was rebuilt meanwhile."""
        builds = set()
        for run in (*self.checks, *self.runs):
            if run.peer == peer:
                if run.measured is None:
                    return f"failed: {run.error}"
                if run.measured["difference"] is not None:
                    return f"wrong answer: {run.measured['difference']}"
                builds.add(run.measured["notes"].get("build"))
        if len(builds) > 1:
            return "rebuilt between repetitions: the runs are not of one program"
        return None


def compare(
    group: Sequence[Entry], repetitions: int, cache: Path, announce: Callable[[str], None]
) -> list[Comparison]:
    """Measures the cases of a group in the same rounds, in each of them every peer in turn.

    A faulty peer is not run again, one that is not installed is left out.
    """
    comparisons = []
    for entry in group:
        job, path = prepare(entry.case, cache, announce)
        installed = tuple(peer for peer in entry.peers if _is_installed(peer, cache, announce))
        comparisons.append(Comparison(entry.case, job, path, installed, repetitions))
    for comparison in comparisons:
        warm([path for table in comparison.job.tables for path in table.needed_files])
        if comparison.case.consumer is Consumer.STREAM:
            for peer in comparison.peers:
                comparison.checks.append(_run(comparison, peer, -1, cache, "--check"))
                announce(f"{comparison.case.slug} checked {peer}: {_told(comparison.checks[-1])}")
    for repetition in range(repetitions):
        for comparison in comparisons:
            for peer in comparison.peers:
                if comparison.fault(peer) is None:
                    run = _run(comparison, peer, repetition, cache)
                    comparison.runs.append(run)
                    place = f"{comparison.case.slug} {repetition + 1}/{repetitions}"
                    announce(f"{place} {peer}: {_told(run)}")
    return comparisons


def _is_installed(peer: str, cache: Path, announce: Callable[[str], None]) -> bool:
    try:
        interpreter(peer, cache)
    except NotInstalledError as error:
        announce(f"left out: {error}")
        return False
    return True


def warm(files: Iterable[str]) -> None:
    """Brings the files into the page cache: no peer pays for the disk in another's place."""
    for path in files:
        with Path(path).open("rb", buffering=0) as file:
            while file.read(_READ_BYTES):
                pass


def environment_of_runs() -> dict[str, str]:
    """The environment of a measured process: it finds this checkout's modules."""
    paths = [str(ROOT), str(ROOT / "python"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _run(comparison: Comparison, peer: str, repetition: int, cache: Path, *more: str) -> Run:
    load = os.getloadavg()[0]
    python = interpreter(peer, cache)
    process = subprocess.run(
        [python, "-m", "bench.run_one", str(comparison.job_path), peer, *more],
        env=environment_of_runs(),
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        lines = process.stderr.strip().splitlines() or [f"exit code {process.returncode}"]
        return Run(peer, repetition, load, None, lines[-1])
    return Run(peer, repetition, load, json.loads(process.stdout.strip().splitlines()[-1]))


def _told(run: Run) -> str:
    if run.measured is None:
        return f"failed: {run.error}"
    if run.measured["difference"] is not None:
        return f"wrong answer: {run.measured['difference']}"
    return (
        f"{run.measured['wall_s']:.2f} s wall, {run.measured['cpu_s']:.2f} s CPU,"
        f" {run.measured['peak_bytes'] / 2**20:.0f} MiB, load {run.load_before:.1f}"
    )
