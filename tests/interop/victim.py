"""Writes to a table in child processes that may be killed: `victim.py JSON`.

The JSON object: `properties` of the catalog, `table`, and `started`, a file that is made when a
child begins to write. Each line of the input is an operation: `do` (append, overwrite, delete), the
`first` and `count` of its rows, its `where`, and a `limit` of bytes a file or null. It is answered
by the child's process number, and at its end by a JSON object of its `status` and `error`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

import icefield

SCHEMA = pa.schema([("id", pa.int64()), ("part", pa.int64()), ("text", pa.string())])


def rows(first: int, count: int) -> pa.Table:
    """Rows whose texts do not compress."""
    ids = range(first, first + count)
    texts = [f"{(i * 0x9E3779B97F4A7C15) % 2**64:016x}" * 3 for i in ids]
    return pa.table({"id": list(ids), "part": [i % 3 for i in ids], "text": texts}, SCHEMA)


def _change(table: icefield.Table, request: dict[str, Any]) -> None:
    data = rows(request["first"], request["count"])
    if request["do"] == "append":
        table.append(data)
    elif request["do"] == "overwrite":
        table.overwrite(data, request["where"])
    else:
        table.delete(request["where"])


def _child(given: dict[str, Any], request: dict[str, Any]) -> None:
    """Never returns."""
    table = icefield.load_catalog("default", **given["properties"]).load_table(given["table"])
    Path(given["started"]).touch()
    try:
        if request["limit"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["limit"], request["limit"]))
        _change(table, request)
    except Exception as error:
        os.write(3, f"{type(error).__name__}: {error}".encode())
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Forks a child a line, before any thread was started here."""
    given = json.loads(sys.argv[1])
    rows(0, 1)  # So that what this loads is loaded once.
    for line in sys.stdin:
        request = json.loads(line)
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(theirs, 3)
            _child(given, request)
        os.close(theirs)
        print(child, flush=True)
        with os.fdopen(ours, "rb") as told:
            error = told.read().decode()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "error": error}), flush=True)


if __name__ == "__main__":
    main()
