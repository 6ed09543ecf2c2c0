"""The Feast side: the repository is applied and asked, as any user of Feast does."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from feast import FeatureStore
from feast.repo_config import load_repo_config
from feast.repo_operations import apply_total

from icefield.demo.tables import DemoFolder

FEATURE_SERVICE = "departure_knowledge"
LABEL = "arrival_delay_min"


@dataclass(frozen=True)
class Answer:
    """One training set, and what it says of itself."""

    rows: pa.Table
    report: dict[str, Any]
    snapshots: Mapping[str, Mapping[str, Any]]
    seconds: float

    def view(self, name: str) -> dict[str, Any]:
        """Return the report of one view."""
        found: dict[str, Any] = next(v for v in self.report["views"] if v["view"] == name)
        return found


def apply_repository(repository: Path, folder: DemoFolder) -> FeatureStore:
    """Do what `feast apply` does in `repository`, over the tables in `folder`."""
    os.environ["ICEFIELD_DEMO_FOLDER"] = str(folder.path)
    config = load_repo_config(repository, repository / "feature_store.yaml")
    with _working_in(repository), contextlib.redirect_stdout(io.StringIO()):
        apply_total(config, repository, skip_source_validation=False)
    return FeatureStore(config=config)


def entity_frame(departures: pd.DataFrame) -> pd.DataFrame:
    """Return the frame: every departed flight at the instant of its departure, with its label.

    The label is the arrival's delay: known hours later, and null for flights that never arrived.
    """
    columns = ["carrier", "flight", "tailnum", "origin", "dest", "departed_at", LABEL]
    return departures[columns].rename(columns={"departed_at": "event_timestamp"})


def ask(store: FeatureStore, frame: pd.DataFrame, *, created_cut: bool) -> Answer:
    """Ask Feast for the training set; with the cut, only of rows created by each departure."""
    started = time.perf_counter()
    job = store.get_historical_features(
        entity_df=frame,
        features=store.get_feature_service(FEATURE_SERVICE),
        full_feature_names=True,
        filter_by_created_timestamp=created_cut,
    )
    rows = job.to_arrow()
    seconds = time.perf_counter() - started
    return Answer(rows, job.report(), job.metadata.snapshots, seconds)


def wettest_row(rows: pa.Table) -> int:
    """Return the first of the rows with the most rain, of those where every view has a hit."""
    hit = [
        pc.is_valid(rows.column(name))
        for name in rows.column_names
        if name.endswith(("__precipitation_in", "__delay_min"))
    ]
    everywhere = functools.reduce(pc.and_, hit)
    rain = pc.if_else(everywhere, rows.column("weather__precipitation_in"), None)
    return max(int(pc.index(rain, pc.max(rain)).as_py()), 0)


@contextlib.contextmanager
def _working_in(repository: Path) -> Iterator[None]:
    """Import modules from, and work in, `repository`, as Feast's command does; leave no trace."""
    keep_bytecode = sys.dont_write_bytecode
    sys.path.insert(0, str(repository))
    sys.dont_write_bytecode = True
    try:
        with contextlib.chdir(repository):
            yield
    finally:
        sys.path.remove(str(repository))
        sys.dont_write_bytecode = keep_bytecode
