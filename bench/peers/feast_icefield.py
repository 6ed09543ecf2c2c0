"""Feast with Icefield as its offline store: what the plug-in costs over the engine's own call."""

from __future__ import annotations

import pyarrow as pa

from bench.job import Job, JobTable
from bench.peers import Outcome, Run
from bench.peers.feast_repository import applied, references
from bench.peers.icefield_join import build_digest
from bench.workload import CREATED_TIME, EVENT_TIME
from icefield.feast import IcebergSource


def prepare(job: Job) -> Run:
    """The repository is applied before the clock starts; resolving and planning are inside it."""
    properties = dict(job.catalog_properties)
    offline_store = {
        "type": "icefield.feast.IcebergOfflineStore",
        "catalog_type": properties.pop("type", "sql"),
        "catalog_name": "bench",
        "uri": properties.pop("uri"),
        "warehouse": properties.pop("warehouse"),
        "storage_options": properties,
    }
    store = applied(job, offline_store, _source)
    features, build = references(job), build_digest()

    def run(frame: pa.Table) -> Outcome:
        answer = store.get_historical_features(
            entity_df=frame, features=features, full_feature_names=True
        ).to_arrow()
        return Outcome(answer, {"build": build})

    return run


def _source(table: JobTable) -> IcebergSource:
    return IcebergSource(
        name=table.name,
        table=table.identifier,
        timestamp_field=EVENT_TIME,
        created_timestamp_column=CREATED_TIME,
    )
