"""Changing a table's columns: one commit of several steps."""

from __future__ import annotations

import json
from types import TracebackType
from typing import TYPE_CHECKING, Any

from icefield import _native
from icefield.foreign.schemas import schema_argument, type_argument

if TYPE_CHECKING:
    from icefield.table import Table


class UpdateSchema:
    """Steps that change columns, committed together; by the names of pyiceberg.

    Columns are named by dotted paths: "address.city", "trips.element.fare", "prices.value". As a
    context manager it commits at the end of the block, unless the block raised. Nothing that was
    written before becomes unreadable: what the specification does not allow is
    InvalidArgumentError, at the commit, and changes nothing.
    """

    def __init__(self, table: Table, allow_incompatible_changes: bool = False) -> None:
        self._table = table
        self._allow_incompatible = allow_incompatible_changes
        self._changes = _native.NativeSchemaChanges(table.format_version)

    def __enter__(self) -> UpdateSchema:
        return self

    def __exit__(
        self,
        raised: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if raised is None:
            self.commit()

    def add_column(
        self,
        path: str | tuple[str, ...],
        field_type: Any,
        doc: str | None = None,
        required: bool = False,
        default_value: Any = None,
    ) -> UpdateSchema:
        """Adds a column; the last part of the path is its name (a name with dots: a tuple).

        default_value (v3): what older rows have, and later ones where a writer leaves it out; a
        plain JSON value or a text in the specification's single-value form.
        """
        parts = path if isinstance(path, tuple) else tuple(path.rsplit(".", 1))
        default = "" if default_value is None else json.dumps(default_value)
        self._changes.add_column(
            ".".join(parts[:-1]), parts[-1], type_argument(field_type), required, doc or "", default
        )
        return self

    def delete_column(self, path: str) -> UpdateSchema:
        """Deletes a column; one of the same name that is added later is another column."""
        return self._step("delete", path)

    def rename_column(self, path_from: str, new_name: str) -> UpdateSchema:
        """Gives a column a new name; new_name is that of the field alone, not a path."""
        return self._step("rename", path_from, new_name)

    def update_column(
        self,
        path: str,
        field_type: Any = None,
        required: bool | None = None,
        doc: str | None = None,
    ) -> UpdateSchema:
        """Widens the type (int to long, float to double), makes optional, documents."""
        if field_type is not None:
            self._changes.change_type(path, type_argument(field_type))
        if required is not None:
            self._step("required" if required else "optional", path)
        if doc is not None:
            self._step("doc", path, doc)
        return self

    def make_column_optional(self, path: str) -> UpdateSchema:
        """Lets a column hold nulls."""
        return self._step("optional", path)

    def move_first(self, path: str) -> UpdateSchema:
        """Moves a column to the front of its struct."""
        return self._step("first", path)

    def move_before(self, path: str, before_path: str) -> UpdateSchema:
        """Moves a column before another of the same struct."""
        return self._step("before", path, before_path)

    def move_after(self, path: str, after_path: str) -> UpdateSchema:
        """Moves a column behind another of the same struct."""
        return self._step("after", path, after_path)

    def set_default_value(self, path: str, default_value: Any) -> UpdateSchema:
        """What later rows get where a writer leaves the column out (v3); None: nothing."""
        text = "" if default_value is None else json.dumps(default_value)
        return self._step("default", path, text)

    def union_by_name(self, new_schema: Any) -> UpdateSchema:
        """Adds the columns that only `new_schema` has, and widens types; deletes nothing."""
        self._changes.union_by_name(schema_argument(new_schema))
        return self

    def set_identifier_fields(self, *fields: str) -> UpdateSchema:
        """The columns that together identify a row."""
        self._changes.set_identifier_fields(list(fields))
        return self

    def commit(self) -> None:
        """Commits the steps now. ConflictError where others always came first."""
        self._table._native = self._changes.commit(self._table._native, self._allow_incompatible)

    def _step(self, step: str, path: str, value: str = "") -> UpdateSchema:
        self._changes.add_named(step, path, value)
        return self
