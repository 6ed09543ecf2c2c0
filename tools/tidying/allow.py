"""The allow-list: breaches that are known. It may only shrink."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tidying.tree import Finding

PATH = "tools/tidy_allow.toml"


@dataclass(frozen=True)
class Allowed:
    """One known breach: the rule, the object, the figure it may reach, and why it is there."""

    rule: str
    where: str
    reason: str
    value: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What the entry is about."""
        return self.rule, self.where


def parse(text: str) -> list[Allowed]:
    """The entries of an allow-list; ValueError names an entry that gives no reason."""
    entries = [Allowed(**entry) for entry in tomllib.loads(text).get("allow", [])]
    for entry in entries:
        if not entry.reason.strip():
            msg = f"{PATH}: the entry for {entry.where} gives no reason"
            raise ValueError(msg)
    return entries


def apply(findings: Iterable[Finding], entries: Iterable[Allowed]) -> list[Finding]:
    """What remains of the findings; an entry that is not needed, or too generous, is one itself."""
    known = {entry.key: entry for entry in entries}
    worst: dict[tuple[str, str], int] = {}
    remaining = []
    for finding in findings:
        entry = known.get((finding.rule, finding.where))
        if entry is None or finding.value > entry.value:
            remaining.append(finding)
        if entry is not None:
            worst[entry.key] = max(finding.value, worst.get(entry.key, 0))
    for key, entry in known.items():
        if key not in worst:
            remaining.append(_stale(entry, "is no longer needed: remove it"))
        elif worst[key] < entry.value:
            remaining.append(_stale(entry, f"may be lowered to {worst[key]}"))
    return remaining


def growth(entries: Iterable[Allowed], before: Mapping[tuple[str, str], int]) -> list[Finding]:
    """Entries that an earlier list did not have, or had with a lower figure."""
    return [
        _stale(entry, "is new or higher than before: mend the code, the list may only shrink")
        for entry in entries
        if before.get(entry.key, -1) < entry.value
    ]


def earlier(root: Path, text: str) -> dict[tuple[str, str], int] | None:
    """The list as last committed, or before the last commit where that is what lies here.

    None where there is nothing to compare with: no git, no earlier commit, no list in it.
    """
    for revision in ("HEAD", "HEAD^"):
        command = ["git", "-C", str(root), "show", f"{revision}:{PATH}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        if shown.returncode != 0:
            return None
        if shown.stdout != text:
            return {entry.key: entry.value for entry in parse(shown.stdout)}
    return {entry.key: entry.value for entry in parse(text)}


def _stale(entry: Allowed, message: str) -> Finding:
    return Finding("allow-list", f"{PATH}::{entry.where}", f"{entry.rule} {entry.where} {message}")
