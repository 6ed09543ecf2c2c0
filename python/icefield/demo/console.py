"""What the demo prints: steps with their seconds, and small tables. Colours on a terminal only."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

_WIDTH = 100
_BOLD, _DIM, _GREEN, _RED, _BLUE = "1", "2", "32", "31", "36"


class Console:
    """Writes to one stream. On a terminal a running step is shown while it runs."""

    def __init__(self, stream: TextIO, steps: int) -> None:
        self._stream = stream
        self._steps = steps
        self._step = 0
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colours = self._live and "NO_COLOR" not in os.environ
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run one numbered step; its line ends with what `Step.done` was told and its seconds."""
        self._step += 1
        step = Step(self, f"[{self._step}/{self._steps}] {title:<18} ")
        step.progress("...")
        started = time.perf_counter()
        try:
            yield step
        except BaseException:
            self._clear()
            raise
        seconds = time.perf_counter() - started
        self.seconds[title] = round(seconds, 3)
        self._clear()
        self.line(f"{self.bold(step.head)}{step.result:<65} {self.dim(f'{seconds:6.1f} s')}")

    def line(self, text: str = "") -> None:
        """Write one line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def heading(self, text: str) -> None:
        """Write the title of a part, with an empty line before it."""
        self.line()
        self.line(self._paint(text, _BLUE, _BOLD))

    def paragraph(self, text: str) -> None:
        """Write running text, wrapped."""
        for line in textwrap.wrap(text, _WIDTH - 2):
            self.line(f"  {line}")

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
        """Write aligned columns; the first `left` ones to the left, the others to the right."""
        widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]

        def aligned(row: Sequence[str]) -> str:
            cells = (
                cell.ljust(width) if i < left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            return "  " + "  ".join(cells).rstrip()

        self.line(self.dim(aligned(header)))
        for row in rows:
            self.line(aligned(row))

    def bold(self, text: str) -> str:
        """Return `text` in bold where colours are on."""
        return self._paint(text, _BOLD)

    def dim(self, text: str) -> str:
        """Return `text` faint where colours are on."""
        return self._paint(text, _DIM)

    def good(self, text: str) -> str:
        """Return `text` in green where colours are on."""
        return self._paint(text, _GREEN, _BOLD)

    def bad(self, text: str) -> str:
        """Return `text` in red where colours are on."""
        return self._paint(text, _RED, _BOLD)

    def replace_line(self, text: str) -> None:
        """Show `text` in place of the current line; on a terminal only."""
        if self._live:
            self._clear()
            self._stream.write(text[: _WIDTH - 1])
            self._stream.flush()

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")

    def _paint(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self._colours else text


class Step:
    """A running step: what it says meanwhile, and in the end."""

    def __init__(self, console: Console, head: str) -> None:
        self._console = console
        self.head = head
        self.result = ""

    def progress(self, text: str) -> None:
        """Show what is being done; on a terminal only."""
        self._console.replace_line(f"{self.head}{text}")

    def done(self, result: str) -> None:
        """Set the text with which the step's line ends."""
        self.result = result


def bytes_text(size: int) -> str:
    """Return a size as a person reads it: 512 B, 18 KB, 5.2 MB."""
    if size < 1_000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1e3:.0f} KB"
    return f"{size / 1e6:.1f} MB"


def stderr_or_stdout(output: str) -> TextIO:
    """Return the stream of the steps: standard error where standard output carries JSON."""
    return sys.stderr if output == "json" else sys.stdout
