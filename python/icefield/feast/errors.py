"""The plug-in's errors for which Feast has no type; each is a FeastError and a Python builtin."""

from feast.errors import FeastError

_QUERY_SHOWN = 500


class NotYetSupportedError(FeastError, NotImplementedError):
    """Feast's interface asks for something that this version of the plug-in does not do."""


class SourceMismatchError(FeastError, ValueError):
    """A data source, or a view over it, says something that its table or its store contradicts."""


class EntityQueryError(FeastError, ValueError):
    """The query that is to give the entity frame fails; has the message of DuckDB."""

    def __init__(self, query: str, message: str) -> None:
        shown = query if len(query) <= _QUERY_SHOWN else f"{query[:_QUERY_SHOWN]}..."
        super().__init__(f"the entity_df query failed: {message}\nThe query: {shown}")


class EngineError(FeastError, RuntimeError):
    """The engine "duckdb" fails while it works: memory, disk, a file that cannot be read."""
