"""A case as a Feast repository, for the peers that are asked through Feast."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feast import Entity, FeatureStore, FeatureView, Field, RepoConfig, ValueType
from feast.data_source import DataSource
from feast.types import Bool, Float32, Float64, Int64, PrimitiveFeastType, String

from bench.job import Job, JobTable
from bench.workload import TTL, Operation

_KEY_TYPES = {"entity_id": ValueType.INT64, "entity_name": ValueType.STRING}
_FEATURE_TYPES: dict[str, PrimitiveFeastType] = {
    "f32": Float32,
    "f64": Float64,
    "i64": Int64,
    "text": String,
    "flag": Bool,
}


def applied(
    job: Job, offline_store: dict[str, Any], source: Callable[[JobTable], DataSource]
) -> FeatureStore:
    """The store with the views of the job, each over `source` of its table."""
    if job.case.operation is not Operation.JOIN:
        raise SystemExit("peers through Feast only join")
    folder = Path(tempfile.mkdtemp(prefix="icefield-bench-feast-"))
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(folder / "registry.db"),
            offline_store=offline_store,
            online_store={"type": "sqlite", "path": str(folder / "online.db")},
            entity_key_serialization_version=3,
        )
    )
    keys = [
        Entity(name=column, join_keys=[column], value_type=_KEY_TYPES[column])
        for column in job.case.dataset.key_kind.columns
    ]
    sources = {table.name: source(table) for table in job.tables}
    views = [
        FeatureView(
            name=view.name,
            entities=keys,
            ttl=TTL,
            schema=[
                Field(name=name, dtype=_FEATURE_TYPES[name.split("_")[0]]) for name in view.features
            ],
            source=sources[view.table],
        )
        for view in job.case.views
    ]
    store.apply([*keys, *views])
    return store


def references(job: Job) -> list[str]:
    """Every feature of every view, as Feast names them."""
    return [f"{view.name}:{feature}" for view in job.case.views for feature in view.features]
