"""DuckDB on the data files, in the fastest right form that was found (see README.md).

1. `winners`: ASOF over keys and event times only, TTL tested on what it finds.
2. `found`: rows whose event time is some winner's. One column alone, because then the scan gets
   a bloom filter on it and decodes features only where the filter passes.
3. `tied`, `single`: where a key has two rows at one event time, only the one created last stays.
4. The frame with its winners' features.

Views of one table are joined once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bench.job import Job, JobTable, decoded_columns
from bench.peers import Outcome, Run
from bench.workload import (
    CREATED_TIME,
    EVENT_TIME,
    ROW_ID,
    TTL,
    Consumer,
    Operation,
    output_name,
)

_KEY_FILTER_SHARE = 0.02
"""Below this share of frame rows to feature rows a semi-join on the keys pays for itself."""
_BATCH_ROWS = 65_536


def connected() -> duckdb.DuckDBPyConnection:
    """A connection that keeps no order."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    # The first Arrow table in and out of a process imports modules: not part of the join.
    connection.register("warm_up", pa.table({"value": [1]}))
    connection.sql("SELECT value FROM warm_up").to_arrow_table()
    return connection


def outcome(job: Job, relation: duckdb.DuckDBPyRelation) -> Outcome:
    """The query's rows, in the form that the consumer wants."""
    if job.case.consumer is Consumer.STREAM:
        return Outcome(relation.to_arrow_reader(_BATCH_ROWS))
    return Outcome(relation.to_arrow_table())


def rows_of(table: JobTable) -> str:
    """The rows of the needed files, less those that are deleted."""
    files = list(table.needed_files)
    if not table.position_deletes:
        return f"read_parquet({files!r})"
    return (
        f"(SELECT data.* FROM read_parquet({files!r}) AS data ANTI JOIN"
        f" (SELECT list_position({files!r}, replace(file_path, 'file://', '')) - 1 AS file, pos"
        f" FROM read_parquet({list(table.position_deletes)!r})) AS removed"
        " ON data.file_index = removed.file AND data.file_row_number = removed.pos)"
    )


def prepare(job: Job) -> Run:
    """The join or the latest rows, with both cores."""
    connection = connected()

    def run(frame: pa.Table) -> Outcome:
        if job.case.operation is Operation.LATEST:
            query = _latest(job)
        else:
            connection.register("frame", frame)
            query = _join(job, frame)
        return outcome(job, connection.sql(query))

    return run


def _equal(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)


def _timestamp(value: dt.datetime) -> str:
    return f"TIMESTAMPTZ '{value.isoformat()}'"


def _winning_rows(table: JobTable, job: Job, times: str) -> list[str]:
    """Tables `found_`, `tied_` and `single_` of a table; `times` selects the winners' times."""
    keys = job.case.dataset.key_kind.columns
    columns = ", ".join(decoded_columns(job.case, table.name))
    place = ", ".join((*keys, EVENT_TIME))
    name = table.name
    return [
        f"found_{name} AS MATERIALIZED (SELECT {columns} FROM {rows_of(table)}"
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
    asof, times, rows, joins = [], [], [], []
    for table in job.tables:
        name = table.name
        narrow = (
            f"SELECT {', '.join((*keys, EVENT_TIME))} FROM {rows_of(table)} AS feature"
            f" WHERE {EVENT_TIME} BETWEEN {low} AND {high}"
        )
        if frame.num_rows < _KEY_FILTER_SHARE * table.needed_rows:
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
        rows += _winning_rows(table, job, f"SELECT time_{name} FROM winners")
        joins.append(
            f"LEFT JOIN single_{name} AS {name} ON {_equal('frame', name, keys)}"
            f" AND frame.time_{name} = {name}.{EVENT_TIME}"
        )
    winners = (
        f"winners AS MATERIALIZED (SELECT {frame_columns}, {', '.join(times)}"
        f" FROM frame {' '.join(asof)})"
    )
    features = (
        f"{view.table}.{feature} AS {output_name(view.name, feature)}"
        for view in job.case.views
        for feature in view.features
    )
    return (
        f"WITH {', '.join([winners, *rows])} SELECT {frame_columns}, {', '.join(features)}"
        f" FROM winners AS frame {' '.join(joins)}"
    )


def _latest(job: Job) -> str:
    """The same with the newest event time of each key in place of the ASOF."""
    table = job.tables[0]
    keys = job.case.dataset.key_kind.columns
    columns = ", ".join(keys)
    winners = (
        f"winners AS MATERIALIZED (SELECT {columns}, max({EVENT_TIME}) AS {EVENT_TIME}"
        f" FROM {rows_of(table)} GROUP BY {columns})"
    )
    rows = _winning_rows(table, job, f"SELECT {EVENT_TIME} FROM winners")
    return (
        f"WITH {', '.join([winners, *rows])} SELECT single.* FROM winners JOIN"
        f" single_{table.name} AS single ON {_equal('winners', 'single', (*keys, EVENT_TIME))}"
    )
