"""The text form of a case (README.md describes it): `parse_case` and `format_case`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

import pyarrow as pa

from tests.pit import values
from tests.pit.model import (
    Case,
    Change,
    Column,
    Commit,
    DeleteEqual,
    DeletePositions,
    ErrorDef,
    FileDef,
    FrameDef,
    LatestDef,
    Row,
    TableDef,
    ViewDef,
    evolve,
)

Line = tuple[int, str]
_SECTIONS = ("case", "rules", "table", "view", "frame", "join", "latest", "error", "report")
_CHANGES = ("add", "drop", "rename", "promote", "repartition", "upgrade", "mark", "expire")
_CELL = re.compile(r'"(?:[^"\\]|\\.)*"|\||=>|[^"|=]+|=')


class CaseSyntaxError(ValueError):
    """The text is no case; the message names the line."""


def iceberg_arrow(column: Column) -> pa.DataType:
    """The Arrow type that stands for a column of a table."""
    return values.output_type(values.iceberg_type(column.type))


# --- reading --------------------------------------------------------------------------------------


def _cells(text: str) -> tuple[list[str], list[str]]:
    """The cells of `| a | b => c | d`, before and after the arrow; quoted text is left whole."""
    sides: list[list[str]] = [[""]]
    for token in _CELL.findall(text.strip().removeprefix("|")):
        if token == "=>":
            sides.append([""])
        elif token == "|":
            sides[-1].append("")
        else:
            sides[-1][-1] += token
    left, right = sides if len(sides) == 2 else (sides[0], [])
    return [c.strip() for c in left], [c.strip() for c in right if c.strip() or len(right) > 1]


def _columns(cells: list[str]) -> list[Column]:
    return [Column(*(part.strip() for part in cell.split(":", 1))) for cell in cells if cell]


def _row(cells: list[str], kinds: Sequence[pa.DataType]) -> Row:
    if len(cells) != len(kinds):
        raise ValueError(f"{len(cells)} cells for {len(kinds)} columns")
    return [values.parse_value(cell, kind) for cell, kind in zip(cells, kinds, strict=True)]


def _option(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise ValueError(f"not understood: {text!r}")
    return name.strip(), value.strip()


def _pairs(text: str, word: str) -> list[tuple[str, str]]:
    """`a, b as c` as [(a, a), (b, c)]."""
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        left, _, right = part.partition(f" {word} ")
        pairs.append((left.strip(), right.strip() or left.strip()))
    return pairs


class _TableReader:
    def __init__(self, name: str) -> None:
        self.table = TableDef(name, [])
        self.columns: list[Column] = []
        self.commit: Commit | None = None
        self.rows: tuple[list[Row], list[pa.DataType]] | None = None
        self.files = 0

    def read(self, text: str) -> None:
        verb, _, rest = text.partition(" ")
        if verb == "columns":
            self.columns = self.table.columns = _columns(_cells(rest)[0])
        elif text.startswith("|"):
            if self.rows is None:
                raise ValueError("rows before any `file` or `delete`")
            rows, kinds = self.rows
            rows.append(_row(_cells(text)[0], kinds))
        elif verb == "file":
            self.file(rest)
        elif verb == "delete":
            self.delete(rest)
        elif verb == "remove":
            self.current().removed += [name.strip() for name in rest.split(",")]
        elif verb == "commit":
            self.commit = self.rows = None
        elif verb == "at":
            self.current().at = values.parse_instant(rest)
        elif verb in _CHANGES:
            self.change(verb, rest)
        else:
            self.option(*_option(text))

    def current(self) -> Commit:
        """The commit that is being read, begun if there is none."""
        if self.commit is None:
            self.commit = Commit([])
            self.table.steps.append(self.commit)
            self.rows = None
        return self.commit

    def file(self, rest: str) -> None:
        name, _, stored = rest.partition("with ")
        self.files += 1
        columns = tuple(column.strip() for column in stored.split(",") if column)
        file = FileDef(name.strip() or f"f{self.files:03}", [], columns)
        self.current().files.append(file)
        self.rows = file.rows, [*map(iceberg_arrow, self.columns), *[pa.int64() for _ in columns]]

    def delete(self, rest: str) -> None:
        deletes = self.current().deletes
        if not rest.startswith("|"):
            name, positions = _option(rest)
            deletes.append(DeletePositions(name, [int(at) for at in positions.split(",")]))
            return
        kinds = {column.name: iceberg_arrow(column) for column in self.columns}
        delete = DeleteEqual(tuple(_cells(rest)[0]), [])
        deletes.append(delete)
        self.rows = delete.rows, [kinds[name] for name in delete.columns]

    def change(self, verb: str, rest: str) -> None:
        separator = "->" if verb == "rename" else ":"
        subject, _, to = rest.partition(separator)
        if verb == "repartition":
            subject, to = rest, ""
        change = Change(verb, subject.strip(), to.strip())
        self.columns = evolve(self.columns, change)
        self.table.steps.append(change)
        self.commit = self.rows = None

    def option(self, name: str, value: str) -> None:
        if name == "partition":
            self.table.partition = value
        elif name == "format-version":
            self.table.format_version = int(value)
        elif name == "row-ids":
            self.table.row_ids = value
        elif name.startswith("property "):
            self.table.properties[name.removeprefix("property ").strip()] = value
        else:
            raise ValueError(f"a table has no option {name!r}")


def _read_view(view: ViewDef, name: str, value: str) -> None:
    match name:
        case "table" | "time" | "created":
            setattr(view, name, value)
        case "keys":
            view.keys = _pairs(value, "->")
        case "features":
            view.features = _pairs(value, "as")
        case "ttl":
            view.ttl_ns = None if value == "none" else values.parse_span(value)
        case "snapshot" | "ref" | "as_of":
            view.pin = (name, value)
        case _:
            raise ValueError(f"a view has no option {name!r}")


class _CaseReader:
    """Reads section after section; every section is one method `_read_<section>`."""

    def __init__(self) -> None:
        self.case = Case("", [], [], [])
        self.target: Any = None
        self.frame_kinds: list[pa.DataType] = []

    def open(self, section: str, name: str) -> Callable[[str], None]:
        case = self.case
        match section:
            case "table":
                reader = _TableReader(name)
                case.tables.append(reader.table)
                return reader.read
            case "view":
                view = ViewDef(name, "", "")
                case.views.append(view)
                return lambda text: _read_view(view, *_option(text))
            case "frame":
                case.frame = FrameDef([], [])
                return self.read_frame
            case "join":
                return self.read_join
            case "latest":
                case.latest = LatestDef(name)
                return self.read_latest
            case "error":
                mentions: list[str] = []
                case.error = ErrorDef(name, mentions)
                return lambda text: mentions.append(_option(text)[1])
            case _:
                figures = case.reports.setdefault(name, {})
                return lambda text: self.read_figure(figures, *_option(text))

    def read_frame(self, text: str) -> None:
        frame = self.case.frame
        assert frame is not None
        if text.startswith("columns"):
            left, right = _cells(text.removeprefix("columns"))
            frame.columns, self.case.answer = _columns(left), _columns(right)
            if "=>" in text:
                self.case.expected = []
            self.frame_kinds = [values.arrow_type(column.type) for column in frame.columns]
        elif text.startswith("|"):
            left, right = _cells(text)
            frame.rows.append(_row(left, self.frame_kinds) if frame.columns else [])
            if self.case.expected is not None:
                self.case.expected.append(_row(right, self.answer_kinds()))
        else:
            self.read_frame_option(frame, *_option(text))

    @staticmethod
    def read_frame_option(frame: FrameDef, name: str, value: str) -> None:
        match name:
            case "library" | "time":
                setattr(frame, name, value)
            case "chunk":
                frame.chunk = int(value)
            case "start" | "end":
                setattr(frame, name, values.parse_instant(value))
            case "from" if value == "views":
                frame.made = True
            case _:
                raise ValueError(f"a frame has no option {name!r}")

    def answer_kinds(self) -> list[pa.DataType]:
        return [iceberg_arrow(column) for column in self.case.answer]

    def read_join(self, text: str) -> None:
        name, value = _option(text)
        if name not in ("full_feature_names", "created_cut", "commit_cut"):
            raise ValueError(f"a join has no option {name!r}")
        setattr(self.case, name, {"true": True, "false": False}.get(value, value))

    def read_latest(self, text: str) -> None:
        latest = self.case.latest
        assert latest is not None
        if text.startswith("columns"):
            self.case.answer = _columns(_cells(text.removeprefix("columns"))[0])
            self.case.expected = []
        elif text.startswith("|"):
            assert self.case.expected is not None
            self.case.expected.append(_row(_cells(text)[0], self.answer_kinds()))
        else:
            name, value = _option(text)
            bounds = {"start": latest.start, "end": latest.end}
            if name not in bounds:
                raise ValueError(f"latest has no option {name!r}")
            bounds[name] = values.parse_instant(value)
            self.case.latest = LatestDef(latest.view, **bounds)

    @staticmethod
    def read_figure(figures: dict[str, int | str], name: str, value: str) -> None:
        figures[name] = int(value) if re.fullmatch(r"-?\d+", value) else value


def _lines(text: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.rstrip()


def parse_case(text: str, source: str = "case") -> Case:
    """The case in `text`. Raises CaseSyntaxError, naming `source` and the line."""
    reader = _CaseReader()
    read: Callable[[str], None] | None = None
    for number, line in _lines(text):
        try:
            if line[0].isspace():
                if read is None:
                    raise ValueError("an indented line outside a section")
                read(line.strip())
                continue
            section, _, name = line.partition(":" if line.startswith(("case:", "rules:")) else " ")
            if section not in _SECTIONS:
                raise ValueError(f"unknown section {section!r}")
            if section == "case":
                reader.case.title = name.strip()
            elif section == "rules":
                reader.case.rules = [rule.strip() for rule in name.split(",")]
            else:
                read = reader.open(section, name.strip())
        except (ValueError, KeyError) as error:
            raise CaseSyntaxError(f"{source}:{number}: {error}") from error
    return reader.case


# --- writing --------------------------------------------------------------------------------------

_MARGIN = " " * len("  columns")


def _widths(rows: Iterable[list[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _bars(row: list[str], widths: list[int], arrow_at: int | None = None) -> str:
    """The cells behind aligned bars; those from `arrow_at` on stand behind `=>`."""
    line = ""
    for at, (text, width) in enumerate(zip(row, widths, strict=True)):
        line += (" => " if at == arrow_at else " | ") + text.ljust(width)
    return (line + " =>" if arrow_at == len(row) else line).rstrip()


def _aligned(rows: list[list[str]], arrow_at: int | None = None) -> list[str]:
    """A header and its rows as lines."""
    header, *others = (_bars(row, _widths(rows), arrow_at) for row in rows)
    return [f"  columns{header}", *(_MARGIN + line for line in others)]


def _header(columns: list[Column]) -> list[str]:
    return [f"{column.name}: {column.type}" for column in columns]


def _texts(row: Row, kinds: Sequence[pa.DataType]) -> list[str]:
    return [values.format_value(value, kind) for value, kind in zip(row, kinds, strict=True)]


def _format_table(table: TableDef) -> Iterator[str]:
    columns = table.columns
    widths = _widths([_header(columns), *_texts_until_change(table.steps, columns)])
    yield f"table {table.name}"
    yield "  columns" + _bars(_header(columns), widths)
    if table.format_version != 2:
        yield f"  format-version: {table.format_version}"
    if table.partition:
        yield f"  partition: {table.partition}"
    if table.row_ids != "all":
        yield f"  row-ids: {table.row_ids}"
    for name, value in table.properties.items():
        yield f"  property {name}: {value}"
    commit_before = False
    for at, step in enumerate(table.steps):
        if isinstance(step, Change):
            arrow = " -> " if step.verb == "rename" else ": "
            yield f"  {step.verb} {step.subject}" + (f"{arrow}{step.to}" if step.to else "")
            columns, commit_before = evolve(columns, step), False
            rows = _texts_until_change(table.steps[at + 1 :], columns)
            widths = _widths(rows) if rows else widths
            continue
        if commit_before:
            yield "  commit"
        commit_before = True
        yield from _format_commit(step, columns, widths)


def _format_commit(commit: Commit, columns: list[Column], widths: list[int]) -> Iterator[str]:
    if commit.at is not None:
        yield f"  at {values.format_instant(commit.at)}"
    if commit.removed:
        yield f"  remove {', '.join(commit.removed)}"
    for file in commit.files:
        yield f"  file {file.name}" + (f" with {', '.join(file.stored)}" if file.stored else "")
        texts = _file_texts(file, columns)
        stored = [
            [str(cell).replace("None", "null") for cell in r[len(columns) :]] for r in file.rows
        ]
        of_stored = _widths([["null"] * len(file.stored), *stored])
        for text, cells in zip(texts, stored, strict=True):
            yield _MARGIN + _bars(text + cells, widths + of_stored)
    for delete in commit.deletes:
        if isinstance(delete, DeletePositions):
            yield f"  delete {delete.file}: {', '.join(map(str, delete.positions))}"
            continue
        kinds = {column.name: iceberg_arrow(column) for column in columns}
        lines = [_texts(row, [kinds[name] for name in delete.columns]) for row in delete.rows]
        of_keys = _widths([list(delete.columns), *lines])
        yield "  delete" + _bars(list(delete.columns), of_keys)
        yield from ("  " + " " * len("delete") + _bars(line, of_keys) for line in lines)


def _file_texts(file: FileDef, columns: list[Column]) -> list[list[str]]:
    kinds = [iceberg_arrow(column) for column in columns]
    return [_texts(row[: len(kinds)], kinds) for row in file.rows]


def _texts_until_change(steps: list[Commit | Change], columns: list[Column]) -> list[list[str]]:
    """The texts of all rows written before the next change: they share their widths."""
    commits = takewhile(lambda step: isinstance(step, Commit), steps)
    files = (file for step in commits if isinstance(step, Commit) for file in step.files)
    return [row for file in files for row in _file_texts(file, columns)]


def _format_pairs(pairs: list[tuple[str, str]], word: str) -> str:
    return ", ".join(left if left == right else f"{left} {word} {right}" for left, right in pairs)


def _format_view(view: ViewDef) -> Iterator[str]:
    yield f"view {view.name}"
    yield f"  table: {view.table}"
    if view.keys:
        yield f"  keys: {_format_pairs(view.keys, '->')}"
    yield f"  time: {view.time}"
    if view.created:
        yield f"  created: {view.created}"
    if view.ttl_ns is not None:
        yield f"  ttl: {values.format_span(view.ttl_ns)}"
    if view.features is not None:
        yield f"  features: {_format_pairs(view.features, 'as')}"
    if view.pin:
        yield f"  {view.pin[0]}: {view.pin[1]}"


def _format_frame(case: Case, frame: FrameDef) -> Iterator[str]:
    yield "frame"
    if frame.made:
        yield "  from: views"
    for name, bound in (("start", frame.start), ("end", frame.end)):
        if bound is not None:
            yield f"  {name}: {values.format_instant(bound)}"
    if frame.library != "pyarrow":
        yield f"  library: {frame.library}"
    if frame.chunk is not None:
        yield f"  chunk: {frame.chunk}"
    if frame.time != "event_timestamp":
        yield f"  time: {frame.time}"
    kinds = [values.arrow_type(column.type) for column in frame.columns]
    columns = case.answer if case.expected is not None else []
    if not frame.columns:
        return
    lines = [_header(frame.columns) + _header(columns)]
    answer_kinds = [iceberg_arrow(column) for column in columns]
    expected = case.expected if case.expected is not None else [[] for _ in frame.rows]
    for row, answer in zip(frame.rows, expected, strict=True):
        lines.append(_texts(row, kinds) + _texts(answer, answer_kinds))
    yield from _aligned(lines, len(frame.columns) if case.expected is not None else None)


def _format_latest(case: Case, latest: LatestDef) -> Iterator[str]:
    yield f"latest {latest.view}"
    for name, bound in (("start", latest.start), ("end", latest.end)):
        if bound is not None:
            yield f"  {name}: {values.format_instant(bound)}"
    kinds = [iceberg_arrow(column) for column in case.answer]
    rows = [_texts(row, kinds) for row in case.expected or []]
    yield from _aligned([_header(case.answer), *rows])


def _blocks(case: Case) -> Iterator[Iterator[str]]:
    yield iter([f"case: {case.title}", f"rules: {', '.join(case.rules)}"])
    yield from map(_format_table, case.tables)
    yield from map(_format_view, case.views)
    if case.frame:
        yield _format_frame(case, case.frame)
    options = {
        "full_feature_names": case.full_feature_names,
        "created_cut": case.created_cut,
        "commit_cut": case.commit_cut,
    }
    chosen = [f"  {name}: {str(value).lower()}" for name, value in options.items() if value]
    if chosen:
        yield iter(["join", *chosen])
    if case.latest:
        yield _format_latest(case, case.latest)
    if case.error:
        yield iter([f"error {case.error.kind}", *(f"  mentions: {m}" for m in case.error.mentions)])
    for view, figures in case.reports.items():
        yield iter([f"report {view}", *(f"  {name}: {value}" for name, value in figures.items())])


def format_case(case: Case) -> str:
    """The case as text that `parse_case` reads back as the same case."""
    return "\n\n".join("\n".join(block) for block in _blocks(case)) + "\n"
