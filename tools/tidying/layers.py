"""Arrows between folders point one way: includes and imports against `tools/layers.toml`."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tidying.tree import Finding, Source, Tree

INCLUDE = re.compile(r'^[ \t]*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


@dataclass(frozen=True)
class Layers:
    """The table of `tools/layers.toml`; folders are named without their leading `src/`."""

    folders: Mapping[str, list[str]]
    headers: Mapping[str, list[str]]
    imports: Mapping[str, list[str]]

    def folder_of(self, path: str) -> str | None:
        """The row that a file belongs to: the longest folder of the table that holds it."""
        inner = path.removeprefix("src/")
        rows = [row for row in self.folders if inner.startswith(f"{row}/")]
        return max(rows, key=len, default=None)

    def allows(self, source: str, target: str) -> bool:
        """True if a file of the row `source` may include one of the row `target`."""
        return source == target or any(
            target == entry or target.startswith(f"{entry}/") for entry in self.folders[source]
        )


def check(tree: Tree, layers: Layers) -> Iterator[Finding]:
    """Every breach of the table, and what is wrong with the table itself."""
    yield from _check_table(tree, layers)
    arrows: dict[tuple[str, str], str] = {}
    for source in tree.cpp:
        if source.under("src", "include", "python/bindings"):
            yield from _check_file(tree, layers, source, arrows)
    for (start, end), where in sorted(arrows.items()):
        if start < end and (end, start) in arrows:
            message = f"{start} and {end} include each other (see also {arrows[end, start]})"
            yield Finding("two-way", where, message)
    for source in tree.python:
        yield from _check_imports(layers, source)


def _check_table(tree: Tree, layers: Layers) -> Iterator[Finding]:
    table = "tools/layers.toml"
    for row in layers.folders:
        if not any(layers.folder_of(source.path) == row for source in tree.cpp):
            yield Finding("layers", f"{table}::{row}", f"the row {row} has no C++ file")
    cycle = _find_cycle(layers)
    if cycle:
        yield Finding("layers", f"{table}::cycle", f"the table has a cycle: {' -> '.join(cycle)}")
    for source in tree.cpp:
        if source.under("src", "include") and layers.folder_of(source.path) is None:
            yield Finding("layers", source.path, f"its folder has no row in {table}")


def _find_cycle(layers: Layers) -> list[str]:
    done: set[str] = set()

    def visit(row: str, trail: list[str]) -> list[str]:
        if row in trail:
            return [*trail[trail.index(row) :], row]
        if row in done:
            return []
        for target in layers.folders:
            if target != row and layers.allows(row, target):
                found = visit(target, [*trail, row])
                if found:
                    return found
        done.add(row)
        return []

    return next((found for row in layers.folders if (found := visit(row, []))), [])


def _check_file(
    tree: Tree, layers: Layers, source: Source, arrows: dict[tuple[str, str], str]
) -> Iterator[Finding]:
    row = layers.folder_of(source.path)
    if row is None:
        return
    for match in INCLUDE.finditer(source.text):
        own, foreign = match.groups()
        line = source.text.count("\n", 0, match.start()) + 1
        if foreign:
            yield from _check_header(layers, source, row, foreign, line)
            continue
        path = resolve(tree, source.path, own)
        if path is None:
            where = f"{source.path}::{own}"
            yield Finding("include", where, f'"{own}" is no file of the project', line)
            continue
        target = layers.folder_of(path)
        if target is None:
            continue
        if row != target:
            arrows.setdefault((row, target), source.path)
        if not layers.allows(row, target):
            yield Finding(
                "include", f"{source.path}::{own}", f"{row} may not include {target}: {own}", line
            )


def _check_header(
    layers: Layers, source: Source, row: str, header: str, line: int
) -> Iterator[Finding]:
    prefixes = [prefix for prefix in layers.headers if header.startswith(prefix)]
    if not prefixes or source.is_test:
        return
    allowed = layers.headers[max(prefixes, key=len)]
    if row not in allowed:
        where = f"{source.path}::{header}"
        yield Finding("header", where, f"<{header}> belongs to {', '.join(allowed)} alone", line)


def resolve(tree: Tree, including: str, name: str) -> str | None:
    """The project's file that a quoted include means, or None."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(including), name))
    for path in (f"src/{name}", f"include/{name}", beside, name):
        if tree.find(path) is not None:
            return path
    return None


def _check_imports(layers: Layers, source: Source) -> Iterator[Finding]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        for package in {name.split(".")[0] for name in names}:
            allowed = layers.imports.get(package)
            if allowed is not None and not source.under(*allowed):
                message = f"{package} may be imported in {', '.join(allowed)} alone"
                yield Finding("import", f"{source.path}::{package}", message, node.lineno)
