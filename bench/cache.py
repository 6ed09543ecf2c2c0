"""Folders of the cache: filled once, gone on with after an interruption, never half believed."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.generate import GENERATOR_VERSION


def versioned(cache: Path) -> Path:
    """Where data of this generator is kept: checkouts with another one leave it alone."""
    return cache.absolute() / f"v{GENERATOR_VERSION}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keeps a second benchmark from writing the same folder."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fill(
    folder: Path, identity: Mapping[str, Any], write: Callable[[], None], *, resumes: bool = False
) -> None:
    """Lets `write` fill a folder of the cache, unless that was finished for the same identity.

    resumes: `write` goes on from what an interrupted one of the same identity left, and leaves
    nothing half done when it is interrupted itself. Otherwise an interrupted fill leaves no folder,
    and what a killed one left is removed by the next.
    """
    text = json.dumps(identity)
    started, finished = folder / "started.json", folder / "finished.json"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if _says(finished, text):
            return
        if not (resumes and _says(started, text)):
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "warehouse").mkdir(parents=True)
            started.write_text(text)
        try:
            write()
        except BaseException:
            if not resumes:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        finished.write_text(text)


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text
