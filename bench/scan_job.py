"""What a measured process is told of a scan: one JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ScanJob:
    """One scan as a measured process is told of it."""

    name: str
    metadata: str
    """Where the table's metadata lies."""
    files: tuple[str, ...]
    columns: tuple[str, ...]
    answer: str
    """The digest of a right answer."""
    peers: tuple[str, ...]
    base: tuple[str, str]
    """Scan and peer to which Icefield's figures are set in proportion."""

    def dumps(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> ScanJob:
        raw = json.loads(text)
        raw |= {name: tuple(raw[name]) for name in ("files", "columns", "peers", "base")}
        return cls(**raw)
