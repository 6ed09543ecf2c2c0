"""How reading uses the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from icefield import _native
from icefield.arguments import INT32_MAX, byte_size, optional_number, whole_number
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
            threads=whole_number(self.threads or 0, "threads", INT32_MAX),
            batch_rows=whole_number(self.batch_size, "batch_size"),
            bytes_max=optional_number(self.max_bytes, "max_bytes"),
            reporter=reporter_of(self.progress),
        )


@dataclass(frozen=True)
class MemoryBudget:
    """What a retrieval may use beside its frame and the result batches that it gave away.

    Features that do not fit are spilled to a temporary file, and a frame whose keys do not fit is
    joined in several passes. Answers never depend on it.

    size: bytes, or a text such as "2GiB"; None means a quarter of the memory that this process may
        use. Plans, footers and deletes of the tables are not counted.
    spill_directory: where the temporary file lies, which has no name there; None: the directory of
        the environment variable TMPDIR, else /tmp.
    pass_rows, held_size: at most so many entity rows in a pass, so many bytes in memory of one
        view's features (or of a frame that views make); for tests, or where the estimates from
        `size` are wrong.
    """

    size: int | str | None = None
    spill_directory: str | None = None
    pass_rows: int | None = None
    held_size: int | None = None

    def native(self) -> _native.NativeMemoryLimits:
        """The limits as the engine has them."""
        return _native.NativeMemoryLimits.make(
            budget_bytes=None if self.size is None else byte_size(self.size, "memory_budget"),
            spill_directory=self.spill_directory or "",
            pass_rows_max=optional_number(self.pass_rows, "pass_rows"),
            held_bytes_max=optional_number(self.held_size, "held_size"),
        )


def native_memory(budget: int | str | MemoryBudget | None) -> Any:
    """A budget as the engine has it: bytes, a text such as "2GiB", or a MemoryBudget."""
    if isinstance(budget, MemoryBudget):
        return budget.native()
    return MemoryBudget(budget).native()
