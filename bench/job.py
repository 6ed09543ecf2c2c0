"""What a measured process is told: one JSON file with paths, nothing that it must plan itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.workload import SIZES, Case, Dataset, FrameKind, KeyKind, Layout, Operation


@dataclass(frozen=True)
class JobView:
    """One feature table."""

    name: str
    table: str
    needed_files: tuple[str, ...]
    """Data files that can hold an answer, by partitions and bounds; peers get these."""
    needed_rows: int
    all_files: tuple[str, ...]
    all_rows: int
    position_deletes: tuple[str, ...] = ()
    """Files that remove rows of the data files, which hold them still."""


@dataclass(frozen=True)
class Job:
    """One case with everything that was prepared for it."""

    case: Case
    catalog_properties: dict[str, str]
    views: tuple[JobView, ...]
    frame_path: Path
    reference_path: Path

    def dumps(self) -> str:
        """The job as JSON."""
        case = self.case
        return json.dumps(
            {
                "size": case.dataset.size.name,
                "key": case.dataset.key_kind,
                "layout": case.dataset.layout,
                "frame": case.frame,
                "operation": case.operation,
                "features": case.feature_count,
                "catalog": self.catalog_properties,
                "views": [asdict(view) for view in self.views],
                "frame_path": str(self.frame_path),
                "reference_path": str(self.reference_path),
            }
        )

    @classmethod
    def loads(cls, text: str) -> Job:
        """The job that `dumps` wrote."""
        raw = json.loads(text)
        dataset = Dataset(SIZES[raw["size"]], KeyKind(raw["key"]), Layout(raw["layout"]))
        case = Case(dataset, FrameKind(raw["frame"]), Operation(raw["operation"]), raw["features"])
        views = tuple(
            JobView(
                view["name"],
                view["table"],
                tuple(view["needed_files"]),
                view["needed_rows"],
                tuple(view["all_files"]),
                view["all_rows"],
                tuple(view["position_deletes"]),
            )
            for view in raw["views"]
        )
        frame, reference = Path(raw["frame_path"]), Path(raw["reference_path"])
        return cls(case, raw["catalog"], views, frame, reference)
