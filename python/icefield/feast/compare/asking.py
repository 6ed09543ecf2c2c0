"""Starts a side's process, waits for it and reads what it left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from icefield.errors import InvalidArgumentError
from icefield.feast.compare.side import FRAME, MEASUREMENT, RESULT, TASK, Measurement, Task

_LAST_LINES = 15


@dataclass(frozen=True)
class Answer:
    """A side's training set, and what it took."""

    name: str
    table: pa.Table
    measurement: Measurement


def ask(name: str, folder: Path, task: Task, frame: Path) -> Answer:
    """Runs one side in `folder`; InvalidArgumentError with the store's own words if it fails."""
    folder.mkdir()
    (folder / TASK).write_text(json.dumps(asdict(task)), encoding="utf-8")
    shutil.copyfile(frame, folder / FRAME)
    run = subprocess.run(
        [sys.executable, "-m", "icefield.feast.compare.side", str(folder)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    measured = folder / MEASUREMENT
    if run.returncode != 0 or not measured.exists():
        error = f"it ended with {run.returncode}"
        if measured.exists():
            error = json.loads(measured.read_text(encoding="utf-8"))["error"]
        last = "\n".join(run.stderr.strip().splitlines()[-_LAST_LINES:])
        raise InvalidArgumentError(
            f"{name} did not answer: {error}. Ask for other features (--features) or give it an "
            f"entity frame that it takes (--entity-frame). Its last words:\n{last}"
        )
    measurement = Measurement(**json.loads(measured.read_text(encoding="utf-8")))
    with pa.OSFile(str(folder / RESULT), "rb") as source:
        table = pa.ipc.open_file(source).read_all()
    return Answer(name, table, measurement)
