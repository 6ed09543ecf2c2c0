"""The picture: what the training set says about delays, and what its report says about itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from PIL import Image

from icefield.demo.training import Answer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _FAINT, _GRID = "#1c2b39", "#6b7c8c", "#e3e9ee"
_ICE, _DEEP, _WARM, _AMBER, _GREY = "#5aa9d6", "#1f5f8b", "#d9622b", "#eda83c", "#b6c2cc"
_MISSES = {
    "key_absent": ("key absent", _GREY),
    "only_later_rows": ("only later rows", _ICE),
    "expired": ("expired", _AMBER),
    "cut": ("not yet created", _WARM),
}
_DELAY = "plane_departures__delay_min"
_WIDTH_IN, _HEIGHT_IN, _DPI, _COLOURS = 14.0, 8.6, 110, 96
_LEFT, _RIGHT = 0.048, 0.978


def draw(path: Path, answer: Answer, uncut: Answer) -> None:
    """Write the picture of `answer`; `uncut` is the same question without the created cut."""
    names = [_DELAY, *(panel.feature for panel in _PANELS)]
    values = answer.rows.select(names).to_pandas()
    with rc_context(_style()):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI)
        above = figure.add_gridspec(
            1, 3, left=_LEFT, right=_RIGHT, top=0.80, bottom=0.53, wspace=0.19
        )
        below = figure.add_gridspec(
            1,
            3,
            left=_LEFT,
            right=_RIGHT,
            top=0.375,
            bottom=0.09,
            width_ratios=(6.4, 3.2, 1.9),
            wspace=0.36,
        )
        for cell, panel in zip((above[0], above[1], above[2], below[0]), _PANELS, strict=True):
            _delay_by(figure.add_subplot(cell), values, panel)
        _misses(figure.add_subplot(below[1]), answer)
        _stages(figure.add_subplot(below[2]), answer)
        _headline(figure, answer, uncut)
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    """Write a PNG of few colours, which such a picture has: a third of the size."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    image = Image.open(buffer).convert("RGB").quantize(_COLOURS)
    image.save(path, optimize=True)


@dataclass(frozen=True)
class _Panel:
    """Mean delay by one feature; bin i is [edges[i], edges[i + 1]) and is named names[i]."""

    feature: str
    title: str
    unit: str
    edges: Sequence[float]
    names: Sequence[str]


_PANELS = (
    _Panel(
        "weather__wind_speed_mph",
        "Wind known at departure",
        "wind speed, mph",
        (0, 5, 10, 15, 20, 25, np.inf),
        ("0-5", "5-10", "10-15", "15-20", "20-25", "25+"),
    ),
    _Panel(
        "weather__visibility_mi",
        "Visibility known at departure",
        "visibility, miles",
        (0, 1, 2, 4, 7, 10, np.inf),
        ("0-1", "1-2", "2-4", "4-7", "7-10", "10"),
    ),
    _Panel(
        "weather__precipitation_in",
        "Rain known at departure",
        "precipitation in the hour, inches",
        (0, 0.005, 0.02, 0.1, 0.2, 0.4, np.inf),
        ("none", "0.01", "0.02-0.1", "0.1-0.2", "0.2-0.4", "0.4+"),
    ),
    _Panel(
        "plane_arrivals__delay_min",
        "The plane's previous arrival, as known at departure",
        "delay of the plane's previous arrival, minutes; negative: early",
        (-np.inf, -30, -15, 0, 15, 30, 60, 120, np.inf),
        ("< -30", "-30 to -15", "-15 to 0", "0-15", "15-30", "30-60", "60-120", "120+"),
    ),
)


def _style() -> dict[Any, Any]:
    return {
        "font.size": 9.5,
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _GREY,
        "axes.titlesize": 11.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": _FAINT,
        "ytick.color": _FAINT,
        "axes.axisbelow": True,
    }


def _headline(figure: Figure, answer: Answer, uncut: Answer) -> None:
    weather = uncut.view("weather")
    early = weather["hits_not_yet_created"] / max(weather["hits"], 1)
    views = len(answer.report["views"])
    lines = (
        (0.945, 18.5, _INK, f"What was known when {answer.rows.num_rows:,} flights left New York"),
        (
            0.906,
            10.5,
            _FAINT,
            f"2013. One Feast training set out of {views} Iceberg tables, joined by Icefield in "
            f"{answer.seconds:.1f} s. Every value is of a row that was known at the departure.",
        ),
        (
            0.879,
            10.5,
            _FAINT,
            f"Joined by the weather's stamp alone, {early:.1%} of the weather would have come from "
            "an hour that was not over yet.",
        ),
    )
    for y, size, colour, text in lines:
        weight = "bold" if colour == _INK else "normal"
        figure.text(_LEFT, y, text, fontsize=size, color=colour, fontweight=weight)


def _delay_by(axes: Axes, values: pd.DataFrame, panel: _Panel) -> None:
    """Draw the mean departure delay in each bin of a feature, with the number of flights."""
    bins = pd.cut(values[panel.feature], list(panel.edges), right=False)
    groups = values.groupby(bins, observed=False)[_DELAY].agg(["mean", "size"])
    means = groups["mean"].fillna(0.0).to_numpy()
    places = range(len(means))
    colours = [_WARM if mean == means.max() else _DEEP for mean in means]
    axes.bar(places, means, color=colours, width=0.76)
    top = max(float(means.max()), 1.0)
    for x, mean, size in zip(places, means, groups["size"], strict=True):
        axes.text(x, mean + 0.02 * top, f"{mean:.0f}", ha="center", va="bottom", fontsize=10)
        axes.text(x, -0.02 * top, _count(size), ha="center", va="top", fontsize=7.5, color=_FAINT)
    axes.set_title(panel.title)
    axes.set_ylabel("mean departure delay, min")
    axes.set_xlabel(f"{panel.unit}  (small: flights)")
    axes.set_xticks(places, panel.names, color=_INK, fontsize=9)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", pad=12)
    axes.set_ylim(min(0.0, float(means.min()) * 1.3), top * 1.16)
    axes.grid(axis="y", color=_GRID)


def _count(size: int) -> str:
    return f"{size / 1000:.0f}k" if size >= 10_000 else f"{size:,}"


def _misses(axes: Axes, answer: Answer) -> None:
    """Draw, for each view, the share of entity rows without a hit, by reason."""
    views = answer.report["views"]
    names = [view["view"].replace("_", " ") for view in views]
    left = np.zeros(len(views))
    for reason, (label, colour) in _MISSES.items():
        share = np.array([view["misses"][reason] for view in views]) / answer.rows.num_rows
        if share.any():
            axes.barh(names, share, left=left, color=colour, height=0.62, label=label)
        left += share
    for y, share in enumerate(left):
        axes.text(share, y, f"  {share:.1%}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_title("Rows without a hit, by reason")
    axes.set_xlabel("share of flights")
    axes.set_xlim(0, max(1.3 * max(left.tolist()), 0.01))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID)
    axes.legend(frameon=False, fontsize=8.5, loc="lower right")


def _stages(axes: Axes, answer: Answer) -> None:
    """Draw the seconds of the engine's stages."""
    seconds = answer.report["seconds"]
    axes.barh(list(seconds), list(seconds.values()), color=_DEEP, height=0.62)
    for y, value in enumerate(seconds.values()):
        axes.text(value, y, f"  {value:.2f}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_title("Seconds by stage")
    axes.set_xlabel("seconds in the engine")
    axes.set_xlim(0, max(*seconds.values(), 0.01) * 1.35)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID)
