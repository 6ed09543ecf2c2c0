"""How reading and writing go about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from icefield import _native


@dataclass(frozen=True)
class ReadOptions:
    """How reading uses the machine. Answers never depend on it.

    threads: None means all cores this process may use.
    batch_size: most rows in a batch, of reading and of results.
    """

    threads: int | None = None
    batch_size: int = 65536

    def native(self) -> dict[str, int]:
        """The arguments of the engine."""
        return {"threads": self.threads or 0, "batch_rows": self.batch_size}


@dataclass(frozen=True)
class WriteOptions:
    """How rows become those of a table, and how files that are written again are read.

    downcast_ns: nanoseconds are floored to the microseconds of the table's type; without it only
    times that lose nothing are taken. narrow: values of wider types are taken where they fit
    exactly. read: threads and batches.
    """

    downcast_ns: bool = False
    narrow: bool = False
    read: ReadOptions = ReadOptions()

    def native(
        self, branch: str | None, snapshot_properties: Mapping[str, str] | None
    ) -> _native.NativeWriteOptions:
        """The arguments of the engine, with those of one write."""
        return _native.NativeWriteOptions.make(
            branch=branch or "main",
            summary=dict(snapshot_properties or {}),
            downcast_ns=self.downcast_ns,
            narrow=self.narrow,
            **self.read.native(),
        )
