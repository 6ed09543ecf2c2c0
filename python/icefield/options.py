"""How reading uses the machine."""

from __future__ import annotations

from dataclasses import dataclass

from icefield import _native


@dataclass(frozen=True)
class ReadOptions:
    """How reading uses the machine. Answers never depend on it.

    threads: None means all cores this process may use.
    batch_size: most rows in a batch, of reading and of results.
    max_bytes: most bytes that one read may be planned to take: compressed columns of data files,
        and delete files. More is ResourceExhaustedError before any of them is read.
    """

    threads: int | None = None
    batch_size: int = 65536
    max_bytes: int | None = None

    def native(self) -> _native.NativeReadOptions:
        """The options as the engine has them."""
        return _native.NativeReadOptions.make(
            threads=self.threads or 0, batch_rows=self.batch_size, bytes_max=self.max_bytes
        )
