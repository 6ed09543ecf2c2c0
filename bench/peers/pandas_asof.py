"""pyiceberg and pandas: the whole table into memory, then merge_asof. For small workloads.

Columns stay Arrow-typed in pandas, so that nullable integers keep their values.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from bench.job import Job
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME, ROW_ID, TTL, Operation, View, output_name


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _sorted_rows(job: Job, view: View, table: Table) -> pd.DataFrame:
    keys = job.case.dataset.key_kind.columns
    columns = (*keys, EVENT_TIME, CREATED_TIME, *view.features)
    rows = _frame(table.scan(selected_fields=columns).to_arrow())
    return rows.sort_values([EVENT_TIME, CREATED_TIME])


def _plain_times(rows: pd.DataFrame) -> pd.DataFrame:
    """merge_asof takes its time column as numpy times only."""
    return rows.assign(**{EVENT_TIME: rows[EVENT_TIME].astype("datetime64[us, UTC]")})


def prepare(job: Job) -> Run:
    """The join or the latest rows, with everything in memory."""
    case = job.case
    keys = list(case.dataset.key_kind.columns)
    catalog = SqlCatalog("bench", **job.catalog_properties)
    tables = [(view, catalog.load_table(table.identifier)) for view, table in job.views()]

    def latest() -> pd.DataFrame:
        return _sorted_rows(job, *tables[0]).drop_duplicates(keys, keep="last")

    def join(frame: pa.Table) -> pd.DataFrame:
        answer = _plain_times(_frame(frame)).sort_values(EVENT_TIME)
        for view, table in tables:
            names: dict[str, Any] = {name: output_name(view.name, name) for name in view.features}
            rows = _plain_times(_sorted_rows(job, view, table).drop(columns=CREATED_TIME))
            answer = pd.merge_asof(
                answer,
                rows.rename(columns=names),
                on=EVENT_TIME,
                by=keys,
                direction="backward",
                tolerance=pd.Timedelta(TTL),
            )
        return answer.sort_values(ROW_ID)

    def run(frame: pa.Table) -> Outcome:
        answer = latest() if case.operation is Operation.LATEST else join(frame)
        return Outcome(pa.Table.from_pandas(answer, preserve_index=False))

    return run
