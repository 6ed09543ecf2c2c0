"""DuckDB on the data files, in the fastest right form that was found (see README.md).

1. `winners`: ASOF over keys and event times only, TTL tested on what it finds.
2. `found`: rows whose event time is some winner's. One column alone, because then the scan gets
   a bloom filter on it and decodes features only where the filter passes.
3. `tied`, `single`: where a key has two rows at one event time, only the one created last stays.
4. The frame with its winners' features.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bench.job import Job, JobView
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME, ROW_ID, TTL, Operation, output_name

_KEY_FILTER_SHARE = 0.02
"""Below this share of frame rows to feature rows a semi-join on the keys pays for itself."""


def prepare(job: Job) -> Run:
    """The join or the latest rows, with both cores and no order to preserve."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    # The first Arrow table in and out of a process imports modules: not part of the join.
    connection.register("warm_up", pa.table({"value": [1]}))
    connection.sql("SELECT value FROM warm_up").to_arrow_table()

    def run(frame: pa.Table) -> Outcome:
        if job.case.operation is Operation.LATEST:
            query = _latest(job)
        else:
            connection.register("frame", frame)
            query = _join(job, frame)
        return Outcome(connection.sql(query).to_arrow_table())

    return run


def _files(view: JobView) -> str:
    return f"read_parquet({list(view.needed_files)!r})"


def _equal(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)


def _timestamp(value: dt.datetime) -> str:
    return f"TIMESTAMPTZ '{value.isoformat()}'"


def _winning_rows(view: JobView, job: Job, times: str) -> list[str]:
    """Tables `found_`, `tied_` and `single_` of a view; `times` selects the winners' times."""
    keys = job.case.dataset.key_kind.columns
    columns = ", ".join((*keys, EVENT_TIME, CREATED_TIME, *job.case.features))
    place = ", ".join((*keys, EVENT_TIME))
    name = view.name
    return [
        f"found_{name} AS MATERIALIZED (SELECT {columns} FROM {_files(view)}"
        f" WHERE {EVENT_TIME} IN ({times}))",
        f"tied_{name} AS (SELECT {place}, max({CREATED_TIME}) AS last_created"
        f" FROM found_{name} GROUP BY {place} HAVING count(*) > 1)",
        f"single_{name} AS (SELECT found.* FROM found_{name} AS found LEFT JOIN tied_{name} AS tied"
        f" ON {_equal('found', 'tied', (*keys, EVENT_TIME))}"
        f" WHERE tied.last_created IS NULL OR tied.last_created = found.{CREATED_TIME})",
    ]


def _join(job: Job, frame: pa.Table) -> str:
    keys = job.case.dataset.key_kind.columns
    frame_columns = ", ".join(f"frame.{name}" for name in (ROW_ID, *keys, EVENT_TIME))
    low = _timestamp(pc.min(frame[EVENT_TIME]).as_py() - TTL)
    high = _timestamp(pc.max(frame[EVENT_TIME]).as_py())
    ttl = f"INTERVAL {int(TTL.total_seconds())} SECOND"
    asof, times, rows, features, joins = [], [], [], [], []
    for view in job.views:
        name = view.name
        narrow = (
            f"SELECT {', '.join((*keys, EVENT_TIME))} FROM {_files(view)} AS feature"
            f" WHERE {EVENT_TIME} BETWEEN {low} AND {high}"
        )
        if frame.num_rows < _KEY_FILTER_SHARE * view.needed_rows:
            columns = ", ".join(keys)
            narrow += f" AND ({columns}) IN (SELECT ({columns}) FROM frame)"
        asof.append(
            f"ASOF LEFT JOIN ({narrow}) AS {name} ON {_equal('frame', name, keys)}"
            f" AND frame.{EVENT_TIME} >= {name}.{EVENT_TIME}"
        )
        times.append(
            f"CASE WHEN {name}.{EVENT_TIME} >= frame.{EVENT_TIME} - {ttl}"
            f" THEN {name}.{EVENT_TIME} END AS time_{name}"
        )
        rows += _winning_rows(view, job, f"SELECT time_{name} FROM winners")
        features += [f"{name}.{x} AS {output_name(name, x)}" for x in job.case.features]
        joins.append(
            f"LEFT JOIN single_{name} AS {name} ON {_equal('frame', name, keys)}"
            f" AND frame.time_{name} = {name}.{EVENT_TIME}"
        )
    winners = (
        f"winners AS MATERIALIZED (SELECT {frame_columns}, {', '.join(times)}"
        f" FROM frame {' '.join(asof)})"
    )
    return (
        f"WITH {', '.join([winners, *rows])} SELECT {frame_columns}, {', '.join(features)}"
        f" FROM winners AS frame {' '.join(joins)}"
    )


def _latest(job: Job) -> str:
    """The same with the newest event time of each key in place of the ASOF."""
    view = job.views[0]
    keys = job.case.dataset.key_kind.columns
    columns = ", ".join(keys)
    winners = (
        f"winners AS MATERIALIZED (SELECT {columns}, max({EVENT_TIME}) AS {EVENT_TIME}"
        f" FROM {_files(view)} GROUP BY {columns})"
    )
    rows = _winning_rows(view, job, f"SELECT {EVENT_TIME} FROM winners")
    return (
        f"WITH {', '.join([winners, *rows])} SELECT single.* FROM winners JOIN"
        f" single_{view.name} AS single ON {_equal('winners', 'single', (*keys, EVENT_TIME))}"
    )
