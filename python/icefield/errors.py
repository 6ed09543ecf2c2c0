"""Exceptions: one class for each outcome a caller can act on, each also a Python builtin."""

from __future__ import annotations


class IcefieldError(Exception):
    """Any failure of Icefield. The message names the object and says what to do."""


class InvalidArgumentError(IcefieldError, ValueError):
    """The input is wrong; change it."""


class NotFoundError(IcefieldError, LookupError):
    """The named object does not exist."""


class AlreadyExistsError(IcefieldError, FileExistsError):
    """The named object exists and must not."""


class ConflictError(IcefieldError):
    """Somebody else changed the object first; reload and try again."""


class CommitUnknownError(IcefieldError):
    """The outcome of a commit is not known; read back before trying again."""


class CorruptDataError(IcefieldError, ValueError):
    """Bytes are not what their format demands."""


class UnsupportedError(IcefieldError, NotImplementedError):
    """The format allows it, Icefield does not do it."""


class UnavailableError(IcefieldError, ConnectionError):
    """A passing fault; try again later."""


class DeadlineExceededError(IcefieldError, TimeoutError):
    """It took longer than allowed."""


class PermissionDeniedError(IcefieldError, PermissionError):
    """The system refuses access."""


class ResourceExhaustedError(IcefieldError, MemoryError):
    """Memory, disk or a set limit ran out."""


class CancelledError(IcefieldError):
    """The caller asked to stop."""


class InternalError(IcefieldError, RuntimeError):
    """A fault of Icefield itself; please report it."""
