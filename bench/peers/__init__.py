"""The programs that are compared, one module each.

A peer is a function `prepare(job)` that imports, connects and loads catalogs, and returns the
function that is measured: from the entity frame to an `Outcome`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from bench.job import Job


@dataclass(frozen=True)
class Outcome:
    """What a peer gave back."""

    answer: pa.Table | pa.RecordBatchReader | None
    """None for peers that decode and answer nothing: the limits."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What the peer says about itself, such as versions that only it knows."""
    report: Callable[[], Any] | None = None
    """What it says about its work, such as seconds by stage; asked when the answer is read."""


Run = Callable[[pa.Table], Outcome]
Prepare = Callable[[Job], Run]


@dataclass(frozen=True)
class Peer:
    """Where a peer is found."""

    module: str
    function: str
    distribution: str
    """Its version is written down."""
    environment: str | None = None
    """Folder of the cache with the virtual environment that it runs in; None: the bench's own."""


PEERS: Mapping[str, Peer] = {
    "limit": Peer("limit", "prepare", "pyarrow"),
    "limit_narrow": Peer("limit", "prepare_narrow", "pyarrow"),
    "limit_whole": Peer("limit", "prepare_whole", "pyarrow"),
    "duckdb": Peer("duckdb_asof", "prepare", "duckdb"),
    "duckdb_arg_max": Peer("duckdb_latest", "prepare_arg_max", "duckdb"),
    "duckdb_row_number": Peer("duckdb_latest", "prepare_row_number", "duckdb"),
    "polars": Peer("polars_asof", "prepare", "polars"),
    "pandas": Peer("pandas_asof", "prepare", "pandas"),
    "feast_iceberg": Peer("feast_iceberg", "prepare", "feast", "feast"),
    "icefield": Peer("icefield_join", "prepare", "icefield"),
    "feast_icefield": Peer("feast_icefield", "prepare", "feast"),
}


def prepared(name: str, job: Job) -> Run:
    """The peer, ready to be measured."""
    peer = PEERS[name]
    module = importlib.import_module(f"bench.peers.{peer.module}")
    prepare = cast(Prepare, getattr(module, peer.function))
    return prepare(job)


def interpreter(name: str, cache: Path) -> Path:
    """The Python that runs a peer; NotInstalledError if its environment is not in the cache."""
    folder = PEERS[name].environment
    if folder is None:
        return Path(sys.executable)
    python = cache.absolute() / folder / "bin" / "python"
    if not python.exists():
        raise NotInstalledError(f"{name} needs the environment {python.parent.parent} (README.md)")
    return python


class NotInstalledError(Exception):
    """A peer cannot run, because its environment is missing."""
