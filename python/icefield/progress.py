"""Progress of long reads: for a callback, or as a line on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from icefield import _native
from icefield.errors import InvalidArgumentError


@dataclass(frozen=True)
class Progress:
    """How far a read has come.

    stage: what is being done, in words: "planning driver_stats", "deciding driver_stats" (keys and
        times), "gathering driver_stats" (features of the winners), "giving rows", ..., "done".
    done, total: work, in compressed bytes of columns that were read or found not to be needed; keys
        and times, and rows that are given, weigh four times as much as features that are gathered.
        total is as far as it is known: 0 at first, guessed from manifests for views that are not
        yet planned.
    fraction: of the whole, from 0 to 1; never falls.
    elapsed: seconds since the first row was asked for.
    remaining: seconds that are left, by the pace so far; None before there is a pace.
    """

    stage: str
    done: int
    total: int
    fraction: float
    elapsed: float
    remaining: float | None


ProgressCallback = Callable[[Progress], object]


class Reporter(ABC):
    """What the engine calls, from the thread that reads, at most ten times a second."""

    def report(
        self,
        stage: str,
        done: int,
        total: int,
        fraction: float,
        elapsed: float,
        remaining: float | None,
    ) -> None:
        """One report; what `tell` raises ends the read, and comes out of it."""
        self.tell(Progress(stage, done, total, fraction, elapsed, remaining))

    @abstractmethod
    def tell(self, progress: Progress) -> None:
        """Passes a report on."""

    def close(self) -> None:
        """No report follows: all was read, or the read failed or was given up."""
        return


class _Told(Reporter):
    """Reports for a callback."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback

    def tell(self, progress: Progress) -> None:
        self._callback(progress)


class TerminalLine(Reporter):
    """Reports as one line of a terminal, which is gone when the read ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = False

    def tell(self, progress: Progress) -> None:
        """Writes the line anew."""
        columns = shutil.get_terminal_size().columns - 1
        self._shown = True
        line = _native.progress_line(progress.stage, progress.fraction, progress.remaining, columns)
        # Left at its start: what others write, such as a traceback, goes over it.
        self._write(f"\r{line}\x1b[K\r")

    def close(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write("\r\x1b[K\r")

    def _write(self, text: str) -> None:
        # A terminal that is gone is no reason to end a read.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def reporter_of(progress: bool | ProgressCallback | None) -> Reporter | None:
    """Who is told: nobody for None and False, and for True where stderr is no terminal."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return TerminalLine(sys.stderr) if _is_terminal(sys.stderr) else None
    if callable(progress):
        return _Told(progress)
    raise InvalidArgumentError(
        f"progress is {progress!r}; give True, or a function that takes an icefield.Progress"
    )


def _is_terminal(stream: TextIO | None) -> bool:
    if stream is None or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # It is closed.
        return False
