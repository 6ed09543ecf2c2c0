"""Runs the peers of a case in turn, each in a process of its own, and keeps what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.job import Job
from bench.prepare import prepare
from bench.workload import Case

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


@dataclass
class Comparison:
    """All runs of one case, in the order in which they ran."""

    case: Case
    job: Job
    peers: tuple[str, ...]
    repetitions: int
    runs: list[Run] = field(default_factory=list)

    def good(self, peer: str) -> dict[int, dict[str, Any]]:
        """Measurements by repetition; none at all once one answer was wrong or one run failed."""
        runs = [run for run in self.runs if run.peer == peer]
        if self.fault(peer) is not None:
            return {}
        return {run.repetition: run.measured for run in runs if run.measured is not None}

    def fault(self, peer: str) -> str | None:
        """Why a peer's times do not count: it failed, was wrong, or was rebuilt meanwhile."""
        builds = set()
        for run in self.runs:
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
    case: Case,
    peers: Sequence[str],
    repetitions: int,
    cache: Path,
    announce: Callable[[str], None],
) -> Comparison:
    """Measures every peer `repetitions` times, interleaved; a faulty peer is not run again."""
    job, job_path = prepare(case, cache, announce)
    warm([path for view in job.views for path in view.needed_files])
    comparison = Comparison(case, job, tuple(peers), repetitions)
    for repetition in range(repetitions):
        for peer in peers:
            if comparison.fault(peer) is not None:
                continue
            run = _run(job_path, peer, repetition)
            comparison.runs.append(run)
            announce(f"{case.slug} {repetition + 1}/{repetitions} {peer}: {_told(run)}")
    return comparison


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


def _run(job_path: Path, peer: str, repetition: int) -> Run:
    load = os.getloadavg()[0]
    process = subprocess.run(
        [sys.executable, "-m", "bench.run_one", str(job_path), peer],
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
