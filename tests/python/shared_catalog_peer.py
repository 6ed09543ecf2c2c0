"""Writers by pyiceberg and by Icefield and readers over one catalog, as threads or processes.

Run as a script it is one of them in a process of its own: `shared_catalog_peer.py JSON`, where the
JSON object holds `role` (write, append, count, read), `properties` and the arguments of that role.
"""

import json
import sys
import time
from collections.abc import Callable

import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException

import icefield

TABLE = "ns.t"
SCHEMA = pa.schema([("writer", pa.int64()), ("number", pa.int64())])
PATIENCE_SECONDS = 120


def write(properties: dict[str, str], writer: int, commits: int) -> None:
    """Appends rows (writer, 0), (writer, 1), ... in one commit each, in that order."""
    catalog = load_catalog("default", **properties)
    for number in range(commits):
        rows = pa.table({"writer": [writer], "number": [number]}, schema=SCHEMA)
        while True:
            try:
                catalog.load_table(TABLE).append(rows)
                break
            except CommitFailedException:  # Another writer was first.
                continue
    catalog.close()


def append(properties: dict[str, str], writer: int, commits: int) -> None:
    """The same by Icefield, through objects that did not see what others wrote."""
    table = icefield.load_catalog("default", **properties).load_table(TABLE)
    for number in range(commits):
        rows = pa.table({"writer": [writer], "number": [number]}, schema=SCHEMA)
        persist(lambda rows=rows: table.append(rows))


def count(properties: dict[str, str], writer: int, commits: int) -> None:
    """Sets a property of the writer's own to 0, 1, ... in one commit each, by Icefield."""
    table = icefield.load_catalog("default", **properties).load_table(TABLE)
    for number in range(commits):
        persist(lambda number=number: table.set_properties({f"count-{writer}": number}))


def persist(commit: Callable[[], None]) -> None:
    """Commits, however often others are first."""
    while True:
        try:
            return commit()
        except icefield.errors.ConflictError:
            continue


def read(properties: dict[str, str], rows: int) -> int:
    """Reads the table until it has all `rows`, and checks each state that it sees.

    Returns how many reads that took.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen: dict[int, int] = {}
    reads = 0
    while True:
        counts = read_counts(properties)
        lost = {writer: n for writer, n in seen.items() if counts.get(writer, 0) < n}
        assert not lost, f"rows that were there are gone: {lost}, now {counts}"
        seen = counts
        reads += 1
        if sum(counts.values()) == rows:
            return reads
        time.sleep(0.02)  # Leaves the interpreter to the writers of this process.
        assert time.monotonic() < deadline, f"only {counts} of {rows} rows have come"


def read_counts(properties: dict[str, str]) -> dict[int, int]:
    """How many rows of each writer one state of the table has; they must be its first ones."""
    table = icefield.load_catalog("default", **properties).load_table(TABLE)
    numbers: dict[int, list[int]] = {}
    for row in table.scan().to_arrow().to_pylist():
        numbers.setdefault(row["writer"], []).append(row["number"])
    for writer, found in numbers.items():
        assert sorted(found) == list(range(len(found))), f"writer {writer} has {sorted(found)}"
    return {writer: len(found) for writer, found in numbers.items()}


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    {"write": write, "append": append, "count": count, "read": read}[arguments.pop("role")](
        **arguments
    )
