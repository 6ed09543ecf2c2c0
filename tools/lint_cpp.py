#!/usr/bin/env python3
"""Runs clang-tidy over the product's C++ sources, in parallel, and remembers what was clean.

Usage: tools/lint_cpp.py <build folder> [file...]. Needs the folder's compile_commands.json. A
source is checked again when it, a header of the project that it reaches, its command or the checks
change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = ROOT / ".venv/bin/clang-tidy"
CACHE = ROOT / "build/lint-cache"
PRODUCT = ("src", "python/bindings")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# What only g++ understands, and its precompiled header, which clang would read as text into every
# source: each source names what it needs.
GNU_ONLY = ("-fpch-preprocess", "-Winvalid-pch")


@dataclass(frozen=True)
class Unit:
    """A source and the command that clang-tidy is to imitate."""

    path: Path
    folder: str
    arguments: tuple[str, ...]


def read_units(build: Path) -> list[Unit]:
    """The product's own sources in the compilation database of `build`; tests are left out."""
    units = []
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = Path(entry["directory"], entry["file"]).resolve()
        inside = any(path.is_relative_to(ROOT / folder) for folder in PRODUCT)
        if inside and not path.stem.endswith("_test"):
            units.append(Unit(path, entry["directory"], clean_arguments(entry["command"])))
    return sorted(set(units), key=lambda unit: unit.path)


def clean_arguments(command: str) -> tuple[str, ...]:
    """The compiler's arguments without launcher, precompiled headers and options of g++ alone."""
    words = shlex.split(command)
    start = next(i for i, word in enumerate(words) if re.search(r"(\+\+|g?cc|clang)(-\d+)?$", word))
    kept: list[str] = []
    rest = iter(words[start:])
    for word in rest:
        if word == "-include":
            header = next(rest)
            if "cmake_pch" not in header:
                kept += [word, header]
        elif word not in GNU_ONLY:
            kept.append(word)
    return tuple(kept)


def reachable(path: Path, seen: dict[Path, bytes]) -> None:
    """Put `path` and the project's files that it includes, directly or not, into `seen`."""
    if path in seen or not path.is_file():
        return
    seen[path] = path.read_bytes()
    for name in INCLUDE.findall(seen[path].decode("utf-8", "replace")):
        for base in (ROOT / "src", ROOT / "include", path.parent):
            reachable(base / name, seen)


def key_of(unit: Unit, salt: bytes) -> str:
    """A digest of all that the verdict on `unit` depends on."""
    files: dict[Path, bytes] = {}
    reachable(unit.path, files)
    digest = hashlib.sha256(salt)
    digest.update(repr((unit.folder, unit.arguments)).encode())
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()


def lint(unit: Unit, database: Path) -> str:
    """What clang-tidy says of one source; empty if it is clean."""
    command = [str(CLANG_TIDY), "--quiet", f"-p={database}"]
    command += ["--extra-arg=-Wno-unknown-warning-option", str(unit.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout or done.stderr)


def main(arguments: list[str]) -> int:
    """Lint the sources of a build folder, or those among them that are named."""
    build = Path(arguments[0]).resolve()
    asked = {Path(name).resolve() for name in arguments[1:]}
    units = [unit for unit in read_units(build) if not asked or unit.path in asked]
    salt = (ROOT / ".clang-tidy").read_bytes() + (ROOT / "requirements/dev.txt").read_bytes()
    keys = {unit: key_of(unit, salt) for unit in units}
    CACHE.mkdir(parents=True, exist_ok=True)
    due = [unit for unit in units if not (CACHE / keys[unit]).exists()]
    with tempfile.TemporaryDirectory() as folder:
        entries = [
            {"directory": unit.folder, "file": str(unit.path), "arguments": unit.arguments}
            for unit in due
        ]
        Path(folder, "compile_commands.json").write_text(json.dumps(entries), encoding="utf-8")
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            verdicts = list(pool.map(lambda unit: lint(unit, Path(folder)), due))
    for unit, verdict in zip(due, verdicts, strict=True):
        if verdict:
            print(verdict)
        else:
            (CACHE / keys[unit]).touch()
    dirty = sum(bool(verdict) for verdict in verdicts)
    print(f"clang-tidy: {len(units)} sources, {len(due)} checked, {dirty} with findings")
    return min(dirty, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
