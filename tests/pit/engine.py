"""Runs a case in the engine, in one mode, and compares the answer cell for cell."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

import icefield
from tests.pit import values
from tests.pit.frames import native_frame, seen_frame
from tests.pit.model import Case, Column, Row, ViewDef
from tests.pit.oracle import reference_hits
from tests.pit.tables import Warehouse, WrittenTable


@dataclass(frozen=True)
class Mode:
    """How the engine is told to work; no answer depends on it."""

    batch_size: int
    threads: int
    pass_rows: int | None = None
    """Entity rows that are joined at once; the frame is longer."""
    held_size: int | None = None
    """Bytes of features in memory; there are more."""

    def options(self) -> icefield.ReadOptions:
        return icefield.ReadOptions(threads=self.threads, batch_size=self.batch_size)

    def budget(self) -> icefield.MemoryBudget:
        return icefield.MemoryBudget(pass_rows=self.pass_rows, held_size=self.held_size)


MODES = [
    *(Mode(batch_size, threads) for batch_size in (1, 2, 7, 65_536) for threads in (1, 4)),
    Mode(2, 4, held_size=1),
    Mode(65_536, 1, pass_rows=2),
    Mode(7, 4, pass_rows=1, held_size=1),
]


def open_table(warehouse: Warehouse, written: WrittenTable, way: str) -> Any:
    """The table by the engine's catalog, by its metadata path, or pyiceberg's own object."""
    if way == "pyiceberg":
        return written.table
    if way == "path":
        return icefield.load_table(written.table.metadata_location)
    catalog = icefield.load_catalog(
        "default", type="sql", uri=warehouse.uri, warehouse=warehouse.location
    )
    return catalog.load_table(".".join(written.table.name()))


def _timedelta(span_ns: int) -> dt.timedelta:
    return dt.timedelta(microseconds=span_ns // 1000)


def _datetime(instant_ns: int) -> dt.datetime:
    return values.EPOCH + _timedelta(instant_ns)


def _same_or_pair(pair: tuple[str, str]) -> str | tuple[str, str]:
    return pair[0] if pair[0] == pair[1] else pair


def _pin(view: ViewDef, written: WrittenTable) -> dict[str, Any]:
    match view.pin:
        case None:
            return {}
        case ("snapshot", mark):
            return {"snapshot_id": written.snapshots[mark]}
        case ("as_of", mark):
            return {"as_of": _datetime(written.timestamp_ms(mark) * 1_000_000)}
        case (_, mark):
            return {"ref": mark}


def feature_view(view: ViewDef, written: WrittenTable, table: Any) -> icefield.FeatureView:
    """The view as the engine's own object."""
    return icefield.FeatureView(
        view.name,
        table,
        join_keys=[_same_or_pair(pair) for pair in view.keys],
        timestamp_field=view.time,
        created_timestamp_column=view.created,
        ttl=None if view.ttl_ns is None else _timedelta(view.ttl_ns),
        features=None if view.features is None else [_same_or_pair(p) for p in view.features],
        **_pin(view, written),
    )


