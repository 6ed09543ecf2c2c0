"""The `icefield` command: the demo and `feast` run here, everything else in the native program.

The native program lies beside this file as `icefield-native` and takes over this process, so its
exit code, its signals and its standard streams are the command's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

_NATIVE = Path(__file__).resolve().with_name("icefield-native")
_NOT_FOUND = 3
_DEMO_HELP = """
Commands in Python:
  demo                        Real flights in Iceberg tables, a Feast training set out of them,
                              a picture, and one row proved by hand (icefield demo --help)
  feast compare               A Feast repository's offline store beside Icefield: every cell that
                              differs, and why; time and memory (icefield feast compare --help)"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a native command never returns."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["demo"]:
        from icefield import demo

        return demo.main(arguments[1:])
    if arguments[:1] == ["feast"]:
        return _feast(arguments[1:])
    if not os.access(_NATIVE, os.X_OK):
        print(
            f"icefield: the native program {_NATIVE} is missing; in a checkout build it with "
            "`make build`, elsewhere install Icefield again (`pip install .`)",
            file=sys.stderr,
        )
        return _NOT_FOUND
    if arguments in ([], ["-h"], ["--help"], ["help"]):
        return _help()
    return _become_native(arguments)


def _feast(arguments: Sequence[str]) -> int:
    try:
        from icefield.feast import command
    except ImportError as error:
        print(
            f"icefield feast: {error}. This command needs Feast: pip install 'icefield[feast]'",
            file=sys.stderr,
        )
        return _NOT_FOUND
    return command.main(arguments)


def _become_native(arguments: Sequence[str]) -> NoReturn:
    if sys.stdout is not None:  # It is closed: the program says so.
        sys.stdout.flush()
    os.execv(_NATIVE, ["icefield", *arguments])


def _help() -> int:
    """Print the native program's help, and the commands that it does not know."""
    code = subprocess.run([_NATIVE, "--help"], check=False).returncode
    print(_DEMO_HELP)
    return code
