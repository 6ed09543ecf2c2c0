"""Comparisons as Markdown and JSON, with the machine, commit, versions and load beside them."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.compare import ROOT, Comparison
from bench.peers import PEERS
from bench.workload import SEED

LIMIT, DUCKDB = "limit", "duckdb"
_MIB = 2**20


def environment() -> dict[str, Any]:
    """The machine and the versions that a result belongs to."""
    versions = {}
    for _, _, distribution in PEERS.values():
        try:
            versions[distribution] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            versions[distribution] = "not installed as a distribution"
    return {
        "started": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _first_value("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": _first_value("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "seed": SEED,
    }


def _commit() -> str:
    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )

    head = git("rev-parse", "--verify", "HEAD")
    if head.returncode != 0:
        return "none"
    changed = git("status", "--porcelain").stdout.strip()
    return head.stdout.strip() + (" with changes" if changed else "")


def _first_value(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def spread(values: Sequence[float]) -> str:
    """Median [min, max] of ratios."""
    if not values:
        return ""
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


def ratios(comparison: Comparison, peer: str, base: str, figure: str) -> list[float]:
    """The peer's figure over the base's, each pair out of one round."""
    own, other = comparison.good(peer), comparison.good(base)
    return [own[at][figure] / other[at][figure] for at in sorted(own.keys() & other.keys())]


def _median(comparison: Comparison, peer: str, figure: str) -> float:
    return statistics.median(float(run[figure]) for run in comparison.good(peer).values())


def _row(comparison: Comparison, peer: str) -> str:
    if comparison.fault(peer) is not None:
        return f"| {peer} | {comparison.fault(peer)} | | | | | | | |"
    runs = comparison.good(peer).values()
    beyond = [(run["peak_bytes"] - run["frame_bytes"] - run["result_bytes"]) / _MIB for run in runs]
    cells = (
        peer,
        spread(ratios(comparison, peer, LIMIT, "wall_s")),
        spread(ratios(comparison, peer, LIMIT, "cpu_s")),
        spread(ratios(comparison, peer, DUCKDB, "wall_s")),
        spread(ratios(comparison, peer, DUCKDB, "cpu_s")),
        f"{_median(comparison, peer, 'wall_s'):.3f}",
        f"{_median(comparison, peer, 'cpu_s'):.3f}",
        f"{_median(comparison, peer, 'peak_bytes') / _MIB:.0f}",
        f"{statistics.median(beyond):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _stages(comparison: Comparison) -> list[str]:
    """Median seconds by stage, of the peers that report them."""
    lines = []
    for peer in comparison.peers:
        seconds = [
            run["notes"]["report"]["seconds"]
            for run in comparison.good(peer).values()
            if "report" in run["notes"]
        ]
        if seconds:
            stages = ", ".join(
                f"{stage} {statistics.median(run[stage] for run in seconds):.3f}"
                for stage in seconds[0]
            )
            build = next(iter(comparison.good(peer).values()))["notes"].get("build")
            lines += ["", f"Seconds by stage of {peer}, build {build} (medians): {stages}."]
    return lines


def _section(comparison: Comparison) -> list[str]:
    case, views = comparison.case, comparison.job.views
    loads = [run.load_before for run in comparison.runs]
    needed = sum(len(view.needed_files) for view in views)
    total = sum(len(view.all_files) for view in views)
    return [
        "",
        f"## {case.slug}",
        "",
        f"{sum(view.all_rows for view in views):,} feature rows in {total} files, of which"
        f" {needed} are needed; {case.entity_rows:,} entity rows; {comparison.repetitions}"
        f" repetitions; load before a run {min(loads):.1f} to {max(loads):.1f}.",
        "",
        "| peer | wall / limit | CPU / limit | wall / DuckDB | CPU / DuckDB | wall s | CPU s"
        " | peak MiB | beyond frame and result MiB |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(comparison, peer) for peer in comparison.peers),
        *_stages(comparison),
    ]


def markdown(facts: dict[str, Any], comparisons: Sequence[Comparison]) -> str:
    """The whole result as a page."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        f"# Benchmark of {facts['started']}",
        "",
        f"Commit {facts['commit']}; {facts['cpu']}, {facts['cores']} cores, {facts['memory']};"
        f" {facts['system']}; Python {facts['python']}; {versions}; seed {facts['seed']}.",
        "",
        "Ratios are of one round each, median [min, max]; every answer was equal to the reference"
        " in every cell. Peak memory is over a baseline after imports and catalog load.",
    ]
    for comparison in comparisons:
        lines += _section(comparison)
    return "\n".join(lines) + "\n"


def file_name(facts: dict[str, Any]) -> str:
    """The name of a result, without a suffix."""
    return str(facts["started"]).replace(":", "").replace("+0000", "Z")


def write(facts: dict[str, Any], comparisons: Sequence[Comparison], folder: Path) -> Path:
    """Writes both forms; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name(facts)
    raw = {
        "environment": facts,
        "cases": [
            {
                "case": comparison.case.slug,
                "repetitions": comparison.repetitions,
                "runs": [asdict(run) for run in comparison.runs],
            }
            for comparison in comparisons
        ],
    }
    (folder / f"{name}.json").write_text(json.dumps(raw, indent=1) + "\n")
    page = folder / f"{name}.md"
    page.write_text(markdown(facts, comparisons))
    return page
