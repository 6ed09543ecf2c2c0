"""Feast repositories over Parquet files with the dask store, and Iceberg tables beside them."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icefield.feast import command

YAML = """\
project: compared
provider: local
registry: data/registry.db
offline_store:
  type: {store}
online_store:
  type: sqlite
  path: data/online.db
entity_key_serialization_version: 3
"""
FEAST = "import sys; from feast.cli.cli import cli; sys.exit(cli())"


class Repository:
    """A folder with `feature_store.yaml`, definitions and the files that they name."""

    def __init__(self, folder: Path, definitions: str, store: str = "dask"):
        self.folder = folder
        (folder / "data").mkdir(parents=True)
        (folder / "feature_store.yaml").write_text(YAML.format(store=store))
        (folder / "features.py").write_text(definitions)

    def file(self, name: str, rows: pd.DataFrame | pa.Table):
        """Writes `data/<name>.parquet`."""
        if isinstance(rows, pd.DataFrame):
            rows = pa.Table.from_pandas(rows, preserve_index=False)
        pq.write_table(rows, self.folder / f"data/{name}.parquet")

    def apply(self):
        """`feast apply`, as a user runs it."""
        run = subprocess.run(
            [sys.executable, "-c", FEAST, "apply"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr

    def contents(self) -> dict[str, bytes]:
        """All files but Python's own, to see that nothing is changed."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


def compare(*arguments: str) -> subprocess.CompletedProcess:
    """Runs `icefield feast compare` as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "icefield", "feast", "compare", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def compare_here(*arguments: str) -> subprocess.CompletedProcess:
    """The same without a process for the command itself; both sides have theirs all the same."""
    asked = ["compare", *map(str, arguments)]
    written, told = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "path", list(sys.path)),
        contextlib.redirect_stdout(written),
        contextlib.redirect_stderr(told),
    ):
        code = command.main(asked)
    # Each repository has a module of this name, in which Feast looks for what transforms.
    sys.modules.pop("features", None)
    return subprocess.CompletedProcess(asked, code, written.getvalue(), told.getvalue())


def document(run: subprocess.CompletedProcess) -> dict:
    """The JSON that a comparison printed."""
    assert run.returncode in (0, 1), run.stderr
    return json.loads(run.stdout)


def iceberg(warehouse, identifier: str, rows: pd.DataFrame):
    """Writes rows as an Iceberg table in one commit, in their order."""
    return warehouse.write(identifier, rows)


def catalog_options(warehouse) -> list[str]:
    return ["--uri", warehouse.uri, "--warehouse", warehouse.location]
