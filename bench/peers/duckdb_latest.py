"""The latest row of each key, as one asks DuckDB for it: forms beside that of `duckdb_asof.py`."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from bench.job import Job, decoded_columns
from bench.peers import Outcome, Run
from bench.peers.duckdb_asof import connected, outcome, rows_of
from bench.workload import CREATED_TIME, EVENT_TIME, Operation


def prepare_row_number(job: Job) -> Run:
    """Rows numbered by key from the newest on, of which the first stays."""
    return _prepared(job, _row_number)


def prepare_arg_max(job: Job) -> Run:
    """All columns of a row in one value, aggregated by key."""
    return _prepared(job, _arg_max)


def _prepared(job: Job, query: Callable[[Job], str]) -> Run:
    if job.case.operation is not Operation.LATEST:
        raise SystemExit("this peer answers for latest rows only")
    connection = connected()

    def run(frame: pa.Table) -> Outcome:  # noqa: ARG001
        return outcome(job, connection.sql(query(job)))

    return run


def _row_number(job: Job) -> str:
    table = job.tables[0]
    keys = ", ".join(job.case.dataset.key_kind.columns)
    return (
        f"SELECT {', '.join(decoded_columns(job.case, table.name))} FROM {rows_of(table)}"
        f" QUALIFY row_number() OVER (PARTITION BY {keys}"
        f" ORDER BY {EVENT_TIME} DESC, {CREATED_TIME} DESC) = 1"
    )


def _arg_max(job: Job) -> str:
    table = job.tables[0]
    keys = job.case.dataset.key_kind.columns
    others = decoded_columns(job.case, table.name)[len(keys) :]
    row = ", ".join(f"{name} := {name}" for name in others)
    order = f"epoch_us({EVENT_TIME})::HUGEINT * 18446744073709551616 + epoch_us({CREATED_TIME})"
    columns = ", ".join(keys)
    return (
        f"SELECT {columns}, unnest(newest) FROM (SELECT {columns},"
        f" arg_max(struct_pack({row}), {order}) AS newest FROM {rows_of(table)} GROUP BY {columns})"
    )
