"""Feast alone: its own Iceberg source, which pyiceberg reads, on its own DuckDB offline store.

Runs in an environment of its own, where Feast's DuckDB extra is installed (see README.md).
"""

from __future__ import annotations

import importlib.metadata

import pyarrow as pa
from feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source import IcebergSource

from bench.job import Job, JobTable
from bench.peers import Outcome, Run
from bench.peers.feast_repository import applied, references
from bench.workload import CREATED_TIME, EVENT_TIME

_DISTRIBUTIONS = ("feast", "ibis-framework", "duckdb", "pyiceberg", "pyarrow")


def prepare(job: Job) -> Run:
    """The repository is applied before the clock starts; Feast takes the frame from pandas."""
    properties = dict(job.catalog_properties)
    kind, uri, warehouse = (properties.pop(name) for name in ("type", "uri", "warehouse"))

    def source(table: JobTable) -> IcebergSource:
        namespace, _, name = table.identifier.partition(".")
        return IcebergSource(
            name=table.name,
            catalog_type=kind,
            catalog_name="bench",
            endpoint=uri,
            warehouse=warehouse,
            namespace=namespace,
            table=name,
            catalog_properties=properties,
            timestamp_field=EVENT_TIME,
            created_timestamp_column=CREATED_TIME,
        )

    store = applied(job, {"type": "duckdb"}, source)
    features = references(job)
    versions = {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS}

    def run(frame: pa.Table) -> Outcome:
        answer = store.get_historical_features(
            entity_df=frame.to_pandas(), features=features, full_feature_names=True
        ).to_arrow()
        return Outcome(answer, {"versions": versions})

    return run
