"""Environments of the other readers, made once: below build/interop, or what INTEROP_HOME says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_DUCK = ["duckdb==1.5.5", "duckdb-extension-iceberg==1.5.5", "duckdb-extension-avro==1.5.5"]


def environment(name: str) -> Path:
    """The folder of duckdb's, spark's or java's environment."""
    home = Path(os.environ.get("INTEROP_HOME", ROOT / "build/interop")) / name
    home.mkdir(parents=True, exist_ok=True)
    {"duckdb": _duckdb, "spark": _spark, "java": _java}[name](home)
    return home


def _run(*command: str | Path, **variables: str) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, env={**os.environ, **variables}, cwd=ROOT
    )


def _duckdb(home: Path) -> None:
    if not (home / "installed").exists():
        _run(sys.executable, "-m", "venv", "--clear", home)
        _run(home / "bin/pip", "install", "-q", *_DUCK, "pyarrow==26.0.1")
        (home / "installed").write_text(" ".join(_DUCK))


def _spark(home: Path) -> None:
    _run(ROOT / "tests/golden/spark/setup.sh", GOLDEN_SPARK_HOME=str(home))


def _java(home: Path) -> None:
    pom = ROOT / "tests/golden/java/pom.xml"
    if not (home / "pom.xml").exists() or (home / "pom.xml").read_text() != pom.read_text():
        _run(
            "mvn",
            "-q",
            "-B",
            "-f",
            pom,
            f"-Dgolden.build={home}/target",
            "dependency:build-classpath",
            f"-Dmdep.outputFile={home}/classpath",
        )
        (home / "pom.xml").write_text(pom.read_text())
    golden = ROOT / "tests/golden/java/src/main/java/golden"
    sources = [
        golden / "Rows.java",
        golden / "VariantText.java",
        Path(__file__).parent / "java/ReadWorker.java",
    ]
    newest = max(source.stat().st_mtime for source in sources)
    worker = home / "classes/golden/ReadWorker.class"
    if not worker.exists() or worker.stat().st_mtime < newest:
        classpath = (home / "classpath").read_text().strip()
        _run("javac", "-nowarn", "-d", home / "classes", "-cp", classpath, *sources)
