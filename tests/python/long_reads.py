"""Reads that take long, in processes of their own, to be looked at and stopped in their middle."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import icefield
from tests.python.lake import Lake, add_file

PACKAGE = str(Path(icefield.__file__).parent.parent)
SCHEMA = pa.schema(
    [
        ("driver", pa.int64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("trips", pa.int64()),
        ("name", pa.string()),
    ]
)
DRIVERS = 5_000
ALWAYS = {"start": datetime(2000, 1, 1), "end": datetime(2030, 1, 1)}
"""Bounds of a frame that takes all rows."""
START_US = int(datetime(2024, 1, 1).timestamp()) * 1_000_000


def rows(count: int, seed: int = 1) -> pa.Table:
    """So many feature rows in no order; one event a second and driver."""
    chosen = np.random.default_rng(seed)
    drivers = chosen.integers(0, DRIVERS, count)
    times = START_US + chosen.integers(0, 1_000_000, count) * 1_000_000
    trips = np.arange(count)
    columns = [drivers, pa.array(times, pa.timestamp("us", "UTC")), trips, [f"n{t}" for t in trips]]
    return pa.table(columns, schema=SCHEMA)


def frame(count: int) -> pa.Table:
    """So many entity rows of the drivers, in no order."""
    return rows(count, seed=2).select(["driver", "event_timestamp"])


def write_table(lake: Lake, count: int, files: int = 4, row_group_size: int = 20_000) -> str:
    """A table of `count` rows in files of several row groups; its metadata file."""
    table = lake.create(SCHEMA)
    data = rows(count)
    folder = Path(table.location().removeprefix("file://")) / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        place = folder / f"{number}.parquet"
        part = data.slice(number * count // files, count // files)
        pq.write_table(_with_ids(part), place, row_group_size=row_group_size)
        add_file(table, place, record_count=len(part))
    return table.refresh().metadata_location


def _with_ids(data: pa.Table) -> pa.Table:
    fields = [
        field.with_metadata({b"PARQUET:field_id": str(at)})
        for at, field in enumerate(data.schema, start=1)
    ]
    return data.cast(pa.schema(fields))


def start(script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A Python process that runs a script with both packages at hand."""
    root = str(Path(__file__).parent.parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env={**os.environ, "PYTHONPATH": f"{PACKAGE}:{root}", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
