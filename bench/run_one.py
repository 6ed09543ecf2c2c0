"""Measures one peer on one job: `python -m bench.run_one JOB.json PEER [--check]`.

Prints one line of JSON. The clock, the processor time and the peak of memory cover the run alone:
imports, connections, catalogs and the frame's loading lie before it, the comparison of the answer
after it. The memory baseline is taken before the frame is loaded. A streaming consumer drops the
batches as they come and counts rows; with `--check` it keeps them, and the times mean nothing.
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
from bench.workload import Consumer


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
    """Zero where a streaming consumer dropped the result."""
    rows: int
    difference: str | None
    """Why the answer is wrong; None if every cell, or of a dropped stream the number of rows, is
    right, or there is no answer."""
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


def _consumed(answer: Any, *, keep: bool) -> tuple[pa.Table | None, int]:
    """A table or reader as a table, or None for one dropped batch by batch; and how many rows."""
    if answer is None:
        return None, 0
    if keep:
        table = answer if isinstance(answer, pa.Table) else answer.read_all()
        return table, table.num_rows
    rows = 0
    for batch in answer.to_batches() if isinstance(answer, pa.Table) else answer:
        rows += batch.num_rows
        del batch
    return None, rows


def measure(job: Job, peer: str, *, check: bool) -> Measurement:
    """Runs the peer once; with `check` the rows of a stream are kept and compared."""
    run = prepared(peer, job)
    keep = check or job.case.consumer is Consumer.TABLE
    Path("/proc/self/clear_refs").write_text("5")
    baseline = status_bytes("VmRSS")
    frame = _load_frame(job.frame_path)
    cpu, wall = cpu_s(), time.perf_counter()
    outcome = run(frame)
    answers = outcome.answer is not None
    answer, rows = _consumed(outcome.answer, keep=keep)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    peak = status_bytes("VmHWM") - baseline
    notes = dict(outcome.notes)
    if outcome.report is not None:
        notes["report"] = outcome.report()
    difference = None
    if answers:
        reference = read_answer(job.reference_path)
        if answer is not None:
            difference = differences(job.case, answer, reference)
        elif rows != reference.num_rows:
            difference = f"{rows} rows instead of {reference.num_rows}"
    result_bytes = answer.nbytes if answer is not None else 0
    return Measurement(peer, wall, cpu, peak, frame.nbytes, result_bytes, rows, difference, notes)


def main(arguments: list[str]) -> None:
    """Entry of the measured process."""
    job_path, peer, *rest = arguments
    job = Job.loads(Path(job_path).read_text())
    print(json.dumps(vars(measure(job, peer, check=rest == ["--check"])), default=str))


if __name__ == "__main__":
    main(sys.argv[1:])
