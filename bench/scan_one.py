"""Measures one peer on one scan: `python -m bench.scan_one JOB.json PEER [--check]`.

Prints one line of JSON. Batches are dropped as they come. With `--check` they are digested too, and
the times mean nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.digest import RowDigest
from bench.run_one import cpu_s, status_bytes
from bench.scan_job import ScanJob

_BATCH_ROWS = 65_536

Scan = Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class ScanMeasurement:
    """One run of one peer."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    """Peak resident memory above that after imports and table load."""
    rows: int
    digest: str | None
    build: str | None


def limit(job: ScanJob) -> Scan:
    """Arrow C++ decodes the files, one after the other."""

    def scan() -> Iterator[pa.RecordBatch]:
        for path in job.files:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(_BATCH_ROWS, columns=list(job.columns))

    return scan


def duckdb(job: ScanJob) -> Scan:
    """DuckDB reads the files, in any order."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    connection.register("warm_up", pa.table({"value": [1]}))
    connection.sql("SELECT value FROM warm_up").to_arrow_table()
    query = f"SELECT {', '.join(job.columns)} FROM read_parquet({list(job.files)!r})"
    return lambda: iter(connection.sql(query).to_arrow_reader(_BATCH_ROWS))


def icefield(job: ScanJob) -> Scan:
    """Icefield plans and reads the table at its defaults."""
    import icefield

    table = icefield.load_table(job.metadata)
    return lambda: iter(table.scan(selected_fields=job.columns).to_arrow_batch_reader())


PEERS: dict[str, Callable[[ScanJob], Scan]] = {
    "limit": limit,
    "duckdb": duckdb,
    "icefield": icefield,
}


def measure(job: ScanJob, peer: str, *, check: bool) -> ScanMeasurement:
    """Runs the scan once."""
    scan = PEERS[peer](job)
    digest = RowDigest(job.columns)
    rows = 0
    Path("/proc/self/clear_refs").write_text("5")
    baseline = status_bytes("VmRSS")
    cpu, wall = cpu_s(), time.perf_counter()
    for batch in scan():
        rows += batch.num_rows
        if check:
            digest.add(batch)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    peak = status_bytes("VmHWM") - baseline
    build = None
    if peer == "icefield":
        from bench.peers.icefield_join import build_digest

        build = build_digest()
    return ScanMeasurement(wall, cpu, peak, rows, str(digest) if check else None, build)


def main(arguments: list[str]) -> None:
    """Entry of the measured process."""
    path, peer, *rest = arguments
    job = ScanJob.loads(Path(path).read_text())
    print(json.dumps(asdict(measure(job, peer, check=rest == ["--check"]))))


if __name__ == "__main__":
    main(sys.argv[1:])
