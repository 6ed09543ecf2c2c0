"""What may not stand in the tree, and what must: machine paths, hosts, open marks, folder pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tidying.tree import Finding, Source, Tree

# A person's or a machine's own folder; a test that needs a path makes a temporary one.
MACHINE_PATH = re.compile(r"(?<![\w.$}~/-])/(?:home|root|work|Users|mnt)/\w+")
HOST = re.compile(r"\b[a-z][a-z0-9+]*://(?:[^/\s@\"'`<>)]*@)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
INDEX_OPTION = re.compile(r"^\s*--(?:extra-)?(?:index-url|find-links|trusted-host)\b", re.MULTILINE)
OPEN_MARK = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|\bDISABLED" r"_\w+")

PUBLIC_HOSTS = (
    *("apache.org", "arrow.apache.org", "iceberg.apache.org", "parquet.apache.org"),
    *("avro.apache.org", "www.apache.org", "docs.feast.dev", "feast.dev"),
    *("py.iceberg.apache.org", "json.schemastore.org", "creativecommons.org", "cmake.org"),
)
RESERVED_HOSTS = ("example.com", "example.org", "example.net", "127.0.0.1", "0.0.0.0")
README_LINES_MAX = 40


def check(tree: Tree) -> Iterator[Finding]:
    """Forbidden words in every text file, and a short README.md in every folder of src/."""
    for source in tree.sources:
        if source.path != "LICENSE":
            yield from check_words(source)
    yield from _check_readmes(tree)


def check_words(source: Source) -> Iterator[Finding]:
    """Machine paths, hosts that are not public, package indexes and marks of unfinished work."""
    for match in MACHINE_PATH.finditer(source.text):
        yield _finding(source, match, "machine-path", f"a path of one machine: {match.group()}")
    for match in HOST.finditer(source.text):
        host = match.group(1).lower()
        reserved = host in RESERVED_HOSTS or host.endswith((".example", ".invalid", ".test"))
        if host not in PUBLIC_HOSTS and not reserved:
            yield _finding(source, match, "host", f"a host that is not on the list: {host}")
    for match in INDEX_OPTION.finditer(source.text):
        if source.path.startswith("requirements/"):
            yield _finding(source, match, "host", "a lock file names no package index")
    for match in OPEN_MARK.finditer(source.text):
        yield _finding(source, match, "open-mark", f"unfinished: {match.group()}")


def _finding(source: Source, match: re.Match[str], rule: str, message: str) -> Finding:
    line = source.text.count("\n", 0, match.start()) + 1
    return Finding(rule, f"{source.path}::{match.group()}", message, line)


def _check_readmes(tree: Tree) -> Iterator[Finding]:
    folders = {PurePosixPath(source.path).parts[1] for source in tree.cpp if source.under("src")}
    for folder in sorted(folders):
        page = tree.find(f"src/{folder}/README.md")
        if page is None:
            yield Finding("folder-page", f"src/{folder}", f"src/{folder}/README.md is missing")
        elif len(page.lines) >= README_LINES_MAX:
            count = len(page.lines)
            message = f"{count} lines, under {README_LINES_MAX}"
            yield Finding("folder-page", page.path, message, value=count)
