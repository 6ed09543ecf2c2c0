"""Names of types, single homes of facts, and ownership in headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidying.tree import Finding, Source, Tree

BANNED_HEADS = frozenset(
    [
        *("Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Common"),
        *("Manager", "Handler", "Info", "Context", "Base", "Impl"),
    ]
)
CPP_TYPE = re.compile(
    r"^\s*(?:template\s*<.*>\s*)?(?:class|struct|enum(?:\s+(?:class|struct))?|union)\s+"
    r"(?:\[\[\w+\]\]\s*)?([A-Z]\w*)",
    re.MULTILINE,
)
CPP_ALIAS = re.compile(r"^\s*using\s+([A-Z]\w*)\s*=", re.MULTILINE)
PYTHON_TYPE = re.compile(r"^\s*class\s+([A-Za-z_]\w*)", re.MULTILINE)
WORD = re.compile(r"[A-Z][a-z0-9]*|[a-z0-9]+")

SHARED_POINTER = re.compile(r"std::shared_ptr<\s*(?:const\s+)?([\w:]+)")
FOREIGN = ("arrow::", "parquet::", "void", "std::")
SHARED_POINTERS_MAX = 20


@dataclass(frozen=True)
class OnePlace:
    """A fact that at most `files` product files may know, recognised by a pattern."""

    name: str
    pattern: str
    files: int = 1


ONE_PLACE = (
    OnePlace("how a Parquet column gets its field id", r"(?:->|\.)field_id\(\)|PARQUET:field_id"),
    OnePlace("the order that breaks ties (P4-P6)", r"(?:struct|class)\s+RowOrder\b"),
)


def check(tree: Tree, one_place: tuple[OnePlace, ...] = ONE_PLACE) -> Iterator[Finding]:
    """Banned head words, facts with several homes, and too many shared pointers to own types."""
    for source in tree.sources:
        yield from check_heads(source)
    product = [source for source in tree.cpp if source.under("src", "include", "python")]
    product = [source for source in product if not source.is_test]
    for rule in one_place:
        yield from _check_one_place(product, rule)
    yield from _check_shared(product)


def check_heads(source: Source) -> Iterator[Finding]:
    """Types whose last word says nothing, and files named after nothing."""
    if source.is_cpp:
        patterns = [CPP_TYPE, CPP_ALIAS]
    elif source.is_python:
        patterns = [PYTHON_TYPE]
    else:
        return
    for pattern in patterns:
        for match in pattern.finditer(source.text):
            name = match.group(1)
            words = WORD.findall(name)
            if words and words[-1] in BANNED_HEADS:
                line = source.text.count("\n", 0, match.start(1)) + 1
                message = f"the name {name} ends in {words[-1]}, which says nothing"
                yield Finding("head-word", f"{source.path}::{name}", message, line)
    stem = source.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if stem.split("_")[-1].capitalize() in BANNED_HEADS:
        yield Finding("head-word", source.path, f"the file name {stem} says nothing")


def _check_one_place(product: list[Source], rule: OnePlace) -> Iterator[Finding]:
    homes = [source.path for source in product if re.search(rule.pattern, source.text)]
    if len(homes) > rule.files:
        message = f"{rule.name} is known in {len(homes)} files: {', '.join(homes)}"
        yield Finding("one-place", f"{homes[0]}::{rule.name}", message, value=len(homes))


def _check_shared(product: list[Source]) -> Iterator[Finding]:
    found = [
        (source.path, match.group(1))
        for source in product
        if source.suffix == ".h"
        for match in SHARED_POINTER.finditer(source.text)
        if not match.group(1).startswith(FOREIGN)
    ]
    if len(found) > SHARED_POINTERS_MAX:
        listed = ", ".join(f"{path} ({name})" for path, name in found)
        message = f"{len(found)} shared_ptr to own types in headers, at most {SHARED_POINTERS_MAX}"
        yield Finding("shared-ptr", found[0][0], f"{message}: {listed}", value=len(found))
