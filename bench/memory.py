"""What a retrieval takes of memory: `python -m bench.memory rows`, `python -m bench.memory wide`.

`rows`: bytes for each row of a frame, by the kind of its keys, with no feature read: what the
constants of src/retrieval/frame_passes.cc are set by. `wide`: the peak of joins with a table of
1,000 columns, for several budgets. Each figure is of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import icefield
from bench.run_one import status_bytes

_START = datetime(2024, 1, 1, tzinfo=UTC)
_MIB = 1 << 20
_TIME = pa.timestamp("us", "UTC")


def _times(rows: int, offset: timedelta) -> pa.Array:
    first = int((_START + offset).timestamp() * 1_000_000)
    return pa.array(np.arange(rows) + first, pa.int64()).cast(_TIME)


def _keys(kind: str, rows: int, distinct: int) -> dict[str, pa.Array]:
    numbers = np.arange(rows) % distinct
    texts = pa.array([f"customer-{number:012}" for number in numbers])
    columns = {"int64": {"key": pa.array(numbers)}, "string": {"key": texts}}
    return columns.get(kind) or {"key": pa.array(numbers), "other": texts}


def _write(folder: Path, columns: dict[str, pa.Array], appends: int = 1) -> str:
    catalog = icefield.load_catalog(
        "default", uri=f"sqlite:///{folder}/catalog.db", warehouse=str(folder)
    )
    table = pa.table(columns)
    written = catalog.create_table("bench.memory", table.schema)
    step = -(-table.num_rows // appends)
    for start in range(0, table.num_rows, step):
        written.append(table.slice(start, step))
    return catalog.load_table("bench.memory").metadata_location


def _peak(request: dict[str, Any]) -> dict[str, float]:
    """A join in this process: its peak above the frame, and what was spilled."""
    frame_path, location = request["frame"], request["location"]
    view = icefield.FeatureView(
        "view", icefield.load_table(location), request["keys"], features=request["features"]
    )
    with pa.OSFile(frame_path) as source:
        frame = pa.ipc.open_file(source).read_all()
    Path("/proc/self/clear_refs").write_text("5")
    before = status_bytes("VmRSS")
    joined = icefield.point_in_time_join(frame, [view], memory_budget=request["budget"])
    largest = 0
    for batch in joined.reader():
        largest = max(largest, batch.nbytes)
    report = joined.report()
    return {
        "peak": status_bytes("VmHWM") - before,
        "batch": largest,
        "passes": report["passes"],
        "spilled": report["views"][0]["bytes_spilled"],
        "seconds": sum(report["seconds"].values()),
        "bytes_read": report["views"][0]["bytes_read"],
    }


def _in_own_process(request: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory", "one", json.dumps(request)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _write_frame(folder: Path, columns: dict[str, pa.Array]) -> str:
    path = str(folder / "frame.arrow")
    table = pa.table(columns)
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return path


def rows(count: int) -> None:
    """Bytes a row of the frame, where keys and times are all distinct, and where keys repeat."""
    print("keys          distinct keys  bytes a row")
    for kind in ("int64", "string", "int64-string"):
        for distinct in (count, count // 20):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                keys = _keys(kind, count, distinct)
                location = _write(folder, {**keys, "event_timestamp": _times(count, timedelta(0))})
                frame = {**keys, "event_timestamp": _times(count, timedelta(days=1))}
                request = {
                    "frame": _write_frame(folder, frame),
                    "location": location,
                    "keys": list(keys),
                    "features": [],
                    "budget": 1 << 40,
                }
                peak = _in_own_process(request)["peak"]
                print(f"{kind:13} {distinct:13,}  {peak / count:11.0f}")


def wide(count: int, columns: int) -> None:
    """The peak of joins with a table of many columns, of four row groups."""
    print(" budget   peak  batch  spilled     read  seconds   (MiB)")
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        folder = Path(name)
        keys = _keys("int64", count, count)
        random = np.random.default_rng(1)
        features = {f"f{number:04}": pa.array(random.random(count)) for number in range(columns)}
        table = {**keys, "event_timestamp": _times(count, timedelta(0)), **features}
        location = _write(folder, table, appends=4)
        frame = {
            "key": pa.array(random.permutation(count)),
            "event_timestamp": _times(count, timedelta(days=1)),
        }
        frame_path = _write_frame(folder, frame)
        for budget in (None, 4096 * _MIB, 1024 * _MIB, 256 * _MIB, 64 * _MIB):
            request = {
                "frame": frame_path,
                "location": location,
                "keys": ["key"],
                "features": None,
                "budget": budget,
            }
            one = _in_own_process(request)
            size = "none" if budget is None else f"{budget / _MIB:.0f}"
            print(
                f"{size:>7} {one['peak'] / _MIB:6.0f} {one['batch'] / _MIB:6.0f} "
                f"{one['spilled'] / _MIB:8.0f} {one['bytes_read'] / _MIB:8.0f} "
                f"{one['seconds']:8.1f}"
            )


def main() -> None:
    """Reads the arguments and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    by_row = modes.add_parser("rows")
    by_row.add_argument("--count", type=int, default=2_000_000)
    by_column = modes.add_parser("wide")
    by_column.add_argument("--count", type=int, default=80_000)
    by_column.add_argument("--columns", type=int, default=1_000)
    modes.add_parser("one").add_argument("request")
    given = parser.parse_args()
    if given.mode == "rows":
        rows(given.count)
    elif given.mode == "wide":
        wide(given.count, given.columns)
    else:
        print(json.dumps(_peak(json.loads(given.request))))


if __name__ == "__main__":
    main()
