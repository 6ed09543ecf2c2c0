"""How reading uses the machine."""

from __future__ import annotations

from dataclasses import dataclass


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
