"""One side of a comparison, run as a program of its own so that what it takes can be measured.

    python -m icefield.feast.compare.side FOLDER

FOLDER holds `task.json` and the entity frame; the training set and the measurement are left there.
Imports and the opening of the repository are not measured; the question and its whole answer are.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from feast import FeatureStore

from icefield.feast.compare.repository import open_repository, over_iceberg

TASK, FRAME, RESULT, MEASUREMENT = "task.json", "frame.parquet", "result.arrow", "side.json"
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Task:
    """What a side is asked. Paths are texts: the task travels as JSON."""

    repo: str
    yaml: str
    registry: str | None
    """The registry file of Icefield's side; None: the repository's own store is asked."""
    offline_store: dict[str, Any]
    features: list[str] | None
    """References; None: those of the service."""
    feature_service: str | None
    created_cut: bool


@dataclass(frozen=True)
class Measurement:
    """What a side took, or the error that it ended with."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    """The largest resident set of the process, everything that it imported included."""
    idle_bytes: int = 0
    """The same before the question."""
    snapshots: dict[str, Any] | None = None
    error: str | None = None


def main(folder: Path) -> int:
    """Answers the task of a folder; 0 if there is an answer."""
    task = Task(**json.loads((folder / TASK).read_text(encoding="utf-8")))
    # As Feast's own commands have it: relative paths and modules are those of the repository.
    os.chdir(task.repo)
    sys.path.append(task.repo)
    try:
        measurement = _answer(task, folder)
    except Exception as error:  # whatever the store raises is its answer
        measurement = Measurement(error=f"{type(error).__name__}: {error}")
        import traceback

        traceback.print_exc()
    (folder / MEASUREMENT).write_text(json.dumps(asdict(measurement)), encoding="utf-8")
    return 0 if measurement.error is None else 1


def _answer(task: Task, folder: Path) -> Measurement:
    store = _store(task)
    frame = pd.read_parquet(folder / FRAME)
    features: Any = task.features
    if task.feature_service is not None:
        features = store.get_feature_service(task.feature_service)
    options = {"filter_by_created_timestamp": True} if task.created_cut else {}
    idle, cpu, start = _peak_bytes(), _cpu_seconds(), time.perf_counter()
    job = store.get_historical_features(
        entity_df=frame, features=features, full_feature_names=True, **options
    )
    result = job.to_arrow()
    measurement = Measurement(
        seconds=time.perf_counter() - start,
        cpu_seconds=_cpu_seconds() - cpu,
        peak_bytes=_peak_bytes(),
        idle_bytes=idle,
        snapshots=dict(getattr(job.metadata, "snapshots", None) or {}),
    )
    with pa.OSFile(str(folder / RESULT), "wb") as sink, pa.ipc.new_file(sink, result.schema) as out:
        out.write_table(result)
    return measurement


def _store(task: Task) -> FeatureStore:
    repo, yaml_file = Path(task.repo), Path(task.yaml)
    if task.registry is None:
        store = open_repository(repo, yaml_file)
    else:
        store = over_iceberg(repo, yaml_file, Path(task.registry), task.offline_store)
    # Loads the class of the offline store and all that it imports.
    assert store._get_provider().offline_store is not None
    return store


def _cpu_seconds() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def _peak_bytes() -> int:
    """The peak of this program. ru_maxrss alone would hold that of the parent before the exec."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return max(int(line.split()[1]) * 1024, children)
    return max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, children)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
