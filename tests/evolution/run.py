"""Runs a walk and tells what went wrong in it."""

from __future__ import annotations

import logging
import random
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.evolution.pyiceberg_writer import PyicebergWriter
from tests.evolution.spark_writer import SparkWriter
from tests.evolution.walk import Walk
from tests.evolution.writer import Writer

WRITERS = ("pyiceberg", "spark")


@contextmanager
def open_writer(name: str) -> Iterator[Writer]:
    """A writer with a folder of its own, which goes with it."""
    logging.getLogger("pyiceberg").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="icefield-evolution-") as folder:
        if name == "pyiceberg":
            yield PyicebergWriter(Path(folder))
            return
        with SparkWriter(Path(folder)) as writer:
            yield writer


def run_seed(seed: int, writer: Writer) -> tuple[str | None, list[str]]:
    """What failed in the walk of a seed, or None, and all that was done."""
    walk = None
    try:
        walk = Walk(writer, seed)
        walk.run(random.Random(seed).randrange(10, 26))
    except Exception:
        log = walk.log if walk is not None else []
        told = traceback.format_exc(limit=-3).strip()
        return f"seed {seed} ({writer.state().metadata}):\n  " + "\n  ".join([*log, told]), log
    return None, walk.log