class Engine:
    """A case over written tables, opened once and run in many modes."""

    def __init__(
        self, case: Case, warehouse: Warehouse, tables: Mapping[str, WrittenTable], way: str
    ) -> None:
        self.case = case
        self.tables = tables
        self.frame = seen_frame(case.frame) if case.frame else None
        self.opened = {n: open_table(warehouse, written, way) for n, written in tables.items()}

    @cached_property
    def hits(self) -> dict[str, int]:
        """How many entity rows have a winner, by view, as the reference counts them."""
        assert self.frame is not None, "`latest` has no hits"
        return reference_hits(self.case, self.tables, self.frame)

    def views(self) -> list[icefield.FeatureView]:
        return [
            feature_view(view, self.tables[view.table], self.opened[view.table])
            for view in self.case.views
        ]

    def start(self, mode: Mode) -> icefield.TrainingSet:
        """The call of the case; its answer is not read yet."""
        case = self.case
        if case.latest is not None:
            view = next(view for view in self.views() if view.name == case.latest.view)
            start, end = case.latest.start, case.latest.end
            return icefield.latest(
                view,
                start=None if start is None else _datetime(start),
                end=None if end is None else _datetime(end),
                options=mode.options(),
                memory_budget=mode.budget(),
            )
        assert case.frame is not None
        start, end = case.frame.start, case.frame.end
        return icefield.point_in_time_join(
            None if case.frame.made else native_frame(case.frame),
            self.views(),
            entity_timestamp=case.frame.time,
            full_feature_names=case.full_feature_names,
            created_cut=case.created_cut,
            commit_cut=case.commit_cut,
            start=None if start is None else _datetime(start),
            end=None if end is None else _datetime(end),
            options=mode.options(),
            memory_budget=mode.budget(),
        )

    def problems(self, mode: Mode, *, places: bool = True) -> list[str]:
        """What is wrong with the answer in this mode; empty when it is right.

        `places` says that files are those of the case: then figures on misses must hold too.
        """
        case = self.case
        if case.error is not None:
            return list(self._error_problems(mode))
        training_set = self.start(mode)
        answer = training_set.to_arrow()
        if answer.schema != training_set.schema:
            return [f"schema promised {training_set.schema}, given {answer.schema}"]
        if case.latest is not None:
            return list(_latest_problems(case, answer))
        frame = self.frame
        assert frame is not None, "a case without `latest` has a frame"
        problems = list(_join_problems(case, frame, answer))
        problems += self._snapshot_problems(training_set.snapshots)
        report = training_set.report()
        assert case.frame is not None
        if (report["frame"] is not None) != case.frame.made:
            problems.append(f"report: frame {report['frame']}")
        for view in report["views"]:
            problems += _figure_problems(view, self.hits[view["view"]], frame.num_rows)
            expected = case.reports.get(view["view"], {})
            moved = not places or mode.pass_rows is not None
            problems += _named_figure_problems(view, expected, places=not moved)
        passes = -(-frame.num_rows // (mode.pass_rows or frame.num_rows or 1)) or 1
        if report["passes"] != passes:
            problems.append(f"report: {report['passes']} passes, expected {passes}")
        if report["rows"] != frame.num_rows:
            problems.append(f"report: rows {report['rows']}, expected {frame.num_rows}")
        return problems

    def _error_problems(self, mode: Mode) -> Iterator[str]:
        error = self.case.error
        assert error is not None
        kinds = tuple(
            getattr(icefield.errors, f"{kind.strip()}Error") for kind in error.kind.split(" or ")
        )
        try:
            answer = self.start(mode).to_arrow()
        except kinds as raised:
            message = str(raised)
            for mention in error.mentions:
                if mention not in message:
                    yield f"the message does not mention {mention!r}: {message}"
        except Exception as raised:
            yield f"{type(raised).__name__} instead of {error.kind}: {raised}"
        else:
            yield f"no error, expected {error.kind}; the answer was\n{answer}"

    def _snapshot_problems(self, snapshots: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        for view in self.case.views:
            written = self.tables[view.table]
            current = written.table.current_snapshot()
            expected = current.snapshot_id if current else None
            if view.pin:
                expected = written.snapshots[view.pin[1]]
            given = snapshots[view.name]["snapshot_id"]
            if given != expected:
                yield f"view {view.name}: snapshot {given}, expected {expected}"


def _differences(name: str, given: Sequence[Any], expected: Sequence[Any]) -> Iterator[str]:
    for row, (left, right) in enumerate(zip(given, expected, strict=True)):
        if values.cell(left) != values.cell(right):
            yield f"column {name!r}, row {row}: {left!r}, expected {right!r}"


def expected_names(case: Case, frame: pa.Table) -> list[str]:
    """The names of all columns of the answer."""
    return [*frame.column_names, *(column.name for column in case.answer)]


def _join_problems(case: Case, frame: pa.Table, answer: pa.Table) -> Iterator[str]:
    names = expected_names(case, frame)
    if answer.column_names != names:
        yield f"columns {answer.column_names}, expected {names}"
        return
    if answer.num_rows != frame.num_rows:
        yield f"{answer.num_rows} rows, expected {frame.num_rows}"
        return
    for name in frame.column_names:
        given, expected = answer[name], frame[name]
        if given.type != expected.type:
            yield f"column {name!r} of the frame: {given.type}, expected {expected.type}"
        yield from _differences(name, values.plain_column(given), values.plain_column(expected))
    assert case.expected is not None
    for at, column in enumerate(case.answer):
        given = answer.column(frame.num_columns + at)
        yield from _type_problems(column, given)
        expected = [row[at] for row in case.expected]
        yield from _differences(column.name, values.plain_column(given), expected)


def _type_problems(column: Column, given: pa.ChunkedArray) -> Iterator[str]:
    kind = values.output_type(values.iceberg_type(column.type))
    if given.type != kind:
        yield f"column {column.name!r}: {given.type}, expected {kind}"


def _latest_problems(case: Case, answer: pa.Table) -> Iterator[str]:
    missing = [column.name for column in case.answer if column.name not in answer.column_names]
    if missing:
        yield f"columns {missing} missing in {answer.column_names}"
        return
    for column in case.answer:
        yield from _type_problems(column, answer[column.name])
    columns = [values.plain_column(answer[column.name]) for column in case.answer]
    given = _bag(list(row) for row in zip(*columns, strict=True))
    expected = _bag(case.expected or [])
    for row in (given - expected).elements():
        yield f"row {row} is not expected"
    for row in (expected - given).elements():
        yield f"row {row} is missing"


def _bag(rows: Iterator[Row] | list[Row]) -> Counter[Any]:
    return Counter(values.cell(row) for row in rows)


def _figure_problems(view: Mapping[str, Any], hits: int, rows: int) -> Iterator[str]:
    if view["hits"] != hits:
        yield f"report of {view['view']}: hits {view['hits']}, expected {hits}"
    misses = sum(view["misses"].values())
    if view["hits"] + misses != rows:
        yield f"report of {view['view']}: {view['hits']} hits and {misses} misses of {rows} rows"


_BY_PLACE = ("key_absent", "only_later_rows", "expired", "cut", "rows_seen", "files_planned")
"""Figures that pruning may change when rows lie in other files, or for a part of the frame."""


def _named_figure_problems(
    view: Mapping[str, Any], expected: Mapping[str, int | str], *, places: bool
) -> Iterator[str]:
    figures = {**view, **view["misses"]}
    for feature, nulls in view["null_values"].items():
        figures[f"null_values {feature}"] = nulls
    for name, value in expected.items():
        if name in _BY_PLACE and not places:
            continue
        if figures[name] != value:
            yield f"report of {view['view']}: {name} {figures[name]!r}, expected {value!r}"
