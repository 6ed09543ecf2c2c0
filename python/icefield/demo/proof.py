"""One row of the training set, proved by hand.

The rules of point-in-time joins are followed here once more in plain Python, over every row of the
tables' files: no index, no engine, no cleverness. What they give has to be what the training set
says, cell for cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureStore, FeatureView
from pyiceberg.manifest import DataFileContent
from pyiceberg.table import Table

from icefield.demo.training import FEATURE_SERVICE
from icefield.errors import UnsupportedError

_ALWAYS = datetime.min


@dataclass(frozen=True)
class ViewRules:
    """What Feast's registry says of one view."""

    name: str
    keys: tuple[str, ...]
    event_column: str
    created_column: str | None
    ttl: timedelta
    features: tuple[str, ...]

    @staticmethod
    def of(store: FeatureStore, view: FeatureView) -> ViewRules:
        """Return the rules of an applied view."""
        source = view.batch_source
        entities = [store.get_entity(name) for name in view.entities]
        return ViewRules(
            name=view.name,
            keys=tuple(entity.join_key for entity in entities),
            event_column=source.timestamp_field,
            created_column=source.created_timestamp_column or None,
            ttl=view.ttl or timedelta(0),
            features=tuple(field.name for field in view.features),
        )


@dataclass(frozen=True)
class FeatureRow:
    """A row of a feature table, with the place that breaks ties (rule P6 before v3)."""

    event_time: datetime
    created_time: datetime | None
    values: Mapping[str, Any]
    place: tuple[int, str, int]
    """Data sequence number, file path, position in the file."""

    @property
    def age(self) -> tuple[Any, ...]:
        """The total order of rules P4 to P6: the greatest candidate wins."""
        created = self.created_time
        return (self.event_time, created is not None, _naive(created), self.place)


@dataclass(frozen=True)
class Verdict:
    """A feature row, and what became of it."""

    row: FeatureRow
    reason: str


@dataclass(frozen=True)
class ViewProof:
    """Why one view's cells of one row are what they are."""

    rules: ViewRules
    key: Mapping[str, Any]
    rows_scanned: int
    rows_of_key: int
    verdicts: Sequence[Verdict]
    winner: FeatureRow | None
    expected: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether the training set's cells are those of the winner."""
        return dict(self.expected) == dict(self.found)

    def document(self) -> dict[str, Any]:
        """Return the proof as plain values."""
        return {
            "view": self.rules.name,
            "key": dict(self.key),
            "rows_scanned": self.rows_scanned,
            "rows_of_key": self.rows_of_key,
            "rows": [{**v.row.values, "why": v.reason} for v in self.verdicts],
            "expected": dict(self.expected),
            "found": dict(self.found),
            "holds": self.holds,
        }


def prove(
    store: FeatureStore, tables: Mapping[str, Table], entity_row: Mapping[str, Any]
) -> list[ViewProof]:
    """Prove every view of one row of a training set that was made with the created cut."""
    service = store.get_feature_service(FEATURE_SERVICE)
    views = [store.get_feature_view(p.name) for p in service.feature_view_projections]
    return [prove_view(ViewRules.of(store, v), tables[v.name], entity_row) for v in views]


def prove_view(rules: ViewRules, table: Table, entity_row: Mapping[str, Any]) -> ViewProof:
    """Prove the cells of one view, named `view__feature` in the row."""
    entity_time = entity_row["event_timestamp"]
    key = {name: entity_row[name] for name in rules.keys}
    scanned, rows = _rows_of_key(table, rules, key)
    candidates = [row for row in rows if refusal(row, rules, entity_time) is None]
    winner = max(candidates, key=lambda row: row.age, default=None)
    prefix = f"{rules.name}__"
    return ViewProof(
        rules=rules,
        key=key,
        rows_scanned=scanned,
        rows_of_key=len(rows),
        verdicts=_newest(rows, rules, entity_time, winner),
        winner=winner,
        expected={name: winner.values[name] if winner else None for name in rules.features},
        found={name: entity_row[prefix + name] for name in rules.features},
    )


def refusal(row: FeatureRow, rules: ViewRules, entity_time: datetime) -> str | None:
    """Return why a row of the key is no candidate, or None where it is one (rules P2, P3, P8)."""
    if row.event_time > entity_time:
        return "later: had not happened yet"
    if rules.created_column and (row.created_time is None or row.created_time > entity_time):
        return "not known yet: created later"
    if rules.ttl and row.event_time < entity_time - rules.ttl:
        return f"expired: older than {duration_text(rules.ttl)}"
    return None


def duration_text(duration: timedelta) -> str:
    """Return a time to live in words."""
    hours = duration.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours > 48 or hours % 24 == 0 else f"{hours:g} hours"


def _newest(
    rows: Sequence[FeatureRow],
    rules: ViewRules,
    entity_time: datetime,
    winner: FeatureRow | None,
) -> list[Verdict]:
    """Return, newest first, the next later row, every row up to the winner and one older row."""
    ordered = sorted(rows, key=lambda row: row.age, reverse=True)
    past = [row for row in ordered if row.event_time <= entity_time]
    later = [row for row in ordered if row.event_time > entity_time][-1:]
    until = past.index(winner) + 2 if winner else 2
    verdicts = []
    for row in [*later, *past[:until]]:
        reason = refusal(row, rules, entity_time) or _standing(row, winner)
        verdicts.append(Verdict(row, reason))
    return verdicts


def _standing(candidate: FeatureRow, winner: FeatureRow | None) -> str:
    """Return how a candidate stands to the winner (rules P4 to P6)."""
    if winner is None or candidate is winner:
        return "wins: the newest that was known"
    if candidate.event_time < winner.event_time:
        return "older than the winner"
    if candidate.created_time != winner.created_time:
        return "as new, but created earlier"
    return "a full tie, lost by its place in the files"


def _rows_of_key(
    table: Table, rules: ViewRules, key: Mapping[str, Any]
) -> tuple[int, list[FeatureRow]]:
    """Scan every file of the table; return how many rows it has, and those of the key.

    Columns are taken by name, which is right only because no schema of the demo's tables ever
    changed.
    """
    scanned = 0
    rows = []
    for sequence_number, path in _data_files(table):
        with table.io.new_input(path).open() as stream:
            content = pq.read_table(stream)
        scanned += len(content)
        keys = zip(*(content.column(name).to_pylist() for name in key), strict=True)
        wanted = tuple(key.values())
        positions = [position for position, found in enumerate(keys) if found == wanted]
        for position, values in zip(positions, _take(content, positions), strict=True):
            rows.append(
                FeatureRow(
                    event_time=values[rules.event_column],
                    created_time=values[rules.created_column] if rules.created_column else None,
                    values=values,
                    place=(sequence_number, path, position),
                )
            )
    return scanned, rows


def _data_files(table: Table) -> list[tuple[int, str]]:
    """Return (data sequence number, path) of each data file of the current snapshot."""
    snapshot = table.current_snapshot()
    files = []
    for manifest in snapshot.manifests(table.io) if snapshot else []:
        for entry in manifest.fetch_manifest_entry(table.io):
            if entry.data_file.content is not DataFileContent.DATA:
                raise UnsupportedError(f"{entry.data_file.file_path}: the proof knows no deletes")
            files.append((entry.sequence_number or 0, entry.data_file.file_path))
    return files


def _take(content: pa.Table, positions: Sequence[int]) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = content.take(pa.array(positions, pa.int64())).to_pylist()
    return taken


def _naive(instant: datetime | None) -> datetime:
    return instant.replace(tzinfo=None) if instant else _ALWAYS
