#!/usr/bin/env python3
"""Checks the house: layers, sizes, names and words (docs/decisions/0011-the-house-is-checked.md).

Usage: tools/tidy.py [root]. Prints one line for each breach, as a compiler would, and ends with 1
if there is any. It reads files only: no build is needed.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from tidying import allow, layers, names, size, words
from tidying.tree import Finding, Tree, load_tree


def read_layers(tree: Tree) -> layers.Layers:
    """The table of tools/layers.toml."""
    table = tomllib.loads((tree.root / "tools/layers.toml").read_text(encoding="utf-8"))
    return layers.Layers(table["folders"], table.get("headers", {}), table.get("imports", {}))


def inspect(root: Path) -> list[Finding]:
    """Every breach in the tree under `root` that the allow-list does not cover, sorted."""
    tree = load_tree(root)
    findings = [
        *layers.check(tree, read_layers(tree)),
        *size.check(tree),
        *names.check(tree),
        *words.check(tree),
    ]
    listed = tree.find(allow.PATH)
    text = listed.text if listed else ""
    entries = allow.parse(text)
    remaining = allow.apply(findings, entries)
    before = allow.earlier(root, text)
    if before is not None:
        remaining += allow.growth(entries, before)
    return sorted(remaining)


def main(arguments: list[str]) -> int:
    """Check the tree of the first argument, or the one that this file lies in."""
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    findings = inspect(root)
    for finding in findings:
        print(finding)
    counted = len(findings)
    print(f"tidy: {counted} breach{'' if counted == 1 else 'es'}" if counted else "tidy: clean")
    return min(counted, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
