"""Suites: groups of cases that are measured in the same rounds, each with its targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.compare import Entry
from bench.targets import Target, across, beside, in_budget, in_memory, times_better
from bench.workload import (
    SIZES,
    Case,
    Consumer,
    Dataset,
    FrameKind,
    KeyKind,
    Layout,
    Operation,
)

ENGINES = ("limit", "duckdb", "polars", "icefield")
LATEST = ("limit", "duckdb", "duckdb_arg_max", "duckdb_row_number", "polars", "icefield")
STREAMING = ("limit", "duckdb", "icefield")
FEAST = ("limit", "feast_iceberg", "icefield", "feast_icefield")
MANY = 20
"""Views of one training set."""
BUDGET_MIB = 256
_SORTED = (Layout.BUCKETED, Layout.INDEXED)


@dataclass(frozen=True)
class Group:
    """Cases that are measured in the same rounds, and what is promised of them."""

    entries: tuple[Entry, ...]
    targets: tuple[Target, ...] = ()

    def only(self, pattern: re.Pattern[str]) -> Group:
        """The group with those of its cases alone whose names the pattern is found in."""
        entries = tuple(entry for entry in self.entries if pattern.search(entry.case.slug))
        return Group(entries, self.targets)


@dataclass(frozen=True)
class _Sizes:
    """Names of the sizes that a suite is made of."""

    one: str
    several: str
    many: str
    wide: str
    large: str


_FULL_SIZES = _Sizes("M", "M5", "M20", "MW", "L")
_SMALL_SIZES = _Sizes("S", "S5", "S20", "SW", "S")


def targets() -> list[Group]:
    """Everything, at the sizes for which the targets are meant."""
    return [_group([Case(Dataset(SIZES["S"]))]), *_suite(_FULL_SIZES)]


def small() -> list[Group]:
    """The same cases on small tables: minutes, to see that everything runs and is right."""
    return _suite(_SMALL_SIZES)


def grid() -> list[Group]:
    """Every key kind and layout, full and sparse, on small tables."""
    data = (Dataset(SIZES["S"], kind, layout) for kind in KeyKind for layout in Layout)
    frames = (FrameKind.FULL, FrameKind.SPARSE)
    return [_group([Case(each, frame) for frame in frames]) for each in data]


SUITES = {"targets": targets, "small": small, "grid": grid}


def _suite(sizes: _Sizes) -> list[Group]:
    return [
        _keys_and_deletes(sizes.one),
        *_layouts(sizes.one),
        *_few_entity_rows(sizes.one),
        *_questions(sizes),
        _many_views(sizes.many),
        _wide(sizes.wide),
        _large(sizes.large),
        _feast(sizes.one),
    ]


def _group(
    cases: Sequence[Case], promised: Iterable[Target] = (), peers: tuple[str, ...] = ENGINES
) -> Group:
    """The cases with the targets promised, and those beside DuckDB and polars where they run."""
    entries = tuple(Entry(case, peers) for case in cases)
    return Group(entries, (*promised, *(target for each in entries for target in _engines(each))))


def _engines(entry: Entry) -> Iterator[Target]:
    """Never slower than an engine, and so many times less processor time."""
    case, factor = entry.case, 1.8
    if case.operation is Operation.JOIN and case.frame in (FrameKind.SPARSE, FrameKind.TINY):
        factor = 2.0
        if case.frame is FrameKind.TINY and case.dataset.layout in _SORTED:
            factor = 8.0
    for peer in entry.peers:
        if peer.startswith("duckdb") or peer == "polars":
            yield beside(case.slug, peer, "wall_s", 1.0)
            yield times_better(case.slug, peer, "cpu_s", factor)


def _keys_and_deletes(size: str) -> Group:
    """Unordered tables, full frames: key kinds and deletes beside int64 without."""
    plain = Case(Dataset(SIZES[size]))
    removed = Case(Dataset(SIZES[size], layout=Layout.DELETES))
    others = [Case(Dataset(SIZES[size], kind)) for kind in (KeyKind.STRING, KeyKind.COMPOSITE)]
    promised = [
        beside(plain.slug, "limit", "cpu_s", 1.4),
        beside(plain.slug, "limit", "wall_s", 1.1),
        across(removed.slug, plain.slug, "cpu_s", 1.15),
        *(across(case.slug, plain.slug, "cpu_s", 1.5, over="limit") for case in others),
    ]
    return _group([plain, removed, *others], promised)


def _layouts(size: str) -> Iterator[Group]:
    for layout in _SORTED:
        case = Case(Dataset(SIZES[size], layout=layout))
        yield _group([case], [beside(case.slug, "limit", "cpu_s", 1.2)])
    yield _group([Case(Dataset(SIZES[size], layout=Layout.DAY), FrameKind.LAST)])


def _few_entity_rows(size: str) -> Iterator[Group]:
    bounds = {
        Layout.PLAIN: {FrameKind.SPARSE: 0.75, FrameKind.TINY: 0.35},
        Layout.BUCKETED: {FrameKind.SPARSE: 0.6},
        Layout.INDEXED: {FrameKind.SPARSE: 0.6, FrameKind.TINY: 0.10},
    }
    for layout, of_frame in bounds.items():
        for frame in (FrameKind.SPARSE, FrameKind.TINY):
            case = Case(Dataset(SIZES[size], layout=layout), frame)
            bound = of_frame.get(frame)
            promised = [beside(case.slug, "limit", "cpu_s", bound)] if bound else []
            yield _group([case], promised)
    for kind in (KeyKind.STRING, KeyKind.COMPOSITE):
        yield _group([Case(Dataset(SIZES[size], kind), FrameKind.SPARSE)])


def _questions(sizes: _Sizes) -> Iterator[Group]:
    """Few features, the latest rows, several tables."""
    yield _group([Case(Dataset(SIZES[sizes.one]), feature_count=3)])
    latest = Case(Dataset(SIZES[sizes.one]), operation=Operation.LATEST)
    yield _group([latest], [beside(latest.slug, "limit", "cpu_s", 0.7)], LATEST)
    yield _group([Case(Dataset(SIZES[sizes.several]))])


def _many_views(size: str) -> Group:
    """Twenty views in one training set, over one table and over a table each, beside one view."""
    one = Case(Dataset(SIZES[size]), view_count=1, table_count=1)
    cases = [replace(one, view_count=MANY), replace(one, view_count=MANY, table_count=MANY)]
    bounds = {"cpu_s": MANY, "wall_s": MANY, "beyond_bytes": 1.3}
    promised = (
        across(case.slug, one.slug, figure, bound)
        for case in cases
        for figure, bound in bounds.items()
    )
    return _group([one, *cases], promised)


def _wide(size: str) -> Group:
    data = Dataset(SIZES[size])
    return _group([Case(data), Case(data, feature_count=3)])


def _large(size: str) -> Group:
    """A streaming consumer, whose peak holds no result; once with a budget."""
    case = Case(Dataset(SIZES[size]), consumer=Consumer.STREAM)
    held = replace(case, budget_mib=BUDGET_MIB)
    promised = [in_memory(case.slug), in_memory(held.slug), in_budget(held.slug)]
    group = _group([case], promised, STREAMING)
    return replace(group, entries=(*group.entries, Entry(held, ("icefield",))))


def _feast(size: str) -> Group:
    case = Case(Dataset(SIZES[size]))
    return _group([case], [times_better(case.slug, "feast_iceberg", "cpu_s", 15)], FEAST)
