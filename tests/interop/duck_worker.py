"""DuckDB's side of `engines.py`, in an environment of its own: a line a request, and back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa


def connect() -> Any:
    """With the Iceberg extension out of its wheel."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for name in ("avro", "iceberg"):
        module = __import__(f"duckdb_extension_{name}")
        (place,) = Path(module.__path__[0]).rglob(f"{name}.duckdb_extension")
        connection.execute(f"LOAD '{place}'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    return connection


def answer(connection: Any, request: dict[str, Any]) -> None:
    """Writes the rows of a request as an Arrow file."""
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in request["columns"])
    at = f", snapshot_from_id = {request['snapshot_id']}" if request["snapshot_id"] else ""
    where = f" WHERE {request['where']}" if request["where"] else ""
    query = f"SELECT {columns} FROM iceberg_scan('{request['metadata']}'{at}){where}"
    table = connection.execute(query).to_arrow_table()
    with pa.OSFile(request["out"], "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def main() -> None:
    """Answers until the input ends."""
    connection = connect()
    for line in sys.stdin:
        try:
            answer(connection, json.loads(line))
            print(json.dumps({"answer": None}), flush=True)
        except Exception as error:
            print(json.dumps({"error": f"{type(error).__name__}: {str(error)[:600]}"}), flush=True)


if __name__ == "__main__":
    main()
