"""What is promised, as ratios of measured figures with a bound each; and whether it is kept."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.compare import Comparison

_MEMORY_BESIDE_BYTES = 256 << 20
_ROW_GROUPS_A_THREAD = 2


def figure(comparison: Comparison, run: Mapping[str, Any], name: str) -> float:
    """A figure of a measurement, by its name there, or one that follows from it.

    `beyond_bytes`: the peak less frame and result. `allowed_bytes`: what the peak of a streaming
    consumer may be: frame, two row groups of the needed columns a thread, 256 MiB. `budget_bytes`:
    the case's memory budget.
    """
    match name:
        case "beyond_bytes":
            return float(run["peak_bytes"] - run["frame_bytes"] - run["result_bytes"])
        case "allowed_bytes":
            group = max(table.row_group_bytes for table in comparison.job.tables)
            groups = _ROW_GROUPS_A_THREAD * (os.cpu_count() or 1) * group
            return float(run["frame_bytes"] + groups + _MEMORY_BESIDE_BYTES)
        case "budget_bytes":
            return float((comparison.case.budget_mib or 0) << 20)
        case _:
            return float(run[name])


@dataclass(frozen=True)
class Quantity:
    """A figure of a peer on a case; with `over`, as a multiple of another peer's in that round."""

    case: str
    """Its slug."""
    peer: str
    figure: str
    over: str | None = None

    def values(self, comparisons: Mapping[str, Comparison]) -> dict[int, float]:
        """By repetition; none where it was not measured or does not count."""
        comparison = comparisons.get(self.case)
        if comparison is None:
            return {}
        own = self._of(comparison, self.peer)
        if self.over is None:
            return own
        base = self._of(comparison, self.over)
        return {at: own[at] / base[at] for at in own.keys() & base.keys()}

    def _of(self, comparison: Comparison, peer: str) -> dict[int, float]:
        runs = comparison.good(peer).items()
        return {at: figure(comparison, run, self.figure) for at, run in runs}


@dataclass(frozen=True)
class Target:
    """A bound on the ratio of two quantities of one round."""

    claim: str
    of: Quantity
    per: Quantity
    bound: float
    at_least: bool = False
    """The ratio must reach the bound; otherwise it must not exceed it."""

    def ratios(self, comparisons: Mapping[str, Comparison]) -> list[float]:
        """By repetition; empty where the target was not measured."""
        of, per = self.of.values(comparisons), self.per.values(comparisons)
        return [of[at] / per[at] for at in sorted(of.keys() & per.keys())]

    def is_met(self, ratios: Sequence[float]) -> bool | None:
        """Whether the median keeps the bound; None if nothing was measured."""
        if not ratios:
            return None
        median = statistics.median(ratios)
        return median >= self.bound if self.at_least else median <= self.bound


def beside(case: str, peer: str, figure: str, bound: float) -> Target:
    """Icefield's figure over a peer's, at most the bound."""
    of, per = Quantity(case, "icefield", figure), Quantity(case, peer, figure)
    return Target(f"{case}: {_NAMES[figure]} / {peer}", of, per, bound)


def times_better(case: str, peer: str, figure: str, bound: float) -> Target:
    """A peer's figure over Icefield's, at least the bound."""
    of, per = Quantity(case, peer, figure), Quantity(case, "icefield", figure)
    return Target(f"{case}: {_NAMES[figure]} of {peer} / Icefield", of, per, bound, at_least=True)


def across(case: str, base: str, figure: str, bound: float, *, over: str | None = None) -> Target:
    """Icefield's figure on one case over that on another, at most the bound."""
    of, per = (Quantity(name, "icefield", figure, over) for name in (case, base))
    what = f"{_NAMES[figure]} / {over}" if over else _NAMES[figure]
    return Target(f"{case}: {what}, over that of {base}", of, per, bound)


def in_memory(case: str) -> Target:
    """Icefield's peak over what a streaming consumer may have."""
    of, per = (Quantity(case, "icefield", name) for name in ("peak_bytes", "allowed_bytes"))
    claim = f"{case}: peak / (frame + two row groups a thread + 256 MiB)"
    return Target(claim, of, per, 1.0)


def in_budget(case: str) -> Target:
    """Icefield's peak beside frame and result over the budget that it was given."""
    of, per = (Quantity(case, "icefield", name) for name in ("beyond_bytes", "budget_bytes"))
    return Target(f"{case}: {_NAMES['beyond_bytes']} / budget", of, per, 1.0)


_NAMES = {
    "wall_s": "wall",
    "cpu_s": "CPU",
    "peak_bytes": "peak",
    "beyond_bytes": "peak beyond frame and result",
}
