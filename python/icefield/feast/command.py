"""`icefield feast ...`: the commands about Feast repositories."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from feast.errors import FeastError

from icefield import errors
from icefield.errors import IcefieldError

_HELP = """\
usage: icefield feast compare [options]

Commands:
  compare    Ask a repository's offline store and Icefield for the same training set, and show every
             cell that differs, and why (icefield feast compare --help)
"""
# The part of the engine's table of errors (docs/errors.md) that these commands can end with.
_EXIT_CODES: dict[type[IcefieldError], int] = {
    errors.InvalidArgumentError: 2,
    errors.NotFoundError: 3,
    errors.AlreadyExistsError: 4,
    errors.ConflictError: 5,
    errors.CommitUnknownError: 6,
    errors.CorruptDataError: 7,
    errors.UnsupportedError: 8,
    errors.UnavailableError: 9,
    errors.PermissionDeniedError: 11,
    errors.ResourceExhaustedError: 12,
}
_WRONG_ARGUMENTS, _FAULT, _INTERRUPTED = 2, 70, 130
"""A fault has a code of its own here: 1 says that something differs."""


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code. Errors are one sentence on standard error."""
    if argv[:1] != ["compare"]:
        wanted_help = not argv or argv[0] in ("-h", "--help", "help")
        print(_HELP, end="", file=sys.stdout if wanted_help else sys.stderr)
        return 0 if wanted_help else _WRONG_ARGUMENTS
    from icefield.feast import compare

    try:
        return compare.main(argv[1:])
    except IcefieldError as error:
        print(f"icefield feast compare: {error}", file=sys.stderr)
        kinds = [code for kind, code in _EXIT_CODES.items() if isinstance(error, kind)]
        return kinds[0] if kinds else _FAULT
    except (FeastError, OSError, ValueError) as error:
        print(f"icefield feast compare: {type(error).__name__}: {error}", file=sys.stderr)
        return _WRONG_ARGUMENTS
    except Exception:
        traceback.print_exc()
        print("icefield feast compare: a fault of icefield, please report it", file=sys.stderr)
        return _FAULT
    except KeyboardInterrupt:
        print("\nicefield feast compare: interrupted", file=sys.stderr)
        return _INTERRUPTED
