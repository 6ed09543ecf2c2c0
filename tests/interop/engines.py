"""Readers in processes of their own: DuckDB, Spark, and Iceberg's Java library."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.types as pat

from tests.evolution.shape import Cell, Row
from tests.evolution.spark_writer import constant
from tests.golden.cells import Row as PlainRow
from tests.golden.cells import json_rows, table_rows
from tests.interop.filters import Filter, instant_text, is_instant
from tests.interop.readers import Question, UnreadableError, meets, near_minimum
from tests.interop.setup import environment

ROOT = Path(__file__).parents[2]
_FLOATS = ("float", "double")


class Process:
    """A worker that answers a line with a line; started again after it ended."""

    def __init__(self, command: list[str], **variables: str) -> None:
        self._command = command
        self._variables = variables
        self._folder = tempfile.TemporaryDirectory(prefix="icefield-interop-")
        self.out = Path(self._folder.name) / "answer"
        self._log = (Path(self._folder.name) / "log").open("w")
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **request: Any) -> None:
        """Leaves the answer in `out`; RuntimeError is what went wrong."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, **self._variables},
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({**request, "out": str(self.out)}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            log = Path(self._log.name).read_text()
            raise RuntimeError(f"the process ended ({self._process.wait()}): {log[-400:]}")
        told = json.loads(line)
        if "error" in told:
            raise RuntimeError(told["error"])

    def close(self) -> None:
        """Ends the worker."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=60)
        self._log.close()
        self._folder.cleanup()


def _snapshot(question: Question) -> int | None:
    return None if question.current else question.snapshot_id


@contextmanager
def _refusals(**patterns: str) -> Iterator[None]:
    """What a worker says it cannot, as UnreadableError."""
    try:
        yield
    except RuntimeError as error:
        for reason, pattern in patterns.items():
            if re.search(pattern, str(error)):
                raise UnreadableError(reason.replace("_", " ")) from error
        raise


def _arrow_answer(worker: Process, question: Question) -> list[PlainRow]:
    with pa.OSFile(str(worker.out)) as source:
        table = pa.ipc.open_file(source).read_all()
    columns = [
        as_asked(column.combine_chunks(), field.type)
        for column, field in zip(table.columns, question.arrow, strict=True)
    ]
    return table_rows(pa.Table.from_arrays(columns, question.arrow.names))


def as_asked(array: Any, kind: pa.DataType) -> Any:
    """An engine's array in Iceberg's types: Spark has texts for uuids, bytes for fixed."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
        if pat.is_string(array.type) or pat.is_large_string(array.type):
            texts = array.to_pylist()
            return pa.array([t and bytes.fromhex(t.replace("-", "")) for t in texts], kind)
    if pat.is_struct(kind):
        fields = [as_asked(array.field(at), f.type) for at, f in enumerate(kind)]
        return pa.StructArray.from_arrays(fields, list(kind.names), mask=array.is_null())
    if pat.is_map(kind):
        keys, items = as_asked(array.keys, kind.key_type), as_asked(array.items, kind.item_type)
        return pa.MapArray.from_arrays(array.offsets, keys, items, mask=_mask(array))
    if pat.is_list(kind):
        values = as_asked(array.values, kind.value_type)
        return pa.ListArray.from_arrays(array.offsets, values, mask=_mask(array))
    if pat.is_timestamp(kind) or pat.is_time(kind):
        return array.cast(pa.timestamp(kind.unit) if pat.is_timestamp(kind) else kind)
    return array


def _mask(array: Any) -> Any:
    return array.is_null() if array.null_count else None


# --- DuckDB ---------------------------------------------------------------------------------------


def duck_sql(where: Filter) -> str:
    """A filter as DuckDB has it."""
    if where.op == "not":
        return f"(NOT {duck_sql(where.parts[0])})"
    if where.parts:
        return "(" + f" {where.op} ".join(map(duck_sql, where.parts)) + ")"
    name = ".".join(f'"{part}"' for part in where.path)
    texts = [_duck_literal(where.kind, cell) for cell in where.cells]
    return _sql(where, name, texts, "starts_with({}, {})", "isnan({})")


def _sql(where: Filter, name: str, texts: list[str], starts: str, nan: str) -> str:
    if where.op in ("in", "not in"):
        return f"{name} {where.op} ({', '.join(texts)})"
    if where.op.endswith("starts with"):
        negation = "NOT " if where.op.startswith("not") else ""
        return negation + starts.format(name, texts[0])
    if where.op == "is nan":
        return nan.format(name)
    return " ".join([name, where.op, *texts])


def _duck_literal(kind: str, cell: Cell) -> str:
    if is_instant(kind):
        types = {"timestamptz": "TIMESTAMPTZ", "timestamp_ns": "TIMESTAMP_NS"}
        text = instant_text(kind, cell).replace("T", " ")
        return f"{types.get(kind, kind.upper())} '{text}'"
    if kind in ("boolean", "int", "long"):
        return str(cell).lower()
    if kind == "string":
        return "'" + cell.replace("'", "''") + "'"
    if kind == "binary" or kind.startswith("fixed"):
        return f"'{''.join(rf'{chr(92)}x{byte:02X}' for byte in bytes.fromhex(cell))}'::BLOB"
    return f"'{cell}'::{kind.upper()}"


class DuckReader:
    """DuckDB with its Iceberg extension."""

    name = "duckdb"
    keeps_unknown = False

    def __init__(self) -> None:
        python = environment("duckdb") / "bin/python"
        self._worker = Process([str(python), str(Path(__file__).with_name("duck_worker.py"))])

    def rows(self, question: Question) -> list[PlainRow]:
        with _refusals(
            timestamptz_ns="(?i)timestamptz_ns|timestamptz ns",
            negative_decimals_in_bounds="Information loss on integer cast",
            instants_out_of_range="(?i)out of range|Could not convert",
        ):
            self._worker.ask(
                metadata=question.metadata,
                snapshot_id=_snapshot(question),
                columns=question.columns,
                where=duck_sql(question.where) if question.where else None,
            )
        return _arrow_answer(self._worker, question)

    def mistaken(self, question: Question, rows: list[Row]) -> str | None:
        if question.where is None:
            return None
        if meets(question.where, rows, _FLOATS, lambda cell: cell in ("nan", "-0.0")):
            return "NaN is the greatest value"
        if near_minimum(question.where, rows):
            return "prunes by truncate near the smallest value"
        if any(term.kind == "uuid" for term in question.where.terms()):
            return "prunes by bucket(uuid)"
        return None

    def close(self) -> None:
        self._worker.close()


# --- Spark ----------------------------------------------------------------------------------------


def spark_sql(where: Filter) -> str:
    """A filter as Spark has it."""
    if where.op == "not":
        return f"(NOT {spark_sql(where.parts[0])})"
    if where.parts:
        return "(" + f" {where.op} ".join(map(spark_sql, where.parts)) + ")"
    name = ".".join(f"`{part}`" for part in where.path)
    kind = "binary" if where.kind.startswith("fixed") else where.kind
    texts = [constant(kind, cell) for cell in where.cells]
    return _sql(where, name, texts, "startswith({}, {})", "isnan({})")


class JvmReader:
    """What is known of both readers of the Java library."""

    refusals: ClassVar = {"a_null_partition_under_starts_with": r'"String\.startsWith.* is null'}

    def mistaken(self, question: Question, rows: list[Row]) -> str | None:
        """The counterparts' mistakes that a filter meets."""
        if question.where is None:
            return None
        if meets(question.where, rows, _FLOATS, lambda cell: cell in ("nan", "-0.0", "0.0")):
            return "NaN and -0.0 depend on pruning"
        if any(term.kind == "uuid" for term in question.where.terms()):
            return "compares uuids signed"
        if near_minimum(question.where, rows):
            return "prunes by truncate near the smallest value"
        if any(_beyond_bmp(term) for term in question.where.terms()):
            return "counts UTF-16 units in starts with, and orders by them"
        return None


def _beyond_bmp(term: Filter) -> bool:
    return term.kind == "string" and term.op not in ("is null", "is not null", "=", "in")


class SparkReader(JvmReader):
    """Spark SQL."""

    name = "spark"
    keeps_unknown = False

    def __init__(self) -> None:
        home = environment("spark")
        python = str(home / "venv/bin/python")
        self._worker = Process(
            [python, "-m", "tests.interop.spark_worker"], GOLDEN_SPARK_HOME=str(home)
        )

    def rows(self, question: Question) -> list[PlainRow]:
        for kind in ("time", "timestamp_ns", "timestamptz_ns"):
            if kind in question.kinds:
                raise UnreadableError(f"no type {kind}")
        if question.where and any(t.kind == "uuid" and t.cells for t in question.where.terms()):
            raise UnreadableError("uuids are texts")
        with _refusals(**self.refusals):
            self._worker.ask(
                metadata=question.metadata,
                snapshot_id=_snapshot(question),
                columns=question.columns,
                where=spark_sql(question.where) if question.where else None,
            )
        return _arrow_answer(self._worker, question)

    def close(self) -> None:
        self._worker.close()


# --- Iceberg Java ---------------------------------------------------------------------------------


class JavaReader(JvmReader):
    """The generic reader of Iceberg's Java library."""

    name = "java"
    keeps_unknown = True

    def __init__(self) -> None:
        build = environment("java")
        classes = f"{build / 'classes'}:{(build / 'classpath').read_text().strip()}"
        self._worker = Process(["java", "-Xmx1g", "-cp", classes, "golden.ReadWorker"])

    def rows(self, question: Question) -> list[PlainRow]:
        with _refusals(**self.refusals):
            self._worker.ask(
                metadata=question.metadata,
                snapshot_id=_snapshot(question),
                columns=question.columns,
                where=question.where.json() if question.where else None,
                lineage=question.lineage,
            )
        rows = json.loads(self._worker.out.read_text())
        return json_rows(rows, question.arrow.types)

    def close(self) -> None:
        self._worker.close()
