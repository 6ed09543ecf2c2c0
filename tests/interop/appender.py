"""Appends to a table for some time, alone in a process: `appender.py JSON`, and a JSON line back.

The JSON object: `properties` of the catalog, `table`, `writer` (a number), `by` (icefield or
pyiceberg), `seconds`. The answer lists the turns that were committed, refused and unknown.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pyarrow as pa

import icefield
from icefield.errors import CommitUnknownError, ConflictError, UnavailableError

SCHEMA = pa.schema([("writer", pa.int64()), ("turn", pa.int64()), ("part", pa.string())])
ROWS = 3


def rows(writer: int, turn: int) -> pa.Table:
    """What a turn appends: rows of several partitions."""
    parts = [f"p{(writer + turn + at) % 3}" for at in range(ROWS)]
    return pa.table({"writer": [writer] * ROWS, "turn": [turn] * ROWS, "part": parts}, SCHEMA)


class Icefield:
    """Icefield's own commits and retries."""

    def __init__(self, properties: dict[str, str], table: str) -> None:
        self._table = icefield.load_catalog("default", **properties).load_table(table)

    def append(self, data: pa.Table) -> str:
        """What became of it."""
        try:
            self._table.append(data)
        except ConflictError:
            return "refused"
        except CommitUnknownError:
            return "unknown"
        except UnavailableError:
            self._table.refresh()
            return "refused"
        return "committed"


class Pyiceberg:
    """pyiceberg, tried again until it wins."""

    def __init__(self, properties: dict[str, str], table: str) -> None:
        from pyiceberg.catalog import load_catalog

        self._catalog, self._name = load_catalog("default", **properties), table
        self._table = self._catalog.load_table(table)

    def append(self, data: pa.Table) -> str:
        """What became of it."""
        from pyiceberg.exceptions import CommitFailedException

        for _ in range(200):
            try:
                self._table.append(data)
            except CommitFailedException:
                self._table = self._catalog.load_table(self._name)
                continue
            return "committed"
        return "refused"


def main() -> None:
    """Appends until the time is over."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    makers = {"icefield": Icefield, "pyiceberg": Pyiceberg}
    appender = makers[given["by"]](given["properties"], given["table"])
    ended = time.monotonic() + given["seconds"]
    turns: dict[str, list[int]] = {"committed": [], "refused": [], "unknown": []}
    turn = 0
    while time.monotonic() < ended:
        turns[appender.append(rows(given["writer"], turn))].append(turn)
        turn += 1
    print(json.dumps(turns))


if __name__ == "__main__":
    main()
