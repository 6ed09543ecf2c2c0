"""A case and its written tables as the reference join takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

from tests.differential.reference import (
    Entity,
    FeatureRow,
    View,
    answers,
    latest,
    made_frame,
    training_rows,
)
from tests.pit import values
from tests.pit.history import History
from tests.pit.model import Case, Row, ViewDef
from tests.pit.tables import WrittenTable

Tables = Mapping[str, WrittenTable]


def _instant(value: Any, kind: pa.DataType) -> int | None:
    """A time of any type as an instant: text is parsed, a date is midnight (P10)."""
    if value is None:
        return None
    if values.is_text(kind):
        return values.parse_instant(value)
    return int(value) * (values.DAY_NS if pat.is_date(kind) else 1)


def _column_instant(column: str | None, written: WrittenTable) -> Callable[[Any], int | None]:
    if column is None:
        return lambda _: None
    kinds = {c.name: c.type for c in _all_columns(written)}
    return lambda value: _instant(value, kinds[column])


def _all_columns(written: WrittenTable) -> list[pa.Field]:
    """Columns of every schema the table ever had; a name keeps its kind of time for life here."""
    schemas = sorted(written.table.schemas().items())
    return [field for _, schema in schemas for field in values.write_schema(schema)]


def view_columns(view: ViewDef, past: History) -> list[str]:
    """The columns of the snapshot that the view reads, in the order of its schema."""
    return list(past.marks[view.pin[1]][1] if view.pin else past.schema)


def feature_pairs(view: ViewDef, columns: list[str]) -> list[tuple[str, str]]:
    """(column, output name) of the features asked for: all but keys and times by default."""
    if view.features is not None:
        return view.features
    taken = {column for column, _ in view.keys} | {view.time, view.created}
    return [(column, column) for column in columns if column not in taken]


def reference_view(view: ViewDef, written: WrittenTable, *, commit_cut: bool = False) -> View:
    """The view with the rows of the snapshot that it reads."""
    event = _column_instant(view.time, written)
    created = _column_instant(view.created, written)
    rows = [
        FeatureRow(
            _Nested(cells),
            event(cells[view.time]),
            created(cells[view.created]) if view.created else None,
            rank,
            committed,
        )
        for rank, committed, cells in written.rows(view.pin[1] if view.pin else None)
    ]
    pairs = feature_pairs(view, view_columns(view, written.past))
    names = [column for column, _ in pairs]
    return View(rows, view.keys, names, view.ttl_ns, view.created is not None, commit_cut)


class _Nested(dict[str, Any]):
    """A row whose missing names are looked up as dotted paths into its structs."""

    def __missing__(self, name: str) -> Any:
        if "." not in name:
            raise KeyError(name)
        value: Any = self
        for part in name.split("."):
            value = None if value is None else value[part]
        return value


def entities(case: Case, frame: pa.Table) -> list[Entity]:
    """The rows of the frame as the engine got them."""
    assert case.frame is not None
    columns = {name: values.plain_column(frame[name]) for name in frame.column_names}
    kind = frame.schema.field(case.frame.time).type
    if pat.is_dictionary(kind):
        kind = kind.value_type
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [Entity(row, _instant(row[case.frame.time], kind)) for row in rows]


def _views(case: Case, tables: Tables) -> list[View]:
    return [
        reference_view(view, tables[view.table], commit_cut=case.commit_cut) for view in case.views
    ]


def reference_frame(case: Case, tables: Tables) -> list[Row]:
    """The rows of the frame that the views of the case make (P14)."""
    assert case.frame is not None
    assert case.frame.end is not None, "without an end the frame ends at the time of the call"
    end = case.frame.end
    start = default_start(case.views, end) if case.frame.start is None else case.frame.start
    return [[*keys, time] for time, *keys in made_frame(_views(case, tables), start, end)]


def default_start(views: Sequence[ViewDef], end: int) -> int:
    """The start of a frame where none is given (P14)."""
    return end - (max(view.ttl_ns or 0 for view in views) or 30 * values.DAY_NS)


def reference_rows(case: Case, tables: Tables, frame: pa.Table | None) -> list[Row]:
    """What the reference join gives for the case: features, or the rows of `latest`."""
    if case.latest is not None:
        view = case.view(case.latest.view)
        reference = reference_view(view, tables[view.table])
        winners = latest(reference, case.latest.start, case.latest.end)
        return [[row.cells[column.name] for column in case.answer] for row in winners]
    assert frame is not None, "a case without `latest` has a frame"
    views = _views(case, tables)
    return training_rows(entities(case, frame), views, created_cut=bool(case.created_cut))


def reference_hits(case: Case, tables: Tables, frame: pa.Table) -> dict[str, int]:
    """How many entity rows have a winner, by view."""
    rows = entities(case, frame)
    hits = {}
    for view, reference in zip(case.views, _views(case, tables), strict=True):
        given = answers(reference, rows, created_cut=bool(case.created_cut))
        hits[view.name] = sum(answer.winner is not None for answer in given)
    return hits
