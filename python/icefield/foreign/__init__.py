"""Tables of pyiceberg's catalogs: Icefield writes the files, the catalog object commits."""

from __future__ import annotations

import json
from typing import Any

from icefield.errors import (
    CommitUnknownError,
    ConflictError,
    IcefieldError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)


class ForeignCatalog:
    """One table of a pyiceberg catalog, as the engine asks for it.

    Its errors are Icefield's: a commit that lost is a ConflictError, one whose outcome the catalog
    does not know a CommitUnknownError.
    """

    def __init__(self, table: Any) -> None:
        if not hasattr(table, "catalog") or not hasattr(table, "metadata_location"):
            raise InvalidArgumentError(
                f"{type(table).__name__} is no pyiceberg Table: give what catalog.load_table() gave"
            )
        self._table = table

    def load(self) -> str:
        """The location of the table's metadata as the catalog has it now."""
        from pyiceberg import exceptions

        try:
            self._table = self._table.catalog.load_table(self._table.name())
        except (exceptions.NoSuchTableError, exceptions.NoSuchNamespaceError) as error:
            raise NotFoundError(str(error)) from error
        except exceptions.ForbiddenError as error:
            raise PermissionDeniedError(str(error)) from error
        except Exception as error:
            raise UnavailableError(f"the catalog did not give the table: {error}") from error
        return str(self._table.metadata_location)

    def commit(self, change: str) -> str:
        """Commit a change in the REST protocol's JSON; the new metadata location."""
        from pyiceberg import exceptions

        requirements, updates = _parts(change)
        try:
            response = self._table.catalog.commit_table(self._table, requirements, updates)
        except exceptions.CommitFailedException as error:
            raise ConflictError(str(error)) from error
        except exceptions.CommitStateUnknownException as error:
            raise CommitUnknownError(str(error)) from error
        except (exceptions.NoSuchTableError, exceptions.NoSuchNamespaceError) as error:
            raise NotFoundError(str(error)) from error
        except exceptions.ForbiddenError as error:
            raise PermissionDeniedError(str(error)) from error
        except (exceptions.ValidationError, ValueError, TypeError) as error:
            raise InvalidArgumentError(f"the catalog refuses the change: {error}") from error
        except IcefieldError:
            raise
        except Exception as error:
            raise CommitUnknownError(f"{type(error).__name__}: {error}") from error
        return str(response.metadata_location)


def _parts(change: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The change as pyiceberg's own values."""
    from pydantic import TypeAdapter
    from pyiceberg.table.update import TableRequirement, TableUpdate

    parts = json.loads(change)
    return (
        tuple(TypeAdapter(list[TableRequirement]).validate_python(parts["requirements"])),
        tuple(TypeAdapter(list[TableUpdate]).validate_python(parts["updates"])),
    )
