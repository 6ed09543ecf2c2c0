"""One form for every peer's answer, and the comparison cell for cell."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from bench.workload import CREATED_TIME, EVENT_TIME, ROW_ID, Case, Operation, output_name


def answer_columns(case: Case) -> tuple[str, ...]:
    """Columns of a right answer, in order."""
    keys = case.dataset.key_kind.columns
    if case.operation is Operation.LATEST:
        return (*keys, EVENT_TIME, CREATED_TIME, *case.views[0].features)
    features = (output_name(view.name, name) for view in case.views for name in view.features)
    return (ROW_ID, *keys, EVENT_TIME, *features)


def canonical(case: Case, answer: pa.Table, schema: pa.Schema | None = None) -> pa.Table:
    """The answer with its columns in order, of the given types, sorted by row id or by key.

    Engines name types differently (string views, time zones), so types are cast; a cast that
    would lose digits of an integer or a time raises.
    """
    answer = answer.select(list(answer_columns(case)))
    if schema is not None:
        answer = answer.cast(schema)
    by = (ROW_ID,) if case.operation is Operation.JOIN else case.dataset.key_kind.columns
    return answer.sort_by([(name, "ascending") for name in by]).combine_chunks()


def write_answer(answer: pa.Table, path: Path) -> None:
    """Keeps a canonical answer; no reader ever sees half of one."""
    part = path.with_suffix(".part")
    try:
        with pa.ipc.new_file(part, answer.schema) as writer:
            writer.write_table(answer)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def read_answer(path: Path) -> pa.Table:
    """An answer that `write_answer` kept."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def differences(case: Case, answer: pa.Table, reference: pa.Table) -> str | None:
    """None if every cell is equal, else what differs first and how often."""
    try:
        found = canonical(case, answer, reference.schema)
    except (KeyError, pa.ArrowInvalid) as error:
        return f"cannot be compared: {error}"
    if found.num_rows != reference.num_rows:
        return f"{found.num_rows} rows instead of {reference.num_rows}"
    wrong = []
    for name in reference.column_names:
        left, right = found.column(name), reference.column(name)
        if left.equals(right):
            continue
        same = pc.or_(
            pc.fill_null(pc.equal(left, right), False),
            pc.and_(pc.is_null(left), pc.is_null(right)),
        )
        unequal = pc.sum(pc.invert(same)).as_py()
        if unequal:
            first = pc.index(same, False).as_py()
            cells = f"{left[first].as_py()!r} instead of {right[first].as_py()!r}"
            wrong.append(f"{name}: {unequal} cells, first in sorted row {first} ({cells})")
    return "; ".join(wrong) or None
