"""Runs a walk, asks every reader, judges the files."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from tests.evolution.shape import Row, Struct, leaves
from tests.golden.arrow_types import schema_of
from tests.golden.cells import Row as PlainRow
from tests.golden.cells import difference, json_rows
from tests.interop.filters import Filter, random_filter, random_term
from tests.interop.leaves import leaves_of
from tests.interop.lineage_judge import Lineage
from tests.interop.readers import (
    LINEAGE_COLUMNS,
    Question,
    Reader,
    UnreadableError,
    without_empty_lists,
)
from tests.interop.table_judge import TableJudge, read_metadata
from tests.interop.walk import WrittenWalk
from tests.interop.writer import IcefieldWriter


@dataclass
class Tally:
    """What was asked, by reader and outcome."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count_files(self, judge: TableJudge) -> None:
        """How many files had what."""
        for what, number in judge.seen.items():
            self.counts["files", what] += number

    def text(self) -> str:
        """A line a reader."""
        names = sorted({name for name, _ in self.counts})
        return "\n".join(
            f"{name}: "
            + ", ".join(
                f"{n} {what}" for (who, what), n in sorted(self.counts.items()) if who == name
            )
            for name in names
        )


def judge_of(walk: WrittenWalk) -> TableJudge:
    """The judge of the files and metadata of a walk's table."""
    metadata = read_metadata(walk.writer.state().metadata)
    return TableJudge(metadata, properties=walk.properties, key=walk.key_id)


def questions(
    walk: WrittenWalk, filters: int, lineages: dict[int, Lineage]
) -> list[tuple[Question, list[Row]]]:
    """The reads of a walk's table, with the rows that are there without the filter."""
    location = walk.writer.state().metadata
    metadata = read_metadata(location)
    snapshots = {s["snapshot-id"]: s for s in metadata.get("snapshots", [])}
    schemas = {s["schema-id"]: s for s in metadata["schemas"]}
    current = metadata.get("current-snapshot-id")
    asked: list[tuple[Question, list[Row]]] = []

    def ask(number: int, columns: Struct, rows: list[Row], where: Filter | None = None) -> None:
        now = number == current and columns is walk.columns
        at = metadata["current-schema-id"] if now else snapshots[number]["schema-id"]
        kinds = frozenset(leaf.kind for leaf in leaves_of(schemas[at]))
        names, schema = tuple(columns.names()), schema_of(schemas[at])
        asked.append((Question(location, schema, names, kinds, number, now, where), rows))
        if where is None and snapshots[number].get("first-row-id") is not None:
            key = next(f["name"] for f in schemas[at]["fields"] if f["id"] == walk.key_id)
            schema = pa.schema([schema.field(key), *LINEAGE_COLUMNS])
            told = [(row[key], *lineages[number][row[key]]) for row in rows]
            asked.append(
                (
                    Question(location, schema, tuple(schema.names), kinds, number, now),
                    [dict(zip(schema.names, cells, strict=True)) for cells in told],
                )
            )

    if current in snapshots:
        for where in [None, *_filters(walk, filters)]:
            ask(current, walk.columns, walk.rows, where)
    for number, (columns, rows) in list(walk.past.items())[-4:]:
        if number in snapshots and number != current:
            ask(number, columns, rows)
    for name, (columns, rows) in walk.branches.items():
        ask(metadata["refs"][name]["snapshot-id"], columns, rows)
    return asked


def _filters(walk: WrittenWalk, count: int) -> list[Filter]:
    """For each leaf a few comparisons, and chains of them."""
    rng = random.Random(len(walk.rows))
    found = []
    for path, kind in leaves(walk.columns):
        only = Struct([walk.columns.at(path[0])])
        found += [random_term(only, walk.rows, rng) for _ in range(count)]
        found += [Filter("is null", path, kind), Filter("is not null", path, kind)]
    return found + [random_filter(walk.columns, walk.rows, rng, 2) for _ in range(count)]


def ask_readers(
    walk: WrittenWalk,
    readers: list[Reader],
    filters: int,
    tally: Tally,
    lineages: dict[int, Lineage],
) -> list[str]:
    """Where readers differ from the model without a known reason."""
    wrong = []
    for question, rows in questions(walk, filters, lineages):
        for reader in readers:
            outcome, told = _ask(reader, question, rows)
            tally.counts[reader.name, outcome] += 1
            if told is not None:
                where = question.where.text if question.where else "everything"
                wrong.append(f"{reader.name}, {where}, snapshot {question.snapshot_id}: {told}")
    return wrong


def _plain(question: Question, rows: list[Row]) -> list[PlainRow]:
    listed = [[row[name] for name in question.columns] for row in rows]
    return json_rows(listed, question.arrow.types)


def _ask(reader: Reader, question: Question, rows: list[Row]) -> tuple[str, str | None]:
    """The outcome, and what is wrong with it."""
    where = question.where
    expected = _plain(question, [r for r in rows if where is None or where.takes(r)])
    try:
        got = reader.rows(question)
    except UnreadableError as error:
        return f"unreadable ({error})", None
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"
    found = difference(got, expected)
    if found is None:
        return "right", None
    if reader.name == "pyiceberg":
        got, expected = (list(map(without_empty_lists, some)) for some in (got, expected))
        if difference(got, expected) is None:
            return "mistaken (a null list is an empty one)", None
    if where is not None and reader.keeps_unknown:
        unknown = map(
            without_empty_lists, _plain(question, [r for r in rows if where.holds(r) is None])
        )
        kept = Counter(map(without_empty_lists, got)) - Counter(unknown)
        if difference(list(kept.elements()), list(map(without_empty_lists, expected))) is None:
            return "mistaken (null rows pass)", None
    reason = reader.mistaken(question, rows)
    return ("wrong", found) if reason is None else (f"mistaken ({reason})", None)


def run_seed(
    seed: int,
    writer: IcefieldWriter,
    readers: list[Reader],
    tally: Tally,
    plain: bool = False,
    filters: int = 2,
) -> list[str]:
    """Failures of a seed's walk, each with what was done until then."""
    walk, wrong = None, []
    try:
        walk = WrittenWalk(writer, seed, plain)
        walk.run(random.Random(seed).randrange(5, 14))
        judge = judge_of(walk)
        wrong = judge.judge()
        tally.count_files(judge)
        wrong += ask_readers(walk, readers, filters, tally, judge.lineages)
    except Exception:
        wrong.append(traceback.format_exc(limit=-4).strip())
    if wrong and walk is not None:
        wrong.append("  " + "\n  ".join([*walk.log, walk.writer.state().metadata]))
    return wrong
