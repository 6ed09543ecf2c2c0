"""The limit: Arrow C++ decodes the very columns of the very files, file after file."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from bench.job import Job
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME

_BATCH_ROWS = 65_536


def prepare(job: Job) -> Run:
    """Keys, times and the features asked for, of the files that are needed."""
    return _decode(job, narrow=False, whole=False)


def prepare_narrow(job: Job) -> Run:
    """Keys and times only, of the files that are needed."""
    return _decode(job, narrow=True, whole=False)


def prepare_whole(job: Job) -> Run:
    """As `prepare`, of all files of the table: what pruning starts from."""
    return _decode(job, narrow=False, whole=True)


def _decode(job: Job, *, narrow: bool, whole: bool) -> Run:
    columns = [*job.case.dataset.key_kind.columns, EVENT_TIME, CREATED_TIME]
    if not narrow:
        columns += job.case.features

    def run(frame: pa.Table) -> Outcome:  # noqa: ARG001
        for view in job.views:
            files, rows = (
                (view.all_files, view.all_rows) if whole else (view.needed_files, view.needed_rows)
            )
            decoded = 0
            for path in files:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(
                        batch_size=_BATCH_ROWS, columns=columns, use_threads=True
                    ):
                        decoded += batch.num_rows
            if decoded != rows:
                raise ValueError(f"{view.name}: decoded {decoded} of {rows} rows")
        return Outcome(None)

    return run
