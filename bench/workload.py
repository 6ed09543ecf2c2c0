"""What is measured, as plain values: sizes, datasets, cases. No data and no IO.

A *dataset* is what is written once (size, key kind, layout); a *case* is one question about it
(which entity frame, which views with how many features, which operation, how the answer is taken).
Both name themselves by a slug that is stable, so that caches and results of one case meet again.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SEED_BY_DEFAULT = 20260101
SEED = int(os.environ.get("ICEFIELD_BENCH_SEED", _SEED_BY_DEFAULT))
"""Of all values: other seeds have a folder of their own in the cache."""
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAYS = 30
TTL = dt.timedelta(days=3)

EVENT_TIME = "event_timestamp"
CREATED_TIME = "created"
ROW_ID = "row_id"
FEATURES = ("f32_a", "i64_a", "text", "f64_a", "flag", "f32_b", "f32_c", "i64_b", "f64_b", "f32_d")
"""In the order in which a case with fewer features takes them: three are of three types. Wider
tables have them again, numbered: `f32_a_001`."""


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


class Consumer(StrEnum):
    """Who takes the answer."""

    TABLE = "table"
    """One who wants all rows in memory."""
    STREAM = "stream"
    """One who drops each batch before asking for the next: peak memory holds no result."""


@dataclass(frozen=True)
class Size:
    """How much of everything; rows and keys are those of one table."""

    name: str
    feature_rows: int
    keys: int
    entity_rows: int
    rows_per_append: int
    buckets: int
    tables: int = 1
    features: int = len(FEATURES)


SIZES = {
    size.name: size
    for size in (
        Size("S", 1_000_000, 50_000, 100_000, 250_000, 4),
        Size("M", 20_000_000, 500_000, 1_000_000, 1_000_000, 16),
        Size("L", 100_000_000, 2_000_000, 1_000_000, 1_000_000, 64),
        Size("S5", 200_000, 50_000, 100_000, 50_000, 4, tables=5),
        Size("M5", 4_000_000, 500_000, 1_000_000, 1_000_000, 4, tables=5),
        Size("S20", 100_000, 10_000, 10_000, 25_000, 4, tables=20),
        Size("M20", 2_000_000, 200_000, 200_000, 500_000, 4, tables=20),
        Size("SW", 20_000, 1_000, 2_000, 5_000, 4, features=1_000),
        Size("MW", 200_000, 10_000, 20_000, 50_000, 4, features=1_000),
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
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, all of one schema."""
        return tuple(f"table{index}" for index in range(self.size.tables))

    @property
    def features(self) -> tuple[str, ...]:
        """Feature columns of every table, in the order in which cases take them."""
        kinds = len(FEATURES)
        numbered = (
            f"{FEATURES[index % kinds]}_{index // kinds:03}"
            for index in range(kinds, self.size.features)
        )
        return (*FEATURES[: self.size.features], *numbered)

    @property
    def chunks(self) -> int:
        """Number of pieces in which one table is generated."""
        return -(-self.size.feature_rows // self.size.rows_per_append)


@dataclass(frozen=True)
class View:
    """One feature view of a case."""

    name: str
    table: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One question about one dataset."""

    dataset: Dataset
    frame: FrameKind = FrameKind.FULL
    operation: Operation = Operation.JOIN
    feature_count: int | None = None
    """Features of a view; None: all of its table."""
    view_count: int | None = None
    """None: one a table."""
    table_count: int | None = None
    """Tables that the views take turns on; None: all of the dataset."""
    consumer: Consumer = Consumer.TABLE
    budget_mib: int | None = None
    """What Icefield may use beside the frame and the batches that it gave away; None: its default.
    Other peers are not told of it."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that the question touches."""
        tables = self.dataset.tables[: self.table_count]
        return tables[: len(self.views)]

    @property
    def views(self) -> tuple[View, ...]:
        """Views that are asked: each starts one feature later than the one before it."""
        if self.operation is Operation.LATEST:
            return self._views(1)
        return self._views(self.view_count or len(self.dataset.tables[: self.table_count]))

    def _views(self, count: int) -> tuple[View, ...]:
        tables, features = self.dataset.tables[: self.table_count], self.dataset.features
        taken = self.feature_count or len(features)
        views = []
        for index in range(count):
            start = index % len(features)
            turned = features[start:] + features[:start]
            views.append(View(f"view{index}", tables[index % len(tables)], turned[:taken]))
        return tuple(views)

    def features_of(self, table: str) -> tuple[str, ...]:
        """Features that any view asks of a table, each once."""
        asked = (name for view in self.views if view.table == table for name in view.features)
        return tuple(dict.fromkeys(asked))

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
    def question(self) -> str:
        """Name of the question: cases of one name have one answer, whoever takes it."""
        asked = str(self.frame) if self.operation is Operation.JOIN else str(self.operation)
        width = len(self.dataset.features)
        name = f"{self.dataset.slug}-{asked}-{self.feature_count or width}of{width}"
        if self.view_count is not None or self.table_count is not None:
            name += f"-{len(self.views)}views-{len(self.tables)}tables"
        return name

    @property
    def slug(self) -> str:
        """Name of the case in file names and tables."""
        streamed = f"-{self.consumer}" if self.consumer is Consumer.STREAM else ""
        budget = f"-budget{self.budget_mib}" if self.budget_mib is not None else ""
        return f"{self.question}{streamed}{budget}"


def default_cache() -> Path:
    """Where data is kept unless the command line says otherwise."""
    named = os.environ.get("ICEFIELD_BENCH_DIR")
    folder = Path(named) if named else Path.home() / ".cache" / "icefield-bench"
    return folder if SEED == _SEED_BY_DEFAULT else folder / f"seed-{SEED}"


def output_name(view: str, feature: str) -> str:
    """Name of a feature in the answer of a join."""
    return f"{view}__{feature}"
