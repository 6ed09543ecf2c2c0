"""From a case to a job: dataset, entity frame, needed files and reference answer, all cached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    LessThanOrEqual,
)

from bench.answers import canonical, read_answer, write_answer
from bench.generate import entity_frame
from bench.job import Job, JobTable, decoded_columns
from bench.reference import reference_answer
from bench.tables import NAMESPACE, StoredDataset, key_space, stored
from bench.workload import EVENT_TIME, TTL, Case, Operation

_KEYS_IN_FILTER_MAX = 200


def prepare(case: Case, cache: Path, announce: Callable[[str], None]) -> tuple[Job, Path]:
    """Everything that the measured processes need, and the file that tells them."""
    data = stored(case.dataset, cache, announce)
    folder = data.folder / "cases"
    folder.mkdir(exist_ok=True)
    version = _source_digest()
    frame_path = folder / f"{case.frame}-{version}-frame.arrow"
    if not frame_path.exists():
        announce(f"making the {case.frame} entity frame of {case.dataset.slug}")
        write_answer(entity_frame(case, key_space(case.dataset)), frame_path)
    frame = read_answer(frame_path)
    tables = tuple(_job_table(data, case, name, frame) for name in case.tables)
    reference_path = folder / f"{case.question}-{version}-answer.arrow"
    job = Job(case, data.catalog_properties, tables, frame_path, reference_path)
    if not reference_path.exists():
        announce(f"computing the reference answer of {case.question}")
        write_answer(canonical(case, reference_answer(job, frame)), reference_path)
    job_path = folder / f"{case.slug}.json"
    job_path.write_text(job.dumps())
    return job, job_path


def _source_digest() -> str:
    """Changes with the code that makes frames and reference answers, so that none outlives it."""
    here = Path(__file__).parent
    names = ("deletes.py", "generate.py", "reference.py", "workload.py")
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in names)).hexdigest()[:12]


def _job_table(data: StoredDataset, case: Case, name: str, frame: pa.Table) -> JobTable:
    table = data.table(name)

    def files(row_filter: BooleanExpression) -> tuple[tuple[str, ...], int]:
        tasks = [task.file for task in table.scan(row_filter=row_filter).plan_files()]
        paths = sorted(task.file_path.removeprefix("file://") for task in tasks)
        return tuple(paths), sum(task.record_count for task in tasks)

    everything = files(AlwaysTrue())
    needed = everything
    if case.operation is Operation.JOIN:
        needed = files(_needed(case, frame))
    removed = {
        delete.file_path for task in table.scan().plan_files() for delete in task.delete_files
    }
    position_deletes = tuple(sorted(path.removeprefix("file://") for path in removed))
    row_group_bytes = _row_group_bytes(needed[0], {*decoded_columns(case, name)})
    identifier = f"{NAMESPACE}.{name}"
    return JobTable(name, identifier, *needed, *everything, row_group_bytes, position_deletes)


def _row_group_bytes(files: Sequence[str], columns: set[str]) -> int:
    """The largest row group of the files, of these columns alone, encoded but not compressed."""
    largest = 0
    for path in files:
        footer = pq.read_metadata(path)
        for group in map(footer.row_group, range(footer.num_row_groups)):
            chunks = map(group.column, range(group.num_columns))
            sizes = (
                chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in columns
            )
            largest = max(largest, sum(sizes))
    return largest


def _needed(case: Case, frame: pa.Table) -> BooleanExpression:
    """What a row must meet to win anywhere: the frame's time range, and its keys when few."""
    times = frame[EVENT_TIME]
    low, high = pc.min(times).as_py() - TTL, pc.max(times).as_py()
    needed: BooleanExpression = And(
        GreaterThanOrEqual(EVENT_TIME, low.isoformat()),
        LessThanOrEqual(EVENT_TIME, high.isoformat()),
    )
    for name in case.dataset.key_kind.columns:
        keys: list[Any] = pc.unique(frame[name]).to_pylist()
        if len(keys) <= _KEYS_IN_FILTER_MAX:
            needed = And(needed, In(name, keys))
    return needed
