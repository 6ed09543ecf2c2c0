"""pyiceberg and Icefield commit while both read, here and in other processes, over one SQLite file.

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
OURS = 2  # Writers by Icefield: the first here, the second in a process of its own.


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


def test_both_write_and_nothing_is_lost(catalog: dict[str, str]) -> None:
    theirs, ours = range(2), range(2, 2 + OURS)
    rows = COMMITS * (len(theirs) + len(ours))
    others = [
        start(role="write", properties=catalog, writer=theirs[1], commits=COMMITS),
        start(role="append", properties=catalog, writer=ours[1], commits=COMMITS),
        start(role="count", properties=catalog, writer=ours[1], commits=COMMITS),
        start(role="read", properties=catalog, rows=rows),
    ]
    with ThreadPoolExecutor() as pool:
        here = [
            pool.submit(peer.write, catalog, theirs[0], COMMITS),
            pool.submit(peer.append, catalog, ours[0], COMMITS),
            pool.submit(peer.count, catalog, ours[0], COMMITS),
            pool.submit(peer.read, catalog, rows),
        ]
        for writer in here:
            writer.result()
    for process in others:
        _, errors = process.communicate(timeout=peer.PATIENCE_SECONDS)
        assert process.returncode == 0, errors
    assert peer.read_counts(catalog) == dict.fromkeys((*theirs, *ours), COMMITS)
    reader = load_catalog("default", **catalog)
    table = reader.load_table(peer.TABLE)
    assert len(table.scan().to_arrow()) == rows
    assert {name: table.properties[name] for name in (f"count-{w}" for w in ours)} == {
        f"count-{writer}": str(COMMITS - 1) for writer in ours
    }
    # Every commit is in the history: rows and the two counters.
    assert len(table.snapshots()) == rows
    assert table.metadata.last_sequence_number == rows
    made_by_both = 1 + rows + COMMITS * len(ours)
    assert len(table.metadata.metadata_log) == min(made_by_both - 1, 100)
    reader.close()
    check = sqlite3.connect(catalog["uri"].removeprefix("sqlite:///"))
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()


def test_processes_commit_to_one_folder(tmp_path: Path) -> None:
    properties = {"type": "none", "warehouse": str(tmp_path)}
    catalog = icefield.load_catalog("default", **properties)
    catalog.create_namespace("ns")
    catalog.create_table(peer.TABLE, peer.SCHEMA)
    writers = range(3)
    rows = COMMITS * len(writers)
    others = [
        start(role="append", properties=properties, writer=writer, commits=COMMITS)
        for writer in writers[1:]
    ]
    others.append(start(role="read", properties=properties, rows=rows))
    peer.append(properties, writers[0], COMMITS)
    for process in others:
        _, errors = process.communicate(timeout=peer.PATIENCE_SECONDS)
        assert process.returncode == 0, errors
    assert peer.read_counts(properties) == dict.fromkeys(writers, COMMITS)
    files = sorted(file.name for file in (tmp_path / "ns/t/metadata").glob("*.metadata.json"))
    assert files == sorted(f"v{version}.metadata.json" for version in range(1, rows + 2))


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
