"""Several processes append to one table; `python -m tests.interop.concurrency --seconds 60`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import icefield
from tests.interop import appender
from tests.interop.table_judge import TableJudge, read_metadata

TABLE = "ns.shared"


def make_table(folder: Path) -> dict[str, str]:
    """The properties of a catalog with an empty table."""
    properties = {
        "type": "sql",
        "uri": f"sqlite:///{folder}/catalog.db",
        "warehouse": f"file://{folder}",
    }
    catalog = icefield.load_catalog("default", **properties)
    catalog.create_namespace("ns")
    catalog.create_table(
        TABLE,
        appender.SCHEMA,
        partition_spec=["part"],
        properties={"commit.retry.num-retries": "200", "commit.retry.min-wait-ms": "5"}
        | {"commit.retry.max-wait-ms": "200", "commit.manifest.min-count-to-merge": "20"},
    )
    return properties


def run(properties: dict[str, str], processes: int, seconds: float) -> list[dict[str, list[int]]]:
    """What became of the turns of each process; every second one is pyiceberg."""
    started = []
    for writer in range(processes):
        given = {
            "properties": properties,
            "table": TABLE,
            "writer": writer,
            "by": ("icefield", "pyiceberg")[writer % 2],
            "seconds": seconds,
        }
        started.append(
            subprocess.Popen(
                [sys.executable, appender.__file__, json.dumps(given)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    turns = []
    for process in started:
        told, errors = process.communicate(timeout=seconds + 180)
        if process.returncode != 0:
            raise RuntimeError(f"an appender ended with {process.returncode}: {errors[-2000:]}")
        turns.append(json.loads(told))
    return turns


def check(properties: dict[str, str], turns: list[dict[str, list[int]]]) -> list[str]:
    """What was lost or doubled, and what is wrong with the table's metadata."""
    table = icefield.load_catalog("default", **properties).load_table(TABLE)
    read = table.scan().to_arrow()
    found = Counter(zip(read["writer"].to_pylist(), read["turn"].to_pylist(), strict=True))
    wrong = []
    for writer, of in enumerate(turns):
        expected = {"committed": {appender.ROWS}, "refused": {0}, "unknown": {0, appender.ROWS}}
        for outcome, counts in expected.items():
            for turn in of[outcome]:
                got = found.pop((writer, turn), 0)
                if got not in counts:
                    wrong.append(f"writer {writer}, turn {turn}, {outcome}: {got} rows")
    wrong += [f"{key}: {count} rows that nobody wrote" for key, count in found.items()]
    return wrong + TableJudge(read_metadata(table.metadata_location), files=False).judge()


def main() -> int:
    """1 if something was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.concurrency")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory("-interop") as folder:
        properties = make_table(Path(folder))
        turns = run(properties, options.processes, options.seconds)
        wrong = check(properties, turns)
        for writer, of in enumerate(turns):
            counts = ", ".join(f"{len(listed)} {outcome}" for outcome, listed in of.items())
            print(f"writer {writer}, {('icefield', 'pyiceberg')[writer % 2]}: {counts}")
    print("\n".join(wrong) or "nothing lost, nothing doubled")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
