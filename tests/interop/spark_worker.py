"""Spark's side of `engines.py`, in an environment of its own: a line a request, and back."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pyarrow as pa

from tests.golden.spark.session import make_session


class Reader:
    """Registers each metadata file as a table of its own, once."""

    def __init__(self) -> None:
        self.spark = make_session(threads=1)
        self.known: dict[str, str] = {}

    def _table(self, metadata: str) -> str:
        if metadata not in self.known:
            name = f"t.r{len(self.known)}"
            self.spark.sql(
                f"CALL g.system.register_table(table => '{name}', metadata_file => '{metadata}')"
            )
            self.known[metadata] = f"g.{name}"
        return self.known[metadata]

    def answer(self, request: dict[str, Any]) -> None:
        """Writes the rows of a request as an Arrow file."""
        table = self._table(request["metadata"])
        at = f" VERSION AS OF {request['snapshot_id']}" if request["snapshot_id"] else ""
        where = f" WHERE {request['where']}" if request["where"] else ""
        columns = ", ".join(f"`{name}`" for name in request["columns"])
        answer: Any = self.spark.sql(f"SELECT {columns} FROM {table}{at}{where}")
        # As toArrow, but for its cast, which fails where a null struct has fields that never are.
        rows = pa.Table.from_batches(answer._collect_as_arrow(empty_list_if_zero_records=False))
        with pa.OSFile(request["out"], "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)


def main() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    reader = Reader()
    for line in sys.stdin:
        try:
            reader.answer(json.loads(line))
            told: dict[str, Any] = {"answer": None}
        except Exception as error:
            causes = [line for line in str(error).splitlines() if line.startswith("Caused by")]
            told = {"error": " ".join([f"{type(error).__name__}: {str(error)[:600]}", *causes])}
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
