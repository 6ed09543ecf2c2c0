"""Icefield: catalog and tables are loaded before the clock starts, planning is inside it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

import icefield
from bench.job import Job
from bench.peers import Outcome, Run
from bench.workload import CREATED_TIME, EVENT_TIME, TTL, Operation


def build_digest() -> str:
    """A digest of the package's files: two runs of one comparison must be of one program."""
    digest = hashlib.sha256()
    for path in sorted(Path(icefield.__file__).parent.glob("*")):
        if path.suffix in {".so", ".py"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def prepare(job: Job) -> Run:
    """The join, or the latest rows, as a stream."""
    catalog = icefield.load_catalog("bench", **job.catalog_properties)
    case, build = job.case, build_digest()
    views = [
        icefield.FeatureView(
            view.name,
            catalog.load_table(table.identifier),
            join_keys=list(case.dataset.key_kind.columns),
            timestamp_field=EVENT_TIME,
            created_timestamp_column=CREATED_TIME,
            ttl=TTL,
            features=list(view.features),
        )
        for view, table in job.views()
    ]

    budget: dict[str, Any] = {}
    if case.budget_mib is not None:
        budget = {"memory_budget": case.budget_mib << 20}

    def run(frame: pa.Table) -> Outcome:
        if case.operation is Operation.LATEST:
            result = icefield.latest(views[0], **budget)
        else:
            result = icefield.point_in_time_join(frame, views, full_feature_names=True, **budget)
        return Outcome(result.reader(), {"build": build}, result.report)

    return run
