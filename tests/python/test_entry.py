"""The `icefield` command's Python part: what it hands to the native program, and what it keeps."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
from pathlib import Path
from icefield import cli
cli._NATIVE = Path(sys.argv[1])
sys.exit(cli.main(sys.argv[2:]))
"""


def run(native: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(native), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def native(tmp_path):
    """A stand-in for the native program: it says what it was given and ends with 7."""
    program = tmp_path / "icefield-native"
    program.write_text('#!/bin/sh\nprintf "native:"; printf " [%s]" "$@"; exit 7\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "arguments", [["table", "list", "--uri", "a b"], ["--version"], ["features", "get", "--help"]]
)
def test_a_native_command_gets_its_words_and_gives_its_exit_code(native, arguments):
    ended = run(native, *arguments)
    assert ended.stdout == "native:" + "".join(f" [{word}]" for word in arguments)
    assert ended.returncode == 7


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"], ["help"]])
def test_help_lists_the_native_commands_and_the_demo(native, arguments):
    ended = run(native, *arguments)
    assert ended.stdout.startswith("native: [--help]")
    assert "icefield demo --help" in ended.stdout


def test_without_the_native_program_one_sentence_says_what_to_do(tmp_path):
    ended = run(tmp_path / "absent", "table", "list")
    assert ended.returncode == 3
    assert "absent is missing" in ended.stderr
    assert "make build" in ended.stderr
    assert ended.stdout == ""


def test_the_demo_needs_no_native_program(tmp_path):
    ended = run(tmp_path / "absent", "demo", "--help")
    assert ended.returncode == 0
    assert "--folder" in ended.stdout
