"""The files of the project and what a rule says about one of them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

CPP_SUFFIXES = (".cc", ".h")
TEXT_SUFFIXES = (
    *CPP_SUFFIXES,
    *(".py", ".pyi", ".sh", ".md", ".toml", ".txt", ".in", ".cmake", ".json", ".yaml", ".yml"),
    *(".case", ".cfg", ".ini"),
)
TEXT_NAMES = ("Makefile", "run", ".clang-format", ".clang-tidy", ".gitignore", ".editorconfig")


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of a rule.

    `where` names the object (a path, or a path and a name) and stays the same when lines move: the
    allow-list refers to it. `value` is the measured figure where the rule has a limit.
    """

    rule: str
    where: str
    message: str
    line: int = 0
    value: int = 0

    def __str__(self) -> str:
        """The finding as a compiler would print it."""
        path = self.where.split("::", 1)[0]
        return f"{path}:{self.line or 1}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class Source:
    """One text file: its path from the root, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.splitlines()

    @property
    def suffix(self) -> str:
        """The last suffix, with its dot."""
        return PurePosixPath(self.path).suffix

    @property
    def is_cpp(self) -> bool:
        """True for C++ sources and headers."""
        return self.suffix in CPP_SUFFIXES

    @property
    def is_python(self) -> bool:
        """True for Python modules, not for stubs."""
        return self.suffix == ".py"

    @property
    def is_test(self) -> bool:
        """True for tests, whether beside the source or under tests/."""
        name = PurePosixPath(self.path).stem
        return self.path.startswith("tests/") or name.endswith(("_test", "_testing"))

    def under(self, *folders: str) -> bool:
        """True if the file lies in or below one of these folders."""
        return any(self.path.startswith(f"{folder}/") for folder in folders)


# Tables as other programs left them, and the rows in them: data, not text of the project.
WRITTEN_BY_OTHERS = ("tests/golden/tables/", "tests/golden/expected/", "fuzz/seeds/")


@dataclass(frozen=True)
class Tree:
    """All text files of the project, sorted by path."""

    root: Path
    sources: list[Source] = field(default_factory=list)

    def find(self, path: str) -> Source | None:
        """The file of that path, if it is there."""
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, Source]:
        return {source.path: source for source in self.sources}

    @property
    def cpp(self) -> list[Source]:
        """The C++ files."""
        return [source for source in self.sources if source.is_cpp]

    @property
    def python(self) -> list[Source]:
        """The Python modules."""
        return [source for source in self.sources if source.is_python]


def load_tree(root: Path) -> Tree:
    """Read what git tracks or would track; without git, all that no hidden folder holds."""
    sources = []
    for path in sorted(_paths(root)):
        file = root / path
        pure = PurePosixPath(path)
        known = pure.suffix in TEXT_SUFFIXES or pure.name in TEXT_NAMES
        if path.startswith(WRITTEN_BY_OTHERS):
            continue
        if known and file.is_file() and not file.is_symlink():
            sources.append(Source(path, file.read_text(encoding="utf-8")))
    return Tree(root, sources)


def _paths(root: Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others"]
    listed = subprocess.run([*command, "--exclude-standard"], capture_output=True, check=False)
    if listed.returncode == 0:
        return [path for path in listed.stdout.decode().split("\0") if path]
    files = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
    built = {"build", "icefield-demo", "dist", "__pycache__"}
    return [
        file.as_posix()
        for file in files
        if not any(part in built or part.startswith(".") for part in file.parts[:-1])
    ]
