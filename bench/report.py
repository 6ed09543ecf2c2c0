"""Comparisons as Markdown and JSON, with the machine, commit, versions and load beside them."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.compare import ROOT, Comparison
from bench.peers import PEERS
from bench.targets import Target, figure
from bench.workload import SEED, Case, Consumer, Operation

LIMIT, DUCKDB = "limit", "duckdb"
_MIB = 2**20


@dataclass(frozen=True)
class Result:
    """The cases of a group as they were measured, with the targets they are held to."""

    comparisons: Sequence[Comparison]
    targets: Sequence[Target] = ()

    def by_slug(self) -> dict[str, Comparison]:
        """The cases by their names."""
        return {comparison.case.slug: comparison for comparison in self.comparisons}


def environment() -> dict[str, Any]:
    """The machine and the versions that a result belongs to."""
    versions = {}
    for distribution in {peer.distribution: None for peer in PEERS.values()}:
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


def ratios(comparison: Comparison, peer: str, base: str, name: str) -> list[float]:
    """The peer's figure over the base's, each pair out of one round."""
    own, other = comparison.good(peer), comparison.good(base)
    return [own[at][name] / other[at][name] for at in sorted(own.keys() & other.keys())]


def _median(comparison: Comparison, peer: str, name: str) -> float:
    runs = comparison.good(peer).values()
    return statistics.median(figure(comparison, run, name) for run in runs)


def _row(comparison: Comparison, peer: str) -> str:
    if comparison.fault(peer) is not None:
        return f"| {peer} | {comparison.fault(peer)} | | | | | | | |"
    if not comparison.good(peer):
        return f"| {peer} | not measured | | | | | | | |"
    cells = (
        peer,
        spread(ratios(comparison, peer, LIMIT, "wall_s")),
        spread(ratios(comparison, peer, LIMIT, "cpu_s")),
        spread(ratios(comparison, peer, DUCKDB, "wall_s")),
        spread(ratios(comparison, peer, DUCKDB, "cpu_s")),
        f"{_median(comparison, peer, 'wall_s'):.3f}",
        f"{_median(comparison, peer, 'cpu_s'):.3f}",
        f"{_median(comparison, peer, 'peak_bytes') / _MIB:.0f}",
        f"{_median(comparison, peer, 'beyond_bytes') / _MIB:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _notes(comparison: Comparison) -> list[str]:
    """Median seconds by stage, and versions, of the peers that report them."""
    lines = []
    for peer in comparison.peers:
        notes = [run["notes"] for run in comparison.good(peer).values()]
        seconds = [each["report"]["seconds"] for each in notes if "report" in each]
        if seconds:
            stages = ", ".join(
                f"{stage} {statistics.median(run[stage] for run in seconds):.3f}"
                for stage in seconds[0]
            )
            build = notes[0].get("build")
            lines += ["", f"Seconds by stage of {peer}, build {build} (medians): {stages}."]
        if notes and "versions" in notes[0]:
            versions = ", ".join(f"{name} {each}" for name, each in notes[0]["versions"].items())
            lines += ["", f"{peer} ran with {versions}."]
    return lines


def _asked(case: Case) -> str:
    views = f"{len(case.views)} view{'s' if len(case.views) > 1 else ''}"
    if case.operation is Operation.JOIN:
        views = f"{case.entity_rows:,} entity rows, {views}"
    return f"{views}, batches dropped" if case.consumer is Consumer.STREAM else views


def _section(comparison: Comparison) -> list[str]:
    case, tables = comparison.case, comparison.job.tables
    loads = [run.load_before for run in comparison.runs]
    needed = sum(len(table.needed_files) for table in tables)
    total = sum(len(table.all_files) for table in tables)
    return [
        "",
        f"## {case.slug}",
        "",
        f"{sum(table.all_rows for table in tables):,} feature rows in {total} files, of which"
        f" {needed} are needed; {_asked(case)}; {comparison.repetitions} repetitions;"
        f" load before a run {min(loads, default=0):.1f} to {max(loads, default=0):.1f}.",
        "",
        "| peer | wall / limit | CPU / limit | wall / DuckDB | CPU / DuckDB | wall s | CPU s"
        " | peak MiB | beyond frame and result MiB |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(comparison, peer) for peer in comparison.peers),
        *_notes(comparison),
    ]


_MET = {True: "met", False: "**missed**", None: "not measured"}


def _target_row(target: Target, comparisons: Mapping[str, Comparison]) -> str:
    ratios = target.ratios(comparisons)
    met = _MET[target.is_met(ratios)]
    bound = f"{'at least' if target.at_least else 'at most'} {target.bound:g}"
    return f"| {target.claim} | {spread(ratios)} | {bound} | {met} |"


def _targets(results: Sequence[Result]) -> list[str]:
    rows = [
        _target_row(target, result.by_slug()) for result in results for target in result.targets
    ]
    counts = (
        f"{sum(row.endswith(f'| {met} |') for row in rows)} {met.strip('*')}"
        for met in _MET.values()
    )
    header = [
        "",
        "## Targets",
        "",
        f"{', '.join(counts)}; the median of a ratio decides.",
        "",
        "| figure | median [min, max] | target | |",
        "|---|---|---|---|",
    ]
    return [*header, *rows] if rows else []


def markdown(facts: dict[str, Any], results: Sequence[Result]) -> str:
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
        *_targets(results),
    ]
    for result in results:
        for comparison in result.comparisons:
            lines += _section(comparison)
    return "\n".join(lines) + "\n"


def file_name(facts: dict[str, Any]) -> str:
    """The name of a result, without a suffix."""
    return str(facts["started"]).replace(":", "").replace("+0000", "Z")


def write(facts: dict[str, Any], results: Sequence[Result], folder: Path) -> Path:
    """Writes both forms; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    name = file_name(facts)
    raw = {
        "environment": facts,
        "targets": [
            _raw_target(target, result.by_slug()) for result in results for target in result.targets
        ],
        "cases": [
            {
                "case": comparison.case.slug,
                "repetitions": comparison.repetitions,
                "runs": [asdict(run) for run in comparison.runs],
                "checks": [asdict(run) for run in comparison.checks],
            }
            for result in results
            for comparison in result.comparisons
        ],
    }
    (folder / f"{name}.json").write_text(json.dumps(raw, indent=1) + "\n")
    page = folder / f"{name}.md"
    page.write_text(markdown(facts, results))
    return page


def _raw_target(target: Target, comparisons: Mapping[str, Comparison]) -> dict[str, Any]:
    ratios = target.ratios(comparisons)
    return {**asdict(target), "ratios": ratios, "met": target.is_met(ratios)}
