"""polars on the data files, in the fastest right form that was found (see README.md).

As the DuckDB peer: join_asof over keys and event times only, then a second scan that keeps rows
whose event time is some winner's, of which only the last created of a key and time stays. Views of
one table are joined once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.job import Job, JobTable
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME, TTL, Case, Operation, output_name

_KEY_FILTER_SHARE = 0.02
"""Below this share of frame rows to feature rows a semi-join on the keys pays for itself."""
_ROW = "row_of_table"


def prepare(job: Job) -> Run:
    """The join or the latest rows, on the streaming engine."""
    # The first Arrow table in and out of a process imports modules: not part of the join.
    pl.DataFrame(pl.from_arrow(pa.table({"value": [1]}))).lazy().collect().to_arrow()

    def run(frame: pa.Table) -> Outcome:
        if job.case.operation is Operation.LATEST:
            return Outcome(_latest(job).to_arrow())
        return Outcome(_join(job, frame).to_arrow())

    return run


def _rows(table: JobTable) -> pl.LazyFrame:
    """The rows of the needed files, less those that are deleted."""
    files = list(table.needed_files)
    if not table.position_deletes:
        return pl.scan_parquet(files)
    rows = pl.scan_parquet(files, row_index_name=_ROW)
    return rows.join(_removed(table), on=_ROW, how="anti").drop(_ROW)


def _removed(table: JobTable) -> pl.LazyFrame:
    """Deleted rows by their number, counted over the needed files in their order.

    polars reads Iceberg's position deletes itself only if each file of them is for one data file.
    """
    counts = [pq.read_metadata(path).num_rows for path in table.needed_files]
    first = dict(zip(table.needed_files, accumulate(counts, initial=0), strict=False))
    file = pl.col("file_path").str.strip_prefix("file://")
    return (
        pl.scan_parquet(list(table.position_deletes))
        .select(file.replace_strict(first, default=None, return_dtype=pl.Int64) + pl.col("pos"))
        .select(pl.col("file_path").drop_nulls().cast(pl.get_index_type()).alias(_ROW))
    )


def _winning_rows(
    table: JobTable, place: Sequence[str], features: Sequence[str], times: pl.Series
) -> pl.DataFrame:
    """Rows of the table at one of the times; of rows at one place the last created."""
    return (
        _rows(table)
        .select(*place, CREATED_TIME, *features)
        .filter(pl.col(EVENT_TIME).is_in(times.drop_nulls().unique().implode()))
        .collect(engine="streaming")
        .sort(CREATED_TIME)
        .unique(place, keep="last")
    )


def _join(job: Job, frame: pa.Table) -> pl.DataFrame:
    case = job.case
    keys = list(case.dataset.key_kind.columns)
    low, high = pc.min(frame[EVENT_TIME]).as_py() - TTL, pc.max(frame[EVENT_TIME]).as_py()
    answer = pl.DataFrame(pl.from_arrow(frame)).sort(EVENT_TIME)
    for table in job.tables:
        found = f"{table.name}_{EVENT_TIME}"
        narrow = (
            _rows(table).select(*keys, EVENT_TIME).filter(pl.col(EVENT_TIME).is_between(low, high))
        )
        if frame.num_rows < _KEY_FILTER_SHARE * table.needed_rows:
            narrow = narrow.join(answer.lazy().select(keys).unique(), on=keys, how="semi")
        winners = (
            answer.lazy()
            .join_asof(
                narrow.sort(EVENT_TIME).with_columns(pl.col(EVENT_TIME).alias(found)),
                on=EVENT_TIME,
                by=keys,
                strategy="backward",
                tolerance=TTL,
                check_sortedness=False,
            )
            .collect(engine="streaming")
        )
        features = case.features_of(table.name)
        rows = _winning_rows(table, [*keys, EVENT_TIME], features, winners[found])
        answer = winners.join(
            rows.select(*keys, EVENT_TIME, *_outputs(case, table)),
            left_on=[*keys, found],
            right_on=[*keys, EVENT_TIME],
            how="left",
            maintain_order="left",
        ).drop(found)
    return answer


def _outputs(case: Case, table: JobTable) -> list[pl.Expr]:
    """The features of all views of a table, by their names in the answer."""
    return [
        pl.col(name).alias(output_name(view.name, name))
        for view in case.views
        if view.table == table.name
        for name in view.features
    ]


def _latest(job: Job) -> pl.DataFrame:
    table = job.tables[0]
    keys = list(job.case.dataset.key_kind.columns)
    place = [*keys, EVENT_TIME]
    newest = (
        _rows(table)
        .select(place)
        .group_by(keys)
        .agg(pl.col(EVENT_TIME).max())
        .collect(engine="streaming")
    )
    rows = _winning_rows(table, place, job.case.features_of(table.name), newest[EVENT_TIME])
    return newest.join(rows, on=place, how="inner")
