"""Icefield: point-in-time correct training sets out of Apache Iceberg tables.

>>> import icefield
>>> catalog = icefield.load_catalog("default", uri="sqlite:////data/catalog.db")
>>> drivers = icefield.FeatureView(
...     "drivers", catalog.load_table("features.drivers"),
...     join_keys=["driver_id"], timestamp_field="event_timestamp", ttl=timedelta(days=1))
>>> icefield.point_in_time_join(entities, [drivers]).to_pandas()
"""

from __future__ import annotations

try:
    import pyarrow as _pyarrow  # Loads the Arrow libraries that the extension links.
except ImportError as missing:  # pragma: no cover - depends on the environment
    raise ImportError(
        "icefield needs pyarrow 26; install it with: pip install 'pyarrow==26.*'"
    ) from missing

if not _pyarrow.__version__.startswith("26."):
    raise ImportError(
        f"icefield is built for pyarrow 26, this environment has {_pyarrow.__version__}; "
        "install it with: pip install 'pyarrow==26.*'"
    )

from icefield import errors
from icefield._native import version as _version
from icefield.catalog import Catalog, load_catalog
from icefield.features import FeatureView, explain, latest, point_in_time_join, why
from icefield.options import MemoryBudget, ReadOptions
from icefield.progress import Progress
from icefield.table import (
    DeleteFile,
    FileScanTask,
    Snapshot,
    SnapshotRef,
    Table,
    TableScan,
    load_table,
)
from icefield.training_set import Plan, Report, SnapshotPin, TrainingSet, Why

__version__ = _version()

__all__ = [
    "Catalog",
    "DeleteFile",
    "FeatureView",
    "FileScanTask",
    "MemoryBudget",
    "Plan",
    "Progress",
    "ReadOptions",
    "Report",
    "Snapshot",
    "SnapshotPin",
    "SnapshotRef",
    "Table",
    "TableScan",
    "TrainingSet",
    "Why",
    "__version__",
    "errors",
    "explain",
    "latest",
    "load_catalog",
    "load_table",
    "point_in_time_join",
    "why",
]
