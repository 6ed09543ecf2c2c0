"""The plug-in's errors for which Feast has no type; each is a FeastError and a Python builtin."""

from feast.errors import FeastError


class NotYetSupportedError(FeastError, NotImplementedError):
    """Feast's interface asks for something that this version of the plug-in does not do."""


class SourceMismatchError(FeastError, ValueError):
    """A data source, or a view over it, says something that its table or its store contradicts."""
