"""What a measured process is told: one JSON file with paths, nothing that it must plan itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.workload import (
    CREATED_TIME,
    EVENT_TIME,
    SIZES,
    Case,
    Consumer,
    Dataset,
    FrameKind,
    KeyKind,
    Layout,
    Operation,
    View,
)


def decoded_columns(case: Case, table: str) -> tuple[str, ...]:
    """Columns of a table from which a case can be answered: keys, times, features."""
    keys = case.dataset.key_kind.columns
    return (*keys, EVENT_TIME, CREATED_TIME, *case.features_of(table))


@dataclass(frozen=True)
class JobTable:
    """One feature table."""

    name: str
    identifier: str
    """Its name in the catalog."""
    needed_files: tuple[str, ...]
    """Data files that can hold an answer, by partitions and bounds; peers get these."""
    needed_rows: int
    all_files: tuple[str, ...]
    all_rows: int
    row_group_bytes: int
    """The largest row group of the needed files: its keys, times and features asked for, encoded
    but not compressed."""
    position_deletes: tuple[str, ...] = ()
    """Files that remove rows of the data files, which hold them still."""

    @classmethod
    def loads(cls, raw: dict[str, Any]) -> JobTable:
        """The table of a mapping of its fields, with lists in place of tuples."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        return cls(**fields)


@dataclass(frozen=True)
class Job:
    """One case with everything that was prepared for it."""

    case: Case
    catalog_properties: dict[str, str]
    tables: tuple[JobTable, ...]
    """In the order of `case.tables`."""
    frame_path: Path
    reference_path: Path

    def views(self) -> Iterator[tuple[View, JobTable]]:
        """The views of the case, each with its table."""
        tables = {table.name: table for table in self.tables}
        return ((view, tables[view.table]) for view in self.case.views)

    def dumps(self) -> str:
        """The job as JSON."""
        case = self.case
        return json.dumps(
            {
                "dataset": [case.dataset.size.name, case.dataset.key_kind, case.dataset.layout],
                "frame": case.frame,
                "operation": case.operation,
                "features": case.feature_count,
                "view_count": case.view_count,
                "table_count": case.table_count,
                "consumer": case.consumer,
                "budget_mib": case.budget_mib,
                "catalog": self.catalog_properties,
                "tables": [asdict(table) for table in self.tables],
                "frame_path": str(self.frame_path),
                "reference_path": str(self.reference_path),
            }
        )

    @classmethod
    def loads(cls, text: str) -> Job:
        """The job that `dumps` wrote."""
        raw = json.loads(text)
        size, key_kind, layout = raw["dataset"]
        case = Case(
            Dataset(SIZES[size], KeyKind(key_kind), Layout(layout)),
            FrameKind(raw["frame"]),
            Operation(raw["operation"]),
            raw["features"],
            raw["view_count"],
            raw["table_count"],
            Consumer(raw["consumer"]),
            raw["budget_mib"],
        )
        tables = tuple(JobTable.loads(table) for table in raw["tables"])
        frame, reference = Path(raw["frame_path"]), Path(raw["reference_path"])
        return cls(case, raw["catalog"], tables, frame, reference)
