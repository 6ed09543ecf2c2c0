"""The limit: Arrow C++ decodes the very columns of the very files, file after file."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from bench.job import Job, decoded_columns
from bench.peers import Outcome, Run

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
    def run(frame: pa.Table) -> Outcome:  # noqa: ARG001
        for table in job.tables:
            columns = decoded_columns(job.case, table.name)
            if narrow:
                columns = columns[: -len(job.case.features_of(table.name))]
            files = table.all_files if whole else table.needed_files
            decoded = _decoded_rows(files, columns)
            if decoded != (table.all_rows if whole else table.needed_rows):
                raise ValueError(f"{table.name}: decoded {decoded} rows, which are not all")
        return Outcome(None)

    return run


def _decoded_rows(files: Sequence[str], columns: Sequence[str]) -> int:
    rows = 0
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(
                batch_size=_BATCH_ROWS, columns=list(columns), use_threads=True
            ):
                rows += batch.num_rows
    return rows
