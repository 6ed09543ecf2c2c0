"""Spark as the writer of a walk: a process of its own, which takes requests line by line."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path as FilePath
from typing import Any, ClassVar

from tests.evolution.predicates import Predicate
from tests.evolution.shape import Cell, Field, List, Path, Primitive, Row, Struct, Type
from tests.evolution.writer import RefusedError, State

ROOT = FilePath(__file__).parents[2]
_NAMES = {"long": "BIGINT", "timestamp": "TIMESTAMP_NTZ", "timestamptz": "TIMESTAMP"}
_MODES = ("copy-on-write", "merge-on-read")


def ddl(kind: Type) -> str:
    """A type as Spark spells it."""
    if isinstance(kind, Primitive):
        return _NAMES.get(kind.text, kind.text.upper())
    if isinstance(kind, Struct):
        return f"STRUCT<{', '.join(f'{f.name}: {ddl(f.type)}' for f in kind.fields)}>"
    if isinstance(kind, List):
        return f"ARRAY<{ddl(kind.element)}>"
    return f"MAP<{ddl(kind.key)}, {ddl(kind.value)}>"


def column_ddl(column: Field) -> str:
    """A column of CREATE TABLE."""
    return f"{column.name} {ddl(column.type)}{' NOT NULL' if column.required else ''}"


def transform_ddl(column: str, transform: str) -> str:
    """A partition field."""
    name, _, width = transform.rstrip("]").partition("[")
    if name == "identity":
        return column
    return f"{name}({width}, {column})" if width else f"{name}s({column})"


def constant(kind: str, cell: Cell) -> str:
    """A value of a primitive type in SQL."""
    if kind in ("string", "binary"):
        text = cell if kind == "binary" else cell.encode().hex()
        return f"CAST(X'{text}' AS {kind.upper()})"
    if kind == "date":
        return f"date_from_unix_date({cell})"
    if kind in ("timestamp", "timestamptz"):
        return f"CAST(timestamp_micros({cell}) AS {_NAMES[kind]})"
    return f"CAST('{str(cell).lower()}' AS {_NAMES.get(kind, kind.upper())})"


class SparkWriter:
    """Tables in a folder. The table's name decides how rows are deleted, and other settings."""

    primitives: ClassVar[list[str]] = [
        "boolean",
        "int",
        "long",
        "float",
        "double",
        "decimal(5, 2)",
        "decimal(18, 0)",
        "decimal(30, 9)",
        "date",
        "timestamp",
        "timestamptz",
        "string",
        "binary",
    ]
    versions: ClassVar[list[int]] = [1, 2, 2, 3, 3]
    transforms: ClassVar[list[str]] = [
        "identity",
        "bucket[3]",
        "truncate[2]",
        "year",
        "month",
        "day",
        "hour",
    ]
    weights: ClassVar[dict[str, int]] = {
        "append": 5,
        "delete": 5,
        "update": 3,
        "merge": 3,
        "add_column": 4,
        "drop_column": 2,
        "rename_column": 3,
        "promote": 3,
        "make_optional": 1,
        "move_first": 1,
        "add_partition": 2,
        "drop_partition": 1,
        "compact": 2,
        "tag": 1,
        "upgrade": 1,
    }
    null_lists = True

    def __init__(self, folder: FilePath) -> None:
        self.folder = folder
        self.table = ""

    def __enter__(self) -> SparkWriter:
        setup = subprocess.run(
            [ROOT / "tests/golden/spark/setup.sh"], check=True, capture_output=True, text=True
        )
        home = setup.stdout.strip()
        self._log = (self.folder / "spark.log").open("w")
        self._process = subprocess.Popen(
            [f"{home}/venv/bin/python", "-m", "tests.evolution.spark_worker"],
            cwd=ROOT,
            env={**os.environ, "GOLDEN_SPARK_HOME": home},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._log.close()

    def _ask(self, do: str, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"do": do, "table": self.table, **request})
        print(line, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"Spark ended; see {self._log.name}")
        told = json.loads(answer)
        if "error" in told:
            raise RefusedError(told["error"])
        return told["answer"]

    def _sql(self, text: str) -> None:
        self._ask("sql", text=text)

    def _alter(self, clause: str) -> None:
        self._sql(f"ALTER TABLE {self.table} {clause}")

    def create(
        self, name: str, columns: Struct, fields: list[tuple[str, str]], version: int
    ) -> None:
        rng = random.Random(name)
        self.table = f"g.t.{name}"
        modes = {f"write.{word}.mode": rng.choice(_MODES) for word in ("delete", "update", "merge")}
        settings = {
            **modes,
            "format-version": str(version),
            "write.delete.granularity": rng.choice(["file", "partition"]),
            "write.parquet.page-row-limit": "5",
            "write.metadata.metrics.default": rng.choice(
                ["full", "truncate(16)", "counts", "none"]
            ),
            "write.metadata.compression-codec": rng.choice(["gzip", "none"]),
        }
        listed = ", ".join(f"'{key}'='{value}'" for key, value in settings.items())
        by = ", ".join(transform_ddl(*pair) for pair in fields)
        self._sql(
            f"CREATE TABLE {self.table} ({', '.join(map(column_ddl, columns.fields))}) USING "
            f"iceberg "
            f"{f'PARTITIONED BY ({by})' if by else ''} LOCATION '{self.folder}/{name}' "
            f"TBLPROPERTIES ({listed})"
        )

    def append(self, rows: list[Row]) -> None:
        self._ask("append", rows=rows)

    def delete(self, where: Predicate) -> None:
        self._sql(f"DELETE FROM {self.table} WHERE {where.text}")

    def overwrite(self, where: Predicate, rows: list[Row]) -> None:
        raise RefusedError("Spark overwrites whole files only")

    def update(self, where: Predicate, column: str, kind: str, cell: Cell) -> None:
        self._sql(f"UPDATE {self.table} SET {column} = {constant(kind, cell)} WHERE {where.text}")

    def merge(self, key: str, rows: list[Row]) -> None:
        self._ask("view", rows=rows)
        self._sql(
            f"MERGE INTO {self.table} AS t USING source AS s ON t.{key} = s.{key} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    def add_column(self, path: Path, kind: Type) -> None:
        self._alter(f"ADD COLUMN {'.'.join(path)} {ddl(kind)}")

    def drop_column(self, path: Path) -> None:
        self._alter(f"DROP COLUMN {'.'.join(path)}")

    def rename_column(self, path: Path, name: str) -> None:
        self._alter(f"RENAME COLUMN {'.'.join(path)} TO {name}")

    def promote(self, path: Path, text: str) -> None:
        self._alter(f"ALTER COLUMN {'.'.join(path)} TYPE {ddl(Primitive(text))}")

    def make_optional(self, name: str) -> None:
        self._alter(f"ALTER COLUMN {name} DROP NOT NULL")

    def move_first(self, name: str) -> None:
        self._alter(f"ALTER COLUMN {name} FIRST")

    def add_partition(self, column: str, transform: str) -> str:
        name = f"p{random.Random(f'{self.table}{self.state().metadata}').randrange(10**6)}"
        self._alter(f"ADD PARTITION FIELD {transform_ddl(column, transform)} AS {name}")
        return name

    def drop_partition(self, field: str) -> None:
        self._alter(f"DROP PARTITION FIELD {field}")

    def compact(self) -> None:
        table = f"table => '{self.table.removeprefix('g.')}', options => map('rewrite-all', 'true')"
        self._sql(f"CALL g.system.rewrite_position_delete_files({table})")
        self._sql(f"CALL g.system.rewrite_data_files({table})")

    def tag(self, name: str) -> None:
        self._alter(f"CREATE TAG {name}")

    def upgrade(self, version: int) -> None:
        self._alter(f"SET TBLPROPERTIES ('format-version' = '{version}')")

    def state(self) -> State:
        told = self._ask("state")
        return State(told["metadata"], tuple(told["snapshots"]))
