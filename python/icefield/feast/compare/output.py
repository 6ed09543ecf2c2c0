"""What a comparison prints: tables for people, one document for programs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from icefield.feast.compare.asking import Answer
from icefield.feast.compare.cells import Comparison, Difference
from icefield.feast.compare.importing import ImportedTable

_MIB = 1024 * 1024
_WIDEST = 40


@dataclass(frozen=True)
class Outcome:
    """All that is shown."""

    comparison: Comparison
    ours: Answer
    theirs: Answer
    imported: Sequence[ImportedTable]
    strict: bool

    @property
    def equal(self) -> bool:
        """Whether nothing that counts as a difference was found."""
        found = self.comparison
        if found.differences:
            return False
        return not self.strict or (found.ordered and not found.types)

    @property
    def reasons(self) -> Counter[str]:
        """How many differences have each reason."""
        return Counter(difference.reason for difference in self.comparison.differences)


def write_text(outcome: Outcome, stream: TextIO) -> None:
    """For people: what each side took, every difference, and a summary as the last line."""
    comparison, store = outcome.comparison, outcome.theirs.name
    rows = [("", "wall", "CPU", "peak memory", "of it idle")]
    for answer in (outcome.theirs, outcome.ours):
        took = answer.measurement
        rows.append(
            (
                answer.name,
                f"{took.seconds:.3f} s",
                f"{took.cpu_seconds:.3f} s",
                f"{took.peak_bytes / _MIB:.0f} MiB",
                f"{took.idle_bytes / _MIB:.0f} MiB",
            )
        )
    _table(rows, stream, left=(0,))
    if comparison.differences:
        stream.write("\n")
        header = ("row", "keys", "time", "feature", store, "icefield", "reason", "")
        _table([header, *map(_line, comparison.differences)], stream, left=(1, 2, 3, 4, 5, 6, 7))
    notes = list(_notes(outcome))
    if notes:
        stream.write("\n" + "".join(f"{note}\n" for note in notes))
    stream.write(f"\n{summary(outcome)}\n")


def summary(outcome: Outcome) -> str:
    """One line: how many cells, how many differ, and why."""
    comparison = outcome.comparison
    whole = f"{comparison.rows:,} entity rows, {comparison.cells:,} cells"
    if outcome.equal:
        return f"equal: {whole}"
    parts = [f"{reason} {count:,}" for reason, count in outcome.reasons.most_common()]
    if outcome.strict and comparison.types:
        parts.append(f"columns of another type {len(comparison.types)}")
    if outcome.strict and not comparison.ordered:
        parts.append("row order")
    return f"different: {len(comparison.differences):,} of {whole}: {', '.join(parts)}"


def document(outcome: Outcome) -> dict[str, Any]:
    """The whole outcome as plain values for JSON."""
    comparison = outcome.comparison
    return {
        "equal": outcome.equal,
        "rows": comparison.rows,
        "cells": comparison.cells,
        "reasons": dict(outcome.reasons),
        "differences": [
            {
                "row": difference.row,
                "feature": difference.column,
                "keys": _json(difference.key),
                "time": _json(difference.entity_time),
                "icefield": _json(difference.ours),
                "store": _json(difference.theirs),
                "reason": difference.reason,
                "detail": difference.detail,
            }
            for difference in comparison.differences
        ],
        "types": [
            {"feature": note.column, "icefield": note.ours, "store": note.theirs}
            for note in comparison.types
        ],
        "same_order": comparison.ordered,
        "store": _side(outcome.theirs),
        "icefield": _side(outcome.ours) | {"snapshots": outcome.ours.measurement.snapshots},
        "imported": [
            {
                "source": table.source,
                "table": table.table,
                "rows": table.rows,
                "floored_times": table.floored,
            }
            for table in outcome.imported
        ],
    }


def _side(answer: Answer) -> dict[str, Any]:
    took = answer.measurement
    return {
        "name": answer.name,
        "seconds": round(took.seconds, 6),
        "cpu_seconds": round(took.cpu_seconds, 6),
        "peak_bytes": took.peak_bytes,
        "idle_bytes": took.idle_bytes,
    }


def _notes(outcome: Outcome) -> Sequence[str]:
    comparison, counted = outcome.comparison, "" if outcome.strict else " (not counted)"
    notes = [
        f"type: {note.column} is {note.ours} in icefield, {note.theirs} in "
        f"{outcome.theirs.name}{counted}"
        for note in comparison.types
    ]
    if not comparison.ordered:
        notes.append(
            f"order: {outcome.theirs.name} gives the entity rows in another order{counted}"
        )
    notes += [
        f"import: {table.floored} times of {table.source} had nanoseconds and were floored to "
        "microseconds"
        for table in outcome.imported
        if table.floored
    ]
    return notes


def _line(difference: Difference) -> tuple[str, ...]:
    keys = " ".join(f"{name}={_text(value)}" for name, value in difference.key.items())
    return (
        "" if difference.row is None else str(difference.row),
        keys,
        _text(difference.entity_time) if difference.row is not None else "",
        difference.column or "(row)",
        _text(difference.theirs) if difference.column and difference.row is not None else "",
        _text(difference.ours) if difference.column and difference.row is not None else "",
        difference.reason,
        difference.detail,
    )


def _text(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def _table(rows: Sequence[Sequence[str]], stream: TextIO, left: Sequence[int]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        stream.write("  ".join(cells).rstrip() + "\n")
