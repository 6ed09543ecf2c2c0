"""The programs that are compared, one module each.

A peer is a function `prepare(job)` that imports, connects and loads catalogs, and returns the
function that is measured: from the entity frame to an `Outcome`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa

from bench.job import Job


@dataclass(frozen=True)
class Outcome:
    """What a peer gave back."""

    answer: pa.Table | None
    """None for peers that decode and answer nothing: the limits."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What the peer says about its own work, such as seconds by stage."""


Run = Callable[[pa.Table], Outcome]
Prepare = Callable[[Job], Run]

PEERS: Mapping[str, tuple[str, str, str]] = {
    "limit": ("bench.peers.limit", "prepare", "pyarrow"),
    "limit_narrow": ("bench.peers.limit", "prepare_narrow", "pyarrow"),
    "limit_whole": ("bench.peers.limit", "prepare_whole", "pyarrow"),
    "duckdb": ("bench.peers.duckdb_asof", "prepare", "duckdb"),
    "polars": ("bench.peers.polars_asof", "prepare", "polars"),
    "pandas": ("bench.peers.pandas_asof", "prepare", "pandas"),
    "icefield": ("bench.peers.icefield_join", "prepare", "icefield"),
    "feast_icefield": ("bench.peers.feast_icefield", "prepare", "feast"),
}
"""Name of a peer: module, function in it, distribution whose version is written down."""


def prepared(name: str, job: Job) -> Run:
    """The peer, ready to be measured."""
    module, function, _ = PEERS[name]
    prepare = cast(Prepare, getattr(importlib.import_module(module), function))
    return prepare(job)
