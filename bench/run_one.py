"""Measures one peer on one job in this process: `python -m bench.run_one JOB.json PEER`.

Prints one line of JSON. The clock, the processor time and the peak of memory cover the run alone:
imports, connections, catalogs and the frame's loading lie before it, the comparison of the answer
after it. The memory baseline is taken before the frame is loaded.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.answers import differences, read_answer
from bench.job import Job
from bench.peers import prepared


@dataclass(frozen=True)
class Measurement:
    """One run of one peer."""

    peer: str
    wall_s: float
    cpu_s: float
    peak_bytes: int
    """Peak resident memory above the baseline; frame and result are in it."""
    frame_bytes: int
    result_bytes: int
    difference: str | None
    """Why the answer is wrong; None if every cell is right or there is no answer."""
    notes: dict[str, Any]


def cpu_s() -> float:
    """Processor time of this process and its children so far."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def status_bytes(field: str) -> int:
    """A figure of `/proc/self/status`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


def _load_frame(path: Path) -> pa.Table:
    """The frame in memory of this process, not in mapped pages that nobody would count."""
    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def measure(job: Job, peer: str) -> Measurement:
    """Runs the peer once."""
    run = prepared(peer, job)
    Path("/proc/self/clear_refs").write_text("5")
    baseline = status_bytes("VmRSS")
    frame = _load_frame(job.frame_path)
    cpu, wall = cpu_s(), time.perf_counter()
    outcome = run(frame)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    peak = status_bytes("VmHWM") - baseline
    difference, result_bytes = None, 0
    if outcome.answer is not None:
        result_bytes = outcome.answer.nbytes
        difference = differences(job.case, outcome.answer, read_answer(job.reference_path))
    return Measurement(
        peer, wall, cpu, peak, frame.nbytes, result_bytes, difference, dict(outcome.notes)
    )


def main(arguments: list[str]) -> None:
    """Entry of the measured process."""
    job_path, peer = arguments
    job = Job.loads(Path(job_path).read_text())
    print(json.dumps(vars(measure(job, peer)), default=str))


if __name__ == "__main__":
    main(sys.argv[1:])
