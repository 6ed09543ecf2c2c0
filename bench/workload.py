"""What is measured, as plain values: sizes, datasets, cases. No data and no IO.

A *dataset* is what is written once (size, key kind, layout); a *case* is one question about it
(which entity frame, how many features, which operation). Both name themselves by a slug that is
stable, so that caches and results of one case meet again.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SEED = 20260101
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAYS = 30
TTL = dt.timedelta(days=3)

EVENT_TIME = "event_timestamp"
CREATED_TIME = "created"
ROW_ID = "row_id"
FEATURES = ("f32_a", "i64_a", "text", "f64_a", "flag", "f32_b", "f32_c", "i64_b", "f64_b", "f32_d")
"""In the order in which a case with fewer features takes them: three are of three types."""


class KeyKind(StrEnum):
    """Type of the join key."""

    INT64 = "int64"
    STRING = "string"
    COMPOSITE = "int64-string"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the join key columns, in table and frame."""
        match self:
            case KeyKind.INT64:
                return ("entity_id",)
            case KeyKind.STRING:
                return ("entity_name",)
            case KeyKind.COMPOSITE:
                return ("entity_id", "entity_name")


class Layout(StrEnum):
    """How rows lie in files."""

    PLAIN = "plain"
    """Unordered, one file an append."""
    DAY = "day"
    """Partitioned by the day of the event time, unordered inside."""
    BUCKETED = "bucketed"
    """Partitioned by bucket of the first key column, sorted by key and event time."""
    INDEXED = "indexed"
    """As `bucketed`, written by Icefield, whose files have page indexes."""
    DELETES = "deletes"
    """The files of `plain`, with 1% of the rows removed by position deletes."""


class FrameKind(StrEnum):
    """Which entity rows are asked for."""

    FULL = "full"
    LAST = "last3days"
    SPARSE = "sparse"
    TINY = "tiny"


class Operation(StrEnum):
    """The question."""

    JOIN = "join"
    """The point-in-time join of an entity frame with every view."""
    LATEST = "latest"
    """The newest row of each key of the first view."""


@dataclass(frozen=True)
class Size:
    """How much of everything; rows and keys are those of one view."""

    name: str
    feature_rows: int
    keys: int
    entity_rows: int
    views: int
    rows_per_append: int
    buckets: int


SIZES = {
    size.name: size
    for size in (
        Size("S", 1_000_000, 50_000, 100_000, 1, 250_000, 4),
        Size("M", 20_000_000, 500_000, 1_000_000, 1, 1_000_000, 16),
        Size("M5", 4_000_000, 500_000, 1_000_000, 5, 1_000_000, 4),
        Size("L", 100_000_000, 2_000_000, 1_000_000, 1, 1_000_000, 64),
    )
}


@dataclass(frozen=True)
class Dataset:
    """One set of feature tables."""

    size: Size
    key_kind: KeyKind = KeyKind.INT64
    layout: Layout = Layout.PLAIN

    @property
    def slug(self) -> str:
        """Folder name in the cache."""
        return f"{self.size.name}-{self.key_kind}-{self.layout}"

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views, each a table of its own."""
        return tuple(f"view{index}" for index in range(self.size.views))

    @property
    def chunks(self) -> int:
        """Number of pieces in which one view is generated."""
        return -(-self.size.feature_rows // self.size.rows_per_append)


@dataclass(frozen=True)
class Case:
    """One question about one dataset."""

    dataset: Dataset
    frame: FrameKind = FrameKind.FULL
    operation: Operation = Operation.JOIN
    feature_count: int = len(FEATURES)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns asked of every view."""
        return FEATURES[: self.feature_count]

    @property
    def views(self) -> tuple[str, ...]:
        """Views that the question touches."""
        return self.dataset.views if self.operation is Operation.JOIN else self.dataset.views[:1]

    @property
    def entity_rows(self) -> int:
        """Rows of the entity frame."""
        full = self.dataset.size.entity_rows
        match self.frame:
            case FrameKind.FULL | FrameKind.LAST:
                return full
            case FrameKind.SPARSE:
                return full // 100
            case FrameKind.TINY:
                return 100

    @property
    def slug(self) -> str:
        """Name of the case in file names and tables."""
        asked = str(self.frame) if self.operation is Operation.JOIN else str(self.operation)
        return f"{self.dataset.slug}-{asked}-{self.feature_count}of{len(FEATURES)}"


def default_cache() -> Path:
    """Where data is kept unless the command line says otherwise."""
    named = os.environ.get("ICEFIELD_BENCH_DIR")
    return Path(named) if named else Path.home() / ".cache" / "icefield-bench"


def output_name(view: str, feature: str) -> str:
    """Name of a feature in the answer of a join."""
    return f"{view}__{feature}"
