"""pyiceberg commits while Icefield reads, in one process and in several, over one SQLite file.

Two copies of SQLite in one process would lose each other's locks (POSIX locks belong to the
process), so this also states what must hold: Python's sqlite3 and the extension share one library.
"""

import _sqlite3
import ctypes
import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyiceberg.catalog import load_catalog

import icefield
from icefield import _native
from tests.python import shared_catalog_peer as peer

COMMITS = 8  # Of each writer.
WRITERS_HERE = 2
WRITERS_ELSEWHERE = 1


@pytest.fixture(params=["delete", "wal"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The properties of a fresh catalog with an empty table, in each journal mode of SQLite."""
    file = tmp_path / "catalog.db"
    connection = sqlite3.connect(file)
    (mode,) = connection.execute(f"PRAGMA journal_mode = {request.param}").fetchone()
    connection.close()
    assert mode == request.param
    properties = {"type": "sql", "uri": f"sqlite:///{file}", "warehouse": f"file://{tmp_path}"}
    writer = load_catalog("default", **properties)
    writer.create_namespace("ns")
    writer.create_table(peer.TABLE, peer.SCHEMA)
    writer.close()
    return properties


def start(**arguments: object) -> subprocess.Popen[str]:
    """A peer in a process of its own."""
    return subprocess.Popen(
        [sys.executable, peer.__file__, json.dumps(arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_lost_and_nothing_is_locked(catalog: dict[str, str]) -> None:
    rows = COMMITS * (WRITERS_HERE + WRITERS_ELSEWHERE)
    others = [
        start(role="write", properties=catalog, writer=WRITERS_HERE, commits=COMMITS),
        start(role="read", properties=catalog, rows=rows),
    ]
    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(peer.read, catalog, rows) for _ in range(2)]
        writers = [pool.submit(peer.write, catalog, w, COMMITS) for w in range(WRITERS_HERE)]
        for writer in writers:
            writer.result()
        assert all(reader.result() > 1 for reader in readers)
    for process in others:
        _, errors = process.communicate(timeout=peer.PATIENCE_SECONDS)
        assert process.returncode == 0, errors
    assert peer.read_counts(catalog) == dict.fromkeys(
        range(WRITERS_HERE + WRITERS_ELSEWHERE), COMMITS
    )
    check = sqlite3.connect(catalog["uri"].removeprefix("sqlite:///"))
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()


def address_of_sqlite(library: str) -> int:
    """Where the SQLite lies that the calls of a loaded library reach."""
    return ctypes.cast(ctypes.CDLL(library).sqlite3_libversion, ctypes.c_void_p).value or 0


def test_python_and_the_extension_share_one_sqlite() -> None:
    assert address_of_sqlite(_sqlite3.__file__) == address_of_sqlite(_native.__file__)


def test_a_locked_catalog_is_a_clear_error(catalog: dict[str, str]) -> None:
    file = catalog["uri"].removeprefix("sqlite:///")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE held (a)")
    impatient = {**catalog, "icefield.sqlite.busy-timeout-ms": "100"}
    with pytest.raises(icefield.errors.UnavailableError, match="is locked by another process"):
        icefield.load_catalog("default", **impatient)
    holder.execute("ROLLBACK")
    holder.close()
    assert icefield.load_catalog("default", **impatient).list_tables("ns") == [("ns", "t")]
