"""polars on the data files, in the fastest right form that was found (see README.md).

As the DuckDB peer: join_asof over keys and event times only, then a second scan that keeps rows
whose event time is some winner's, of which only the last created of a key and time stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from bench.job import Job, JobView
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME, TTL, Operation, output_name

_KEY_FILTER_SHARE = 0.02
"""Below this share of frame rows to feature rows a semi-join on the keys pays for itself."""


def prepare(job: Job) -> Run:
    """The join or the latest rows, on the streaming engine."""
    # The first Arrow table in and out of a process imports modules: not part of the join.
    pl.DataFrame(pl.from_arrow(pa.table({"value": [1]}))).lazy().collect().to_arrow()

    def run(frame: pa.Table) -> Outcome:
        if job.case.operation is Operation.LATEST:
            return Outcome(_latest(job).to_arrow())
        return Outcome(_join(job, frame).to_arrow())

    return run


def _winning_rows(
    view: JobView, place: Sequence[str], features: Sequence[str], times: pl.Series
) -> pl.DataFrame:
    """Rows of the view at one of the times; of rows at one place the last created."""
    return (
        pl.scan_parquet(list(view.needed_files))
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
    for view in job.views:
        found = f"{view.name}_{EVENT_TIME}"
        narrow = (
            pl.scan_parquet(list(view.needed_files))
            .select(*keys, EVENT_TIME)
            .filter(pl.col(EVENT_TIME).is_between(low, high))
        )
        if frame.num_rows < _KEY_FILTER_SHARE * view.needed_rows:
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
        rows = _winning_rows(view, [*keys, EVENT_TIME], case.features, winners[found])
        names = {name: output_name(view.name, name) for name in case.features}
        answer = winners.join(
            rows.drop(CREATED_TIME).rename(names),
            left_on=[*keys, found],
            right_on=[*keys, EVENT_TIME],
            how="left",
            maintain_order="left",
        ).drop(found)
    return answer


def _latest(job: Job) -> pl.DataFrame:
    view = job.views[0]
    keys = list(job.case.dataset.key_kind.columns)
    place = [*keys, EVENT_TIME]
    newest = (
        pl.scan_parquet(list(view.needed_files))
        .select(place)
        .group_by(keys)
        .agg(pl.col(EVENT_TIME).max())
        .collect(engine="streaming")
    )
    rows = _winning_rows(view, place, job.case.features, newest[EVENT_TIME])
    return newest.join(rows, on=place, how="inner")
