"""The memory of tools/lint_cpp.py: what a verdict depends on, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import lint_cpp

COMMAND = (
    "/usr/bin/cmake -E env X=1 /usr/bin/ccache /usr/bin/c++ -O2 -fpch-preprocess -Isrc "
    "-Winvalid-pch -include build/cmake_pch.hxx -include own.h -o a.o -c src/a.cc"
)


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lint_cpp.Unit:
    monkeypatch.setattr(lint_cpp, "ROOT", tmp_path)
    (tmp_path / "src/base").mkdir(parents=True)
    (tmp_path / "src/a.cc").write_text('#include "base/b.h"\n#include <vector>\n')
    (tmp_path / "src/base/b.h").write_text('#include "c.h"\n')
    (tmp_path / "src/base/c.h").write_text('#include "base/b.h"\n')
    (tmp_path / "src/other.h").write_text("")
    return lint_cpp.Unit(tmp_path / "src/a.cc", str(tmp_path), ("c++", "-c", "src/a.cc"))


def test_launcher_and_precompiled_header_are_left_out() -> None:
    assert lint_cpp.clean_arguments(COMMAND) == (
        *("/usr/bin/c++", "-O2", "-Isrc", "-include", "own.h", "-o", "a.o", "-c", "src/a.cc"),
    )


@pytest.mark.parametrize("name", ["src/a.cc", "src/base/b.h", "src/base/c.h"])
def test_every_file_that_a_source_reaches_counts(unit: lint_cpp.Unit, name: str) -> None:
    before = lint_cpp.key_of(unit, b"")
    file = lint_cpp.ROOT / name
    file.write_text(file.read_text() + "// more\n")
    assert lint_cpp.key_of(unit, b"") != before


def test_other_files_do_not_count(unit: lint_cpp.Unit) -> None:
    before = lint_cpp.key_of(unit, b"")
    (lint_cpp.ROOT / "src/other.h").write_text("// more\n")
    assert lint_cpp.key_of(unit, b"") == before


def test_the_checks_and_the_command_count(unit: lint_cpp.Unit) -> None:
    other = lint_cpp.Unit(unit.path, unit.folder, (*unit.arguments, "-DX"))
    keys = {lint_cpp.key_of(unit, b""), lint_cpp.key_of(unit, b"x"), lint_cpp.key_of(other, b"")}
    assert len(keys) == 3
