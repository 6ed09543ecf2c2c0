"""How reading uses the machine."""

from __future__ import annotations

from dataclasses import dataclass

from icefield import _native
from icefield.progress import ProgressCallback, reporter_of


@dataclass(frozen=True)
class ReadOptions:
    """How reading uses the machine. Answers never depend on it.

    threads: None means all cores this process may use.
    batch_size: most rows in a batch, of reading and of results.
    max_bytes: most bytes that one read may be planned to take: compressed columns of data files,
        and delete files. More is ResourceExhaustedError before any of them is read.
    progress: True shows how far a read has come, and the time that is left, on stderr where that is
        a terminal. A function is called with a Progress instead: by the thread that reads, at most
        ten times a second, and once more when the last row was given (stage "done"). What it
        raises ends the read and comes out of it. Writes are silent.
    """

    threads: int | None = None
    batch_size: int = 65536
    max_bytes: int | None = None
    progress: bool | ProgressCallback | None = None

    def native(self) -> _native.NativeReadOptions:
        """The options as the engine has them."""
        return _native.NativeReadOptions.make(
            threads=self.threads or 0,
            batch_rows=self.batch_size,
            bytes_max=self.max_bytes,
            reporter=reporter_of(self.progress),
        )
