"""The golden tables that lie here: their expectations, and the table of them in README.md.

`python -m tests.golden.catalogue --write` brings README.md up to date with expected/*.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TABLES = FOLDER / "tables"
README = FOLDER / "README.md"
WRITTEN_AT = "/tmp/icefield-golden"
"""Where every table lay when it was written: all absolute paths in its files start so."""

_BEGIN, _END = "<!-- catalogue -->\n", "<!-- end of catalogue -->\n"


@dataclass(frozen=True, eq=False)
class Read:
    """One way to read a table, and the rows or the error that must come of it."""

    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[Any, ...], ...] | None = None
    select: tuple[str, ...] | None = None
    filter: str | None = None
    snapshot_id: int | None = None
    ref: str | None = None
    as_of: str | None = None
    error: str | None = None
    message: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is asked for, in a few words."""
        parts = [
            f"{key}={value}"
            for key, value in (
                ("snapshot", self.snapshot_id),
                ("ref", self.ref),
                ("as_of", self.as_of),
                ("select", ",".join(self.select) if self.select is not None else None),
                ("filter", self.filter),
            )
            if value is not None
        ]
        return " ".join(parts) or "current"


@dataclass(frozen=True, eq=False)
class Golden:
    """A table and its expectations. `variants` are columns whose text is JSON."""

    table: str
    writer: str
    about: str
    points: tuple[str, ...]
    metadata: str
    reads: tuple[Read, ...]
    variants: tuple[str, ...] = ()

    @property
    def metadata_location(self) -> str:
        """The metadata file in this checkout."""
        return str(TABLES / self.table / self.metadata)


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def parse(text: str) -> Golden:
    """A table's expectations from their JSON."""
    fields: dict[str, Any] = json.loads(text)
    reads = [{key: _tuples(value) for key, value in read.items()} for read in fields.pop("reads")]
    return Golden(
        **{key: _tuples(value) for key, value in fields.items()},
        reads=tuple(Read(**read) for read in reads),
    )


@cache
def goldens() -> tuple[Golden, ...]:
    """All golden tables, by name."""
    files = sorted((FOLDER / "expected").glob("*.json"))
    return tuple(parse(file.read_text(encoding="utf-8")) for file in files)


def catalogue_text() -> str:
    """The catalogue as a Markdown table."""
    lines = ["| table | by | what it is | points |", "|---|---|---|---|"]
    for golden in goldens():
        points = ", ".join(f"`{point}`" for point in golden.points)
        about = golden.about.replace("|", "\\|")
        lines.append(f"| `{golden.table}` | {golden.writer} | {about} | {points} |")
    return "\n".join(lines) + "\n"


def readme_parts() -> tuple[str, str, str]:
    """README.md before its catalogue, the catalogue, and what follows."""
    before, rest = README.read_text(encoding="utf-8").split(_BEGIN)
    listed, after = rest.split(_END)
    return before + _BEGIN, listed, _END + after


def main() -> int:
    """Prints the catalogue, or writes it into README.md."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.catalogue", description=__doc__)
    parser.add_argument("--write", action="store_true", help="into README.md")
    if parser.parse_args().write:
        before, _, after = readme_parts()
        README.write_text(before + catalogue_text() + after, encoding="utf-8")
    else:
        print(catalogue_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
