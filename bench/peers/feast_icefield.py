"""Feast with Icefield as its offline store: what the plug-in costs over the engine's own call."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
from feast import Entity, FeatureStore, FeatureView, Field, RepoConfig, ValueType
from feast.types import Bool, Float32, Float64, Int64, PrimitiveFeastType, String

from bench.job import Job
from bench.peers import Outcome, Run
from bench.peers.icefield_join import build_digest
from bench.workload import CREATED_TIME, EVENT_TIME, TTL, Operation
from icefield.feast import IcebergSource

_KEY_TYPES = {"entity_id": ValueType.INT64, "entity_name": ValueType.STRING}
_FEATURE_TYPES: dict[str, PrimitiveFeastType] = {
    "f32": Float32,
    "f64": Float64,
    "i64": Int64,
    "text": String,
    "flag": Bool,
}


def prepare(job: Job) -> Run:
    """The repository is applied before the clock starts; resolving and planning are inside it."""
    if job.case.operation is not Operation.JOIN:
        raise SystemExit("the peer feast_icefield only joins")
    store = _store(job)
    case, build = job.case, build_digest()
    references = [f"{view.name}:{feature}" for view in job.views for feature in case.features]

    def run(frame: pa.Table) -> Outcome:
        answer = store.get_historical_features(
            entity_df=frame, features=references, full_feature_names=True
        ).to_arrow()
        return Outcome(answer, {"build": build})

    return run


def _store(job: Job) -> FeatureStore:
    folder = Path(tempfile.mkdtemp(prefix="icefield-bench-feast-"))
    properties = dict(job.catalog_properties)
    catalog = {
        "catalog_type": properties.pop("type", "sql"),
        "catalog_name": "bench",
        "uri": properties.pop("uri"),
        "warehouse": properties.pop("warehouse"),
        "storage_options": properties,
    }
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(folder / "registry.db"),
            offline_store={"type": "icefield.feast.IcebergOfflineStore", **catalog},
            online_store={"type": "sqlite", "path": str(folder / "online.db")},
            entity_key_serialization_version=3,
        )
    )
    keys = [
        Entity(name=column, join_keys=[column], value_type=_KEY_TYPES[column])
        for column in job.case.dataset.key_kind.columns
    ]
    views = [
        FeatureView(
            name=view.name,
            entities=keys,
            ttl=TTL,
            schema=[
                Field(name=name, dtype=_FEATURE_TYPES[name.split("_")[0]])
                for name in job.case.features
            ],
            source=IcebergSource(
                name=view.name,
                table=view.table,
                timestamp_field=EVENT_TIME,
                created_timestamp_column=CREATED_TIME,
            ),
        )
        for view in job.views
    ]
    store.apply([*keys, *views])
    return store
